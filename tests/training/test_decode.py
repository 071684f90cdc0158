import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.words import word_tokenizer
from training.decode import MAX_ANSWER_TOKENS, best_span, whole_words
from training.features import BERT, Encoded, encode

CONTEXT = "Ada rowed home alone"
ENCODED = encode(word_tokenizer(), BERT, "who", CONTEXT)


def logits(encoded: Encoded, **at: float) -> np.ndarray:
    """Zero but where told: `p3=5` puts 5 at position 3."""
    values = np.zeros(len(encoded.ids), dtype=np.float32)
    for position, value in at.items():
        values[int(position[1:])] = value
    return values


def test_the_best_pair_in_order_is_chosen() -> None:
    best = best_span(logits(ENCODED, p4=9), logits(ENCODED, p3=5, p5=3), ENCODED, CONTEXT)

    assert best is not None
    assert CONTEXT[slice(*best.span)] == "rowed home"
    assert best.margin == 12.0


def test_the_margin_is_over_no_answer() -> None:
    best = best_span(logits(ENCODED, p0=4, p3=5), logits(ENCODED, p0=4, p3=5), ENCODED, CONTEXT)

    assert best is not None
    assert best.margin == 2.0


def test_the_question_is_never_an_answer() -> None:
    best = best_span(logits(ENCODED, p1=9, p3=1), logits(ENCODED, p1=9, p3=1), ENCODED, CONTEXT)

    assert best is not None
    assert CONTEXT[slice(*best.span)] == "Ada"


def test_an_empty_context_has_no_span() -> None:
    empty = encode(word_tokenizer(), BERT, "who", " ")

    assert best_span(logits(empty), logits(empty), empty, " ") is None


@given(st.integers(0, 10_000))
def test_it_agrees_with_trying_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts, ends = rng.normal(size=(2, len(ENCODED.ids))).astype(np.float32)
    pairs = [(first, last) for first in range(3, 7) for last in range(first, 7)]

    best = best_span(starts, ends, ENCODED, CONTEXT)

    assert best is not None
    expected = max(starts[first] + ends[last] for first, last in pairs)
    assert best.margin == pytest.approx(expected - starts[0] - ends[0], abs=1e-5)


def test_an_answer_is_no_longer_than_the_limit() -> None:
    context = "so " * 100
    encoded = encode(word_tokenizer(), BERT, "who", context)
    first, last = encoded.context_at, encoded.context_at + 99

    best = best_span(
        logits(encoded, **{f"p{first}": 9}), logits(encoded, **{f"p{last}": 9}), encoded, context
    )

    assert best is not None
    assert len(context[slice(*best.span)].split()) <= MAX_ANSWER_TOKENS


@pytest.mark.parametrize(
    ("cut", "whole"),
    [("698", "216,698"), ("16,6", "216,698"), ("oat", "boats"), ("boats", "boats"), ("3", "3.5")],
)
def test_spans_are_widened_to_whole_words_and_numbers(cut: str, whole: str) -> None:
    text = "216,698 boats, 3.5 each."
    start = text.index(cut)

    widened = whole_words(text, (start, start + len(cut)))

    assert text[slice(*widened)] == whole


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_widening_keeps_the_span_and_is_done_once(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))

    widened = whole_words(text, (start, end))

    assert widened[0] <= start <= end <= widened[1]
    assert whole_words(text, widened) == widened
