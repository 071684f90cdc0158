"""A question is understood with those before it, or left as it is."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, NearestPassage, Timings
from bot.candidates import Candidate
from bot.confidence import Clues
from bot.conversation import (
    BEFORE_SHARE,
    MAX_EARLIER_CHARS,
    MAX_TURNS,
    NEAR_GAIN,
    OTHER_WEIGHT,
    SAID_LOSS,
    Cited,
    FollowUp,
    Leaning,
    Recall,
    Turn,
    in_conversation,
    leaning,
    other_wordings,
    recall,
    turn_of,
    understand,
)
from index.passages import Passage
from reader.model import PassageText, Wording
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
        *("evening", "and please?", "no?", "good?"),
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


@pytest.mark.parametrize(
    "question",
    ["who is the arbitrator", "wifi password", "how many died", "who will lead the new talks"],
)
def test_a_question_with_hardly_a_word_of_its_own_may_be_either(question: str) -> None:
    understood = understand(question, [FIRST])

    assert leaning(question) is Leaning.MAYBE
    assert understood.alone
    assert understood.follow_up is not None
    assert understood.follow_up.near_gain < NEAR_GAIN


def test_a_follow_up_is_asked_after_the_first_question() -> None:
    understood = understand("and for homicide?", [FIRST])

    assert not understood.alone
    assert understood.follow_up == FollowUp(
        question="and for homicide?",
        filled_in="how many were deported for homicide",
        joined="how many were deported for drunk driving? and for homicide?",
        before=FIRST.question,
        cited=FIRST.cited,
        near_gain=NEAR_GAIN,
        answer="35,927",
    )


def test_a_chain_of_follow_ups_keeps_the_question_that_began_it_and_the_last_one() -> None:
    theft = Turn("and for theft?", "812", (), f"{FIRST.question} and for theft?")
    arson = Turn("and for arson?", "3", (), f"{theft.understood} and for arson?")
    understood = understand("and in May?", [Turn("when?", "2011"), FIRST, theft, arson])

    assert understood.follow_up is not None
    assert understood.follow_up.joined == f"{FIRST.question} and for arson? and in May?"
    assert understood.follow_up.before == arson.understood


@pytest.mark.parametrize("polite", ["hello", "Ok, thanks!", "thank you so much", "lol"])
def test_small_talk_is_no_follow_up_and_changes_no_subject(polite: str) -> None:
    assert understand(polite, [FIRST]).follow_up is None
    followed = understand("and for homicide?", [FIRST])
    assert understand("and for homicide?", [FIRST, Turn(polite, None)]) == followed


def test_a_fragment_is_filled_in_from_the_last_question_that_has_a_place_for_it() -> None:
    when = Turn("when was that?", "2011", (), f"{FIRST.question} when was that?")
    theft = Turn("and for theft?", "812", (), f"{FIRST.question} and for theft?")

    for turns, expected in (
        ([FIRST, theft], "how many were deported for arson"),
        ([FIRST, theft, when], "how many were deported for arson"),
        ([FIRST, Turn("who paid for it?", "Ada", (), "it?")], "who paid for arson"),
        ([Turn("deported for theft", "812")], "deported for arson"),
    ):
        found = understand("and for arson?", turns).follow_up
        assert found is not None
        assert found.filled_in == expected


def follow_up(question: str, answer: str | None = None, filled_in: str | None = None) -> FollowUp:
    return FollowUp(question, filled_in, f"before {question}", "before", (), 0.0, answer)


def wordings(question: str, topic: str) -> list[str]:
    return [one.text for one in other_wordings(follow_up(question), Recall(topic, 0.0))]


def test_a_passage_is_asked_after_its_topic_and_as_typed() -> None:
    assert wordings("and in May?", "812") == ["812 and in May?", "and in May?"]
    assert other_wordings(follow_up("why?"), None) == (Wording("why?", OTHER_WEIGHT),)


def test_a_fragment_is_asked_filled_in_instead_of_as_typed() -> None:
    asked = follow_up("and in May?", filled_in="who led in May")

    texts = [one.text for one in other_wordings(asked, Recall("Ada", 0.0))]
    assert texts == ["Ada and in May?", "who led in May"]


def test_a_person_is_no_number() -> None:
    asked = "what did she study"

    assert wordings(asked, "46") == [asked]
    assert wordings(asked, "Helen Vassallo") == [f"Helen Vassallo {asked}", asked]


def test_a_passage_s_topic_is_what_it_says_to_the_question_before() -> None:
    passages = [PassageText(3, "Ada led it."), PassageText(4, "Bo led it."), PassageText(5, "")]
    spans = [Span(3, 0, 3, "Ada", 9, 0), Span(4, 0, 2, "Bo", 5, 0)]

    assert recall(follow_up("and since when?"), passages, spans) == {
        3: Recall("Ada", 0.0),
        4: Recall("Bo", -4.0),
    }


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Ada Lum", "Since 1901, ADA LUM, 46, rows.", Recall("Ada Lum", 0.0)),
        ("Ada Lum", "Since 1901, Ada Lummer rows.", Recall("Since", -4.0)),
        ("1901", "Since 1901, Ada rows.", Recall("Since", -4.0)),
    ],
    ids=["named", "another name", "number"],
)
def test_or_else_it_is_the_last_answer_where_the_passage_names_that(
    answer: str, text: str, expected: Recall
) -> None:
    passages = [PassageText(0, "It was led by her."), PassageText(1, text)]
    spans = [Span(0, 14, 17, "her", 9, 0), Span(1, 0, 5, "Since", 5, 0)]

    assert recall(follow_up("how old is she?", answer), passages, spans)[1] == expected


def test_without_an_answer_there_are_the_nearest_passages() -> None:
    near = (Cited("base", "a.txt", 0, 90),)
    turn = Turn("who was fined for singing?", None, near)

    assert understand("why?", [turn]).follow_up == FollowUp(
        "why?", None, "who was fined for singing? why?", turn.question, near, NEAR_GAIN, None
    )


@pytest.mark.parametrize("question", ["and for homicide?", "why?", "how old is she"])
def test_a_follow_up_with_no_conversation_stays_as_it_is(question: str) -> None:
    understood = understand(question, [])

    assert understood.alone
    assert understood.follow_up is None


def test_of_a_long_turn_the_end_is_kept() -> None:
    story = "word " * 798 + "who won?"

    found = understand("and when?", [Turn(story, "x" * 4_000)]).follow_up

    assert found is not None
    assert found.joined.endswith("word who won? and when?")
    after, _ = other_wordings(found, Recall("x" * 4_000, 0.0))
    for text in (found.joined, found.before, after.text):
        assert len(text) <= MAX_EARLIER_CHARS + len(" and when?")


def test_two_long_turns_share_what_is_kept() -> None:
    first, last = ("word " * 80 + who for who in ("who began?", "who won?"))
    turns = [Turn(first, "Ada"), Turn(last, "Bo", (), f"{first} {last}")]

    found = understand("and when?", turns).follow_up

    assert found is not None
    assert re.fullmatch(r"(word )+who began\? (word )+who won\? and when\?", found.joined)
    assert len(found.joined) <= MAX_EARLIER_CHARS + len("  and when?")


def test_only_the_last_turns_count() -> None:
    turns = [Turn("who began it all?", "Ada"), *[Turn("and then?", "x", (), "it and?")] * 1_000]

    found = understand("and then?", turns).follow_up

    assert found is not None
    assert "began" not in found.joined
    assert understand("and then?", turns[-MAX_TURNS:]).follow_up == found


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
    asked, recalled = follow_up("and?", "35,927"), Recall("Ada", 0.0)

    assert in_conversation(said("35 927"), asked, recalled).clues.margin == 9 - SAID_LOSS
    assert in_conversation(said("35,928"), asked, recalled).clues.margin == 9


def test_what_a_passage_says_to_the_question_before_counts_as_said_if_nothing_was() -> None:
    recalled = Recall("35,927", 0.0)

    unanswered, answered = follow_up("and?"), follow_up("and?", "Ada")
    assert in_conversation(said("35 927"), unanswered, recalled).clues.margin == 9 - SAID_LOSS
    assert in_conversation(said("35 927"), answered, recalled).clues.margin == 9
    assert in_conversation(said("35 927"), unanswered, None).clues.margin == 9
    reworded = replace(unanswered, before="who leads the inquiry", question="so who leads it")
    assert in_conversation(said("35 927"), reworded, recalled).clues.margin == 9


def test_what_is_found_in_a_passage_that_is_behind_loses_a_share_of_that() -> None:
    candidate, asked = said("812"), follow_up("and?")

    found = in_conversation(candidate, asked, Recall("Ada", -10.0))

    assert found.clues.margin == pytest.approx(9 - 10 * BEFORE_SHARE)
    assert in_conversation(candidate, asked, None) == candidate


def test_a_turn_remembers_where_its_answer_stands() -> None:
    answer = found(span("812"))

    assert turn_of(answer) == Turn(
        answer.question, "812", (Cited("base", "figures.txt", 100, 103),), understood=None
    )


def test_a_turn_without_an_answer_remembers_what_was_shown_instead() -> None:
    near = NearestPassage("a.txt", "A", 5, 9, "text", None)
    answer = Answer(
        "1", "why?", (), 0.1, (), (near,), "g", Timings(0, 0, 0, 0), understood="b why?"
    )

    assert turn_of(answer) == Turn("why?", None, (Cited("base", "a.txt", 5, 9),), "b why?")
