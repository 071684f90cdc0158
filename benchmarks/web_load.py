"""
How fast `quoth serve` answers beside the library, what becomes of a crowd, and of its memory.

    taskset -c 0,1 python -m benchmarks.web_load [--rounds 5] [--crowd 300] [--lasting 3000]

`quoth serve` works as a process of its own, with the real models. The library and the server are
asked in turns, by as many askers at once, so that whatever else the machine does meets both. No
question comes twice, since an answer is kept for whoever asks the same again.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import aiohttp

from benchmarks import parser_of, resident_mb
from benchmarks.discord_load import phrases
from index.processes import module_command, module_environment
from quoth import Library, open_folder

ASKERS = 8
ROUNDS = 5
EACH_ROUND = 40
CROWD = 300
CROWD_S = 10.0
LASTING = 3_000


@dataclass(frozen=True, slots=True)
class Server:
    """A running `quoth serve`."""

    address: str
    pid: int

    def resident_mb(self) -> float:
        """The memory that it has in use."""
        return resident_mb(self.pid)


@contextmanager
def serving(
    seeds: Path, data: Path, settings: Mapping[str, str] | None = None, cores: str | None = None
) -> Iterator[Server]:
    """
    Run a server until the block ends.

    Args:
        seeds: The folder of documents.
        data: The folder of its index.
        settings: What else is set, by the names of the environment.
        cores: Those that it may use, as taskset names them; all, where none is named.
    """
    command = module_command(
        "bot.cli.main", "serve", "--port", "0", "--seeds", str(seeds), "--data", str(data)
    )
    with subprocess.Popen(
        [*(("taskset", "-c", cores) if cores else ()), *command],
        env=module_environment() | dict(settings or {}),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        try:
            for line in process.stderr:
                if found := re.search(r"http://\S+:\d+", line):
                    yield Server(found[0].rstrip("."), process.pid)
                    break
            else:
                sys.exit("quoth serve did not start")
        finally:
            process.terminate()


def library_rate(library: Library, questions: Sequence[str]) -> float:
    """Answers a second of the library, asked by some threads at once."""
    started = time.perf_counter()
    with ThreadPoolExecutor(ASKERS) as askers:
        list(askers.map(library.ask, questions))
    return len(questions) / (time.perf_counter() - started)


async def _ask(session: aiohttp.ClientSession, question: str) -> int:
    async with session.post("/v1/ask", json={"question": question}) as reply:
        await reply.read()
        return reply.status


async def _all(address: str, questions: Sequence[str], askers: int, every_s: float) -> Counter[int]:
    """The statuses of questions that are asked by so many at once, or one every so many seconds."""
    gate = asyncio.Semaphore(askers)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector) as session:

        async def ask(question: str) -> int:
            async with gate:
                return await _ask(session, question)

        begun = []
        for question in questions:
            begun.append(asyncio.create_task(ask(question)))
            await asyncio.sleep(every_s)
        return Counter(await asyncio.gather(*begun))


def server_rate(server: Server, questions: Sequence[str]) -> float:
    """Answers a second of the server, asked by as many at once."""
    started = time.perf_counter()
    statuses = asyncio.run(_all(server.address, questions, ASKERS, 0.0))
    assert set(statuses) == {200}, statuses  # noqa: S101 - so few are never refused
    return len(questions) / (time.perf_counter() - started)


def main() -> None:
    """Measure all three, and print what came of it."""
    parser = parser_of("web_load", __doc__)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--crowd", type=int, default=CROWD, help=f"within {CROWD_S:g} s")
    parser.add_argument("--lasting", type=int, default=LASTING, help="while memory is watched")
    arguments = parser.parse_args()
    questions = phrases(arguments.seeds)

    def some(count: int) -> list[str]:
        return list(islice(questions, count))

    with (
        open_folder(arguments.seeds, arguments.data) as library,
        serving(arguments.seeds, arguments.data) as server,
    ):
        library_rate(library, some(EACH_ROUND))
        server_rate(server, some(EACH_ROUND))
        pairs = [
            (library_rate(library, some(EACH_ROUND)), server_rate(server, some(EACH_ROUND)))
            for _ in range(arguments.rounds)
        ]
        print(f"{ASKERS} askers on {len(os.sched_getaffinity(0))} cores, answers a second:")
        for by_library, by_server in pairs:
            print(f"  library {by_library:6.1f}   server {by_server:6.1f}")
        ratio = statistics.median(by_server / by_library for by_library, by_server in pairs)
        print(f"  the server's rate over the library's, median: {ratio:.2f}")
        every_s = CROWD_S / arguments.crowd
        statuses = asyncio.run(
            _all(server.address, some(arguments.crowd), arguments.crowd, every_s)
        )
        print(f"{arguments.crowd} in {CROWD_S:g} s, by status: {dict(statuses)}")
        before = server.resident_mb()
        asyncio.run(_all(server.address, some(arguments.lasting), ASKERS, 0.0))
        after = server.resident_mb()
        print(f"memory after {arguments.lasting:,} more: {before:.0f} MB, then {after:.0f} MB")


if __name__ == "__main__":
    main()
