"""A database of passages, and libraries that are published to it."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.postgres.server import PostgresSearch
from tests import postgres
from tests.conftest import Library


@pytest.fixture(scope="module")
def address(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database for a module's tests."""
    with postgres.database(postgres_server, request.module.__name__) as named:
        yield named


@pytest.fixture(scope="module")
def server(address: str) -> Iterator[PostgresSearch]:
    with closing(PostgresSearch(address, "here")) as opened:
        yield opened


def publish(folder: Path, name: str, server: PostgresSearch) -> Library:
    """A library of which documents came and went, published under a name of its own."""
    library = Library(folder, name=name, server=server)
    chance = random.Random(3)  # noqa: S311 - no secret
    for number in range(30):
        words = " ".join(chance.choices(["theft", "arson", "bread", "boats", "rye"], k=8))
        library.write(f"{number:02}/fine.txt", f"Fine {number} 🎉 is for {words} in the town.")
    library.build()
    for number in range(0, 30, 7):
        (library.documents / f"{number:02}/fine.txt").unlink()
    library.write("last.txt", "Theft of boats and arson take 35 marks.")
    library.build()
    return library
