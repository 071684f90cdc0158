"""`quoth run` as a process of its own, against the local Discord."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bot.discord_app.launcher import MAPPED
from tests.discord_service import LocalDiscord
from tests.discord_service.service import PATIENCE_S, TOKEN
from tests.forks import Fork


class Process:
    """A `quoth run`, and what it printed so far."""

    def __init__(
        self,
        local: LocalDiscord,
        arguments: Sequence[str],
        *,
        library: Path | None = None,
        token: str = TOKEN,
        settings: Mapping[str, str],
    ) -> None:
        """Start it; with the fakes of a library, or else with the real models."""
        self.local = local
        self.said = ""
        self.logged = ""
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        with Path(os.devnull).open() as nothing:
            self._process = Fork(
                "tests.bot.discord_app.launcher:launch",
                [local.url, str(library) if library else "-", "run", *arguments],
                (nothing.fileno(), out_end, err_end),
                environment=os.environ
                | {"DISCORD_TOKEN": token, "QUOTH_FOLLOW_S": "0", **settings},
            )
        os.close(out_end)
        os.close(err_end)
        self._threads = [
            threading.Thread(target=self._hear, args=each)
            for each in ((out, "said"), (err, "logged"))
        ]
        for thread in self._threads:
            thread.start()

    def _hear(self, descriptor: int, name: str) -> None:
        with os.fdopen(descriptor) as stream:
            for line in stream:
                setattr(self, name, getattr(self, name) + line)

    def until_ready(self) -> None:
        try:
            self.local.wait_for(lambda: " ready " in self.logged, "a start")
        except AssertionError as error:
            # Whoever waits in vain would leave it running, and the tests with it.
            self.kill()
            raise AssertionError(f"{error}; logged: {self.logged}") from error

    def signal(self, which: signal.Signals) -> None:
        self._process.send_signal(which)

    def resident_bytes(self) -> int:
        """The memory it holds."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def libraries(self) -> str:
        """The files that it has mapped; it tells them itself, since nobody else may look."""
        self.signal(signal.SIGUSR1)
        self.local.wait_for(lambda: MAPPED in self.logged, "the files that are mapped")
        return self.logged.partition(MAPPED)[2].partition("\n")[0]

    def code(self) -> int:
        """Wait for its end, and return its exit code."""
        code = self._process.wait(PATIENCE_S)
        for thread in self._threads:
            thread.join()
        return code

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self.code()
