"""A file of SQLite is opened by several at once."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.database import open_database, version

STEPS = ("CREATE TABLE first (a);", "ALTER TABLE first RENAME TO second;")


class Held(tuple[str, ...]):
    """Steps of which one is about to be taken, for as long as a test wants."""

    def __init__(self, _steps: tuple[str, ...]) -> None:
        self.are_reached, self.may_be_taken = threading.Event(), threading.Event()

    def __getitem__(self, step: Any) -> Any:
        self.are_reached.set()
        assert self.may_be_taken.wait(10)
        return super().__getitem__(step)


def test_of_two_that_open_a_new_file_at_once_one_makes_the_tables(tmp_path: Path) -> None:
    path, held = tmp_path / "new" / "file.sqlite", Held(STEPS)
    with ThreadPoolExecutor() as openers:
        first = openers.submit(open_database, path, held)
        assert held.are_reached.wait(10)
        second = openers.submit(open_database, path, STEPS)
        # Long enough for it to be done, had it not to wait.
        wait([second], timeout=0.3)
        held.may_be_taken.set()

    for opened in (first, second):
        with closing(opened.result()) as connection:
            assert version(connection) == len(STEPS)
            assert connection.execute("SELECT * FROM second").fetchall() == []
