"""One build at a time changes a collection, and none waits for one that was killed."""

import multiprocessing
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.build_lock import BuildLock
from tests.waiting import until


def _hold(folder: Path, seconds: float) -> None:
    with BuildLock(folder / "lock").hold(lambda _: None):
        (folder / "held").touch()
        time.sleep(seconds)


def test_a_second_build_waits_and_says_for_whom(tmp_path: Path) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=_hold, args=(tmp_path, 1.0))
    holder.start()
    until((tmp_path / "held").exists)
    told: list[str] = []

    with BuildLock(tmp_path / "lock").hold(told.append):
        holder.join(10)

    assert told == [f"process {holder.pid}"]


def test_a_lock_whose_holder_deletes_it_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"

    def waits(who: str) -> None:
        told.append(who)
        path.unlink()
        path.parent.rmdir()
        first.close()

    told: list[str] = []
    first = ExitStack()
    first.enter_context(BuildLock(path).hold(lambda _: None))
    with BuildLock(path).hold(waits):
        assert BuildLock(path).is_locked()

    assert len(told) == 1


def test_the_lock_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    holder = multiprocessing.get_context("spawn").Process(target=_hold, args=(tmp_path, 60))
    holder.start()
    until((tmp_path / "held").exists)
    holder.kill()
    holder.join(10)

    with BuildLock(tmp_path / "lock").hold(lambda who: pytest.fail(f"{who} holds the lock")):
        pass
