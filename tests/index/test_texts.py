"""What is read of documents and passages, of generations that stand in one file or in two."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.errors import IndexDamagedError
from index.formats.base import Place
from index.text_tables import PART_CHARS
from index.texts import Texts
from tests.conftest import CANT_LIST_OPEN_FILES, Library, open_files

# More than two parts, with characters of one byte to four.
LONG = "".join(f"Fine {n} costs {n} € 🍞.\n" for n in range(2 * PART_CHARS // 15))


@pytest.fixture(scope="module", params=["one file", "two files"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """`long.txt` and `notes.md`, in the first file or in the second; only read."""
    library = Library(tmp_path_factory.mktemp("texts"))
    library.write("other.txt", "Something else.")
    for number in range(9):
        library.write(f"more{number}.txt", f"More {number}.")
    if request.param == "two files":
        library.build()
    library.write("long.txt", LONG)
    library.write("notes.md", "Before.\n\n# One\nFirst.\n\n# Two\nSecond.\n")
    library.build()
    return library


@pytest.fixture
def grown(written: Library, library: Library) -> Library:
    """A copy of it, which a test may change."""
    return written.copy_into(library)


def test_any_slice_of_a_long_document_is_that_of_the_text(grown: Library) -> None:
    texts = grown.open().texts

    for start, end in [
        (0, 5),
        (PART_CHARS - 3, PART_CHARS),
        (PART_CHARS, PART_CHARS + 3),
        (PART_CHARS - 7, 2 * PART_CHARS + 7),
        (len(LONG) - 4, len(LONG) + 100),
        (len(LONG) + 100, len(LONG) + 200),
        (7, 7),
        (0, 10 * len(LONG)),
    ]:
        assert texts.text("long.txt", start, end) == LONG[start:end]
    assert {document.id: document.text for document in texts.documents()}["long.txt"] == LONG
    with pytest.raises(KeyError):
        texts.text("gone.txt", 0, 5)


def test_a_document_is_as_long_as_its_text(grown: Library) -> None:
    texts = grown.open().texts

    assert texts.length("long.txt") == len(LONG)
    with pytest.raises(KeyError):
        texts.length("gone.txt")


def test_the_places_of_a_range_are_those_that_begin_in_it(grown: Library) -> None:
    texts = grown.open().texts

    assert [(place.start_char, place.name) for place in texts.places("notes.md", 9, 27)] == [
        (9, "One"),
        (14, "One"),
        (22, "Two"),
    ]
    assert texts.places("other.txt", 0, 99) == []


def test_the_code_of_a_passage_is_kept(grown: Library) -> None:
    grown.write("bot.md", "Type `!close` or `!bump 24h` to end it.")
    grown.build()
    texts = grown.open().texts
    (place,) = texts.passages_in("bot.md", 0, 5)
    passage = texts.passages([place])[place]

    assert [passage.text[slice(*bounds)] for bounds in passage.code] == ["!close", "!bump 24h"]
    found = {document.id: passages for document, passages in texts.documents_with_passages()}
    assert found["bot.md"] == [passage]


def test_a_place_ends_where_the_next_begins(grown: Library) -> None:
    texts = grown.open().texts
    before = Place(0, 9, "line", "1", 0, 1)
    one = Place(9, 14, "heading", "One", 1, 3), Place(14, 22, "heading", "One", 1, 4)
    two = Place(22, 27, "heading", "Two", 1, 6), Place(27, 34, "heading", "Two", 1, 7)

    assert [texts.place("notes.md", at) for at in (8, 9, 13, 14, 21, 22, 33, 34)] == [
        *(before, one[0], one[0], one[1], one[1]),
        *(two[0], two[1], None),
    ]
    assert {document.id: document.places for document in texts.documents()}["notes.md"] == (
        before,
        *one,
        *two,
    )
    assert texts.place("long.txt", 0) is None
    with pytest.raises(KeyError):
        texts.place("gone.txt", 0)


def test_what_changed_is_found_as_it_is_now(grown: Library) -> None:
    grown.write("notes.md", "# Three\nThird.\n")
    (grown.documents / "other.txt").rename(grown.documents / "renamed.txt")
    grown.build()

    texts = grown.open().texts

    (passage_id,) = texts.passages_in("notes.md", 0, 5)
    assert texts.passages([passage_id])[passage_id].text == "Three\n\nThird."
    (passage_id,) = texts.passages_in("renamed.txt", 0, 5)
    assert texts.passages([passage_id])[passage_id].text == "Something else."
    assert texts.passages_in("other.txt", 0, 5) == []
    assert texts.place("notes.md", 9) == Place(7, 13, "heading", "Three", 1, 2)
    assert texts.text("renamed.txt", 0, 9) == "Something"


def read_all_of(texts: Texts, number: int) -> tuple[object, ...]:
    """What the answer to a question reads of a document and its only passage."""
    name = f"more{number}.txt"
    (passage_id,) = texts.passages_in(name, 0, 5)
    return (
        texts.passages([passage_id]),
        texts.document(name),
        texts.place(name, 0),
        texts.text(name, 0, 100),
        texts.place("notes.md", 3 * number),
    )


def test_many_who_read_at_once_read_what_each_reads_alone(grown: Library) -> None:
    """From Python 3.12 on, a connection that is shared without turns mixes their rows up."""
    texts = grown.open().texts
    alone = [read_all_of(texts, number) for number in range(9)]

    with ThreadPoolExecutor(8) as readers:
        together = list(readers.map(lambda n: read_all_of(texts, n % 9), range(500)))

    assert together == list(itertools.islice(itertools.cycle(alone), 500))


def test_whoever_walks_all_documents_keeps_nobody_from_reading(grown: Library) -> None:
    texts = grown.open().texts
    walking = texts.documents()
    first = next(walking)

    with ThreadPoolExecutor(1) as readers:
        assert readers.submit(texts.text, "more1.txt", 0, 6).result(30) == "More 1"
    assert [first, *walking] == list(texts.documents())


@pytest.mark.skipif(CANT_LIST_OPEN_FILES, reason="reads Linux's /proc")
def test_nothing_stays_open_of_what_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "passages.sqlite"
    path.write_bytes(b"no database" * 1_000)

    with pytest.raises(IndexDamagedError) as caught:
        Texts(path, None)

    # Which still holds everything that was reached where it was raised.
    assert caught.tb is not None
    assert open_files(tmp_path) == []
