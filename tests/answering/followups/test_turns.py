"""A turn remembers what a follow-up may need."""

from answering.answer import Answer, NearestPassage, Timings
from answering.followups.turns import Cited, Turn, turn_of
from tests.bot.discord_app.fakes import found, span


def test_a_turn_remembers_where_its_answer_stands() -> None:
    answer = found(span("812"))

    assert turn_of(answer) == Turn(
        answer.question, (Cited("base", "figures.txt", 100, 103),), understood=None
    )


def test_a_turn_without_an_answer_remembers_what_was_shown_instead() -> None:
    near = NearestPassage("a.txt", "A", 5, 9, "text", None)
    answer = Answer(
        "1", "why?", (), 0.1, (), (near,), "g", Timings(0, 0, 0, 0), understood="b why?"
    )

    assert turn_of(answer) == Turn("why?", (Cited("base", "a.txt", 5, 9),), "b why?")
