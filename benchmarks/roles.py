"""
All roles of a Quoth on several machines as processes on this one, each of which can be killed.

    python -m benchmarks.roles URL READER COMMAND ...

runs one of them: `quoth COMMAND ...` with the local Discord at URL in the place of the real one,
and with the tests' fake reader where READER is "fake".
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psycopg

from benchmarks import resident_mb
from bot.cli.main import main
from bot.serving import nodes as remote
from tests.bot.discord_app.launcher import point_at
from tests.commands import use_reader
from tests.conftest import FakeReader
from tests.discord_service import LocalDiscord
from tests.discord_service.service import TOKEN
from tests.postgres import Server, stoppable_server

NODE_TOKEN = "between-nodes-of-the-benchmark"  # noqa: S105 - of nothing but this run
# Exporting the encoder on a busy machine takes its time; only a failing run waits so long.
PATIENCE_S = 600.0


class Role:
    """One process of Quoth: started, killed, and started again on the same data folder."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        data: str = "",
        address: str = "",
    ) -> None:
        """
        Describe it; it does not run yet.

        Args:
            name: Tells it from the others.
            command: That of `quoth`, with its options.
            environment: The settings of the process.
            folder: Where its data and its log lie.
            data: The name of its data folder there, if it is another than its own.
            address: Where it answers, if it is a node.
        """
        self.name = name
        self._data = folder / (data or name) / "data"
        self._command = [*command, "--data", str(self._data)]
        self._address = address
        self._environment = {**os.environ, **environment}
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.roles", *self._command],
                env=self._environment,
                # Its end says that this process has ended, also where it was killed.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Have the kernel end it, at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()

    @property
    def logged(self) -> str:
        """What it has said so far, from all of its starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def serves(self) -> str:
        """The generation of the base in its data folder; "" before the first."""
        current = self._data / "collections" / "base" / "CURRENT"
        return current.read_text().strip() if current.exists() else ""

    def is_well(self) -> bool:
        """Whether a node answers."""
        try:
            with urlopen(f"{self._address}/healthz", timeout=1):  # noqa: S310 - our own port
                return True
        except OSError:
            return False

    def resident_mb(self) -> float:
        """The memory that it has in use; 0 where it does not run."""
        return 0.0 if self._process is None or self.has_ended else resident_mb(self._process.pid)


@dataclass(frozen=True, slots=True)
class Installation:
    """All roles of one Quoth, which share a database and a storage."""

    gateways: Sequence[Role]
    nodes: Sequence[Role]
    builder: Role
    database: Server
    documents: Path
    """The documents folder of the builder."""
    once: Callable[..., Role]
    """A command of `quoth` that ends by itself."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """All processes but the database."""
        return (*self.gateways, *self.nodes, self.builder)

    def current(self) -> str:
        """The generation of the base that is published now; "" before the first."""
        with psycopg.connect(self.database.address) as connection:
            row = connection.execute("SELECT current FROM collections WHERE name = 'base'")
            return str((row.fetchone() or ("",))[0])

    def is_served(self) -> bool:
        """Whether all that answer have in their data folders what is published."""
        current = self.current()
        return all(one.serves == current for one in (*self.gateways, *self.nodes))

    def until_shared(self, local: LocalDiscord) -> None:
        """Wait until the shards are connected and evenly shared."""
        until(lambda: local.gateway.connected == local.gateway.shards, "all shards", self.roles)
        share = local.gateway.shards // len(self.gateways)
        until(
            lambda: all(shards_of(one) == share for one in self.gateways),
            "the shards are shared evenly",
            self.roles,
        )
        until(lambda: local.gateway.connected == local.gateway.shards, "all shards", self.roles)

    def change(self) -> None:
        """Let one document say something else; the builder follows."""
        # Whoever looks meanwhile sees a whole file.
        aside = self.documents.with_name("changed.new")
        aside.write_text(
            f"The lighthouse of Brindle Point was lit by {time.monotonic_ns()} people."
        )
        aside.replace(self.documents / "changed.txt")

    def roll_back(self) -> None:
        """Go back to the generation before the current one, everywhere."""
        self.once("index", "rollback").start()

    def index(self) -> None:
        """Have a builder make a new generation, also where somebody has gone back."""
        self.once("index").start()


@contextmanager
def installation(
    local: LocalDiscord, seeds: Path, folder: Path, *, is_fake: bool, gateways: int, nodes: int
) -> Iterator[Installation]:
    """
    Start all roles in an empty folder, and wait until the bot is connected.

    Args:
        local: The Discord that the gateways connect to.
        seeds: Documents, which are copied.
        folder: Where everything lies.
        is_fake: Whether nodes answer with the tests' fake reader.
        gateways: How many processes share the shards.
        nodes: How many answer.
    """
    documents, storage = folder / "documents", folder / "storage"
    shutil.copytree(seeds, documents)
    storage.mkdir()
    addresses = [f"http://127.0.0.1:{free_port()}" for _ in range(nodes)]
    with stoppable_server() as database:
        settings = {
            "QUOTH_DATABASE": database.address,
            "QUOTH_STORAGE": str(storage),
            "QUOTH_NODE_TOKEN": NODE_TOKEN,
        }
        asking = settings | {
            "DISCORD_TOKEN": TOKEN,
            "QUOTH_SHARDS": "recommended",
            "QUOTH_NODES": ",".join(addresses),
            "QUOTH_COOLDOWN_QUESTIONS": "1000000",
        }
        reader = "fake" if is_fake else "real"
        # Nobody but the builder has documents.
        none = ("--seeds", str(folder / "none"))

        def role(name: str, environment: Mapping[str, str], *command: str, **more: str) -> Role:
            return Role(name, (local.url, reader, *command), environment, folder, **more)

        following = settings | {"QUOTH_FOLLOW_S": "1"}
        made = Installation(
            # They share the documents that servers add.
            [
                role(f"gateway-{n + 1}", asking, "run", *none, data="gateways")
                for n in range(gateways)
            ],
            [
                role(
                    *(f"node-{n + 1}", settings, "serve", *none),
                    *("--port", address.rpartition(":")[2]),
                    address=address,
                )
                for n, address in enumerate(addresses)
            ],
            role("builder", following, "build", "--seeds", str(documents)),
            database,
            documents,
            lambda *command: role("once", settings, *command),
        )
        made.change()
        try:
            for one in made.roles:
                one.start()
            for node in made.nodes:
                until(node.is_well, f"{node.name} answers", made.roles)
            made.until_shared(local)
            yield made
        finally:
            for one in made.roles:
                one.kill()


def until(condition: Callable[[], object], what: str, alive: Sequence[Role]) -> float:
    """Wait for something that these roles bring about; the seconds that it took."""
    started = time.monotonic()
    while not condition():
        for role in alive:
            if role.has_ended:
                raise SystemExit(f"{role.name} has ended:\n{role.logged[-2_000:]}")
        if time.monotonic() > started + PATIENCE_S:
            raise SystemExit(f"waited in vain for {what}")
        time.sleep(0.1)
    return time.monotonic() - started


def shards_of(gateway: Role) -> int:
    """How many shards a gateway has, as its log says since its last start."""
    logged = gateway.logged.rpartition(" shards_shared ")[2]
    left = sum(logged.count(f" {event} ") for event in ("shard_lost", "shard_given_up"))
    return logged.count(" shard_taken ") - left


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _end_with_the_run() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


def run() -> None:
    """Be the role that the command line names."""
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    url, reader = sys.argv[1:3]
    point_at(url)
    if reader == "fake":
        use_reader(FakeReader())
        vars(remote)["reader_sha256"] = lambda _: FakeReader.sha256
    del sys.argv[1:3]
    main()


if __name__ == "__main__":
    run()
