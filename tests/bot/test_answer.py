"""Question in, answer out: every answer stands in a document, or there is none."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import (
    MAX_NEAREST,
    Candidate,
    QuestionError,
    VerbatimError,
    candidates,
    clean_question,
    distinct_candidates,
    judge,
    place_of,
    quote_bounds,
)
from bot.confidence import Clues
from index.documents import Place
from index.passages import Passage, Splitting
from index.retrieve import Hit
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION, Library

TEXT = (
    "Of the people sentenced, many were fined. Fines for theft 35, for arson 90. "
    "Nobody was fined for singing."
)


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("fines.txt", f"Fines\n\n{TEXT}")
    library.write("bread.md", "# Bread\n\nA loaf costs 2 at the station.\n")
    library.build()
    return library


def test_an_answer_is_a_span_in_its_sentence_with_its_document(filled: Library) -> None:
    answer = filled.answerer().answer("how many for arson")

    (span,) = answer.spans
    document = (filled.documents / span.document_id).read_text()
    assert (span.text, span.document_id, span.title) == ("90", "fines.txt", "Fines")
    assert document[span.start_char : span.end_char] == "90"
    assert span.quote == "Fines for theft 35, for arson 90."
    assert document[span.quote_start_char :].startswith(span.quote)
    assert answer.answered
    assert answer.confidence == span.confidence > 0.5
    assert answer.generation == filled.collection.current()
    assert answer.timings.total_s >= answer.timings.read_s >= 0


def test_the_place_of_an_answer_is_its_heading(filled: Library) -> None:
    (span,) = filled.answerer().answer("what does a loaf costs").spans

    assert span.place == Place(0, 40, "heading", "Bread")


def test_where_the_documents_do_not_say_there_is_no_answer_but_the_nearest(
    filled: Library,
) -> None:
    answer = filled.answerer().answer("how many for piracy")

    assert not answer.answered
    assert answer.spans == answer.alternatives == ()
    assert answer.confidence < 0.5
    assert 0 < len(answer.nearest) <= MAX_NEAREST
    for passage in answer.nearest:
        document = (filled.documents / passage.document_id).read_text()
        assert document[passage.start_char : passage.end_char] == passage.text


def test_the_threshold_decides(filled: Library) -> None:
    assert filled.answerer(min_confidence=0).answer("how many for piracy").answered
    assert not filled.answerer(min_confidence=1).answer("how many for arson").answered


def test_other_answers_come_when_asked_for(filled: Library) -> None:
    filled.write("more.txt", "Fines for arson 91, for arson 92, for arson 93.")
    filled.build()
    answerer = filled.answerer()

    assert answerer.answer("how many for arson").alternatives == ()
    other = answerer.answer("how many for arson", alternatives=2).alternatives
    assert len(other) == 2


def test_a_sentence_that_two_passages_share_gives_one_answer(library: Library) -> None:
    library.splitting = Splitting(max_tokens=14, max_chars=500)
    library.write(
        "a.txt", "Some words stand here first. Fines for theft 35. Some words stand here last."
    )
    library.build()
    assert library.collection.manifest().passages == 2

    answer = library.answerer().answer("how many for theft", alternatives=5)

    assert answer.spans[0].text == "35"
    assert "35" not in [span.text for span in answer.alternatives]


def test_an_answer_that_does_not_stand_in_its_document_never_leaves(filled: Library) -> None:
    answerer = filled.answerer()
    connection = sqlite3.connect(filled.open().folder / "passages.sqlite")
    with connection:
        connection.execute("UPDATE bodies SET text = replace(text, '90', '91')")
    connection.close()

    with pytest.raises(VerbatimError, match=r"fines\.txt"):
        answerer.answer("how many for arson")


@pytest.mark.parametrize("question", ["", "   \n", "\x00\x1b", "\u200b\u202e", "???", "…"])
def test_a_question_without_words_is_refused(filled: Library, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        filled.answerer().answer(question)


def test_a_question_that_is_too_long_is_refused_with_both_numbers(filled: Library) -> None:
    with pytest.raises(QuestionError, match=r"10,000 characters; at most 4,000"):
        filled.answerer().answer("a" * 10_000)


def test_control_and_invisible_characters_leave_the_question() -> None:
    asked = "how\x1b[31m many\u200b for\u202e theft\r\n\x00?"

    assert clean_question(asked, 100) == "how [31m many for theft ?"


@given(st.text(max_size=50))
def test_a_cleaned_question_is_one_printable_line(question: str) -> None:
    try:
        cleaned = clean_question(question, 100)
    except QuestionError:
        return
    assert cleaned == " ".join(cleaned.split())
    assert not any(ord(character) < 32 for character in cleaned)
    assert clean_question(cleaned, 100) == cleaned


def in_base(_: Passage) -> str:
    return "base"


def candidate(passage: Passage, start: int, end: int, text: str, margin: float) -> Candidate:
    span = Span(passage.id, start, end, text, margin, 0)
    return Candidate(span, passage, "base", Clues(margin=margin, cosine=0.0, lexical=0.0))


FIRST = Passage(0, "a.txt", 0, 50, "", ())
SECOND = Passage(1, "a.txt", 30, 90, "", ())
OTHER_DOCUMENT = Passage(2, "b.txt", 0, 50, "", ())


def test_spans_that_overlap_in_the_document_are_one() -> None:
    best = candidate(FIRST, 35, 41, "35,927", 9)
    same = candidate(SECOND, 5, 11, "35,927", 8)
    elsewhere = candidate(OTHER_DOCUMENT, 35, 41, "35,927", 7)
    next_to_it = candidate(SECOND, 11, 14, "for", 6)

    assert distinct_candidates([best, same, elsewhere, next_to_it]) == [
        best,
        elsewhere,
        next_to_it,
    ]


def test_the_gap_is_to_the_best_span_that_says_something_else() -> None:
    best = candidate(FIRST, 35, 41, "35,927", 9)
    agreeing = candidate(OTHER_DOCUMENT, 35, 41, "35,927", 7)
    rival = candidate(FIRST, 0, 5, "1,119", 4)

    judged = judge([rival, agreeing, best], FAKE_CALIBRATION)

    assert [one.candidate for one in judged] == [best, agreeing, rival]
    assert [one.gap for one in judged] == [5, 3, -5]
    assert [one.gap for one in judge([best], FAKE_CALIBRATION)] == [9]


def test_clues_compare_each_passage_with_the_best_by_words() -> None:
    hits = [
        Hit(FIRST, 0.03, 1, 0.7, 2, 3.0),
        Hit(SECOND, 0.02, 2, 0.6, 1, 12.0),
        Hit(OTHER_DOCUMENT, 0.01, 3, 0.5, None, None),
    ]

    found = candidates([Span(passage, 0, 1, "x", 5.0, 2.0) for passage in (0, 1, 2)], hits, in_base)

    assert [one.clues for one in found] == [
        Clues(3.0, 0.7, 0.25),
        Clues(3.0, 0.6, 1.0),
        Clues(3.0, 0.5, 0.0),
    ]


def test_no_passage_sharing_a_word_is_no_clue() -> None:
    (found,) = candidates(
        [Span(0, 0, 1, "x", 5.0, 2.0)], [Hit(FIRST, 0.01, 1, 0.5, None, None)], in_base
    )

    assert found.clues.lexical == 0.0


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, (0, 13)), (14, 17, (14, 28)), (8, 17, (0, 28)), (13, 14, (13, 14))],
)
def test_a_quote_is_the_sentences_that_an_answer_touches(
    start: int, end: int, quote: tuple[int, int]
) -> None:
    assert quote_bounds([(0, 13), (14, 28)], start, end) == quote


def test_a_place_ends_where_the_next_begins() -> None:
    places = (Place(0, 10, "page", "1"), Place(10, 20, "page", "2"))

    assert [place_of(places, at) for at in (9, 10, 20)] == [places[0], places[1], None]


def test_answers_name_documents_with_odd_names(library: Library) -> None:
    library.write("new\nline 🍞.txt", "Fines for theft 35.")
    library.build()

    (span,) = library.answerer().answer("how many for theft").spans

    assert Path(span.document_id).name == "new\nline 🍞.txt"
