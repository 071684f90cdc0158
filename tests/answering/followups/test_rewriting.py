"""Fragments take the place of what they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.followups.rewriting import filled_in, is_fragment, with_topic, without_opening


@pytest.mark.parametrize(
    ("before", "fragment", "whole"),
    [
        ("how many were removed for theft?", "and for arson?", "how many were removed for arson"),
        ("Who leads in March?", "what about in late May", "Who leads in late May"),
        ("how many in town in May were hurt", "in June?", "how many in town in June were hurt"),
        ("how long does the ferry take?", "and the train", "how long does the train take"),
        ("what is the age of the dog?", "and the cat?", "what is the age of the cat"),
        ("who owns a boat of wood", "and an old barge", "who owns an old barge of wood"),
        (
            "what does the ministry of love do",
            "and the ministry of plenty?",
            "what does the ministry of plenty do",
        ),
        ("how many dogs has the club", "and the band", "how many dogs has the band"),
        ("where is the hall", "and the one in town", "where is the one in town"),
        ("what does a lost key cost?", "and the saw?", "what does the saw cost"),
        ("What does wood cost per sheet?", "and felt?", "What does felt cost per sheet"),
    ],
)
def test_a_fragment_takes_the_place_of_a_phrase_that_begins_alike(
    before: str, fragment: str, whole: str
) -> None:
    assert filled_in(fragment, before) == whole


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("how many were removed for theft?", "and arson?"),
        ("how many dogs has Bo?", "and cats?"),
        ("what does wood cost?", "and if it is wet?"),
        ("how many were removed for theft?", "and in May?"),
        ("who keeps the key?", "who keeps the bell?"),
        ("who keeps the key?", "the one that he gave her"),
        ("who keeps the key?", "and?"),
        ("", "and the bell?"),
    ],
    ids=[
        "no word",
        "no verb",
        "clause",
        "another",
        "sentence",
        "pronoun",
        "nothing",
        "nothing before",
    ],
)
def test_what_has_no_place_stays_as_it_is(before: str, question: str) -> None:
    assert filled_in(question, before) is None


def test_what_goes_on_is_taken_off() -> None:
    assert without_opening("Ok, and what about  the bell?! ") == "the bell"
    assert without_opening("android phones?") == "android phones"


words = st.sampled_from(
    ["the", "a", "an", "for", "in", "of", "and", "do", "?", "what", "it", "bell"]
)


@given(st.lists(words, max_size=8), st.lists(words, max_size=8))
def test_all_of_a_fragment_is_in_what_it_makes(question: list[str], before: list[str]) -> None:
    whole = filled_in(" ".join(question), " ".join(before))

    assert whole is None or without_opening(" ".join(question)).strip() in whole


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("how old is she?", "how old is Ada Lum"),
        ("where did her sister study", "where did Ada Lum's sister study"),
        ("who went with her to Rome", "who went with Ada Lum to Rome"),
        ("and when did (they) leave", "and when did Ada Lum leave"),
        ("who said that?", "who said Ada Lum"),
        ("when did he and his son go there", "when did Ada Lum and his son go there"),
        ("who lives there", "who lives in Ada Lum"),
        ("who came from there", "who came from Ada Lum"),
        ("where is her old house", "where is Ada Lum's old house"),
    ],
)
def test_a_topic_takes_the_place_of_the_first_pronoun(question: str, whole: str) -> None:
    assert with_topic(question, "Ada\n Lum") == whole


def test_a_place_with_its_preposition_keeps_that() -> None:
    assert with_topic("who lives there", "on Corfu") == "who lives on Corfu"


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        *[(text, True) for text in ("and for arson?", "what about arson", "the ones in May")],
        *[(text, False) for text in ("and who paid?", "how many", "...", "")],
    ],
)
def test_a_fragment_is_no_sentence(question: str, is_one: bool) -> None:
    assert is_fragment(question) is is_one


@pytest.mark.parametrize(
    "question",
    ["and in May?", "how many are there", "that year?", "and the ones in red", "what then", ""],
)
def test_where_no_pronoun_stands_for_a_topic_none_is_written(question: str) -> None:
    assert with_topic(question, "Ada Lum") is None
