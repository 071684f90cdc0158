"""A question is understood with those before it, or left as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, NearestPassage, Timings
from bot.candidates import Candidate
from bot.confidence import Clues
from bot.conversation import (
    MAX_EARLIER_CHARS,
    MAX_TURNS,
    NEAR_GAIN,
    OTHER_WEIGHT,
    SAID_LOSS,
    Cited,
    FollowUp,
    Leaning,
    Turn,
    leaning,
    less_if_said,
    turn_of,
    understand,
)
from index.passages import Passage
from reader.model import Wording
from reader.spans import Span
from tests.bot.discord_app.fakes import found, span

FIRST = Turn(
    "how many were deported for drunk driving?", "35,927", (Cited("base", "a.txt", 859, 865),)
)


@pytest.mark.parametrize(
    "question",
    [
        *("and for homicide?", "what about the year before", "how about kawambwa", "& bristol?"),
        *("why?", "when", "by how much", "how come", "until when", "what for"),
        *("who said that?", "how old is she", "when did he resign", "whose idea was it"),
        *("what is its address", "were they arrested", "how long did it last then", "nepal?"),
        *("evening?", "and please?"),
    ],
)
def test_a_question_that_needs_what_was_said_leans_on_it(question: str) -> None:
    assert leaning(question) is Leaning.YES


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


@pytest.mark.parametrize("question", ["who is the arbitrator", "wifi password", "how many died"])
def test_a_question_with_hardly_a_word_of_its_own_may_be_either(question: str) -> None:
    understood = understand(question, [FIRST])

    assert leaning(question) is Leaning.MAYBE
    assert understood.alone
    assert understood.follow_up is not None
    assert understood.follow_up.near_gain < NEAR_GAIN


def test_a_follow_up_is_asked_after_the_first_question_and_after_its_answer() -> None:
    understood = understand("and for homicide?", [FIRST])

    assert not understood.alone
    assert understood.follow_up == FollowUp(
        joined="how many were deported for drunk driving? and for homicide?",
        others=(
            Wording("35,927 and for homicide?", OTHER_WEIGHT),
            Wording("and for homicide?", OTHER_WEIGHT),
        ),
        cited=FIRST.cited,
        near_gain=NEAR_GAIN,
        said="35 927",
    )


def test_a_chain_of_follow_ups_keeps_the_question_that_began_it_and_the_last_one() -> None:
    theft = Turn("and for theft?", "812", follows=True)
    arson = Turn("and for arson?", "3", follows=True)
    understood = understand("and in May?", [Turn("when?", "2011"), FIRST, theft, arson])

    assert understood.follow_up is not None
    assert understood.follow_up.joined == f"{FIRST.question} and for arson? and in May?"
    assert understood.follow_up.others[0].text == "3 and in May?"


@pytest.mark.parametrize("polite", ["hello", "Ok, thanks!", "thank you so much", "👍", "lol"])
def test_small_talk_is_no_follow_up_and_changes_no_subject(polite: str) -> None:
    assert understand(polite, [FIRST]).follow_up is None
    followed = understand("and for homicide?", [FIRST])
    assert understand("and for homicide?", [FIRST, Turn(polite, None)]) == followed


def test_a_person_is_no_number() -> None:
    turns = [
        Turn("who led the inquiry?", "Helen Vassallo"),
        Turn("how old is she?", "46", (), True),
    ]

    follow_up = understand("what did she study", turns).follow_up

    assert follow_up is not None
    assert follow_up.others[0].text == "Helen Vassallo what did she study"


def test_without_an_answer_there_is_no_topic_but_the_nearest_passages() -> None:
    near = (Cited("base", "a.txt", 0, 90),)

    follow_up = understand("why?", [Turn("who was fined for singing?", None, near)]).follow_up

    assert follow_up == FollowUp(
        "who was fined for singing? why?", (Wording("why?", OTHER_WEIGHT),), near, NEAR_GAIN, None
    )


@pytest.mark.parametrize("question", ["and for homicide?", "why?", "how old is she"])
def test_a_follow_up_with_no_conversation_stays_as_it_is(question: str) -> None:
    understood = understand(question, [])

    assert understood.alone
    assert understood.follow_up is None


def test_of_a_long_turn_the_end_is_kept() -> None:
    story = "word " * 798 + "who won?"

    follow_up = understand("and when?", [Turn(story, "x" * 4_000)]).follow_up

    assert follow_up is not None
    assert follow_up.joined.endswith("word who won? and when?")
    for text in (follow_up.joined, *(other.text for other in follow_up.others)):
        assert len(text) <= MAX_EARLIER_CHARS + len(" and when?")


def test_only_the_last_turns_count() -> None:
    turns = [Turn("who began it all?", "Ada"), *[Turn("and then?", "x", (), True)] * 1_000]

    follow_up = understand("and then?", turns).follow_up

    assert follow_up is not None
    assert "Ada" not in follow_up.joined
    assert understand("and then?", turns[-MAX_TURNS:]).follow_up == follow_up


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_understood(question: str, before: str) -> None:
    understood = understand(question, [Turn(before, before)])

    assert understood.alone or understood.follow_up is not None
    if understood.follow_up is not None:
        assert understood.follow_up.joined.endswith(question)


def said(text: str) -> Candidate:
    passage = Passage(0, "a.txt", 0, 50, "", ())
    return Candidate(Span(0, 0, 1, text, 9, 0), passage, "base", Clues(9, 0.5, 1), "asked")


def test_what_was_just_said_counts_less() -> None:
    follow_up = FollowUp("a", (), (), 0.0, "35 927")

    assert less_if_said(said("35,927"), follow_up).clues.margin == 9 - SAID_LOSS
    assert less_if_said(said("35,928"), follow_up).clues.margin == 9


def test_a_turn_remembers_where_its_answer_stands() -> None:
    answer = found(span("812"))

    assert turn_of(answer) == Turn(
        answer.question, "812", (Cited("base", "figures.txt", 100, 103),), follows=False
    )


def test_a_turn_without_an_answer_remembers_what_was_shown_instead() -> None:
    near = NearestPassage("a.txt", "A", 5, 9, "text", None)
    answer = Answer(
        "1", "why?", (), 0.1, (), (near,), "g", Timings(0, 0, 0, 0), understood="b why?"
    )

    assert turn_of(answer) == Turn("why?", None, (Cited("base", "a.txt", 5, 9),), follows=True)
