"""Vectors that nothing uses leave, and no others do."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from index.manifest import MANIFEST_NAME
from index.pruning import prune_vectors
from index.vector_cache import VectorCache
from tests.conftest import Library


def prune(library: Library, spare: int = 0) -> int:
    data = library.folder / "data"
    return prune_vectors(data / "collections", data / "vectors", spare)


def cached(library: Library) -> int:
    with closing(sqlite3.connect(library.vectors)) as connection:
        return int(connection.execute("SELECT count(*) FROM vectors").fetchone()[0])


@pytest.fixture
def town(library: Library) -> Library:
    """Another collection of the same data folder."""
    return library.other("town")


def outdated(library: Library, versions: int = 12) -> None:
    for version in range(versions):
        library.write("a.txt", f"Fines for theft are {version}.")
        library.build()


def test_vectors_of_texts_that_no_generation_holds_leave(library: Library, town: Library) -> None:
    town.write("t.txt", "The town takes 7 marks.")
    town.build()
    outdated(library)

    assert cached(library) == 13
    assert prune(library) == 13 - 3 - 1
    assert cached(library) == 4
    library.encoder.encoded.clear()
    library.collection.roll_back()
    library.build(rebuild=False)
    town.write("t2.txt", "The town takes 7 marks.")
    town.build()
    assert library.encoder.encoded == []


def test_no_build_looks_through_vectors_that_are_surely_few(library: Library) -> None:
    outdated(library, 3)
    library.write("a.txt", "Something else.")
    library.build()

    assert cached(library) == 4
    assert prune(library, spare=1) == 0


def test_nothing_is_counted_as_idle_that_has_room(library: Library) -> None:
    outdated(library)

    assert prune(library, spare=100) == 0
    assert cached(library) == 12


def test_all_vectors_of_an_encoder_that_nothing_uses_leave(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    before = library.encoder.sha256
    library.encoder.sha256 = "e" * 64
    outdated(library, 3)
    prune(library)

    library.encoder.sha256 = before
    assert cached(library) == 0


@contextmanager
def another_build(library: Library) -> Iterator[None]:
    vectors = library.folder / "data" / "vectors"
    with closing(VectorCache(vectors, library.open().manifest.encoder)):
        yield


@contextmanager
def killed_build(library: Library) -> Iterator[None]:
    (library.collection.folder / "generations" / ".building-20200101T000000Z-abcdef").mkdir()
    yield


@contextmanager
def unreadable_generation(library: Library) -> Iterator[None]:
    (library.open().folder / MANIFEST_NAME).write_text("{}")
    yield


@pytest.mark.parametrize("state", [another_build, killed_build, unreadable_generation])
def test_vectors_stay_while_others_may_want_them(
    library: Library, town: Library, state: Callable[[Library], AbstractContextManager[None]]
) -> None:
    outdated(library)
    town.write("t.txt", "The town takes 7 marks.")
    town.build()

    with state(town):
        assert prune(library) == 0
    assert cached(library) == 13


def test_a_build_whose_vectors_were_taken_makes_them_again(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    path = library.vectors
    library.write("b.txt", "Fines for arson 90.")
    encode = library.encoder.encode

    def encode_and_lose(texts, progress):  # type: ignore[no-untyped-def]
        vectors = encode(texts, progress)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE vectors SET vector = x'00'")
        return vectors

    library.encoder.encode = encode_and_lose  # type: ignore[method-assign]
    report = library.build(rebuild=True)

    assert (report.passages, report.encoded, report.reused) == (2, 2, 0)
    generation = library.open()
    for row, passage in generation.texts.passages([0, 1]).items():
        expected = library.encoder.encode_question(passage.text)
        assert generation.vectors.vector(row) == pytest.approx(expected)
