"""What an answer to a question of a folder is worth."""

from pathlib import Path

import pytest

from benchmarks.folders import QUESTIONS, FolderQuestion, outcome
from index.documents import list_documents, load_document
from tests.bot.discord_app.fakes import found, span
from tests.conftest import ROOT

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
    ],
)
def test_an_answer_has_to_say_all_that_is_expected_and_little_else(
    expected: list[str], shown: list[str], worth: str
) -> None:
    assert outcome(expected, found(*map(span, shown))) == worth


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
        for answer in one.expected
        if answer
        not in ("".join(texts.values()) if one.kind == "conflict" else texts[one.document])
    ]
    assert missing == []
