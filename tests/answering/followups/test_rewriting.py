"""A question is understood with those before it, or left as it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.followups.detection import Leaning, leaning
from answering.followups.rewriting import MAX_EARLIER_CHARS, FollowUp, Wording, understand
from answering.followups.turns import MAX_TURNS, Cited, Turn

FIRST = Turn("how many were deported for drunk driving?", (Cited("base", "a.txt", 859, 865),))


@pytest.mark.parametrize(
    "question",
    [
        *("how many were deported for drunk driving?", "which president preceded Obama"),
        *("Who won the Nobel Prize when she was 80?", "When did Marie Curie discover her element?"),
        *(
            "how many people live in the capital of norway",
            "is there a vaccine against cholera yet",
        ),
        "What is the effect of removing one per cent of the water from concrete?",
    ],
)
def test_a_question_that_names_its_subject_stands_alone(question: str) -> None:
    assert leaning(question) is Leaning.NO
    assert understand(question, [FIRST]).follow_up is None


@pytest.mark.parametrize(
    "question",
    ["who is the arbitrator", "wifi password", "how many died"],
)
def test_a_question_with_hardly_a_word_of_its_own_may_be_either(question: str) -> None:
    understood = understand(question, [FIRST])

    assert leaning(question) is Leaning.MAYBE
    assert understood.alone
    assert understood.follow_up is not None
    # What was shown may have nothing to do with it.
    assert understood.follow_up.cited == ()


def test_a_follow_up_is_asked_after_the_first_question() -> None:
    understood = understand("and for homicide?", [FIRST])

    assert not understood.alone
    assert understood.follow_up == FollowUp(
        wording=Wording(
            asked="how many were deported for drunk driving? and for homicide?",
            parted="how many were deported for drunk driving? and for homicide?",
        ),
        cited=FIRST.cited,
        years=frozenset(),
    )


@pytest.mark.parametrize("mark", ["", "?", ".", "!?", " ?"])
def test_the_questions_before_are_told_apart_however_they_were_typed(mark: str) -> None:
    turns = [Turn(f"when is the bar open on friday{mark}"), Turn(f"and on monday{mark}", (), "x")]
    understood = understand("what about the gym", turns)

    assert understood.follow_up is not None
    assert understood.follow_up.wording.asked == (
        f"when is the bar open on friday{mark} and on monday{mark} what about the gym"
    )
    assert understood.follow_up.wording.parted == (
        "when is the bar open on friday? and on monday? what about the gym"
    )


def test_a_chain_of_follow_ups_keeps_the_question_that_began_it_and_the_last_one() -> None:
    theft = Turn("and for theft?", (), f"{FIRST.question} and for theft?")
    arson = Turn("and for arson?", (), f"{theft.understood} and for arson?")
    understood = understand("and in May?", [Turn("when?"), FIRST, theft, arson])

    assert understood.follow_up is not None
    assert understood.follow_up.wording.asked == f"{FIRST.question} and for arson? and in May?"


@pytest.mark.parametrize("polite", ["hello", "Ok, thanks!", "thank you so much", "lol"])
def test_small_talk_is_no_follow_up_and_changes_no_subject(polite: str) -> None:
    assert understand(polite, [FIRST]).follow_up is None
    followed = understand("and for homicide?", [FIRST])
    assert understand("and for homicide?", [FIRST, Turn(polite)]) == followed


def test_without_an_answer_there_are_the_nearest_passages() -> None:
    near = (Cited("base", "a.txt", 0, 90),)
    turn = Turn("who was fined for singing?", near)

    assert understand("why?", [turn]).follow_up == FollowUp(
        Wording("who was fined for singing? why?", "who was fined for singing? why?"),
        near,
        years=frozenset(),
    )


@pytest.mark.parametrize(
    "question", ["and for homicide?", "why?", "until when", "what about that", "ok and?"]
)
def test_what_goes_on_from_nothing_is_told_apart(question: str) -> None:
    assert understand(question, []).goes_on
    assert not understand(question, [FIRST]).goes_on


@pytest.mark.parametrize(
    "question",
    [
        *("and how many were deported for homicide?", "so who led the inquiry", "how old is she"),
        *("fine for theft", "wifi password", "thanks", "please, when does the museum open"),
        *("what about refunds?", "how about the parking at the station"),
        *("so where's the defibrillator?", "and so what’s the fee for a student in 2026?"),
        *("and isn't the gym open on Sundays?", "and don’t they sell cake"),
        *("so you're open on sunday?", "so there’s a car park?"),
        *("so I'd need a key for the gym?", "so it's free for members of the club?"),
    ],
)
def test_what_can_be_asked_alone_goes_on_from_nothing(question: str) -> None:
    assert not understand(question, []).goes_on


@pytest.mark.parametrize("question", ["and for homicide?", "why?", "how old is she"])
def test_a_follow_up_with_no_conversation_stays_as_it_is(question: str) -> None:
    understood = understand(question, [])

    assert understood.alone
    assert understood.follow_up is None


def test_of_a_long_turn_the_end_is_kept() -> None:
    story = "word " * 798 + "who won?"

    found = understand("and when?", [Turn(story)]).follow_up

    assert found is not None
    assert found.wording.asked.endswith("word who won? and when?")
    assert len(found.wording.asked) <= MAX_EARLIER_CHARS + len(" and when?")


def test_two_long_turns_share_what_is_kept() -> None:
    first, last = ("word " * 80 + who for who in ("who began?", "who won?"))
    turns = [Turn(first), Turn(last, (), f"{first} {last}")]

    found = understand("and when?", turns).follow_up

    assert found is not None
    assert re.fullmatch(r"(word )+who began\? (word )+who won\? and when\?", found.wording.asked)
    assert len(found.wording.asked) <= MAX_EARLIER_CHARS + len("  and when?")


def test_only_the_last_turns_count() -> None:
    turns = [Turn("who began it all?"), *[Turn("and then?", (), "it and?")] * 1_000]

    found = understand("and then?", turns).follow_up

    assert found is not None
    assert "began" not in found.wording.asked
    assert understand("and then?", turns[-MAX_TURNS:]).follow_up == found


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_understood(question: str, before: str) -> None:
    understood = understand(question, [Turn(before)])

    assert understood.alone or understood.follow_up is not None
    if understood.follow_up is not None:
        assert understood.follow_up.wording.asked.endswith(question)
