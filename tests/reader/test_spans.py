"""Logits become spans that begin and end with words."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.spans import MAX_SPAN_TOKENS, Logits, Span, best_spans

# Word pieces as BERT cuts them: letters, digits and single marks.
_PIECE = re.compile(r"[^\W\d_]{1,4}|\d{1,4}|[^\w\s]|_")


def offsets_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _PIECE.finditer(text)]


def decode(
    text: str, start: str, end: str, *, no_answer: float = 0.0, count: int = 1
) -> list[Span]:
    """Spans where the first token with the text `start` and that with `end` are likeliest."""
    offsets = offsets_of(text)
    pieces = [text[a:b] for a, b in offsets]
    starts, ends = np.zeros(1 + len(offsets)), np.zeros(1 + len(offsets))
    starts[0] = no_answer
    starts[1 + pieces.index(start)] = 5
    ends[1 + pieces.index(end)] = 5
    return best_spans(
        3, text, offsets, Logits(starts.astype(np.float32), ends.astype(np.float32)), count
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("deported, 216,698 people", "698", "698", "216,698"),
        ("deported, 216,698 people", "216", "216", "216,698"),
        ("it grew by 3.5 percent", "5", "perc", "3.5 percent"),
        ("open from 10:30 on", "30", "30", "10:30"),
        ("said the Washingtonian.", "ingt", "ingt", "Washingtonian"),
        ("in the U.S. today", "S", "S", "U.S."),
        ("under Obama's plan", "s", "s", "Obama's"),
        ("it cost $4,200 in all", "$", "4", "$4,200"),
        ("at -41 degrees", "41", "41", "-41"),
        ("changed by −3.5 percent", "3", "3", "−3.5"),
        ("about .5 of it", "5", "5", ".5"),
        ("in 2010–2012 only", "2012", "2012", "2012"),
        ("the H1N1 strain", "N", "N", "H1N1"),
        ("a 5km run", "km", "km", "5km"),
        ("all twenty-five of them", "five", "five", "twenty-five"),
        ("call (866) 450-6588, press 2", "866", "6588", "(866) 450-6588"),
        ("call +49 (30) 55 01 23 now", "55", "55", "+49 (30) 55 01 23"),
        ("call 800-367-5690 now", "367", "367", "800-367-5690"),
        ("since 2024-01-31.", "01", "01", "2024-01-31"),
        ("between 10-16 hours", "16", "16", "16"),
        ("it (47) 12 goals", "12", "12", "12"),
        ("Anna (24) 10 20", "24", "24", "24"),
        ("by Smith (1999) 45-67-89", "45", "89", "45-67-89"),
        ("in (2020) 15 20 30 40", "15", "15", "15"),
        ("from 2024-01-31/2024-02-01", "02", "02", "02"),
        ("in (2010) 396,000 people", "396", "000", "396,000"),
        ("London-based firms", "Lond", "on", "London"),
        ("type !close there", "!", "!", "!close"),
        ("type /ask there", "ask", "ask", "/ask"),
        ("add --dry-run to it", "run", "run", "--dry-run"),
        ("ping @mods first", "mods", "mods", "@mods"),
        ("in a .env file", "env", "env", ".env"),
        ("write to appeals@my-club.example.", "@", "club", "appeals@my-club.example"),
        ("stop!now", "now", "now", "now"),
        ("two cafe\u0301s here", "s", "s", "cafe\u0301s"),
    ],
)
def test_a_span_is_made_of_whole_words(text: str, start: str, end: str, expected: str) -> None:
    (span,) = decode(text, start, end)

    assert span.text == expected
    assert text[span.start_char : span.end_char] == expected
    assert span.score == 10


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("run kestrel unlock --force if stuck", "kest", "ck", "kestrel unlock --force"),
        ("run ls -l --all there", "ls", "ls", "ls -l --all"),
        ("add --dry-run to it", "add", "add", "add --dry-run"),
        ("only --force does it", "forc", "e", "--force"),
        ("a long -- very long -- way", "long", "long", "long"),
    ],
)
def test_a_command_keeps_its_options(text: str, start: str, end: str, expected: str) -> None:
    assert decode(text, start, end)[0].text == expected


def test_marks_around_an_answer_are_no_part_of_it() -> None:
    (first,) = decode("(Bread)", "(", "Brea")
    (last,) = decode("Bread,", "Brea", ",")

    assert (first.text, last.text) == ("Bread", "Bread")


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("door code: 4482#", "4482", "4482", "4482#"),
        ("dial *100# for messages", "100", "100", "100#"),
        ("written in C#.", "C", "C", "C#"),
        ("in a language (C#) only", "lang", "C", "language (C#)"),
        ("in row 5 # of 7", "row", "5", "row 5"),
        ("at page#top there", "page", "page", "page"),
        ("in #general only", "in", "in", "in"),
        ("in row 5 #12", "5", "#", "5"),
        ("see example.org/# there", "see", "org", "see example.org"),
        ("# 4482 # 5", "4482", "4482", "4482"),
    ],
)
def test_a_hash_right_behind_a_word_belongs_to_it(
    text: str, start: str, end: str, expected: str
) -> None:
    assert decode(text, start, end)[0].text == expected


def test_no_span_begins_with_a_hash_that_ends_another() -> None:
    spans = decode("a C# job", "C", "C", count=10)

    assert [span.text for span in spans] == ["C#", "a", "job"]


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("of one hundred (100) members", "one", "100", "one hundred (100)"),
        ("the key [F5] there", "key", "F", "key [F5]"),
        ("is for all (100%) of them", "all", "100", "all (100%)"),
        ("the key (F5.) there", "key", "F", "key (F5.)"),
        ("all of it (“Stop!”), he said", "all", "Stop", "all of it (“Stop!”)"),
        ("pays 100%) marks", "100", "100", "100"),
        ("all at the bar (“Servers”) first", "all", "ers", "all at the bar (“Servers”)"),
        ("two (of the four (4)) left", "two", "4", "two (of the four (4))"),
        ("pays (35) marks", "35", "35", "35"),
        ("(a) b) here", "b", "b", "b"),
        ("Keller (47, of Torva) won", "Kell", "47", "Keller (47"),
    ],
)
def test_a_bracket_that_an_answer_opens_is_closed_right_behind_it(
    text: str, start: str, end: str, expected: str
) -> None:
    assert decode(text, start, end)[0].text == expected


def test_no_answer_is_scored_against_every_span() -> None:
    (span,) = decode("Bread costs two", "Brea", "Brea", no_answer=12)

    assert (span.score, span.no_answer_score, span.margin) == (10, 12, -2)
    assert span.passage_id == 3


def test_an_end_before_its_start_is_no_span() -> None:
    (span,) = decode("one two three", "thre", "one")

    assert span.text in {"one", "three", "one two three"}
    assert span.score <= 5


def test_no_span_runs_over_a_blank_line() -> None:
    (span,) = decode("Fees are ten.\n\nBread is two.", "ten", "Brea")

    assert "\n" not in span.text


@pytest.mark.parametrize("text", ["Swan | two | nine", "| Swan | two |\n| Otter | nine |"])
def test_no_span_runs_over_the_border_of_a_cell(text: str) -> None:
    spans = decode(text, "two", "nine", count=10)

    assert {span.text for span in spans} == set(re.findall(r"\w+", text))


def test_no_span_runs_over_from_one_named_line_into_the_next() -> None:
    for text in ("Unit: hour\nCost: two", "Unit: day\nCost: six\n\nUnit: hour\nCost: two"):
        spans = decode(text, "hour", "two", count=20)
        assert {"hour", "Cost: two"} <= {span.text for span in spans}
        assert not any("\n" in span.text for span in spans)


def test_a_span_may_run_over_the_end_of_a_line_of_prose() -> None:
    (span,) = decode("Two things: the red\nboat sank.", "red", "boat")

    assert span.text == "red\nboat"


@pytest.mark.parametrize("mark", ["3.", "3)", "(c)", "(iv)", "*", "•", "●"])
def test_no_span_ends_with_the_mark_of_the_next_line(mark: str) -> None:
    text = f"2. Run it\n{mark} Start again"
    tokens = [text[a:b] for a, b in offsets_of(text)]

    for end in offsets_of(mark):
        spans = decode(text, "it", mark[slice(*end)], count=len(tokens))
        assert not any(re.search(rf"it\n{re.escape(mark[: end[1]])}$", s.text) for s in spans)
        assert any("it" in span.text for span in spans)


@pytest.mark.parametrize(
    ("text", "wanted"), [("a. Ask\nb. Go", "Ask"), ("v. Ask\nb. Go", "Ask\nb")]
)
def test_no_span_ends_with_a_letter_that_marks_the_next_line(text: str, wanted: str) -> None:
    (span,) = decode(text, "Ask", "b")

    assert span.text == wanted


def test_the_number_of_a_line_may_be_an_answer() -> None:
    (number,) = decode("1. Be kind\n2. No links", "2", "2")
    (line,) = decode("1. Be kind\n2. No links", "2", "link")

    assert (number.text, line.text) == ("2", "2. No links")


def test_spans_of_one_passage_do_not_overlap() -> None:
    spans = decode("one two three four five six", "two", "thre", count=10)

    taken = [set(range(span.start_char, span.end_char)) for span in spans]
    assert len(spans) > 1
    assert sum(map(len, taken)) == len(set.union(*taken))
    assert [span.score for span in spans] == sorted((s.score for s in spans), reverse=True)


def test_a_passage_without_words_has_no_span() -> None:
    logits = Logits(np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.float32))

    assert best_spans(0, "", [], logits, 3) == []


@given(st.text(max_size=80), st.integers(0, 2**32 - 1))
def test_any_span_of_any_text_keeps_the_rules(text: str, seed: int) -> None:
    offsets = offsets_of(text)
    random = np.random.default_rng(seed)
    logits = Logits(
        random.normal(size=1 + len(offsets)).astype(np.float32),
        random.normal(size=1 + len(offsets)).astype(np.float32),
    )

    for span in best_spans(0, text, offsets, logits, 4):
        assert span.text == text[span.start_char : span.end_char] != ""
        assert span.text == span.text.strip()
        inside = [a for a, b in offsets if span.start_char <= a and b <= span.end_char]
        assert 1 <= len(inside) <= MAX_SPAN_TOKENS
        for edge in (span.start_char, span.end_char):
            around = text[max(0, edge - 1) : edge + 1]
            assert not (len(around) == 2 and around.replace("_", "a").isalnum())


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_the_best_span_agrees_with_trying_all(seed: int, words: int) -> None:
    text = " ".join("abcdefghi"[:words])
    offsets = offsets_of(text)
    random = np.random.default_rng(seed)
    starts = random.normal(size=1 + words).astype(np.float32)
    ends = random.normal(size=1 + words).astype(np.float32)

    (span,) = best_spans(0, text, offsets, Logits(starts, ends), 1)

    best = max(
        (float(starts[1 + a] + ends[1 + b]), text[offsets[a][0] : offsets[b][1]])
        for a in range(words)
        for b in range(a, words)
    )
    assert span.text == best[1]
    assert span.score == pytest.approx(best[0])
