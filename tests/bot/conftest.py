"""What faces are tested with: answers from one article, with fakes for models."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from answering.cache import AnswerCache
from bot.serving.open_indexes import SpaceOpener
from bot.serving.service import AnswerService
from bot.settings import Settings, load_settings
from bot.shared.opening import Shared
from tests.conftest import Library

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase

# The fake reader finds the number that follows the question's last word.
ARTICLE = (
    "The agency published its figures on Monday. For theft 3,204 were counted. For arson 812 "
    "were counted. A spokesman said that the numbers had risen.\n\n"
    "Officials in the north counted for smuggling 77 cases. Later reports said of theft 4,001."
)


def opener(library: Library) -> SpaceOpener:
    """What opens the generations of a library, with fakes for models."""
    return SpaceOpener(
        open_base=lambda: SimpleNamespace(generation=library.open(), encoder=library.encoder),  # type: ignore[arg-type, return-value]
        answerer=lambda base, others: AnswerCache(library.answerer(base.generation, others=others)),
        collection=library.collection_named,
    )


@pytest.fixture(scope="session")
def indexed_article(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """One article and its index, made once and only read."""
    made = Library(tmp_path_factory.mktemp("article"))
    made.write("figures.txt", ARTICLE)
    made.build()
    return made


@pytest.fixture
def article(indexed_article: Library, library: Library) -> Library:
    """A copy of both, which a test may change."""
    return indexed_article.copy_into(library)


@pytest.fixture
def service(article: Library) -> Iterator[AnswerService]:
    """What is answered from: one article, with fakes for models."""
    serving = AnswerService(opener(article))
    yield serving
    serving.close()


@pytest.fixture
def database(postgres_database: str) -> "Iterator[PostgresDatabase]":
    """A database with Quoth's tables."""
    from bot.postgres import PostgresDatabase

    with closing(PostgresDatabase(postgres_database)) as opened:
        yield opened


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """A folder that several machines see."""
    folder = tmp_path / "storage"
    folder.mkdir()
    return folder


@pytest.fixture
def shared(database: "PostgresDatabase", storage: Path) -> Shared:
    """What these machines share."""
    from bot.shared.generations import SharedGenerations
    from bot.shared.jobs import Jobs
    from bot.shared.parts import Parts
    from bot.shared.storage import FolderStorage

    jobs = Jobs(database)
    parts = Parts(database, FolderStorage(storage))
    return Shared(database, jobs, SharedGenerations(database, parts, jobs))


@pytest.fixture
def node(tmp_path: Path) -> Settings:
    """A machine that has neither documents nor an index."""
    return load_settings(data=tmp_path / "node" / "data", seeds=tmp_path / "node" / "documents")


@pytest.fixture
def builder(library: Library) -> Settings:
    """A machine that has both."""
    return load_settings(data=library.folder / "data", seeds=library.documents)
