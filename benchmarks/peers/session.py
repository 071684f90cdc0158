"""The processes that systems work in, as the comparison starts them."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from benchmarks.peers import THREADS
from index.processes import module_command


def environment() -> dict[str, str]:
    """The environment of all systems: no network, no settings of ours, and no more threads."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    # Else a system whose modules were not compiled when it was installed compiles them each time.
    mine.pop("PYTHONDONTWRITEBYTECODE", None)
    return {
        **mine,
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": str(THREADS),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONWARNINGS": "ignore",
        "TRANSFORMERS_OFFLINE": "1",
    }


def worker(step: str, *arguments: str) -> list[str]:
    """The command of one step of `benchmarks.peers.worker`."""
    return module_command("benchmarks.peers.worker", step, *arguments)


class Session:
    """A system that waits for questions."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        """
        Start it, and wait until it has opened everything.

        Args:
            command: The command of the step "serve"; see `worker`.
            log: Where its standard error goes.
        """
        with log.open("ab") as errors:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(),
                text=True,
            )
        self._log = log
        self._result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.communicate()

    def ask(self, questions: Sequence[str], askers: int) -> dict[str, Any]:
        """See `benchmarks.peers.worker.serve`."""
        assert self._child.stdin is not None  # noqa: S101 - it is a pipe
        print(
            json.dumps({"questions": questions, "askers": askers}),
            file=self._child.stdin,
            flush=True,
        )
        return self._result()

    def _result(self) -> dict[str, Any]:
        assert self._child.stdout is not None  # noqa: S101 - it is a pipe
        line = self._child.stdout.readline()
        if not line:
            raise SystemExit(f"A system ended early: see {self._log}.")
        result: dict[str, Any] = json.loads(line)
        return result
