"""
Every answer to the questions of some files, written down, and compared with those of other code.

    python -m benchmarks.answers ask before.jsonl FILE... [--lists FILE]
    python -m benchmarks.answers ask before.jsonl FILE... --folder seeds
    python -m benchmarks.answers compare before.jsonl after.jsonl

`ask` writes what `quoth ask --json` prints, one answer a line, without what differs each time: ids
and times. Each passage of a file is a document, as for `quoth eval`; single questions are asked of
all of them, follow-ups after their first questions, and the lists of --lists. With --folder, a line
of a file is {"q": ...}, asked of the documents in that folder. `compare` prints what differs, and
ends with 1 if anything does, or with 2 if the files can't be compared.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from answering.answer import OTHER_ANSWERS, Answer
from answering.followups.turns import turn_of
from answering.question import Question, QuestionError
from benchmarks import parser_of
from bot.answer_json import answer_json
from bot.chosen_reader import open_reader
from bot.cli.reporters import ConsoleReporter
from bot.evaluation.exam import Exam, Files
from bot.evaluation.questions import ExamQuestion, QuestionedPassage, read_lists
from bot.settings import load_settings
from quoth import open_folder

# What no two runs have in common, and the question, which stands there as it was asked.
_LEFT_OUT = {"id", "permalink", "question", "generation", "timings_ms"}

AskedAs = Literal["single", "follow-up", "list"]


AskAfter = Callable[[str, Sequence[Answer]], Answer]
"""Answers a question after the answers before it; raises QuestionError where it is refused."""


@dataclass(frozen=True, slots=True)
class ComparedQuestion:
    """A question whose answer is compared."""

    asked_as: AskedAs
    text: str
    first: str | None = None
    """The question before a follow-up."""


class _FolderLine(BaseModel, extra="ignore"):
    q: str


def compared_questions(
    passages: Iterable[QuestionedPassage], lists: Mapping[str, Sequence[ExamQuestion]]
) -> list[ComparedQuestion]:
    """The single questions and follow-ups of passages, and lists by the ids of their passages."""
    each = list(passages)
    return [
        *(ComparedQuestion("single", one.text) for passage in each for one in passage.questions),
        *(
            ComparedQuestion("follow-up", one.elliptical, one.first)
            for passage in each
            for one in passage.followups
        ),
        *(ComparedQuestion("list", one.text) for one in chain.from_iterable(lists.values())),
    ]


def some_of_each(questions: Sequence[ComparedQuestion], at_most: int) -> list[ComparedQuestion]:
    """So many questions of each kind, from the whole of it; 0 means all."""
    kinds: dict[AskedAs, list[ComparedQuestion]] = {}
    for one in questions:
        kinds.setdefault(one.asked_as, []).append(one)
    return [
        each[place * len(each) // count]
        for each in kinds.values()
        for count in [min(len(each), at_most or len(each))]
        for place in range(count)
    ]


def answers(questions: Iterable[ComparedQuestion], ask: AskAfter) -> Iterator[dict[str, Any]]:
    """Ask all, and describe each answer, or why the question is refused."""
    for one in questions:
        asked = {"asked_as": one.asked_as, "first": one.first, "question": one.text}
        try:
            earlier = () if one.first is None else (ask(one.first, ()),)
            answer = answer_json(ask(one.text, earlier))
        except QuestionError as error:
            yield {**asked, "refused": str(error)}
            continue
        yield {**asked, **{key: value for key, value in answer.items() if key not in _LEFT_OUT}}


def differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[str]:
    """
    Word what differs between two lists of answers, one text for each question.

    Raises:
        ValueError: If they are answers to different questions.
    """
    if [_asked(one) for one in before] != [_asked(one) for one in after]:
        raise ValueError("The two files answer different questions. Ask the same ones of both.")
    return [
        "\n".join([": ".join(filter(None, _asked(old))), *_changes(old, new)])
        for old, new in zip(before, after, strict=True)
        if old != new
    ]


def _asked(answer: Mapping[str, Any]) -> tuple[str, str | None, str]:
    return answer["asked_as"], answer["first"], answer["question"]


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [
        f"  {key}: {_shown(old.get(key))} -> {_shown(new.get(key))}"
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    ]


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _asking(given: argparse.Namespace) -> Iterator[tuple[list[ComparedQuestion], AskAfter]]:
    """The questions of the command line, and what answers them."""
    if given.folder is not None:
        lines = [line for path in given.files for line in path.read_text("utf-8").splitlines()]
        with open_folder(given.folder, given.data) as library:
            yield (
                [
                    ComparedQuestion("single", _FolderLine.model_validate_json(line).q)
                    for line in lines
                ],
                lambda question, earlier: library.ask(
                    question, earlier, alternatives=OTHER_ANSWERS
                ),
            )
        return
    settings = load_settings(data=given.data)
    reporter = ConsoleReporter()
    exam = Exam(
        Files(tuple(given.files)),
        settings,
        reporter,
        open_reader=lambda: open_reader(settings),
    )
    lists = read_lists(given.lists) if given.lists else {}
    with exam.answerer() as answerer:
        reporter.finish()
        yield (
            compared_questions(exam.passages(), lists),
            lambda question, earlier: answerer.answer(
                Question.typed(question, settings.max_question_chars),
                [turn_of(one) for one in earlier],
                OTHER_ANSWERS,
            ),
        )


def _ask(given: argparse.Namespace) -> int:
    # What an earlier run wrote stays until there is something to write.
    with _asking(given) as (questions, ask), given.out.open("w", encoding="utf-8") as out:
        for answer in answers(some_of_each(questions, given.at_most), ask):
            out.write(f"{_shown(answer)}\n")
    return 0


def _compare(given: argparse.Namespace) -> int:
    try:
        before, after = (
            [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            for path in (given.before, given.after)
        )
        found = differences(before, after)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    print("\n\n".join([*found, f"{len(before):,} answers, {len(found):,} differ"]))
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    parser = parser_of("answers", __doc__)
    commands = parser.add_subparsers(required=True)
    ask = commands.add_parser("ask", help="write down the answers")
    ask.add_argument("out", type=Path, metavar="OUT")
    ask.add_argument("files", type=Path, nargs="+", metavar="FILE")
    ask.add_argument("--lists", type=Path, help="a file of questions for several things")
    ask.add_argument("--folder", type=Path, help="a folder of documents that is asked instead")
    ask.add_argument("--data", type=Path, help="a data folder")
    ask.add_argument("--at-most", type=int, default=0, help="questions of each kind; 0 means all")
    ask.set_defaults(run=_ask)
    compare = commands.add_parser("compare", help="say what differs")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    compare.set_defaults(run=_compare)
    given = parser.parse_args(arguments)
    if given.run is _ask and given.folder and given.lists:
        parser.error("--lists are asked of passages: leave out --folder.")
    run: Callable[[argparse.Namespace], int] = given.run
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
