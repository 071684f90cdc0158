"""Files of questions, and what may be wrong with them."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation.errors import QuestionsError
from bot.evaluation.questions import (
    ExamQuestion,
    FollowUpQuestion,
    Misfits,
    QuestionedPassage,
    read_distractors,
    read_lists,
    read_questions,
)

ROW = {"id": "p1", "title": "Bread", "text": "A loaf costs 2 at the station.", "qas": []}


def lines(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "q.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def squad(tmp_path: Path, *qas: Any, text: str = "Rome burned in 64.") -> Path:
    path = tmp_path / "squad.json"
    articles = [{"title": "Rome", "paragraphs": [{"context": text, "qas": list(qas)}]}]
    path.write_text(json.dumps({"version": "v2.0", "data": articles}))
    return path


def read(path: Path, misfits: Misfits | None = None) -> list[QuestionedPassage]:
    return list(read_questions(path, misfits or Misfits()))


def test_json_lines_have_texts_lists_and_nulls_for_answers(tmp_path: Path) -> None:
    qas = [
        {"q": "how much is a loaf", "a": "2"},
        {"q": "where is bread sold", "a": ["at the station", "station"]},
        {"q": "who bakes", "a": None},
    ]
    row = {**ROW, "qas": qas, "domain": "left alone"}

    (passage,) = read(lines(tmp_path, row))

    assert (passage.title, passage.text) == ("Bread", ROW["text"])
    assert passage.id == "p1"
    assert passage.questions == (
        ExamQuestion("p1#0", "how much is a loaf", ("2",)),
        ExamQuestion("p1#1", "where is bread sold", ("at the station", "station")),
        ExamQuestion("p1#2", "who bakes", ()),
    )


def test_squad_1_and_2_are_read(tmp_path: Path) -> None:
    path = squad(
        tmp_path,
        {"id": "a", "question": "When?", "answers": [{"text": "64", "answer_start": 15}]},
        {"id": "b", "question": "Who?", "answers": [], "is_impossible": True},
        {
            "id": "c",
            "question": "Why?",
            "answers": [],
            "plausible_answers": [{"text": "Rome", "answer_start": 0}],
            "is_impossible": True,
        },
    )

    (passage,) = read(path)

    assert [(one.id, one.answers) for one in passage.questions] == [
        ("a", ("64",)),
        ("b", ()),
        ("c", ()),
    ]


def test_an_answer_that_is_not_in_its_passage_is_named_and_left_out(tmp_path: Path) -> None:
    misfits = Misfits()
    qas = [
        {"q": "how much?", "a": "3"},
        {"q": "where?", "a": ["nowhere", "the station", "nowhere"]},
    ]

    (passage,) = read(lines(tmp_path, {**ROW, "qas": qas}), misfits)

    assert [one.id for one in passage.questions] == ["p1#1"]
    assert passage.questions[0].answers == ("nowhere", "the station", "nowhere")
    assert passage.questions[0].present == ("the station",)
    assert (misfits.answers, misfits.left_out) == (2, 1)
    assert misfits.first == [
        f'{tmp_path}/q.jsonl, line 1, question "p1#0": the answer "3" is not in the passage.',
        f'{tmp_path}/q.jsonl, line 1, question "p1#1": the answer "nowhere" is not in the passage.',
    ]


def test_a_blank_answer_is_called_blank(tmp_path: Path) -> None:
    misfits = Misfits()

    read(lines(tmp_path, {**ROW, "qas": [{"q": "how much?", "a": " "}]}), misfits)

    assert misfits.left_out == 1
    assert misfits.first == [f'{tmp_path}/q.jsonl, line 1, question "p1#0": an answer is blank.']


@pytest.mark.parametrize("answers", [["65"], ["64", "65"]])
def test_or_refused(tmp_path: Path, answers: list[str]) -> None:
    """Also where another accepted answer is in the passage."""
    texts = [{"text": answer} for answer in answers]
    path = squad(tmp_path, {"id": "a", "question": "When?", "answers": texts})

    with pytest.raises(
        QuestionsError, match=r'json, data\[0\]\.paragraphs\[0\], question "a": .*"65" is not in'
    ):
        read(path, Misfits(refuse=True))


def test_many_misfits_are_counted_and_a_few_named() -> None:
    misfits = Misfits()
    for number in range(1_000):
        misfits.add(f"number {number}")

    assert (misfits.answers, len(misfits.first)) == (1_000, Misfits.NAMED)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**ROW, "text": " "}, r"line 2: text: is blank \(got ' '\)"),
        ({**ROW, "text": "\ud800"}, "line 2: text: "),
        ({**ROW, "title": "\ud800"}, "line 2: title: holds half a character"),
        ({"id": "p", "text": "x"}, "line 2: qas: is missing"),
        ({**ROW, "qas": [{"q": "x", "a": "x"}, {"q": 3, "a": "x"}]}, r"line 2: qas\[1\]\.q: "),
        ({**ROW, "qas": [{"q": "why"}]}, r"line 2: qas\[0\]\.a: is missing"),
        ({**ROW, "qas": [{"q": "x", "a": 3}]}, r"line 2: qas\[0\]\.a: should be a text, a list of"),
        ({**ROW, "qas": {}}, r"line 2: qas: should be a list \(got {}\)"),
        ([], r"line 2: the value: should be an object \(got \[\]\)"),
    ],
)
def test_a_wrong_value_is_named_by_file_line_and_field(
    tmp_path: Path, row: Any, message: str
) -> None:
    good = {**ROW, "id": "p0", "qas": [{"q": "how much", "a": "2"}]}

    with pytest.raises(QuestionsError, match=rf"q\.jsonl, {message}"):
        read(lines(tmp_path, good, row))


def test_a_wrong_value_in_squads_format_is_named_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(
        QuestionsError,
        match=r"squad\.json: data\[0\]\.paragraphs\[0\]\.qas\[0\]\.question: is missing",
    ):
        read(squad(tmp_path, {"id": "a"}))


def test_an_answer_that_is_no_object_is_told_in_jsons_words(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match=r"answers\[0\]: should be an object \(got '64'\)"):
        read(squad(tmp_path, {"id": "a", "question": "When?", "answers": ["64"]}))


@pytest.mark.parametrize("name", ["d.jsonl", "d.json"])
def test_distractors_need_no_questions(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "d.jsonl":
        path.write_text('{"text": "A loaf costs 2."}')
    else:
        path.write_text('{"data": [{"paragraphs": [{"context": "A loaf costs 2."}]}]}')

    (passage,) = read_distractors(path)
    assert (passage.text, passage.questions) == ("A loaf costs 2.", ())
    assert name in passage.where

    path.write_text("" if name == "d.jsonl" else '{"data": []}')
    with pytest.raises(QuestionsError, match="holds no passages"):
        list(read_distractors(path))


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = lines(tmp_path, {**ROW, "qas": [{"q": "how much?", "a": "2"}]})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert len(read(path)) == 1


def test_another_encoding_is_not_guessed(tmp_path: Path) -> None:
    path = lines(tmp_path, {**ROW, "qas": [{"q": "how much?", "a": "2"}]})
    path.write_bytes(path.read_text().encode("utf-16"))

    with pytest.raises(QuestionsError, match="line 1: is not UTF-8"):
        read(path)


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    row = {**ROW, "qas": [{"q": "how much", "a": "2"}]}

    with pytest.raises(QuestionsError, match=r'line 2: the id "p1#0" was used before'):
        read(lines(tmp_path, row, row))


def test_an_id_that_occurs_in_two_files_is_refused(tmp_path: Path) -> None:
    """Else one prediction would take the other's place."""
    first = lines(tmp_path, {**ROW, "qas": [{"q": "how much", "a": "2"}]})
    second = tmp_path / "more.jsonl"
    second.write_bytes(b"\n" + first.read_bytes())
    ids: set[bytes] = set()
    list(read_questions(first, Misfits(), ids))

    with pytest.raises(QuestionsError, match=r'more\.jsonl, line 2: the id "p1#0" was used before'):
        list(read_questions(second, Misfits(), ids))


@pytest.mark.parametrize("content", [b"{not json}\n", b"\xff\xfe\n", b"PK\x03\x04"])
@pytest.mark.parametrize("name", ["q.jsonl", "q.json"])
def test_what_is_not_json_is_refused_with_its_line(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(QuestionsError, match=rf"{name}, line 1: is not "):
        read(tmp_path / name)


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    for name in ("q.jsonl", "q.json"):
        (tmp_path / name).write_text(content)
        with pytest.raises(QuestionsError, match=name):
            read(tmp_path / name)


def test_json_lines_under_another_name_are_told_what_to_do(tmp_path: Path) -> None:
    path = lines(tmp_path, ROW).rename(tmp_path / "q.txt")

    with pytest.raises(QuestionsError, match=r"ends in \.jsonl are read as JSON Lines"):
        read(path)


@pytest.mark.parametrize(
    "passages", [1_500, pytest.param(10_000, marks=pytest.mark.stress)], ids=["some", "many"]
)
def test_many_lines_are_read_in_little_memory(tmp_path: Path, passages: int) -> None:
    path = tmp_path / "many.jsonl"
    text = "A loaf costs 2 at the station. " * 30
    with path.open("w") as file:
        for row in range(passages):
            qas = [{"q": f"how much is loaf {number}", "a": "2"} for number in range(10)]
            file.write(json.dumps({**ROW, "id": str(row), "text": text, "qas": qas}) + "\n")
    tracemalloc.start()
    try:
        count = sum(len(passage.questions) for passage in read_questions(path, Misfits()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 10 * passages
    assert peak < 20_000_000


def test_json_lines_may_have_follow_ups(tmp_path: Path) -> None:
    followup = {"first": "how much is a loaf", "q": "and a roll?", "rewrite": "what is a roll"}
    row = {
        **ROW,
        "qas": [{"q": "how much is a loaf", "a": "2"}],
        "followups": [{**followup, "a": None}, {**followup, "a": "2"}],
    }

    (passage,) = read(lines(tmp_path, row))

    texts = ("how much is a loaf", "and a roll?", "what is a roll")
    assert passage.followups == (FollowUpQuestion(*texts, ()), FollowUpQuestion(*texts, ("2",)))


def test_lists_are_read_by_passage(tmp_path: Path) -> None:
    rows = [{"passage": "p1", "q": "which breads", "answers": ["rye", "oat"]}]
    rows.append({"passage": "p1", "q": "which cakes", "answers": []})

    assert read_lists(lines(tmp_path, *rows)) == {
        "p1": [
            ExamQuestion("p1#0", "which breads", ("rye", "oat")),
            ExamQuestion("p1#1", "which cakes", ()),
        ]
    }


def test_a_line_that_is_no_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionsError, match="line 1: answers"):
        read_lists(lines(tmp_path, {"passage": "p1", "q": "which breads"}))
    with pytest.raises(QuestionsError, match="holds no questions"):
        read_lists(lines(tmp_path))
