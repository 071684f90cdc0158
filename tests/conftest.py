"""Fakes that behave, and an environment in which nothing leaks from one test to another."""

import fcntl
import gc
import itertools
import os
import re
import shlex
import shutil
import signal
import socket
import sys
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from answering.answerer import Answerer
from answering.calibration import FORMAT_VERSION, RISK_STEPS, Calibration, PassageCalibration
from answering.tuning import Tuning
from bot.database import Database
from index import parser_forks
from index.build import BuildReport, build
from index.generation import Generation, LocalGeneration
from index.manifest import read_manifest, write_manifest
from index.passages import Splitting
from index.retrieve import Retriever
from index.search_server import SearchServer
from index.sizing import SIZING, Sizing
from index.store import Collection
from index.vector_cache import FILE_NAME
from reader.model import PassageText
from reader.spans import Span
from tests import postgres
from tests.fakes import FakeEncoder
from tests.forks import (
    forked_command,
    use_warm_processes,
    warm_processes,
    worker_command,
)

ROOT = Path(__file__).resolve().parents[1]

# A shared machine stalls now and then: no deadlines, and always the same examples.
settings.register_profile(
    "full", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# `make stress` takes all of them.
settings.register_profile("quoth", settings.get_profile("full"), max_examples=20)
settings.load_profile("quoth")

# Root may read and write every file, but not without these capabilities.
AS_ANYBODY = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")
    if os.geteuid() == 0
    else ()
)
CANT_BE_ANYBODY = os.geteuid() == 0 and shutil.which("setpriv") is None

# Before there is a search for garbage.
_ALLOCATED = 5_000

_OPEN_FILES = Path("/proc/self/fd")
CANT_LIST_OPEN_FILES = not _OPEN_FILES.exists()

# Real models: some of their tests load others beside them, with torch.
_MAY_NEED_TORCH = {"real_data", "export"}
_IMPORT_TORCH = (
    *("tests/benchmarks/test_checkpoint.py", "tests/bot/readers/", "tests/bot/test_assembly.py"),
    *("tests/bot/test_torch_readers.py", "tests/index/test_bert.py"),
    "tests/index/test_torch_encoders.py",
    *("tests/reader/test_transformers_reader.py", "tests/test_patterns.py", "tests/training/"),
)
# Their tests mostly wait, some of them for a quarter of a minute.
_WAIT_LONG = (
    *("tests/bot/cli/test_watch.py", "tests/bot/discord_app/documents/"),
    "tests/bot/discord_app/test_shared_shards.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """
    Have the processes that share the tests be forks of one that has imported them.

    In a fresh clone, to import them takes a twentieth of the processor's time that all tests take.
    """
    # What counts lines has to see them imported.
    if not config.pluginmanager.hasplugin("_cov"):
        begun_in = config.invocation_params.dir
        command = shlex.join(worker_command([str(begun_in / test) for test in config.args]))
        for spec in specs:
            spec.python = command


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell each process that has a share of the tests where all of them have processes forked."""
    node.workerinput["forks"] = warm_processes()


def pytest_configure(config: pytest.Config) -> None:
    """Have processes forked where the one says so that shares the tests out."""
    if given := getattr(config, "workerinput", None):
        use_warm_processes(given["forks"])
    else:
        # Ended so, too, tests take away what they share.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Mark the tests that need torch by what they are given, and put first those that import it.

    Where several processes share the tests, the first one begins with them, and no other has to
    import torch. The second one begins with those that wait long: at the end, the others would wait
    for it with nothing to do.
    """
    for item in items:
        if isinstance(item, pytest.Function) and _MAY_NEED_TORCH & set(item.fixturenames):
            item.add_marker("torch")
    items.sort(key=lambda item: not item.nodeid.startswith(_IMPORT_TORCH))
    waiting = [item for item in items if item.nodeid.startswith(_WAIT_LONG)]
    others = [item for item in items if not item.nodeid.startswith(_WAIT_LONG)]
    # Each process is given as many in a row.
    second = len(items) // getattr(config, "workerinput", {"workercount": 1})["workercount"]
    items[:] = [*others[:second], *waiting, *others[second:]]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """
    Collect tests without a search for garbage, and leave what that made out of every later one.

    None of it is garbage before the end, and searching all of it again and again took a fifteenth
    of the tests' time. What a test leaves is little, and is searched a seventh as often.
    """
    gc.disable()
    try:
        collected = yield
        gc.freeze()
        gc.set_threshold(_ALLOCATED, *gc.get_threshold()[1:])
    finally:
        gc.enable()
    return collected


class FakeReader:
    """
    Answers with the number that stands nearest after the question's last word.

    "how many for theft" finds "35" in "for theft 35"; without that word there is no answer.
    """

    sha256 = "0" * 64

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        word = re.findall(r"\w+", question)[-1]
        spans: list[Span] = []
        for passage in passages:
            pattern = rf"\b{re.escape(word)}\b\D*?(\d[\d,]*)"
            matches = itertools.islice(
                re.finditer(pattern, passage.text, re.IGNORECASE), spans_per_passage
            )
            spans += [Span(passage.id, *match.span(1), match[1], 10.0, 0.0) for match in matches]
            if not any(span.passage_id == passage.id for span in spans):
                first = re.search(r"\w+", passage.text)
                if first:
                    spans.append(Span(passage.id, *first.span(), first[0], -10.0, 10.0))
        return sorted(spans, key=lambda span: -span.margin)


FAKE_TUNING = Tuning(
    far_behind=0.08,
    far_behind_unsure=0.2,
    near_gain=0.25,
    near_margin=3.0,
    named_margin=2.0,
)
FAKE_CALIBRATION = Calibration(
    format_version=FORMAT_VERSION,
    reader_sha256=FakeReader.sha256,
    encoder_sha256=FakeEncoder.sha256,
    fitted_on="nothing",
    cosine_weight=1.0,
    lexical_weight=0.0,
    intercept=0.0,
    evidence_weight=0.3,
    gap_weight=0.0,
    sentence_weight=0.0,
    sentence_intercept=0.0,
    sentence_slope=0.0,
    passages_weight=0.0,
    fewest_passages=1,
    most_passages=1_000,
    thresholds=tuple(1 - percent / 100 for percent in range(RISK_STEPS + 1)),
    given_passage=PassageCalibration(intercept=0.0, margin_weight=0.3, min_confidence=0.5),
    expected_calibration_error=0.0,
)


class QuietReporter:
    """Remembers what a build reported."""

    def __init__(self) -> None:
        self.holders: list[str] = []
        self.stages: dict[str, int] = {}
        self.steps = 0

    def waiting(self, holder: str) -> None:
        self.holders.append(holder)

    def stage(self, name: str, total: int) -> None:
        self.stages[name] = total

    def advance(self, steps: int) -> None:
        self.steps += steps


@dataclass
class Library:
    """A folder of documents and its index, with fakes for models."""

    folder: Path
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    splitting: Splitting = field(default_factory=Splitting)
    name: str = "base"
    sizing: Sizing = SIZING
    server: SearchServer | None = None

    @property
    def documents(self) -> Path:
        if self.name != "base":
            return self.collection.folder / "documents"
        return self.folder / "documents"

    @property
    def collection(self) -> Collection:
        return self.collection_named(self.name)

    def collection_named(self, name: str) -> Collection:
        return Collection(self.folder / "data" / "collections" / name, server=self.server)

    def other(self, name: str) -> "Library":
        """Another collection beside this one."""
        return replace(self, name=name)

    def copy_into(self, other: "Library") -> "Library":
        """Give another library, which may be changed, these documents and their index."""
        shutil.copytree(self.folder, other.folder, dirs_exist_ok=True)
        folder = other.collection.folder / "generations" / other.collection.current()
        given = {"folder": str(other.documents.resolve())}
        write_manifest(folder, read_manifest(folder).model_copy(update=given))
        return other

    @property
    def vectors(self) -> Path:
        """The file of the vectors that were made."""
        name = f"{self.encoder.sha256}-{self.encoder.precision}"
        return self.folder / "data" / "vectors" / name / FILE_NAME

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.documents / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def build(
        self,
        reporter: QuietReporter | None = None,
        *,
        rebuild: bool = False,
        may_be_empty: bool = False,
        forget_removed: bool = False,
    ) -> BuildReport:
        return build(
            self.collection,
            self.documents,
            without=self.folder / "data",
            open_encoder=lambda: self.encoder,
            vectors=self.folder / "data" / "vectors",
            splitting=self.splitting,
            reporter=reporter or QuietReporter(),
            sizing=self.sizing,
            rebuild=rebuild,
            may_be_empty=may_be_empty,
            forget_removed=forget_removed,
        )

    def open(self) -> LocalGeneration:
        """Open what is served; it may be closed, and is when nobody holds its texts any more."""
        generation = self.collection.open_files()
        weakref.finalize(generation.texts, generation.texts._rows.close)
        return generation

    def answerer(
        self,
        generation: Generation | None = None,
        *,
        passages: int = 5,
        max_risk: float = 0.5,
        others: Sequence[Generation] = (),
    ) -> Answerer:
        return Answerer(
            Retriever(generation or self.open(), self.encoder, *others),
            FakeReader(),
            FAKE_CALIBRATION,
            FAKE_TUNING,
            passages=passages,
            max_risk=max_risk,
        )


def open_files(folder: Path) -> list[Path]:
    """What this process has open in a folder."""
    targets = []
    for descriptor in _OPEN_FILES.iterdir():
        # The one that lists them is gone by now.
        with suppress(FileNotFoundError):
            targets.append(descriptor.readlink())
    return [target for target in targets if target.is_relative_to(folder.resolve())]


@pytest.fixture
def forked_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forks read the documents of builds, which takes a tenth of what fresh processes take."""
    monkeypatch.setattr(parser_forks, "module_command", forked_command)


@pytest.fixture
def library(tmp_path: Path, forked_parsers: None) -> Library:
    """An empty documents folder beside an empty data folder."""
    made = Library(tmp_path)
    made.documents.mkdir()
    return made


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.upper().startswith("QUOTH_") or name in {"DISCORD_TOKEN", "NO_COLOR"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Fail on any connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            pytest.fail(f"something connects to {address}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def real_data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A data folder with the real index of `seeds/`, built once per run when first asked for."""
    from bot.assembly import build_in_child
    from bot.settings import load_settings

    base = tmp_path_factory.getbasetemp()
    # Those who run side by side have bases of their own in one folder, and share what is built.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "real"
    built = folder / "built"

    def ready() -> Path:
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not built.exists():
                build_in_child(load_settings(seeds=ROOT / "seeds", data=folder / "data"))
                built.touch()
        return folder / "data"

    return ready


@pytest.fixture
def export(real_data: Callable[[], Path]) -> Path:
    """The folder of the default encoder, as the real index has it exported."""
    (folder,) = (real_data() / "encoder").iterdir()
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL with pgvector, started when a test first asks for it; its address."""
    try:
        with postgres.server() as address:
            yield address
    except postgres.NoServerError as error:
        pytest.fail(str(error))


_DATABASES = itertools.count()


@pytest.fixture
def empty_database(postgres_server: str) -> Iterator[str]:
    """An empty database of this test's own; its address."""
    with postgres.database(postgres_server, f"test_{next(_DATABASES)}") as address:
        yield address


@pytest.fixture(scope="session")
def used_again(postgres_server: str) -> Iterator[postgres.UsedAgain]:
    """The database of one test after the other."""
    from bot.postgres import PostgresDatabase

    def make_tables(address: str) -> str:
        with closing(PostgresDatabase(address)) as made:
            return made.version

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        yield postgres.UsedAgain(postgres_server, connection, make_tables)


@pytest.fixture
def postgres_database(used_again: postgres.UsedAgain) -> str:
    """A database with Quoth's tables, in which there is nothing; its address."""
    return used_again.emptied()


Place = Callable[[], Path | Database]
"""Opens where things are remembered; what is opened first is opened again."""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of database that things can be remembered in: a contract holds for both."""
    if request.param == "sqlite":
        yield lambda: tmp_path / "quoth.sqlite"
        return
    from bot.postgres import PostgresDatabase

    address: str = request.getfixturevalue("postgres_database")
    opened: list[PostgresDatabase] = []

    def open_database() -> Database:
        opened.append(PostgresDatabase(address))
        return opened[-1]

    yield open_database
    # If a pool is left open, Python ends it later, perhaps in one of the pool's own threads, which
    # it would wait for. Whichever test runs by then would fail.
    assert [each for each in opened if not each._pool.closed] == []
