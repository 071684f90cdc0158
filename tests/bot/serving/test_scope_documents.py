"""The documents of a scope are counted, listed, named, and read around what was quoted."""

from dataclasses import replace

import pytest

from answering.answer import NearestPassage
from bot.serving.scope_documents import (
    Counts,
    DocumentLine,
    counts,
    documents,
    names,
    surroundings,
)
from bot.serving.service import AnswerService
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.fakes import span
from tests.bot.serving.conftest import A, B
from tests.conftest import Library


def test_documents_are_listed_with_title_and_size(library: Library, service: AnswerService) -> None:
    size = len(ARTICLE.encode())

    assert counts(service, None) == Counts(1, 1)
    assert documents(service, None, 1, 10) == []
    (line,) = documents(service, None, 0, 10)
    assert line == DocumentLine("figures.txt", line.title, size, None)


def test_a_servers_own_documents_come_before_those_of_the_base(
    service: AnswerService, own: Library
) -> None:
    assert counts(service, A) == Counts(1, 1, 1, 1, own.collection.current())
    assert [line.id for line in documents(service, A, 0, 9)] == ["own.txt", "figures.txt"]
    assert [line.is_own for line in documents(service, A, 0, 9)] == [True, False]
    assert [line.id for line in documents(service, A, 1, 9)] == ["figures.txt"]
    assert names(service, A) == ["own.txt", "figures.txt"]


@pytest.mark.parametrize("scope", [None, B])
def test_nobody_else_is_shown_them(service: AnswerService, own: Library, scope: str | None) -> None:
    assert counts(service, A).own_documents == 1

    assert counts(service, scope) == Counts(1, 1)
    assert [line.id for line in documents(service, scope, 0, 9)] == ["figures.txt"]
    assert names(service, scope) == ["figures.txt"]
    around = surroundings(service, scope, piece(A, "own.txt", 10, "55"), "title")
    assert around.document_changed
    assert "fraud" not in around.before


def test_a_server_without_documents_that_has_turned_the_base_off_has_none(
    service: AnswerService,
) -> None:
    service.use_base(B, is_on=False)

    assert counts(service, B) == Counts(0, 0)
    assert documents(service, B, 0, 9) == []
    assert names(service, B) == []
    assert surroundings(service, B, piece("base", "figures.txt", 4, "agency"), "").document_changed


def piece(collection: str, document_id: str, start: int, text: str) -> NearestPassage:
    """A piece of a document."""
    return NearestPassage(document_id, "", start, start + len(text), text, None, collection)


def test_a_piece_that_moved_is_found_at_the_nearest_place_where_its_sentence_stands(
    library: Library, service: AnswerService, own: Library
) -> None:
    sentence = "For fraud 55 were counted."
    quoted = replace(
        span("55", "For fraud "),
        document_id="own.txt",
        collection=A,
        start_char=10,
        quote_start_char=0,
        quote=sentence,
    )
    texts = (
        f"{sentence} As before.",
        f"A line above.\n\n{sentence}",
        f"Much above. {'word ' * 900}\n\n{sentence}\n\nFar below {'word ' * 900}\n\n{sentence}",
        "For fraud 56 were counted.",
    )
    seen = []
    for text in texts:
        own.write("own.txt", text)
        own.build()
        seen.append(surroundings(service, A, quoted, "title"))

    assert [around.document_changed for around in seen] == [False, False, False, True]
    assert [around.before[-20:] for around in seen] == [
        "For fraud ",
        "e above.\n\nFor fraud ",
        "rd word \n\nFor fraud ",
        "",
    ]
    assert seen[2].after.startswith(" were counted.\n\nFar below")
    assert {around.text for around in seen} == {"55"}
    assert surroundings(service, B, quoted, "title").document_changed


def test_the_same_name_in_two_collections_is_two_documents(
    library: Library, service: AnswerService, own: Library
) -> None:
    own.write("figures.txt", "For treason 66 were counted.")
    own.build()

    agency = piece("base", "figures.txt", 4, "agency")
    assert surroundings(service, A, agency, "").after.startswith(" pub")
    around = surroundings(service, A, piece(A, "figures.txt", 12, "66"), "")
    assert around.before == "For treason "
