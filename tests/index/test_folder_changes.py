"""Builds after the first: only what changed is read, and the result is as if all had been."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from index import folder_changes
from index.build import build
from index.compressed import halves_path
from index.documents import SourceFile, content_sha256, list_documents
from index.errors import IndexMissingError, NoDocumentsError
from index.folder_changes import Rename, compare
from index.generation import Generation
from index.inspection import verify
from index.manifest import ADDED_TEXTS_NAME, ADDED_VECTORS_NAME, TEXTS_NAME, VECTORS_NAME
from index.retrieve import Retriever
from index.sizing import SIZING, Sizing
from tests.conftest import AS_ANYBODY, CANT_BE_ANYBODY, ROOT, Library, QuietReporter

# A few passages are many, and are written anew after a few changes.
SMALL = Sizing(exact_up_to=16, max_added=8)


def filled(library: Library, count: int = 12) -> Library:
    for number in range(count):
        library.write(f"{number:02}.txt", f"Fine number{number} costs {100 + number} francs.")
    library.build()
    return library


def found(generation: Generation, library: Library, question: str) -> list[str]:
    hits = Retriever(generation, library.encoder).retrieve(question, 3).hits
    return [hit.passage.document_id for hit in hits]


def test_only_new_and_changed_documents_are_read(library: Library) -> None:
    filled(library)
    library.encoder.encoded.clear()
    library.write("03.txt", "Fine number3 costs 999 francs.")
    library.write("new/12.txt", "Fine number12 costs 112 francs.")
    (library.documents / "05.txt").unlink()
    reporter = QuietReporter()

    report = library.build(reporter)

    assert reporter.stages["read"] == 2
    assert sorted(library.encoder.encoded) == [
        "Fine number12 costs 112 francs.",
        "Fine number3 costs 999 francs.",
    ]
    assert (report.encoded, report.reused) == (2, 10)
    assert report.changes.added == ("new/12.txt",)
    assert report.changes.changed == ("03.txt",)
    assert report.changes.removed == ("05.txt",)
    generation = library.open()
    assert "05.txt" not in found(generation, library, "number5")
    assert found(generation, library, "number12")[0] == "new/12.txt"
    assert generation.texts.text("03.txt", 0, 30) == "Fine number3 costs 999 francs."


def test_a_small_change_shares_the_files_of_the_index_before(library: Library) -> None:
    filled(library)
    before = library.open()
    library.write("12.txt", "One more.")

    library.build()

    after = library.open()
    for name in (VECTORS_NAME, TEXTS_NAME):
        assert (after.folder / name).samefile(before.folder / name)
    for name in (ADDED_VECTORS_NAME, ADDED_TEXTS_NAME):
        assert (after.folder / name).exists()
    assert len(after.vectors) == after.engine.count() == after.manifest.passages == 13


def test_an_approximate_index_is_shared_and_extended(library: Library) -> None:
    library.sizing = SMALL
    filled(library, 24)
    before = library.open()
    library.write("24.txt", "Fine number24 costs 124 francs.")
    (library.documents / "03.txt").unlink()

    library.build()

    after = library.open()
    assert not after.vectors.is_exact
    for name in (VECTORS_NAME, TEXTS_NAME, halves_path(Path(VECTORS_NAME)).name):
        assert (after.folder / name).samefile(before.folder / name)
    assert found(after, library, "number24")[0] == "24.txt"
    assert found(after, library, "number4")[0] == "04.txt"
    assert "03.txt" not in found(after, library, "number3")
    assert verify(library.collection).id == after.id


def test_a_file_that_was_touched_beside_a_change_is_known_by_its_new_time(
    library: Library,
) -> None:
    filled(library)
    os.utime(library.documents / "01.txt", ns=(5, 5))
    library.write("12.txt", "One more.")

    library.build()

    assert library.collection.made_of().documents["01.txt"].mtime_ns == 5
    library.sizing = replace(SMALL, max_added=0)
    library.write("13.txt", "And one.")
    library.build()
    assert library.collection.made_of().documents["01.txt"].mtime_ns == 5


def test_many_removals_make_everything_be_written_anew(library: Library) -> None:
    filled(library)
    for number in range(6):
        (library.documents / f"{number:02}.txt").unlink()

    library.build()

    generation = library.open()
    assert generation.texts.removed() == []
    assert generation.texts.next_id == len(generation.vectors) == 6
    assert not (generation.folder / ADDED_VECTORS_NAME).exists()
    assert not (generation.folder / ADDED_TEXTS_NAME).exists()
    assert found(generation, library, "number7")[0] == "07.txt"


def test_no_file_says_any_more_what_was_removed(library: Library) -> None:
    for number in range(30):
        library.write(f"{number:02}.txt", f"Fine number{number} costs {number} francs.")
    library.write("secret.txt", "Aurelia's wedding is in May.")
    library.build(forget_removed=True)
    library.write("00.txt", "Fine number0 costs 1 franc.")
    before = library.build(forget_removed=True)
    assert library.collection.generations.ids() == sorted(library.collection.generations.ids())[-2:]
    (library.documents / "secret.txt").unlink()
    removed = library.build(forget_removed=True)

    assert removed.encoded == 0
    assert library.collection.generations.ids() == [removed.generation]
    assert before.generation != removed.generation
    files = [path for path in library.collection.folder.rglob("*") if path.is_file()]
    for word in (b"Aurelia", b"aurelia", b"secret.txt"):
        assert [path for path in files if word in path.read_bytes()] == []
    with pytest.raises(IndexMissingError):
        library.collection.roll_back()


def test_after_a_removal_there_is_again_something_to_go_back_to(library: Library) -> None:
    for name in ("a", "b"):
        library.write(f"{name}.txt", f"Fine {name}.")
    library.build(forget_removed=True)
    (library.documents / "b.txt").unlink()
    removed = library.build(forget_removed=True).generation
    library.write("a.txt", "Fine a is higher.")
    library.build(forget_removed=True)
    library.write("c.txt", "Fine c.")
    library.build(forget_removed=True)

    assert library.collection.generations.ids()[0] == removed
    assert len(library.collection.generations.ids()) == 3


def test_what_a_killed_build_did_not_forget_is_forgotten_by_the_next(library: Library) -> None:
    for name in ("a", "b"):
        library.write(f"{name}.txt", f"Fine {name}.")
    library.build(forget_removed=True)
    (library.documents / "b.txt").unlink()
    library.build()
    assert len(library.collection.generations.ids()) == 2
    report = library.build(forget_removed=True)

    assert not report.published
    assert library.collection.generations.ids() == [report.generation]


def test_what_an_index_did_not_forget_is_forgotten_though_nothing_changed(
    library: Library,
) -> None:
    for number in range(30):
        library.write(f"{number:02}.txt", f"Fine number{number} costs {number} francs.")
    library.build()
    (library.documents / "07.txt").unlink()
    library.build()
    assert library.open().texts.removed() != []
    report = library.build(forget_removed=True)

    assert report.published
    assert library.open().texts.removed() == []
    assert library.collection.generations.ids() == [report.generation]
    assert not library.build(forget_removed=True).published


def test_a_renamed_document_is_neither_read_nor_encoded(library: Library) -> None:
    filled(library)
    library.encoder.encoded.clear()
    (library.documents / "moved").mkdir()
    (library.documents / "04.txt").rename(library.documents / "moved/fine.txt")
    reporter = QuietReporter()

    report = library.build(reporter)

    assert report.published
    assert report.changes.renamed == (Rename("04.txt", "moved/fine.txt"),)
    assert (reporter.stages["read"], library.encoder.encoded) == (0, [])
    assert found(library.open(), library, "number4")[0] == "moved/fine.txt"


def test_a_document_that_is_given_a_date_by_its_new_name_is_read_again(library: Library) -> None:
    library.write("minutes.txt", "All were there.")
    library.build()
    (library.documents / "minutes.txt").rename(library.documents / "2024-03-05.txt")

    report = library.build()

    assert (report.changes.added, report.changes.removed) == (("2024-03-05.txt",), ("minutes.txt",))
    assert library.open().texts.document("2024-03-05.txt").dated == date(2024, 3, 5)


def test_two_documents_can_swap_their_names(library: Library) -> None:
    filled(library)
    for old, new in (("01.txt", "x"), ("02.txt", "01.txt"), ("x", "02.txt")):
        (library.documents / old).rename(library.documents / new)

    library.build()

    assert found(library.open(), library, "number1")[0] == "02.txt"
    assert found(library.open(), library, "number2")[0] == "01.txt"


def test_a_name_that_differs_in_case_is_another_name(library: Library) -> None:
    library.write("---.txt", "-----")  # named by its file, since its first line has no word
    filled(library)
    (library.documents / "---.txt").rename(library.documents / "---.TXT")
    (library.documents / "07.txt").rename(library.documents / "07.TXT")

    report = library.build()

    assert report.changes.renamed == (Rename("---.txt", "---.TXT"), Rename("07.txt", "07.TXT"))
    assert library.open().texts.document("---.TXT").title == "---.TXT"
    assert found(library.open(), library, "number7")[0] == "07.TXT"


def test_a_file_that_was_only_touched_is_not_a_change(library: Library) -> None:
    filled(library)
    os.utime(library.documents / "01.txt")

    assert not library.build().published


def test_a_change_that_keeps_size_and_time_is_seen_when_it_is_recent(library: Library) -> None:
    path = library.write("a.txt", "Theft costs 35.")
    library.build()
    stat = path.stat()
    path.write_text("Arson costs 90.")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert library.build().changes.changed == ("a.txt",)


def test_a_file_from_the_future_is_not_read_each_time(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Archives and memory sticks from elsewhere give such times."""
    path = library.write("a.txt", "Theft costs 35.")
    ahead = path.stat().st_mtime_ns + 10**15
    os.utime(path, ns=(ahead, ahead))
    library.build()
    made = library.open().made_of()
    long_after = replace(made, created=made.created + timedelta(minutes=1))
    listing = list_documents(library.documents)
    hashed: list[str] = []

    def sha256(file: SourceFile) -> str | None:
        hashed.append(file.id)
        return content_sha256(file)

    monkeypatch.setattr(folder_changes, "content_sha256", sha256)

    assert not compare(listing, long_after).changes
    assert hashed == []
    path.write_text("Arson costs 90.")
    os.utime(path, ns=(ahead, ahead))
    assert compare(list_documents(library.documents), made).changes.changed == ("a.txt",)


def test_a_file_that_failed_is_tried_again_when_it_changed(library: Library) -> None:
    filled(library, 2)
    library.write("bad.txt", b"\x00\x01")

    first = library.build()
    again = library.build()
    library.write("bad.txt", "Good now.")
    last = library.build()

    assert first.changes.added == first.changes.failed == ("bad.txt",)
    assert not again.published
    assert [failure.id for failure in again.failures] == ["bad.txt"]
    assert last.changes.changed == ("bad.txt",)
    assert last.failures == ()


_BUILD_AND_PERMIT = """
import sys
from pathlib import Path
from tests.conftest import ROOT, Library
library = Library(Path(sys.argv[1]))
path = library.write("secret.txt", "Hidden costs 5.")
path.chmod(0)
print(library.build().failures)
path.chmod(0o644)
print(library.build().changes.changed)
library.write("shut/a.txt", "Fraud costs 6.")
library.build()
(library.documents / "shut").chmod(0)
print(library.build().failures)
(library.documents / "shut").chmod(0o755)
"""


@pytest.mark.skipif(CANT_BE_ANYBODY, reason="root may read everything")
def test_what_may_not_be_read_is_told_and_tried_again_when_it_may(library: Library) -> None:
    filled(library, 2)

    told = subprocess.run(
        [
            *AS_ANYBODY,
            *(sys.executable, "-W", "ignore", "-c", _BUILD_AND_PERMIT, str(library.folder)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    failed, changed, unseen = told.stdout.splitlines()
    assert "Permission denied" in failed
    assert changed == "('secret.txt',)"
    assert "id='shut/', reason=\"it can't be listed (Permission denied)\"" in unseen


def test_odd_names_are_indexed_and_found(library: Library) -> None:
    names = ["new\nline.txt", "bread 🍞.txt", "n" * 251 + ".txt", "Case.txt", "case.txt"]
    for number, name in enumerate(names):
        library.write(name, f"Fine number{number} costs {100 + number} francs.")
    library.build()
    library.write("more.txt", "One more.")
    library.build()

    for number, name in enumerate(names):
        assert found(library.open(), library, f"number{number}")[0] == name
    verify(library.collection)


def test_a_rebuild_reads_and_encodes_everything(library: Library) -> None:
    filled(library)
    library.encoder.encoded.clear()

    report = library.build(rebuild=True)

    assert report.published
    assert (report.encoded, report.reused) == (12, 0)
    assert len(library.encoder.encoded) == 12


def test_the_last_document_leaves_where_an_index_may_be_empty(library: Library) -> None:
    library.write("a.txt", "Theft costs 35.")
    library.build()
    (library.documents / "a.txt").unlink()

    with pytest.raises(NoDocumentsError):
        library.build()
    assert found(library.open(), library, "theft") == ["a.txt"]
    library.build(may_be_empty=True)

    assert found(library.open(), library, "theft") == []
    library.write("b.txt", "Arson costs 90.")
    library.build(may_be_empty=True)
    assert found(library.open(), library, "arson") == ["b.txt"]


def test_comparing_with_nothing_calls_everything_added(library: Library) -> None:
    library.write("a.txt", "a")

    comparison = compare(list_documents(library.documents), None)

    assert comparison.changes.added == ("a.txt",)
    assert [file.id for file in comparison.to_read] == ["a.txt"]


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.stress) for seed in range(2, 6))]
)
@pytest.mark.parametrize("sizing", [SIZING, SMALL], ids=["exact", "approximate"])
def test_after_any_edits_the_index_is_as_if_built_from_nothing(
    library: Library, tmp_path: Path, seed: int, sizing: Sizing
) -> None:
    library.sizing = sizing
    chance = random.Random(seed)  # noqa: S311 - edits, not secrets
    words = [f"word{number}" for number in range(30)]

    def edit() -> None:
        name = f"{chance.randrange(25):02}.txt"
        path = library.documents / name
        kind = chance.random()
        if kind < 0.25 and path.exists() and len(list(library.documents.iterdir())) > 2:
            path.unlink()
        elif kind < 0.4 and path.exists():
            path.rename(library.documents / f"{chance.randrange(25):02}.txt")
        elif kind < 0.5 and path.exists():
            path.touch()
        else:
            sentences = (" ".join(chance.choices(words, k=8)).capitalize() + "." for _ in range(30))
            library.write(name, " ".join(sentences))

    for _ in range(20):
        edit()
    library.build()
    for _ in range(8):
        for _ in range(chance.randrange(1, 4)):
            edit()
        library.build()

    fresh = Library(tmp_path / f"fresh{seed}", encoder=library.encoder)
    build(
        fresh.collection,
        library.documents,
        without=None,
        open_encoder=lambda: library.encoder,
        vectors=fresh.folder / "vectors",
        splitting=library.splitting,
        reporter=QuietReporter(),
        sizing=sizing,
    )
    verify(library.collection)
    grown, made = library.open(), fresh.open()
    made_at = made.manifest.created
    # The times of a file that was only touched are those of when it was read.
    assert [replace(document, modified=made_at) for document in grown.texts.documents()] == [
        replace(document, modified=made_at) for document in made.texts.documents()
    ]
    for word in words[:5]:
        query = library.encoder.encode_question(word)
        # An approximate index keeps halves of the numbers.
        assert seen(grown, grown.vectors.search(query, 1_000)) == pytest.approx(
            seen(made, made.vectors.search(query, 1_000)), abs=1e-3
        )
        assert (
            seen(grown, grown.engine.lexical({word: 1.0}, 1_000)).keys()
            == seen(made, made.engine.lexical({word: 1.0}, 1_000)).keys()
        )


def seen(generation: Generation, hits: list[tuple[int, float]]) -> dict[str, float]:
    passages = generation.texts.passages([passage_id for passage_id, _ in hits])
    return {f"{passages[i].document_id} {passages[i].start_char}": score for i, score in hits}
