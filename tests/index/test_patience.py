"""Waiting for other processes: as long as they compute, or might."""

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import patience
from index.patience import BUSY, Patience, computed_s, queued_s
from tests.waiting import PATIENCE_S, until

_COMPUTES = "while True: pass"
_SLEEPS = "import time; time.sleep(1_000)"


class SilentSelector(selectors.SelectSelector):
    """Never has anything to read."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for it in vain."""
        super().select(timeout)
        return []


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STANDSTILL_S", 0.3)
    monkeypatch.setattr(patience, "_LOOK_S", 0.01)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others may want the cores, for most of the time."""
    monkeypatch.setattr(patience, "BUSY", 1_000)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[int]:
    """The id of a process that does what it is told."""
    with subprocess.Popen([sys.executable, "-S", "-c", request.param]) as process:
        yield process.pid
        process.kill()


def waited_for(process_id: int, computing_s: float) -> str:
    """Why a process is not waited for any longer."""
    waiting = Patience()
    waiting.give(computing_s)
    waiting.watch(process_id)
    with SilentSelector() as selector, pytest.raises(TimeoutError) as ended:
        waiting.wait(selector)
    return str(ended.value)


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("running", [_COMPUTES], indirect=True)
def test_a_process_that_computes_is_waited_for_until_it_has_computed_so_much(running: int) -> None:
    assert waited_for(running, 1.0) == "takes more than 1 seconds"
    assert (computed_s(running) or 0.0) > 1.0


@pytest.mark.parametrize("running", [_SLEEPS], indirect=True)
def test_a_process_that_sleeps_is_not_waited_for(running: int) -> None:
    assert waited_for(running, 1_000.0) == "has come to a standstill"


def test_a_process_that_gets_little_of_a_core_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = Patience()
    monkeypatch.setattr(patience, "computed_s", lambda _: 2 * waiting._waited_s / BUSY)
    waiting.give(0.5)
    waiting.watch(0)

    with SilentSelector() as selector, pytest.raises(TimeoutError, match="takes more than"):
        waiting.wait(selector)


def test_a_process_that_waits_for_its_turn_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = Patience()
    share = 1 / (2 * BUSY)
    monkeypatch.setattr(patience, "computed_s", lambda _: share * waiting._waited_s)
    monkeypatch.setattr(patience, "queued_s", lambda _: (1 - share) * waiting._waited_s)
    waiting.give(0.1)
    waiting.watch(0)

    with SilentSelector() as selector, pytest.raises(TimeoutError, match="takes more than"):
        waiting.wait(selector)


@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="no system that tells who waits for a core"
)
@pytest.mark.parametrize("running", [_COMPUTES], indirect=True)
def test_what_shares_a_core_waits_for_its_turn(running: int) -> None:
    (core, *_) = os.sched_getaffinity(running)
    with subprocess.Popen([sys.executable, "-S", "-c", _COMPUTES]) as other:
        for process_id in (running, other.pid):
            os.sched_setaffinity(process_id, {core})
        try:
            until(lambda: queued_s(running) > 0.2)
        finally:
            other.kill()


@pytest.mark.parametrize("running", [_SLEEPS], indirect=True)
def test_what_sleeps_waits_for_no_turn(running: int) -> None:
    assert waited_for(running, 1_000.0) == "has come to a standstill"
    assert queued_s(running) < 1.0


def test_where_nothing_tells_what_a_process_computes_the_clock_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "computed_s", lambda _: None)

    assert waited_for(0, 1.0) == "takes more than 1 seconds"


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("running", [_COMPUTES], indirect=True)
def test_what_is_given_again_counts_from_then_on(running: int) -> None:
    waiting = Patience()
    waiting.give(0.4)
    waiting.watch(running)
    with SilentSelector() as selector:
        for _ in range(2):
            before = computed_s(running) or 0.0
            with pytest.raises(TimeoutError, match="takes more than"):
                waiting.wait(selector)
            assert (computed_s(running) or 0.0) - before > 0.35
            waiting.give_again()


@pytest.mark.parametrize("running", [_COMPUTES], indirect=True)
def test_ps_tells_what_a_process_computes_where_no_clock_does(
    running: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: (computed_s(running) or 0.0) >= 1.0)
    monkeypatch.setattr(patience, "_HAS_CLOCKS", False)
    monkeypatch.setattr(patience, "_PS_TIMEOUT_S", PATIENCE_S)

    assert (computed_s(running) or 0.0) >= 1.0
