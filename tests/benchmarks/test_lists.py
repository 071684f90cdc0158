"""What the benchmark of lists and conflicts counts."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from answering.answer import Answer
from benchmarks.lists import (
    CONFLICTS,
    LISTS,
    ConflictQuestion,
    ListQuestion,
    measure,
    read_lines,
    report,
    wrong,
)
from index.documents import list_documents, load_document
from tests.bot.discord_app.fakes import found, span
from tests.conftest import ROOT

SETS = ROOT / "benchmarks" / "lists_and_conflicts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, *lines: object) -> None:
        (tmp_path / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    write(
        LISTS,
        {"document": "a.md", "q": "which tools", "answers": ["a drill", "a saw", "a ladder"]},
        {"document": "a.md", "q": "which dogs", "answers": []},
    )
    documents = ["a.md", "b.md"]
    write(
        CONFLICTS,
        {"documents": documents, "q": "the fee", "values": ["20", "26"], "kind": "disagree"},
        {"documents": documents, "q": "the fee then", "values": ["20", "26"], "kind": "a year"},
    )
    return tmp_path


def asked(**answers: Answer) -> Callable[[str], Answer]:
    return lambda question: answers.get(question.replace(" ", "_"), found())


FEES = (replace(span("20"), document_id="a.md"), replace(span("26"), document_id="b.md"))


def test_items_and_conflicts_are_counted(folder: Path) -> None:
    measured = measure(
        folder,
        asked(
            which_tools=replace(found(span("drill"), span("the saw"), span("red")), kind="list"),
            the_fee=replace(found(*FEES), kind="conflict"),
            the_fee_then=found(FEES[0]),
        ),
    )

    rows = [line.split(" | ") for line in report(*measured).splitlines()]
    assert {row[0].removeprefix("| "): row[2].removesuffix(" |") for row in rows} == {
        "items: precision": "2 of 3",
        "items: recall": "2 of 3",
        "items: F1": "4 of 6",
        "complete lists": "0 of 1",
        "lists where one or nothing is asked": "0 of 1",
        "conflicts found": "1 of 1",
        "conflicts invented": "0 of 1",
        "right value where there is no conflict": "1 of 1",
    }
    assert wrong(*measured).splitlines()[0] == "which tools"


def test_a_conflict_is_found_with_both_values_alone_and_invented_with_any(folder: Path) -> None:
    both = replace(found(FEES[0], replace(FEES[0], text="26")), kind="conflict")

    _, (real, seeming) = measure(folder, asked(the_fee=both, the_fee_then=both))

    assert not real.is_right
    assert not seeming.is_right


def test_a_folder_may_have_one_kind_of_questions(folder: Path) -> None:
    (folder / LISTS).unlink()

    lists, conflicts = measure(folder, asked())

    assert not lists
    assert len(conflicts) == 2


@pytest.mark.parametrize("name", ["dev", "test", "more-dev", "more-test", "third-dev"])
def test_every_answer_stands_in_its_document(name: str) -> None:
    texts = {
        file.id: load_document(file).text
        for file in list_documents(SETS / name / "documents").files
    }

    for asks in read_lines(SETS / name / LISTS, ListQuestion):
        assert all(item in texts[asks.document] for item in asks.answers)
    for pair in read_lines(SETS / name / CONFLICTS, ConflictQuestion):
        assert len(set(pair.documents)) == 2
        for document, value in zip(pair.documents, pair.values, strict=True):
            assert value in texts[document]
