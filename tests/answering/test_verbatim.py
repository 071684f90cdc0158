"""A span gets its sentence."""

import pytest

from answering.candidates import quote_bounds
from answering.verbatim import sentences_around
from index.passages import Passage, sentences


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, (0, 13)), (14, 17, (14, 28)), (8, 17, (0, 28)), (13, 14, (13, 14))],
)
def test_a_quote_is_the_sentences_that_an_answer_touches(
    start: int, end: int, quote: tuple[int, int]
) -> None:
    assert quote_bounds([(0, 13), (14, 28)], start, end) == quote


@pytest.mark.parametrize(
    ("text", "span", "quote"),
    [
        ("Yes. You must swim 100 metres. Ask us.", "Yes", "Yes. You must swim 100 metres."),
        ("Is it far? No! It is near. Ask us.", "No", "Is it far? No! It is near."),
        ("It is near. Yes.", "Yes", "Yes."),
        ("Yes.\n\nAsk us.", "Yes", "Yes."),
        ("- Yes.\n- Ask us.", "Yes", "- Yes."),
        ("I said yes. Ask us.", "yes", "I said yes."),
    ],
)
def test_a_bare_yes_is_quoted_with_what_follows_it(text: str, span: str, quote: str) -> None:
    passage = Passage(0, "a.md", 0, len(text), text, tuple(sentences(text)))
    start = text.index(span)

    assert text[slice(*sentences_around(passage, start, start + len(span)))] == quote
