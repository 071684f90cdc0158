"""Looking after an index: what is there, whether it is sound, and going back."""

import resource
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import pytest

from bot.collection_builds import roll_back_collection
from bot.settings import load_settings
from index.errors import BuildError, IndexDamagedError, IndexMissingError
from index.files import stamp_files
from index.inspection import status, verify
from index.manifest import TEXTS_NAME, VECTORS_NAME, read_manifest, write_manifest
from index.store import Collection
from tests.conftest import Library


def restamp(folder: Path) -> None:
    """Make a manifest say that its files are what they have become."""
    manifest = read_manifest(folder)
    files = {
        name: stamp for name, stamp in stamp_files(folder, {}).items() if name in manifest.files
    }
    write_manifest(folder, manifest.model_copy(update={"files": files}))


def folder_of(collection: Collection) -> Path:
    with closing(collection.open()) as generation:
        return generation.folder


def test_status_tells_what_is_served(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.write("b.txt", b"\x00")
    before = datetime.now(UTC)
    library.build()

    found = status(library.collection, library.documents, without=None)

    assert (found.documents, found.passages, found.up_to_date, found.held) == (1, 1, True, False)
    assert [failure.id for failure in found.failures] == ["b.txt"]
    assert found.generations == (found.generation,)
    assert before <= found.created < found.finished <= datetime.now(UTC)
    library.write("c.txt", "More.")
    assert status(library.collection, library.documents, without=None).up_to_date is False
    assert status(library.collection, library.folder / "gone", without=None).up_to_date is None


def test_what_was_built_is_sound(library: Library) -> None:
    for number in range(30):
        library.write(f"{number}.txt", f"Fine {number} costs {number} francs. " * 40)
    library.build()
    library.write("3.txt", "Changed.")
    library.build()

    assert verify(library.collection).id == library.collection.current()


def test_a_passage_that_is_not_in_its_document_is_found(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.build()
    folder = folder_of(library.collection)
    with closing(sqlite3.connect(folder / TEXTS_NAME)) as connection, connection:
        connection.execute("UPDATE passages SET text = 'Theft costs 99.'")
    restamp(folder)

    with pytest.raises(IndexDamagedError, match="passage 0 is not what stands in"):
        verify(library.collection)


def test_a_vector_that_is_not_of_unit_length_is_found(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.build()
    folder = folder_of(library.collection)
    index = faiss.IndexFlatIP(library.encoder.dim)
    index.add(np.full((1, library.encoder.dim), 0.5, dtype=np.float32))
    faiss.write_index(index, str(folder / VECTORS_NAME))
    restamp(folder)

    with pytest.raises(IndexDamagedError, match=r"the vector of passage 0 has length 4\.0"):
        verify(library.collection)


def test_going_back_holds_until_the_next_build(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    first = library.build().generation
    library.write("a.txt", "Theft costs 99.")
    second = library.build().generation

    assert library.collection.roll_back() == first
    assert library.open().texts.text("a.txt", 0, 15) == "Theft costs 35."
    assert library.collection.is_held()
    third = library.build()

    assert third.changes.changed == ("a.txt",)
    assert not library.collection.is_held()
    assert library.collection.generations.ids() == [first, third.generation]
    assert second not in library.collection.generations.ids()


def test_going_back_and_changing_the_documents_back_ends_the_hold(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.build()
    library.write("a.txt", "Theft costs 99.")
    library.build()
    library.collection.roll_back()
    library.write("a.txt", "Theft costs 35.")

    assert not library.build().published
    assert not library.collection.is_held()


def test_a_generation_that_could_not_be_gone_back_to_is_not_held(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.build()
    library.write("a.txt", "Theft costs 99.")
    current = library.build().generation
    (library.collection.folder / "CURRENT.new").mkdir()

    settings = load_settings(data=library.folder / "data")
    with pytest.raises(BuildError, match="can't be written"):
        roll_back_collection(settings, "base", pytest.fail)

    assert library.collection.current() == current
    assert not library.collection.is_held()


def test_what_is_held_stays_so_where_a_full_disk_lets_nobody_go_further_back(
    library: Library,
) -> None:
    for fine in (35, 99, 120):
        library.write("a.txt", f"Theft costs {fine}.")
        library.build()
    held = library.collection.roll_back()
    most = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            library.collection.roll_back()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)

    assert library.collection.current() == held
    assert library.collection.is_held()


def test_going_back_where_nothing_is_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        roll_back_collection(load_settings(data=tmp_path / "data"), "base", pytest.fail)
    assert not (tmp_path / "data").exists()


def test_there_is_nothing_to_go_back_to_from_the_first(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    current = library.build().generation
    (library.collection.folder / "generations" / ".DS_Store").touch()

    assert library.collection.generations.ids() == [current]
    with pytest.raises(IndexMissingError, match="no generation before"):
        library.collection.roll_back()
    assert not library.collection.is_held()


def test_a_damaged_generation_is_not_gone_back_to(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    first = folder_of_current(library)
    library.write("a.txt", "Theft costs 99.")
    library.build()
    current = library.collection.current()
    manifest = read_manifest(first)
    (first / next(iter(manifest.files))).write_bytes(b"")

    with pytest.raises(IndexDamagedError):
        library.collection.roll_back()
    assert library.collection.current() == current


def folder_of_current(library: Library) -> Path:
    library.build()
    return folder_of(library.collection)


def test_the_last_three_generations_are_kept(library: Library) -> None:
    made = []
    for number in range(6):
        library.write("a.txt", f"Theft costs {number}.")
        made.append(library.build().generation)

    assert library.collection.generations.ids() == made[-3:]
