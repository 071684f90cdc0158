import itertools

from hypothesis import given
from hypothesis import strategies as st

from training.chance import seeded
from training.windows import sentences, serving_windows, window_around

TEXTS = st.lists(
    st.sampled_from(
        [
            "Ada rows home. ",
            "Dr. Hale said no! ",
            "\n\n",
            "- item one\n",
            "🚣 é? ",
            '"Go." ',
            "  ",
            "x",
        ]
    ),
    min_size=1,
    max_size=30,
).map("".join)


def count_words(text: str) -> int:
    return len(text.split())


def test_sentences_end_at_marks_before_capitals_and_at_line_ends() -> None:
    text = 'It sank. "Why?" he asked. The J. Hale was 3.5 m long.\nCrew: two'

    pieces = [text[start:end] for start, end in sentences(text)]

    assert pieces == ["It sank.", '"Why?" he asked.', "The J. Hale was 3.5 m long.", "Crew: two"]


@given(TEXTS)
def test_sentences_hold_all_that_is_not_space_in_order(text: str) -> None:
    pieces = sentences(text)

    assert "".join("".join(text[start:end].split()) for start, end in pieces) == "".join(
        text.split()
    )
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in pieces)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(pieces))


@given(TEXTS, st.integers(1, 12))
def test_serving_windows_cover_all_sentences_and_keep_the_limit(text: str, max_tokens: int) -> None:
    """A window exceeds the limit only where it is one sentence."""
    windows = serving_windows(text, count_words, max_tokens)
    pieces = sentences(text)

    for piece in pieces:
        assert any(start <= piece[0] and piece[1] <= end for start, end in windows)
    for start, end in windows:
        assert count_words(text[start:end]) <= max_tokens or (start, end) in pieces


def test_neighbours_share_a_sentence() -> None:
    text = "One two. Three four. Five six. Seven eight."

    windows = [text[start:end] for start, end in serving_windows(text, count_words, 4)]

    assert windows == ["One two. Three four.", "Three four. Five six.", "Five six. Seven eight."]


@given(TEXTS, st.integers(1, 12), st.integers(0, 5), st.data())
def test_a_window_around_a_span_holds_it(
    text: str, max_tokens: int, seed: int, data: st.DataObject
) -> None:
    pieces = sentences(text)
    if not pieces:
        return
    span = data.draw(st.sampled_from(pieces))

    start, end = window_around(text, span, count_words, max_tokens, seeded(seed))

    assert start <= span[0] < span[1] <= end
    assert count_words(text[start:end]) <= max(max_tokens, count_words(text[slice(*span)]))


def test_an_answer_turns_up_everywhere_in_its_windows() -> None:
    text = "A b. C d. E f. G h. I j. K l. M n."
    rng = seeded(1)

    found = {window_around(text, (15, 16), count_words, 6, rng) for _ in range(50)}

    assert {text[start:end].index("G") for start, end in found} == {0, 5, 10}
