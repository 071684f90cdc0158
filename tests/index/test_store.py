"""A generation is published whole or not at all, and damage never goes unseen."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from index import generation_folders
from index.errors import IndexDamagedError, IndexFormatError, IndexMissingError
from index.manifest import MANIFEST_NAME, EncoderStamp, read_manifest, write_manifest
from index.store import KEPT_GENERATIONS, Collection
from tests.conftest import (
    AS_ANYBODY,
    CANT_BE_ANYBODY,
    CANT_LIST_OPEN_FILES,
    ROOT,
    Library,
    open_files,
)
from tests.damage import overwrite_unseen
from tests.waiting import until


@pytest.fixture
def built(library: Library) -> Library:
    library.write("a.txt", "Fines for theft 35. Fines for arson 90.")
    library.build()
    return library


def generation_folder(library: Library) -> Path:
    return library.open().folder


def test_a_collection_that_was_never_built_has_no_index(library: Library) -> None:
    with pytest.raises(IndexMissingError):
        library.open()


def test_a_generation_describes_how_it_was_made(built: Library) -> None:
    manifest = built.collection.manifest()

    assert manifest.encoder.name == "fake"
    assert manifest.encoder.dim == built.encoder.dim
    assert manifest.documents == 1
    assert list(built.collection.made_of().documents) == ["a.txt"]
    assert manifest.passages == 1
    assert {"passages.sqlite", "vectors.faiss"} <= set(manifest.files)


_SEARCH = """
import sys
from pathlib import Path
from tests.conftest import Library
generation = Library(Path(sys.argv[1])).open()
print(generation.engine.lexical({"arson": 1.0}, 1)[0][0], len(generation.vectors))
"""


@pytest.mark.skipif(CANT_BE_ANYBODY, reason="root may write everything")
def test_an_index_that_may_only_be_read_is_searched(built: Library) -> None:
    built.open()  # which leaves a lock of tantivy's
    folder = generation_folder(built)
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)

    told = subprocess.run(
        [*AS_ANYBODY, sys.executable, "-W", "ignore", "-c", _SEARCH, str(built.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for path in paths:
        path.chmod(0o755)

    assert told.stdout == "0 1\n", told.stderr


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, Path.unlink])
@pytest.mark.parametrize("name", ["passages.sqlite", "vectors.faiss", "lexical/meta.json"])
def test_damage_to_any_file_is_found(
    built: Library, name: str, damage: Callable[[Path], None]
) -> None:
    path = generation_folder(built) / name
    damage(path)

    with pytest.raises(IndexDamagedError, match=name):
        built.open()


@pytest.mark.parametrize("compared_up_to", [generation_folders.CHECKED_BYTES, 0])
def test_damage_that_keeps_size_and_time_is_found_by_verifying(
    built: Library, monkeypatch: pytest.MonkeyPatch, compared_up_to: int
) -> None:
    """Long files are read only then: from then on, it is known."""
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", compared_up_to)
    path = generation_folder(built) / "vectors.faiss"
    overwrite_unseen(path, path.stat().st_size - 4, b"\xff\xff\xff\xff")

    if not compared_up_to:
        built.open()
    for verify in (True, False):
        with pytest.raises(IndexDamagedError, match=r"vectors\.faiss: .*checksum"):
            built.collection.open_files(verify=verify)
    assert built.collection.is_noted_damaged()
    built.build()
    assert not built.collection.is_noted_damaged()
    built.open()


def test_an_index_that_was_copied_is_checked_and_taken(built: Library, tmp_path: Path) -> None:
    shutil.copytree(built.collection.folder, tmp_path / "copy")

    with closing(Collection(tmp_path / "copy").open()) as copied:
        assert copied.manifest.passages == 1


@pytest.mark.parametrize("content", ["", "../../etc", "no such generation", "\0"])
def test_a_current_that_names_no_generation_is_damage(built: Library, content: str) -> None:
    (built.collection.folder / "CURRENT").write_text(content)

    with pytest.raises(IndexDamagedError):
        built.open()


@pytest.mark.parametrize(
    "update",
    [
        {"passages": 2},
        {"encoder": EncoderStamp(name="fake", sha256="f" * 64, dim=3, precision="fp32")},
        {"files": {}},
    ],
    ids=["passages", "dim", "no files"],
)
def test_a_manifest_that_does_not_fit_its_files_is_damage(
    built: Library, update: dict[str, object]
) -> None:
    folder = generation_folder(built)
    write_manifest(folder, read_manifest(folder).model_copy(update=update))

    with pytest.raises(IndexDamagedError):
        built.open()


@pytest.mark.skipif(CANT_LIST_OPEN_FILES, reason="reads Linux's /proc")
def test_nothing_stays_open_of_an_index_that_does_not_fit_together(built: Library) -> None:
    folder = generation_folder(built)
    write_manifest(folder, read_manifest(folder).model_copy(update={"passages": 2}))

    with pytest.raises(IndexDamagedError) as caught:
        built.open()

    # Which still holds everything that was reached where it was raised.
    assert caught.tb is not None
    # A thread of tantivy's may hold its lock for another moment.
    until(lambda: open_files(folder) == [])


@pytest.mark.parametrize(
    "edit",
    [
        lambda written: written | {"surprise": 1},
        lambda written: {"format_version": written["format_version"]},
        lambda written: written | {"manifest": written["manifest"] | {"folder": "/elsewhere"}},
        lambda written: written | {"sha256": "0" * 64},
    ],
    ids=["extra", "empty", "another folder", "another checksum"],
)
def test_a_manifest_that_was_changed_is_damage(
    built: Library, edit: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    path = generation_folder(built) / MANIFEST_NAME
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))

    with pytest.raises(IndexDamagedError, match=MANIFEST_NAME):
        built.open()


def test_another_format_version_is_told_from_damage(built: Library) -> None:
    path = generation_folder(built) / "manifest.json"
    path.write_text(json.dumps({"format_version": 99, "of": "the future"}))

    with pytest.raises(IndexFormatError, match="99"):
        built.open()


def test_old_generations_stay_for_going_back_and_older_ones_go(library: Library) -> None:
    for n in range(KEPT_GENERATIONS + 2):
        library.write("a.txt", f"Fines for theft {n}.")
        library.build()

    kept = [path.name for path in (library.collection.folder / "generations").iterdir()]
    assert len(kept) == KEPT_GENERATIONS
    assert library.collection.current() in kept


class SteppingBack(Library):
    """A library on a machine whose clock is set back by a day with each look at it."""

    def collection_named(self, name: str) -> Collection:
        return Collection(super().collection_named(name).folder, self._look)

    def _look(self) -> datetime:
        now = (self.folder / "now").stat().st_mtime - 86_400
        os.utime(self.folder / "now", (now, now))
        return datetime.fromtimestamp(now, UTC)


def test_a_clock_that_is_set_back_changes_no_order(tmp_path: Path) -> None:
    library = SteppingBack(tmp_path)
    library.documents.mkdir()
    (tmp_path / "now").touch()
    made = []
    for number in range(3):
        library.write("a.txt", f"Fines for theft {number}.")
        made.append(library.build().generation)

    assert library.collection.generations.ids() == made
    assert library.collection.roll_back() == made[1]
    assert library.collection.roll_back() == made[0]


def test_what_a_killed_build_left_goes_with_the_next(built: Library) -> None:
    leftover = built.collection.folder / "generations" / ".building-20200101T000000Z-abcdef"
    leftover.mkdir()
    built.write("b.txt", "More.")

    built.build()

    assert not leftover.exists()
