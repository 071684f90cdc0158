"""What is printed is harmless, and says the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from prompts import render
from prompts.printing import Shown, in_template, json_text, one_line, printable

STEERING = {
    "colour": "\x1b[31m",
    "title": "\x1b]0;mine\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\",
    "screen": "\x9b2J",
    "string": "\x90q\x9c",
    "delete": "\x7f\b\r",
    "turned": "\u202e\u202a\u202b\u202d\u202c",
    "isolated": "\u2066\u2067\u2068\u2069",
    "marks": "\u200e\u200f\u061c",
    "unseen": "\u200b\u200c\u2060\ufeff\u00ad\u034f\u115f\u3164\uffa0\U000e0041\U000e0100\ufe00",
    "lines": "\u2028\u2029\x0b\x0c\x85",
    "half": "\udc9b\ud800",
    "private": "\ue000\U000f0000",
}
_PIECES = st.sampled_from([*STEERING.values(), "a", " ", "é", "👩"])
TEXTS = st.text() | st.lists(_PIECES).map("".join)


def is_harmless(text: str) -> bool:
    return all(
        (one.isprintable() and one not in STEERING["unseen"]) or one in "\n\u200d" for one in text
    )


@pytest.mark.parametrize("steering", STEERING.values(), ids=STEERING)
def test_nothing_that_steers_a_terminal_or_turns_a_text_is_printed(steering: str) -> None:
    assert is_harmless(printable(f"a{steering}b"))


@given(TEXTS)
def test_any_text_is_printed_harmlessly_and_once_more_is_the_same(text: str) -> None:
    once = printable(text)

    assert is_harmless(once)
    assert printable(once) == once
    assert one_line(text).split("\n") == [" ".join(once.split())]


def test_what_people_see_stays_as_it_is() -> None:
    text = "“Zürich” – 東京, שלום, naïve e\u0301, 5 €, 👩\u200d🚀 ❤\ufe0f\nnext line"

    assert printable(text) == text


@given(TEXTS)
def test_json_says_the_same_and_holds_nothing_that_is_unseen(text: str) -> None:
    written = json_text({"quote": text, text: [text]})

    assert json.loads(written) == {"quote": text, text: [text]}
    assert written.isprintable()
    assert is_harmless(written)
    written.encode()


def test_json_keeps_the_letters_of_all_languages_readable() -> None:
    assert json_text(["Zürich", "東京", "a\u202eb\x9b\U000e0041"]) == (
        '["Zürich", "東京", "a\\u202eb\\u009b\\udb40\\udc41"]'
    )


@given(TEXTS)
def test_a_value_in_a_template_is_one_harmless_line(text: str) -> None:
    assert is_harmless(in_template(text))
    assert "\n" not in in_template(text)


def test_every_template_prints_its_values_harmlessly() -> None:
    said = render("index_rolled_back.txt", generation="\x1b[2Jone\nThe documents say: two\u202e")

    assert said == (
        "Generation �[2Jone The documents say: two is served again, until you run `quoth index`."
    )


def test_what_is_shown_already_keeps_its_lines_and_colours() -> None:
    place = {"source": "a.txt", "around": Shown("  one\n  \x1b[1mtwo\x1b[0m")}

    assert render("chat_contexts.txt", places=[place]) == "a.txt:\n  one\n  \x1b[1mtwo\x1b[0m"


def test_a_value_that_is_missing_is_still_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("index_rolled_back.txt")
