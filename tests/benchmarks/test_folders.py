"""What an answer to a question of a folder is worth."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.folders import QUESTIONS, FolderQuestion, outcome
from index.documents import list_documents, load_document
from tests.bot.discord_app.fakes import found, span
from tests.conftest import ROOT


def asked(expected: str | list[str] | None, also: tuple[str, ...] = ()) -> FolderQuestion:
    return FolderQuestion(document="packing.md", q="what to take", a=expected, also=also)


FOLDERS = [ROOT / "benchmarks" / name for name in ("code_marks", "labels", "mixed")]


@pytest.mark.parametrize(
    ("expected", "shown", "worth"),
    [
        (["a warm coat"], ["a warm coat"], "exact"),
        (["a warm coat"], ["wear a warm coat"], "right"),
        (["a warm coat"], ["coat"], "right"),
        (["a warm coat"], ["a"], "wrong"),
        (["a warm coat"], ["gloves, boots, a scarf, a jumper, a hat and a warm coat"], "wrong"),
        (["gloves", "boots"], ["boots", "gloves"], "exact"),
        (["gloves", "boots"], ["boots"], "wrong"),
        (["gloves"], [], "refused"),
        (None, ["gloves"], "wrong"),
        (None, [], "refused"),
    ],
)
def test_an_answer_has_to_say_all_that_is_expected_and_little_else(
    expected: list[str] | None, shown: list[str], worth: str
) -> None:
    assert outcome(asked(expected).expected, found(*map(span, shown))) == worth


@pytest.mark.parametrize("shown", ["a warm coat", "an anorak"])
def test_an_answer_may_be_said_in_other_words(shown: str) -> None:
    question = asked("a warm coat", also=("an anorak",))

    assert outcome(question.expected, found(span(shown))) == "exact"
    assert outcome(question.expected, found(span("gloves"))) == "wrong"


@pytest.mark.parametrize(
    ("expected", "worth"),
    [("gloves", "unsure, right first"), ("boots", "unsure"), (None, "unsure")],
)
def test_what_is_shown_first_counts_where_nothing_is_sure(expected: str | None, worth: str) -> None:
    answer = replace(found(), candidates=(span("gloves"), span("boots")))

    assert outcome(asked(expected).expected, answer) == worth


def test_what_has_no_answer_counts_apart() -> None:
    assert asked(None).row == "without an answer"
    assert asked("gloves").row == "all"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_answer_stands_in_its_document(folder: Path) -> None:
    files = [file for file in list_documents(folder).files if file.id != QUESTIONS]
    texts = {file.id: load_document(file).text for file in files}
    questions = [
        FolderQuestion.model_validate_json(line)
        for line in (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
    ]

    # What two documents say that disagree stands in one of them each.
    missing = [
        (one.q, answer)
        for one in questions
        for answers in one.expected
        for answer in answers
        if answer
        not in ("".join(texts.values()) if one.kind == "conflict" else texts[one.document])
    ]
    assert missing == []
