"""Threads help with pieces of work, and nobody waits for one that is busy elsewhere."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reader.threads import ReaderThreads


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("pieces", [0, 1, 2, 9])
def test_results_come_in_the_order_of_the_pieces(threads: int, pieces: int) -> None:
    words = [str(number) * number for number in range(pieces)]

    assert ReaderThreads(threads).map(str.upper, words, size=len) == words


def test_the_largest_pieces_are_begun_first() -> None:
    begun: list[str] = []

    ReaderThreads(1).map(begun.append, ["of", "a", "station", "loaf"], size=len)

    assert begun == ["station", "loaf", "of", "a"]


def test_so_many_threads_work_at_once() -> None:
    together = threading.Barrier(3)

    ReaderThreads(3).map(lambda _: together.wait(30), range(3), size=abs)


def test_who_calls_does_not_wait_for_a_thread_that_is_busy() -> None:
    threads = ReaderThreads(2)
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait(_: int) -> None:
        begun.release()
        go_on.wait(30)

    with ThreadPoolExecutor(1) as other:
        held = other.submit(threads.map, wait, range(2), abs)
        begun.acquire()
        begun.acquire()

        assert threads.map(str, [1, 2, 3], size=abs) == ["1", "2", "3"]
        assert not held.done()
        go_on.set()


def test_where_as_many_call_as_there_are_threads_each_works_alone() -> None:
    threads = ReaderThreads(2)
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: int) -> None:
        begun.set()
        go_on.wait(30)

    def where(_: int) -> int:
        time.sleep(0.01)
        return threading.get_ident()

    with ThreadPoolExecutor(1) as other:
        held = other.submit(threads.map, hold, [1], abs)
        begun.wait(30)
        assert set(threads.map(where, range(5), size=abs)) == {threading.get_ident()}
        go_on.set()
        held.result(30)
    assert len(set(threads.map(where, range(5), size=abs))) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_reaches_who_calls(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        ReaderThreads(threads).map(lambda piece: 1 // piece, [1, 0, 2], size=abs)
