"""
One system, at one step, in a process of its own: what `benchmarks.compare` starts.

    python -m benchmarks.peers.worker import SYSTEM
    python -m benchmarks.peers.worker build SYSTEM FOLDER
    python -m benchmarks.peers.worker ask SYSTEM FOLDER QUESTION
    python -m benchmarks.peers.worker serve SYSTEM FOLDER WORKERS THREADS

The folder is a `benchmarks.peers.Folder`. Results are JSON on standard output, one a line; what
libraries print goes to standard error.
"""

import importlib
import json
import os
import queue
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

from benchmarks.peers import SYSTEMS, THREADS, Folder, PeerSystem

_STATUS = Path("/proc/self/status")


def main() -> None:
    """Do one step."""
    out = _results()
    step, system, *rest = sys.argv[1:]
    started = time.perf_counter()
    module = importlib.import_module(f"benchmarks.peers.{system}")
    imported_s = time.perf_counter() - started
    if step == "import":
        _say(out, {"import_s": imported_s})
        return
    folder = Folder(Path(rest[0]))

    def make(threads: int) -> PeerSystem:
        peer: PeerSystem = module.System(folder.store(system), threads)
        return peer

    if step == "build":
        _say(out, {"build_s": _build(make(THREADS), folder)})
    elif step == "ask":
        peer = make(THREADS)
        peer.open()
        _say(out, {"text": peer.reply(rest[1], peer.answer(rest[1])).text})
    else:
        workers, threads = map(int, rest[1:])
        shared = _shared(system, workers, lambda: make(threads))
        _say(out, {"imported_s": imported_s})
        for line in sys.stdin:
            _say(out, serve(shared, **json.loads(line)))


def _results() -> TextIO:
    """Keep standard output for results."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, result: dict[str, Any]) -> None:
    print(json.dumps(result), file=out, flush=True)


def _build(peer: PeerSystem, folder: Folder) -> float:
    # Quoth cuts the documents itself, and is the first to do so.
    passages = json.loads(folder.passages.read_bytes()) if folder.passages.exists() else []
    peer.prepare()
    started = time.perf_counter()
    peer.build(folder.documents, passages)
    return time.perf_counter() - started


def _shared(
    system: str, workers: int, make: Callable[[], PeerSystem]
) -> "queue.SimpleQueue[PeerSystem]":
    """As many as work at once, or one for all of them where any thread may call it."""
    peers = [make() for _ in range(1 if SYSTEMS[system].is_shared else workers)]
    for peer in peers:
        peer.open()
    idle: queue.SimpleQueue[PeerSystem] = queue.SimpleQueue()
    for number in range(workers):
        idle.put(peers[number % len(peers)])
    return idle


def serve(
    idle: "queue.SimpleQueue[PeerSystem]", questions: Sequence[str], askers: int
) -> dict[str, Any]:
    """
    Answer questions, which so many ask at once, each its next one when it has its answer.

    Args:
        idle: The systems that are free to answer; there is at least one.
        questions: At least one.
        askers: At least 1.

    Returns:
        `seconds` and `replies` of each question, the `wall_s` of all, and the most memory that the
        process has ever held, `peak_bytes`.
    """

    def ask(question: str) -> tuple[float, Any, PeerSystem]:
        asked = time.perf_counter()
        peer = idle.get()
        try:
            said = peer.answer(question)
        finally:
            idle.put(peer)
        return time.perf_counter() - asked, said, peer

    started = time.perf_counter()
    if askers == 1:
        answered = [ask(question) for question in questions]
    else:
        with ThreadPoolExecutor(askers) as pool:
            answered = list(pool.map(ask, questions))
    wall_s = time.perf_counter() - started
    peak_bytes = _peak_bytes()
    replies = [
        peer.reply(question, said)
        for question, (_, said, peer) in zip(questions, answered, strict=True)
    ]
    return {
        "seconds": [seconds for seconds, _, _ in answered],
        "wall_s": wall_s,
        "peak_bytes": peak_bytes,
        "replies": [[reply.text, reply.best, reply.score] for reply in replies],
    }


def _peak_bytes() -> int:
    """The peak of resident memory, shared and mapped pages included."""
    line = next(one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    main()
