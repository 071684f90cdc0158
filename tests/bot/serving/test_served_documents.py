"""The common documents, read without an answer."""

from collections.abc import Callable

import pytest
from pydantic import TypeAdapter

from answering.question import Question
from bot.links import Links
from bot.serving.served_documents import NoSuchDocumentError, ServedDocuments
from bot.serving.served_json import (
    ContextJson,
    DocumentsJson,
    SearchJson,
    context_json,
    documents_json,
    search_json,
)
from bot.serving.service import AnswerService
from tests.bot.conftest import ARTICLE
from tests.conftest import Library


@pytest.fixture
def documents(service: AnswerService) -> ServedDocuments:
    return ServedDocuments(service)


def test_a_piece_is_the_documents_text_and_what_stands_around_it(
    documents: ServedDocuments,
) -> None:
    start = ARTICLE.index("3,204")

    piece = documents.piece("figures.txt", start, start + 5, before=10, after=14)

    assert (piece.before, piece.text, piece.after) == ("For theft ", "3,204", " were counted.")
    assert (piece.first_char, piece.last_char) == (start - 10, start + 19)
    assert piece.document_chars == len(ARTICLE)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 10**9), (10**9, 10**9), (len(ARTICLE) - 3, len(ARTICLE) + 9)]
)
def test_a_piece_beyond_the_end_is_cut_there(
    documents: ServedDocuments, start: int, end: int
) -> None:
    piece = documents.piece("figures.txt", start, end, before=20, after=20)

    assert piece.text == ARTICLE[start:end]
    whole = piece.before + piece.text + piece.after
    assert whole == ARTICLE[piece.first_char : piece.last_char]


@pytest.mark.parametrize("name", ["gone.txt", "../figures.txt", "/etc/passwd", "figures.txt/", ""])
def test_what_is_no_document_is_refused(documents: ServedDocuments, name: str) -> None:
    with pytest.raises(NoSuchDocumentError, match="There is no document"):
        documents.piece(name, 0, 5, before=0, after=0)


def test_documents_are_listed_by_a_part_of_their_name(library: Library) -> None:
    for name in ("a/Notes.md", "b/notes.txt", "c%_.txt"):
        library.write(name, f"About {name}.")
    library.build()
    texts = library.open().texts

    def names(part: str, start: int = 0, count: int = 9) -> list[str]:
        return [name for name, *_ in texts.listed(start, count, part)]

    assert names("") == ["a/Notes.md", "b/notes.txt", "c%_.txt"]
    assert names("NOTES") == ["a/Notes.md", "b/notes.txt"]
    assert names("notes", 1) == ["b/notes.txt"]
    assert names("%") == ["c%_.txt"]
    assert [texts.named(part) for part in ("", "notes", "%", "nothing")] == [3, 2, 1, 0]


@pytest.mark.parametrize("part", ["Ämter", "ÄMTER", "a\u0308mter", "straße"])
def test_a_name_is_found_however_its_letters_are_written(library: Library, part: str) -> None:
    """A Mac writes the marks of letters apart."""
    library.write("A\u0308mter in der Straße.txt", "The office opens at nine.")
    library.build()

    texts = library.open().texts

    assert [name for name, *_ in texts.listed(0, 9, part)] == ["A\u0308mter in der Straße.txt"]
    assert texts.named(part) == 1


def test_a_servers_own_documents_are_neither_listed_nor_read(
    library: Library, documents: ServedDocuments
) -> None:
    own = library.other("server-1")
    own.write("own.txt", "For theft 9,999 were counted.")
    own.build()

    assert [line.id for line in documents.listing("", 0, 9).lines] == ["figures.txt"]
    found = documents.search(Question("theft 9,999"), 9).found
    assert {one.passage.document_id for one in found} == {"figures.txt"}
    with pytest.raises(NoSuchDocumentError):
        documents.piece("own.txt", 0, 5, before=0, after=0)


def test_what_is_described_is_what_its_type_says(documents: ServedDocuments) -> None:
    piece = documents.piece("figures.txt", 4, 10, before=4, after=5)
    search = search_json(
        "theft", documents.search(Question("theft"), 3), Links("https://quoth.example")
    )
    described: list[tuple[type, object]] = [
        (ContextJson, context_json(piece)),
        (SearchJson, search),
        (DocumentsJson, documents_json(documents.listing("fig", 0, 5), 0, None)),
    ]

    for kind, values in described:
        check: Callable[..., object] = TypeAdapter(kind).validate_python
        assert check(values, strict=True) == values
    assert str(search["passages"][0]["link"]).startswith("https://quoth.example/d/figures.txt?")
