"""A question's words tell whether it leans on those before it."""

import pytest

from answering.followups.detection import Leaning, leaning


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
    ["and when does the help desk open on Saturdays?", "so who paid for the mill that burnt down?"],
)
def test_a_whole_question_that_goes_on_may_stand_alone(question: str) -> None:
    assert leaning(question) is Leaning.MAYBE
