"""What members asked and judged becomes a file that `quoth eval` reads."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.evaluation.question_log import (
    LoggedQuestion,
    QuestionFile,
    Source,
    Vote,
    collect,
    right_answers,
    search_with,
)
from bot.evaluation.questions import Misfits, read_questions
from index.retrieve import Retriever
from tests.conftest import Library

RIGHT, WRONG = Vote(True), Vote(False)
ARSON = Source("Figures", "For arson 812 were counted, and for\ntheft 3,204. Crimes are many.")
RIVAL = Source("Letters", "Somebody wrote of 77 cases, and 8,120 pages.")


def asked(
    *votes: Vote, text: str = "how many for arson", shown: Sequence[str] = ("812",)
) -> LoggedQuestion:
    return LoggedQuestion(text, tuple(shown), votes, server=None)


def collected(
    *questions: LoggedQuestion, sources: Sequence[Source] = (RIVAL, ARSON)
) -> QuestionFile:
    return collect(questions, lambda _: sources)


@pytest.mark.parametrize(
    ("votes", "right"),
    [
        ((), None),
        ((RIGHT,), ("812",)),
        ((WRONG,), None),
        ((Vote(False, "77"),), ("77",)),
        ((RIGHT, WRONG), None),
        ((RIGHT, Vote(False, "77")), ("77",)),
        ((RIGHT, RIGHT, Vote(False, "77")), ("812",)),
        ((Vote(False, "77"), Vote(False, "78"), Vote(False, "77"), WRONG), ("77", "78")),
    ],
)
def test_what_most_members_hold_to_be_right_is_right(
    votes: tuple[Vote, ...], right: tuple[str, ...] | None
) -> None:
    assert right_answers(asked(*votes)) == right


def test_a_right_answer_comes_with_the_best_passage_that_holds_it() -> None:
    found = collected(asked(RIGHT))

    (line,) = found.lines
    assert (line["title"], line["text"]) == (ARSON.title, ARSON.text)
    assert line["qas"] == [{"q": "how many for arson", "a": "812"}]
    assert (found.judged, found.unjudged) == (1, 0)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("crimes are MANY", "Crimes are many"),
        ("for theft  3,204", "for\ntheft 3,204"),
        ("8,120", "8,120"),
    ],
)
def test_what_a_member_expected_is_taken_as_the_document_writes_it(
    expected: str, answer: str
) -> None:
    (line,) = collected(asked(Vote(False, expected))).lines

    assert line["qas"][0]["a"] == answer
    assert answer in line["text"]


@pytest.mark.parametrize("expected", ["12", "arson 81", "nobody said so", " ", "(812"])
def test_what_stands_in_no_passage_is_left_out_and_counted(expected: str) -> None:
    found = collected(asked(Vote(False, expected)))

    assert (found.lines, found.judged, found.not_found) == ([], 0, 1)


def test_that_the_documents_do_not_say_may_be_right() -> None:
    (line,) = collected(asked(RIGHT, shown=())).lines

    assert line["text"] == RIVAL.text
    assert line["qas"] == [{"q": "how many for arson", "a": None}]


def test_several_answers_at_once_are_left_out_and_counted() -> None:
    found = collected(asked(RIGHT, shown=("812", "3,204")))

    assert (found.lines, found.several) == ([], 1)


def test_what_nobody_judged_stands_beside() -> None:
    found = collected(asked(WRONG, text="why"), asked(text="Why"), asked(RIGHT), asked())

    assert [(line["qas"], line.get("unjudged")) for line in found.lines] == [
        ([{"q": "how many for arson", "a": "812"}], None),
        ([], ["why"]),
    ]
    assert (found.judged, found.unjudged) == (1, 1)


def test_a_question_that_was_asked_again_stands_once_with_all_its_answers() -> None:
    found = collected(
        asked(RIGHT),
        asked(Vote(False, "3,204"), text="How many for ARSON"),
        asked(RIGHT),
        asked(RIGHT, text="how many for theft", shown=("3,204",)),
        sources=(ARSON,),
    )

    (line,) = found.lines
    assert line["qas"] == [
        {"q": "how many for arson", "a": ["812", "3,204"]},
        {"q": "how many for theft", "a": "3,204"},
    ]
    assert found.judged == 2


def test_without_any_passage_there_is_nothing_to_write() -> None:
    found = collected(asked(RIGHT), asked(text="why"), asked(RIGHT, shown=()), sources=())

    assert (found.lines, found.not_found) == ([], 2)


def test_a_servers_documents_are_searched_for_what_was_asked_there(library: Library) -> None:
    library.write("figures.txt", "For arson 812 were counted.")
    library.build()
    own = library.other("server-aaaa")
    own.write("own.txt", "Notes of May\n\nFor fraud 55 were counted.")
    own.build()
    base, other = library.open(), own.open()
    retrievers = {
        None: Retriever(base, library.encoder),
        "aaaa": Retriever(base, library.encoder, other),
    }
    questions = [
        LoggedQuestion("how many for fraud", ("55",), (RIGHT,), server) for server in (None, "aaaa")
    ]

    found = collect(questions, search_with(lambda server: retrievers[server]))
    (line,) = found.lines
    assert line["title"] == "Notes of May"
    assert "For fraud 55" in line["text"]
    assert found.not_found == 1
    base.close()
    other.close()


def test_the_evaluation_reads_what_was_written(tmp_path: Path) -> None:
    questions = [
        asked(RIGHT),
        asked(RIGHT, shown=(), text="who likes tea"),
        asked(Vote(False, "77"), text="how many cases"),
        asked(text="why"),
    ]
    path = tmp_path / "asked.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in collected(*questions).lines))

    read = list(read_questions(path, Misfits(refuse=True)))
    assert {question.text: question.answers for each in read for question in each.questions} == {
        "how many for arson": ("812",),
        "who likes tea": (),
        "how many cases": ("77",),
    }
