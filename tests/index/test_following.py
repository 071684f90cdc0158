"""Whoever reads an index while others build it finds one that is whole, every time."""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from index import local_engine
from index.retrieve import Retriever
from index.store import Collection
from index.vectors import VectorIndex
from tests.conftest import Library

PUBLISHED = 8
READERS = 3


def test_questions_are_answered_while_generations_are_published(library: Library) -> None:
    library.write("same.txt", "The harbour takes 35 marks for a boat.")
    library.write("a.txt", "Version 0.")
    library.build()
    done = threading.Event()
    failures: list[BaseException] = []
    seen: list[set[str]] = [set() for _ in range(READERS)]

    def ask(number: int) -> None:
        collection = Collection(library.collection.folder)
        try:
            generation = collection.open()
            while not done.is_set():
                if collection.current() != generation.id:
                    newer = collection.open()
                    generation.close()
                    generation = newer
                hits = Retriever(generation, library.encoder).retrieve("harbour boat", 1).hits
                assert hits[0].passage.text == "The harbour takes 35 marks for a boat."
                seen[number].add(generation.texts.text("a.txt", 0, 20))
            generation.close()
        except BaseException as error:
            failures.append(error)
            raise

    readers = [threading.Thread(target=ask, args=(number,)) for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        for version in range(1, PUBLISHED + 1):
            library.write("a.txt", f"Version {version}.")
            library.build()
    finally:
        done.set()
        for reader in readers:
            reader.join()

    assert failures == []
    for versions in seen:
        assert len(versions) > 1
        assert versions <= {f"Version {version}." for version in range(PUBLISHED + 1)}


def test_a_generation_that_is_open_outlives_its_files(library: Library) -> None:
    library.write("a.txt", "Version 0.")
    library.build()
    with closing(library.open()) as old:
        for version in range(1, 6):
            library.write("a.txt", f"Version {version}.")
            library.build()
        assert not old.folder.exists()

        hits = Retriever(old, library.encoder).retrieve("version", 1).hits

    assert hits[0].passage.text == "Version 0."


def test_a_generation_that_goes_while_it_is_opened_gives_way_to_the_next(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = library.write("a.txt", "Version 0.")
    library.write("b.txt", "The harbour takes 35 marks for a boat.")
    first = library.build().generation

    def opened(path: Path, added: Path | None, ids: Sequence[int]) -> VectorIndex:
        found = VectorIndex(path, added, ids)
        if path.parent.name == first and removed.exists():
            removed.unlink()
            library.build(forget_removed=True)
        return found

    monkeypatch.setattr(local_engine, "VectorIndex", opened)
    with closing(library.open()) as generation:
        assert generation.id != first
        assert generation.manifest.documents == 1
