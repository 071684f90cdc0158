"""What is cut short, what is left behind: with a process that the test ends."""

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.serving.build_process import BUILD_NICENESS
from index.store import Collection
from tests.bot.discord_app.documents.place import NEWER, NOT_SAID, NOTE, OTHER, Place
from tests.discord_service.service import TOKEN


def test_a_change_that_a_kill_cut_short_is_finished_after_the_restart(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    assert place.answer("fraud") == NOT_SAID
    hold = place.folder / "hold-build"
    hold.touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGKILL)
    place.process.code()
    hold.unlink()
    again = alone()
    again.local.wait_for(lambda: " built " in again.process.logged, "the build")

    assert again.answer("fraud") == "55"
    assert again.local.syncs == 1
    assert "restarted during this change" in place.done(asked)


def test_a_change_waits_for_what_is_finished_after_a_restart(alone: Callable[..., Place]) -> None:
    place = alone()
    (hold := place.folder / "hold-build").touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGTERM)
    place.process.code()
    again = alone()
    again.local.wait_for(Collection(again.own_folder()).lock.is_locked, "a build")
    asked = again.change("add", file=OTHER)
    again.local.wait_for(lambda: asked.shown, "a word")
    assert asked.shown == ["Waiting for another build …"]
    hold.unlink()

    assert "Added **other.txt**" in again.done(asked)
    assert (again.answer("fraud"), again.answer("treason")) == ("55", "66")


def test_what_is_refused_after_a_restart_is_taken_back_as_it_would_have_been_before(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    place.stock(NOTE)
    documents = place.own_folder() / "documents"
    (place.folder / "hold-build").touch()
    asked = place.change("add", file=NEWER, file2=OTHER)
    place.local.wait_for(lambda: any("Indexing: 0 of 2" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGTERM)
    place.process.code()
    again = alone(QUOTH_BUILD_LIMIT_S="0.5")
    again.local.wait_for(lambda: " build_refused " in again.process.logged, "the end of a build")

    def is_taken_back() -> bool:
        return [path.name for path in documents.iterdir()] == ["note.txt"]

    again.local.wait_for(is_taken_back, "the documents before")
    assert (documents / "note.txt").read_bytes() == NOTE.content
    assert again.answer("fraud") == "55"


def test_what_was_quoted_of_a_document_is_forgotten_where_a_kill_cut_its_removal_short(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    place.add(NOTE)
    answer, folder = place.ask("fraud"), place.own_folder()
    place.process.signal(signal.SIGKILL)
    place.process.code()
    (folder / "documents" / "note.txt").unlink()
    again = alone()
    again.local.wait_for(lambda: " built " in again.process.logged, "the build")

    assert again.answer("fraud") == NOT_SAID

    def context() -> str:
        pressed = again.local.press(answer, again.moderator, "Context")
        return again.local.answer_to(pressed).content

    # A build is logged before what it left out is forgotten.
    again.local.wait_for(lambda: "was removed" in context(), "the quote to be gone")


def test_a_stop_ends_the_build_and_says_so(alone: Callable[..., Place]) -> None:
    place = alone()
    (place.folder / "hold-build").touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGTERM)

    assert "I am about to restart, and will finish the index after that" in place.done(asked)
    assert place.process.code() == 0


def test_what_a_server_had_is_deleted_some_time_after_the_bot_left(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    place.add(NOTE)
    assert place.answer("fraud") == "55"
    folder = place.own_folder()
    assert (folder / "documents" / "note.txt").exists()
    assert place.channel.guild is not None
    place.local.leave(place.channel.guild)
    place.local.wait_for(lambda: " left " in place.process.logged, "a note")
    place.process.signal(signal.SIGTERM)
    assert place.process.code() == 0
    assert folder.exists()
    with closing(sqlite3.connect(place.folder / "data" / "quoth.sqlite")) as connection, connection:
        connection.execute("UPDATE departures SET left = left - 8 * 24 * 60 * 60")
    last = alone()
    last.local.wait_for(lambda: "server_deleted" in last.process.logged, "the deletion")

    assert not folder.exists()
    with closing(sqlite3.connect(place.folder / "data" / "quoth.sqlite")) as connection, connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (0,)


def test_a_build_makes_way_for_answers_and_is_not_told_the_token(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    (place.folder / "hold-build").touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    (child,) = [
        pid for pid, line in command_lines() if "fake_index" in line and str(place.folder) in line
    ]
    niceness = os.getpriority(os.PRIO_PROCESS, int(child))
    environment = Path(f"/proc/{child}/environ").read_text()
    (place.folder / "hold-build").unlink()

    place.done(asked)
    assert niceness >= BUILD_NICENESS
    assert "PATH=" in environment
    assert TOKEN not in environment


def command_lines() -> list[tuple[str, str]]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((path.parent.name, path.read_text().replace("\0", " ")))
        except OSError:
            continue
    return found
