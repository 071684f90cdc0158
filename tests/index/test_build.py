"""A folder becomes a generation; only new text is encoded; nothing is lost on the way."""

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from answering.question import Question
from index.encoder import EncodingProgress, Vectors
from index.errors import BuildError, EncodingInterruptedError, NoDocumentsError
from index.folder_changes import is_up_to_date
from index.inspection import verify
from index.lexical import query_words
from index.passages import Splitting
from tests.conftest import ROOT, Library, QuietReporter
from tests.fakes import FakeEncoder
from tests.forks import forked_command


def test_passages_vectors_and_words_stand_for_the_same_texts(library: Library) -> None:
    library.splitting = Splitting(max_tokens=12, max_chars=200)
    library.write("a.txt", " ".join(f"Fines for crime {n} are {n}00." for n in range(20)))
    library.write("b/c.md", "# Bread\n\nBread costs 2.")

    report = library.build()
    generation = library.open()

    assert (report.documents, report.published) == (2, True)
    assert report.passages == report.encoded == generation.manifest.passages > 5
    passages = generation.texts.passages(range(report.passages))
    for row, passage in passages.items():
        text = generation.texts.text(passage.document_id, passage.start_char, passage.end_char)
        assert text == passage.text
        assert generation.vectors.vector(row) == pytest.approx(
            library.encoder.encode_question(passage.searched)
        )
        words = dict.fromkeys(query_words(passage.text), 1.0)
        assert row in [found for found, _ in generation.engine.lexical(words, 50)]


def test_only_new_text_is_encoded(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    library.encoder.encoded.clear()
    library.write("b.txt", "Fines for arson 90.")

    report = library.build()

    assert library.encoder.encoded == ["Fines for arson 90."]
    assert (report.encoded, report.reused) == (1, 1)


def test_the_same_text_in_two_documents_is_encoded_once(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.write("b.txt", "Fines for theft 35.")

    library.build()

    assert library.encoder.encoded == ["Fines for theft 35."]
    assert library.open().manifest.passages == 2


def test_a_text_that_stands_twice_counts_twice_and_is_made_once(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.write("b.txt", "Fines for theft 35.")
    library.write("c.txt", "Fines for arson 90.")
    reporter = QuietReporter()

    report = library.build(reporter)

    assert len(library.encoder.encoded) == 2
    assert (report.passages, report.encoded, report.reused) == (3, 3, 0)
    assert reporter.stages["encode"] == 3
    assert reporter.steps == 3 + 3


def test_nothing_is_published_where_nothing_has_changed(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    first = library.build()
    os.utime(library.documents / "a.txt")

    again = library.build()

    assert not again.published
    assert again.generation == first.generation
    assert (again.documents, again.passages, again.encoded) == (1, 1, 0)


def test_deleted_documents_leave_the_index(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    path = library.write("b.txt", "Fines for arson 90.")
    library.build()
    path.unlink()

    library.build()

    assert [document.id for document in library.open().texts.documents()] == ["a.txt"]


@pytest.mark.parametrize("change", ["encoder", "splitting"])
def test_another_encoder_or_other_limits_make_a_new_generation(
    library: Library, change: str
) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    if change == "encoder":
        library.encoder.sha256 = "e" * 64
    else:
        library.splitting = Splitting(max_tokens=20)

    assert library.build().published


def test_vectors_of_another_precision_are_made_anew_and_not_mixed(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    library.encoder = FakeEncoder(precision="int8")
    library.write("b.txt", "Fines for arson 90.")

    report = library.build()

    assert (report.encoded, report.reused) == (2, 0)
    assert library.open().manifest.encoder.precision == "int8"


def test_a_file_that_can_not_be_read_is_named_and_the_rest_is_built(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.write("b.txt", b"\x00\x01\x02")

    report = library.build()

    assert [(failure.id, failure.reason) for failure in report.failures] == [
        ("b.txt", "it is not a text file (it holds NUL bytes)")
    ]
    assert report.documents == 1
    assert is_up_to_date(library.collection.made_of(), library.documents, without=None)
    assert not library.build().published


@pytest.mark.parametrize("seconds", [15_000_000_000, 300_000_000_000, -60_000_000_000])
def test_a_file_from_another_age_is_read_like_others(library: Library, seconds: int) -> None:
    """Damaged clocks and archives give such times; not every disk holds all of these."""
    path = library.write("a.txt", "Fines for theft 35.")
    os.utime(path, (0, seconds))

    report = library.build()

    assert report.documents == 1
    assert not library.build().published
    library.write("a.txt", "Fines for theft 120.")
    os.utime(path, (0, seconds))
    assert library.build().changes.changed == ("a.txt",)


class Hungry(FakeEncoder):
    """Has not enough memory for some texts."""

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        if any("too much" in text for text in texts):
            raise MemoryError
        return super().token_offsets(texts)


def test_a_file_that_takes_too_much_memory_fails_alone_and_once(library: Library) -> None:
    """It is met in the middle of a document, of which nothing stays."""
    library.encoder = Hungry()
    library.write("a.txt", "Fines for theft 35.")
    library.write("b.txt", "Fines for bribery 70.\n\n" * 600 + "This is too much.")
    library.write("c.txt", "Fines for arson 90.")

    report = library.build()

    assert [(failure.id, failure.reason) for failure in report.failures] == [
        ("b.txt", "it takes more memory than there is; split it")
    ]
    assert (report.documents, report.passages) == (2, 2)
    assert verify(library.collection).texts.next_id == 2
    assert not library.build().published


def test_what_there_is_no_memory_for_at_all_ends_a_build_with_its_reason(library: Library) -> None:
    class Starved(FakeEncoder):
        def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
            raise MemoryError

    library.write("a.txt", "Fines for theft 35.")
    library.encoder = Starved()

    with pytest.raises(BuildError, match="not enough memory"):
        library.build()


class Interrupted(FakeEncoder):
    """Somebody presses Ctrl-C while it encodes the text after so many."""

    patience = 300

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        if len(self.encoded) + len(texts) > self.patience:
            raise KeyboardInterrupt
        return super().encode(texts, progress)


def test_what_was_encoded_before_a_build_was_ended_is_not_encoded_again(library: Library) -> None:
    library.write("before.txt", "Fines for theft 35.")
    before = library.build().generation
    for number in range(500):
        library.write(f"{number}.txt", f"Fines for crime {number} are {number}00.")
    library.encoder = Interrupted()

    with pytest.raises(EncodingInterruptedError) as told:
        library.build()

    kept = told.value.kept
    assert (200 <= kept <= 300, told.value.total) == (True, 500)
    assert library.collection.current() == before
    # So that nobody takes the vectors out of the cache meanwhile.
    assert library.collection.generations.is_unfinished()

    library.encoder = FakeEncoder()
    report = library.build()

    assert (report.encoded, report.reused) == (500 - kept, kept + 1)
    assert len(library.encoder.encoded) == 500 - kept
    assert not library.collection.generations.is_unfinished()


def test_a_build_that_is_ended_before_it_encodes_keeps_nothing(library: Library) -> None:
    class Ended(FakeEncoder):
        def token_offsets(self, texts: Sequence[str], /) -> NoReturn:
            raise KeyboardInterrupt

    library.write("a.txt", "Fines for theft 35.")
    library.encoder = Ended()

    with pytest.raises(KeyboardInterrupt) as told:
        library.build()

    assert not isinstance(told.value, EncodingInterruptedError)


def test_an_empty_folder_publishes_nothing(library: Library) -> None:
    with pytest.raises(NoDocumentsError, match="holds no documents"):
        library.build()

    library.write("a.txt", b"\x00")
    with pytest.raises(NoDocumentsError, match=r"no document could be read \(a.txt: "):
        library.build()


def test_a_changed_file_is_noticed_though_its_size_is_the_same(library: Library) -> None:
    path = library.write("a.txt", "Fines for theft 35.")
    library.build()
    made_of = library.collection.made_of()
    assert is_up_to_date(made_of, library.documents, without=None)

    path.write_text("Fines for theft 36.")
    os.utime(path, ns=(1, 1))

    assert not is_up_to_date(made_of, library.documents, without=None)


def test_another_folder_is_never_taken_for_the_one_that_was_indexed(library: Library) -> None:
    """Files of the same names, sizes and times, with other words in them."""
    path = library.write("a.txt", "Fines for theft 35.")
    library.build()
    other = Library(library.folder / "other")
    twin = other.write("a.txt", "Fines for theft 99.")
    os.utime(path, ns=(1, 1))
    os.utime(twin, ns=(1, 1))

    assert not is_up_to_date(library.collection.made_of(), other.documents, without=None)
    path.parent.rename(library.folder / "moved")
    other.documents.rename(library.documents)
    library.build()
    assert library.answerer().answer(Question("how many for theft")).spans[0].text == "99"


def test_what_was_indexed_of_the_data_folder_goes_with_the_next_build(library: Library) -> None:
    """The index is one that an earlier Quoth has made."""
    library.write("a.txt", "Fines for theft 35.")
    library.write("own.txt", "The secret is 7.")
    library.build()
    data = library.folder / "data"
    data.rename(library.documents / "data")
    data.symlink_to(library.documents / "data")
    own = data / "collections/server-1/documents/own.txt"
    own.parent.mkdir(parents=True)
    (library.documents / "own.txt").rename(own)

    assert not is_up_to_date(library.collection.made_of(), library.documents, without=data)
    report = library.build()

    assert report.changes.removed == ("own.txt",)
    assert is_up_to_date(library.collection.made_of(), library.documents, without=data)


def test_a_document_that_comes_or_goes_is_noticed(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    made_of = library.collection.made_of()

    extra = library.write("b.txt", "More.")
    assert not is_up_to_date(made_of, library.documents, without=None)
    extra.unlink()
    assert is_up_to_date(made_of, library.documents, without=None)
    (library.documents / "a.txt").rename(library.documents / "z.txt")
    assert not is_up_to_date(made_of, library.documents, without=None)


def test_progress_counts_documents_and_then_passages(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.write("b.txt", "Fines for arson 90.")
    reporter = QuietReporter()

    library.build(reporter)

    assert reporter.stages == {"read": 2, "encode": 2, "write": 0}
    assert reporter.steps == 4


@pytest.mark.parametrize("damage", ["flip", "no database", "torn pages", "wrong length"])
def test_a_damaged_vector_cache_is_only_a_loss_of_time(library: Library, damage: str) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    path = library.vectors
    if damage == "no database":
        path.write_bytes(b"this is no database at all" * 100)
    elif damage == "torn pages":
        content = path.read_bytes()
        path.write_bytes(content[:4_096] + b"\xa5" * (len(content) - 4_096))
    else:
        blob = b"\0" * (4 * library.encoder.dim if damage == "flip" else 5)
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("UPDATE vectors SET vector = ?", (blob,))
        connection.close()
    shutil.rmtree(library.collection.folder)
    library.write("b.txt", "Fines for arson 90.")

    report = library.build()

    assert report.encoded == 2
    norms = [np.linalg.norm(library.open().vectors.vector(row)) for row in range(2)]
    assert norms == pytest.approx([1, 1])


def test_two_passages_of_a_long_document_are_told_apart_by_their_place(library: Library) -> None:
    library.splitting = Splitting(max_tokens=6, max_chars=200)
    library.write("a.txt", "Same words here. Same words here. Same words here. Same words here.")

    library.build()

    passages = library.open().texts.passages(range(library.collection.manifest().passages))
    starts = [passage.start_char for passage in passages.values()]
    assert len(set(starts)) == len(starts) > 1


@pytest.mark.parametrize("file_bytes", [0, 9_000, 40_000])
def test_a_full_disk_leaves_the_old_index_answering(library: Library, file_bytes: int) -> None:
    """No file may grow beyond a limit: what a full disk does, at several moments of a build."""
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    before = library.collection.current()
    library.write("b.txt", "\n\n".join(f"Fines for crime {n} are {n}00." * 9 for n in range(200)))

    command = forked_command(
        "tests.index.crashing:on_a_small_disk", str(library.folder), str(file_bytes)
    )
    build = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert build.returncode == 7, build.stderr
    assert "Nothing was changed" in build.stdout
    assert library.collection.current() == before
    assert library.answerer().answer(Question("how many for theft")).spans[0].text == "35"
    generations = library.collection.folder / "generations"
    assert [path.name for path in generations.iterdir()] == [before]
    assert library.build().published


def test_a_data_folder_that_can_not_be_made_is_a_build_error(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    (library.folder / "data").write_text("a file where the folder should be")

    with pytest.raises(BuildError, match="can't be written"):
        library.build()


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
@pytest.mark.stress
def test_a_file_of_50_mb_is_indexed_in_bounded_memory(tmp_path: Path) -> None:
    """Without the encoder's own time: what is held in memory is a few times the text."""
    library = Library(tmp_path)
    sentences = (
        f"The fine for crime {n} in district {n % 97} is {n} francs.\n" for n in itertools.count()
    )
    with library.write("big.txt", "").open("w") as file:
        while file.tell() < 50_000_000:
            file.write("".join(itertools.islice(sentences, 1_000)))

    # Not getrusage: its peak is at least that of the process that this one was forked from.
    code = (
        "import sys; from pathlib import Path; from tests.conftest import Library;"
        "print(Library(Path(sys.argv[1])).build().passages,"
        " Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    passages, peak_kib = map(int, run.stdout.split())
    print(f"{passages:,} passages, peak {peak_kib / 1024:,.0f} MiB")  # noqa: T201 - quoted by people
    assert passages > 50_000
    # 238 MiB when it was written; the text alone is 50 MB, and so is what is cut from it.
    assert peak_kib < 400_000
    assert library.answerer().answer(Question("how many for crime")).generation
