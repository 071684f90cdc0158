"""One `quoth run`, `quoth restore` or `quoth migrate` at a time on the same data."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.database import RecordsError

LOCK_NAME = "run.lock"


@contextmanager
def only_process(data: Path) -> Iterator[None]:
    """
    Be alone at work on a data folder until the block ends; the kernel sees to it that it ends.

    Raises:
        RecordsError: If another one is, or nothing can be written there.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / LOCK_NAME).open("a")
    except OSError as error:
        raise RecordsError(f"{data}: can't be used ({error.strerror}).") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RecordsError(
                f"{data}: another quoth run, restore or migrate is at work on it. Two would answer "
                "everything twice, or mix what they write; let that one end first, or name another "
                "data folder with --data."
            ) from error
        yield
