"""
Quoth beside its peers on the same cores, passages, weights and questions: `make bench`.

    python -m benchmarks.compare [--questions 400] [--work build/compare]

Every system works in processes of its own. Where times are compared, the systems take turns, round
by round, so that whatever else the machine does hits them alike. Writes `docs/lab/benchmarks.md`
and its picture; `python -m benchmarks.compare_report` makes them again from what was measured.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import parser_of, processor
from benchmarks.compare_report import write_report
from benchmarks.corpus import Sample, blocks, sample, write_documents, write_passages
from benchmarks.figures import COMMAND, QUOTH, MeasuredSystem, PeerComparison, score
from benchmarks.installed import closure, folder_bytes, size_bytes
from benchmarks.peers import READER, SYSTEMS, THREADS, Crew, Folder
from benchmarks.peers.session import Session, environment, worker
from index.processes import module_command

ASKED = Path("training/data/dev.jsonl")
DISTRACTORS = Path("training/data/train.jsonl")
ASKERS = 8
# Asked of every process before it is measured: libraries prepare themselves at the first ones.
WARMING_QUESTIONS = 8
# The cores that are used: the first ones of a machine that has more.
CORES = THREADS
# What is worth naming beside the systems themselves.
_LIBRARIES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "torch", "transformers")
# The exit codes of `quoth ask` where it has no answer: the documents don't say, or it is not sure.
_NO_ANSWER = (3, 4)
_Item = TypeVar("_Item")


def main() -> None:
    """Run the command."""
    parser = parser_of("compare", __doc__)
    parser.add_argument("--questions", type=int, default=400, metavar="N", help="that are graded")
    parser.add_argument("--crowd", type=int, default=160, metavar="N", help="that many ask at once")
    parser.add_argument("--asked", type=Path, default=ASKED, metavar="FILE", help="questions")
    parser.add_argument(
        "--distractors", type=Path, default=DISTRACTORS, metavar="FILE", help="passages in the way"
    )
    parser.add_argument("--builds", type=int, default=2, metavar="N", help="rounds of indexing")
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="rounds of cold starts")
    parser.add_argument("--rounds", type=int, default=10, metavar="N", help="of warm questions")
    parser.add_argument("--work", type=Path, default=Path("build/compare"), metavar="DIR")
    parser.add_argument(
        "--out", type=Path, default=Path("docs/lab/benchmarks.md"), metavar="FILE.md"
    )
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    folder = Folder(arguments.work)
    write_documents(folder, arguments.asked, arguments.distractors)
    chosen = sample(arguments.asked, arguments.questions, arguments.crowd, WARMING_QUESTIONS)
    run = PeerMeasurement(folder, {name: MeasuredSystem() for name in (QUOTH, COMMAND, *SYSTEMS)})
    _tell("the reader's checkpoint")
    subprocess.run(module_command("benchmarks.checkpoint"), check=True, env=environment())
    passages = run.build(arguments.builds)
    run.start(arguments.starts, [question.text for question in chosen.crowd])
    run.ask(chosen, arguments.rounds)
    crowd = run.crowd(chosen, max(1, arguments.rounds // 2))
    run.weigh()
    comparison = PeerComparison(
        made=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        versions=versions(),
        asked=str(arguments.asked),
        distractors=str(arguments.distractors),
        documents=len(list(folder.documents.iterdir())),
        passages=passages,
        graded=len(chosen.graded),
        crowd=crowd,
        askers=ASKERS,
        systems=run.systems,
    )
    measured = arguments.work / "measured.json"
    measured.write_text(comparison.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_report(comparison, arguments.out)
    print(arguments.out)


class PeerMeasurement:
    """Measures step by step, and keeps what it measures in `systems`."""

    def __init__(self, folder: Folder, systems: dict[str, MeasuredSystem]) -> None:
        """Measure these systems in this folder."""
        self.systems = systems
        self._folder = folder

    def build(self, rounds: int) -> int:
        """
        Index the documents with each system, over and over.

        Returns:
            The number of passages.
        """
        passages = 0
        for number in range(rounds):
            # Quoth is the first of all: the passages of the others are those of its index.
            for name in turn(list(SYSTEMS), number):
                _tell(f"index, round {number + 1} of {rounds}: {name}")
                result = self._step("build", name, str(self._folder.path))
                self.systems[name].build_s.append(result["build_s"])
                if not passages:
                    passages = write_passages(self._folder)
        return passages

    def start(self, rounds: int, questions: Sequence[str]) -> None:
        """Import each system, and ask it from a cold process, each round another question."""
        for number in range(rounds):
            question = questions[number % len(questions)]
            for name in turn([*SYSTEMS, COMMAND], number):
                _tell(f"start, round {number + 1} of {rounds}: {name}")
                measured = self.systems[name]
                if name != COMMAND:
                    measured.import_s.append(self._step("import", name)["import_s"])
                seconds, peak_bytes = self._timed(name, self._asking(name, question))
                measured.cold_s.append(seconds)
                measured.cold_peak_bytes.append(peak_bytes)

    def ask(self, chosen: Sample, rounds: int) -> None:
        """Ask each system the graded questions, one after the other."""
        accepted = {question.text: question.answers for question in chosen.graded}
        dealt = blocks(list(accepted), rounds)
        replies: dict[str, list[tuple[str, str, float]]] = {name: [] for name in SYSTEMS}
        with ExitStack() as stack:
            sessions = {
                name: stack.enter_context(self._session(name, Crew(1, THREADS))) for name in SYSTEMS
            }
            for session in sessions.values():
                session.ask([question.text for question in chosen.warming], 1)
            for number, block in enumerate(dealt):
                for name in turn(list(SYSTEMS), number):
                    _tell(f"warm, round {number + 1} of {len(dealt)}: {name}")
                    result = sessions[name].ask(block, 1)
                    measured = self.systems[name]
                    measured.warm_s.append(result["seconds"])
                    measured.warm_wall_s.append(result["wall_s"])
                    measured.warm_peak_bytes = result["peak_bytes"]
                    replies[name] += map(tuple, result["replies"])
        asked = [accepted[question] for block in dealt for question in block]
        for name, said in replies.items():
            self.systems[name].scores = score(said, asked)

    def crowd(self, chosen: Sample, rounds: int) -> list[int]:
        """
        Let many ask each system at once.

        Returns:
            The number of questions in each round.
        """
        dealt = blocks([question.text for question in chosen.crowd], rounds)
        crews = [(name, crew) for name, one in SYSTEMS.items() for crew in one.crews]
        with ExitStack() as stack:
            sessions = {
                (name, crew): stack.enter_context(self._session(name, crew)) for name, crew in crews
            }
            for session in sessions.values():
                session.ask([question.text for question in chosen.warming], ASKERS)
            for number, block in enumerate(dealt):
                for name, crew in turn(crews, number):
                    _tell(f"{ASKERS} askers, round {number + 1} of {len(dealt)}: {name}, {crew}")
                    result = sessions[name, crew].ask(block, ASKERS)
                    walls = self.systems[name].crowd_wall_s.setdefault(str(crew), [])
                    walls.append(result["wall_s"])
        return [len(block) for block in dealt]

    def weigh(self) -> None:
        """Add up what each system takes on the disk."""
        for name, one in SYSTEMS.items():
            measured = self.systems[name]
            measured.installed_bytes = sum(map(size_bytes, closure(one.distributions).values()))
            if name != QUOTH:
                measured.installed_bytes += folder_bytes(READER)
            measured.index_bytes = folder_bytes(self._folder.store(name))

    def _asking(self, name: str, question: str) -> list[str]:
        if name != COMMAND:
            return worker("ask", name, str(self._folder.path), question)
        quoth = Path(sys.executable).with_name("quoth")
        seeds, data = str(self._folder.documents), str(self._folder.store(QUOTH))
        return [str(quoth), "ask", "--seeds", seeds, "--data", data, "--", question]

    def _step(self, step: str, name: str, *rest: str) -> dict[str, Any]:
        with self._log(name).open("ab") as log:
            done = subprocess.run(
                worker(step, name, *rest),
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                check=False,
            )
        self._check(name, done.returncode)
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def _timed(self, name: str, command: Sequence[str]) -> tuple[float, int]:
        """
        Run a command to its end.

        Returns:
            The seconds it took, and its peak of resident memory in bytes.
        """
        with self._log(name).open("ab") as log:
            started = time.perf_counter()
            child = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=log, env=environment()
            )
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in _NO_ANSWER:
            self._check(name, child.returncode)
        return seconds, 1024 * usage.ru_maxrss

    def _session(self, name: str, crew: Crew) -> "Session":
        _tell(f"opening {name}")
        arguments = (str(self._folder.path), str(crew.workers), str(crew.threads))
        return Session(worker("serve", name, *arguments), self._log(name))

    def _log(self, name: str) -> Path:
        return self._folder.path / f"{name.replace(' ', '-')}.log"

    def _check(self, name: str, code: int) -> None:
        if code:
            raise SystemExit(f"{name} failed (exit code {code}): see {self._log(name)}.")


def turn(items: Sequence[_Item], number: int) -> list[_Item]:
    """The same items, each round another one first."""
    first = number % len(items)
    return [*items[first:], *items[:first]]


def machine() -> str:
    """The processor, the cores that are used, and Python."""
    return (
        f"{CORES} cores of {processor()}, {platform.system()}, Python {platform.python_version()}"
    )


def versions() -> dict[str, str]:
    """The versions of the systems, and of what they stand on."""
    names = {*_LIBRARIES}.union(*(one.distributions for one in SYSTEMS.values()))
    return {name: version(name) for name in sorted(names)}


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
