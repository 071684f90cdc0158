"""Answers are written down, and two files of them compared."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.answers import ComparedQuestion, differences, main, some_of_each
from tests.conftest import ROOT

PASSAGE = {
    "id": "p1",
    "title": "The archive",
    "text": "The archive was founded in 1931 by Clara Nowak. It holds maps, letters and diaries.",
    "qas": [{"q": "who founded the archive?", "a": "Clara Nowak"}],
    "followups": [
        {
            "first": "who founded the archive?",
            "q": "and when?",
            "rewrite": "when was the archive founded?",
            "a": "1931",
        }
    ],
}
LIST = {"passage": "p1", "q": "what does the archive hold?", "answers": ["maps", "letters"]}


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def answer(question: str = "how many", **others: object) -> dict[str, Any]:
    return {"asked_as": "single", "first": None, "question": question, **others}


@pytest.mark.stress
def test_single_questions_follow_ups_and_lists_are_asked_of_the_passages_of_a_file(
    tmp_path: Path, real_data: Callable[[], Path]
) -> None:
    asked, lists = write(tmp_path / "q.jsonl", PASSAGE), write(tmp_path / "lists.jsonl", LIST)
    out = tmp_path / "answers.jsonl"

    main(["ask", str(out), str(asked), "--lists", str(lists), "--data", str(real_data())])

    single, follow_up, listed = read(out)
    assert (single["asked_as"], single["answer"]) == ("single", "Clara Nowak")
    assert (follow_up["asked_as"], follow_up["answer"]) == ("follow-up", "1931")
    assert follow_up["understood"] == "who founded the archive? and when?"
    assert (listed["asked_as"], listed["kind"]) == ("list", "list")
    assert [span["answer"] for span in listed["answers"]] == ["maps", "letters", "diaries"]
    # Two runs have no id, time or generation in common.
    assert single.keys().isdisjoint({"id", "generation", "timings_ms"})


@pytest.mark.stress
def test_questions_of_a_folder_are_asked_of_its_documents(
    tmp_path: Path, real_data: Callable[[], Path]
) -> None:
    asked = {"q": "how many were deported for drunk driving?", "a": ["35,927"]}
    questions = write(tmp_path / "q.jsonl", asked, {"q": "?"})
    out, seeds = tmp_path / "answers.jsonl", str(ROOT / "seeds")

    main(["ask", str(out), str(questions), "--folder", seeds, "--data", str(real_data())])

    answered, refused = read(out)
    assert answered["answer"] == "35,927"
    assert answered["start_char"] < answered["end_char"]
    assert "refused" in refused


def test_what_differs_is_said_and_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = answer("who", answer="Ada", confidence=0.9)
    before = write(tmp_path / "a", same, answer(answer="7", confidence=0.5))
    after = write(tmp_path / "b", same, answer(answer="8", confidence=0.5))

    assert main(["compare", str(before), str(before)]) == 0
    assert capsys.readouterr().out == "2 answers, 0 differ\n"
    assert main(["compare", str(before), str(after)]) == 1
    assert capsys.readouterr().out == (
        'single: how many\n  answer: "7" -> "8"\n\n2 answers, 1 differ\n'
    )


def test_what_only_one_of_two_answers_has_differs() -> None:
    assert differences([answer(refused="It is blank.")], [answer(answer="7")]) == [
        'single: how many\n  refused: "It is blank." -> null\n  answer: null -> "7"'
    ]


def test_answers_to_other_questions_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = write(tmp_path / "a", answer("who")), write(tmp_path / "b", answer("when"))

    with pytest.raises(SystemExit) as ended:
        main(["compare", str(before), str(after)])

    assert ended.value.code == 2
    assert "different questions" in capsys.readouterr().err


def test_at_most_so_many_questions_of_each_kind_are_asked_from_all_over_the_files() -> None:
    singles = [ComparedQuestion("single", f"{number}") for number in range(10)]
    lists = [ComparedQuestion("list", "which")]

    assert [one.text for one in some_of_each([*singles, *lists], 3)] == ["0", "3", "6", "which"]
    assert len(some_of_each(singles, 9)) == 9
    assert some_of_each([*singles, *lists], 0) == [*singles, *lists]


def test_files_that_are_missing_or_damaged_are_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "damaged.jsonl").write_text("{")
    good = write(tmp_path / "good.jsonl", answer())

    for name in ("damaged.jsonl", "missing.jsonl"):
        with pytest.raises(SystemExit) as ended:
            main(["compare", str(good), str(tmp_path / name)])
        assert ended.value.code == 2
    assert "missing.jsonl" in capsys.readouterr().err


def test_what_was_written_stays_where_a_file_of_questions_is_missing(tmp_path: Path) -> None:
    kept = write(tmp_path / "kept.jsonl", answer())

    with pytest.raises(OSError, match="missing"):
        main(["ask", str(kept), str(tmp_path / "missing.jsonl"), "--folder", str(ROOT / "seeds")])

    assert read(kept) == [answer()]
