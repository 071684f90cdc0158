"""
How well lists are found, and documents that disagree.

    python -m benchmarks.lists benchmarks/lists_and_conflicts/dev [--wrong]

A folder holds `documents`, and `lists.jsonl`, `conflicts.jsonl` or both. All its documents are
indexed together, and every question is asked of all of them, as a user does. The index is kept in
the user's cache. With --wrong, what went wrong is shown too.

A line of `lists.jsonl` is a question with all items of its answer, one or none where it only looks
like a question for several things. A line of `conflicts.jsonl` is a question with a value from each
of two documents. Its kind is "disagree", or says why the two only seem to; the first document then
says what is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from answering.answer import Answer, AnswerSpan
from benchmarks import parser_of
from bot.evaluation.metrics import RIGHT_F1, pairs
from quoth import open_folder

LISTS = "lists.jsonl"
CONFLICTS = "conflicts.jsonl"
_DISAGREE = "disagree"

_Line = TypeVar("_Line", bound=BaseModel)


class ListQuestion(BaseModel):
    """A question for several things, or one that looks like it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    q: str
    answers: tuple[str, ...]


class ConflictQuestion(BaseModel):
    """A question that two documents answer, or seem to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: tuple[str, str]
    q: str
    values: tuple[str, str]
    kind: str

    @property
    def is_conflict(self) -> bool:
        """Whether the documents disagree."""
        return self.kind == _DISAGREE


@dataclass(frozen=True, slots=True)
class ListFound:
    """What became of a question for several things."""

    question: ListQuestion
    shown: tuple[str, ...]

    @property
    def right(self) -> int:
        """How many of the shown items are wanted."""
        return sum(score >= RIGHT_F1 for score in pairs(self.shown, self.question.answers))

    @property
    def is_complete(self) -> bool:
        """Whether all items are shown, and nothing else."""
        return self.right == len(self.shown) == len(self.question.answers)


@dataclass(frozen=True, slots=True)
class ConflictFound:
    """What became of a question that two documents answer, or seem to."""

    question: ConflictQuestion
    answer: Answer

    @property
    def shows_conflict(self) -> bool:
        """Whether the answer says that documents disagree."""
        return self.answer.kind == "conflict"

    @property
    def is_right(self) -> bool:
        """Whether both values of a conflict are shown, and none where there is no conflict."""
        if not self.question.is_conflict:
            return not self.shows_conflict
        return self.shows_conflict and all(
            any(_says(span, document, value) for span in self.answer.spans)
            for document, value in zip(self.question.documents, self.question.values, strict=True)
        )

    @property
    def shows_first(self) -> bool:
        """Whether one of the spans is the first document's value."""
        place = self.question.documents[0], self.question.values[0]
        return any(_says(span, *place) for span in self.answer.spans)


def _says(span: AnswerSpan, document: str, value: str) -> bool:
    return span.document_id == document and any(
        score >= RIGHT_F1 for score in pairs([span.text], [value])
    )


def read_lines(path: Path, kind: type[_Line]) -> list[_Line]:
    """Read the questions of a file; none if there is no such file."""
    if not path.exists():
        return []
    return [kind.model_validate_json(line) for line in path.read_text("utf-8").splitlines()]


def report(lists: Sequence[ListFound], conflicts: Sequence[ConflictFound]) -> str:
    """Word the figures as the lines of a table."""
    several = [one for one in lists if len(one.question.answers) > 1]
    fewer = [one for one in lists if len(one.question.answers) <= 1]
    right = sum(one.right for one in lists)
    shown = sum(len(one.shown) for one in lists)
    wanted = sum(len(one.question.answers) for one in lists)
    real = [one for one in conflicts if one.question.is_conflict]
    seeming = [one for one in conflicts if not one.question.is_conflict]
    rows = (
        ("items: precision", right, shown),
        ("items: recall", right, wanted),
        ("items: F1", 2 * right, shown + wanted),
        ("complete lists", sum(one.is_complete for one in several), len(several)),
        (
            "lists where one or nothing is asked",
            sum(len(one.shown) > 1 for one in fewer),
            len(fewer),
        ),
        ("conflicts found", sum(one.is_right for one in real), len(real)),
        ("conflicts invented", sum(not one.is_right for one in seeming), len(seeming)),
        (
            "right value where there is no conflict",
            sum(one.shows_first for one in seeming),
            len(seeming),
        ),
    )
    return "\n".join(
        f"| {name} | {100 * count / max(1, total):.1f} % | {count} of {total} |"
        for name, count, total in rows
    )


def measure(
    folder: Path, ask: Callable[[str], Answer]
) -> tuple[list[ListFound], list[ConflictFound]]:
    """Ask all questions of a folder."""
    return [
        ListFound(one, tuple(span.text for span in ask(one.q).spans))
        for one in read_lines(folder / LISTS, ListQuestion)
    ], [ConflictFound(one, ask(one.q)) for one in read_lines(folder / CONFLICTS, ConflictQuestion)]


def wrong(lists: Sequence[ListFound], conflicts: Sequence[ConflictFound]) -> str:
    """What was shown where something else is wanted."""
    found: list[tuple[str, Sequence[str], Sequence[object]]] = [
        (one.question.q, one.question.answers, one.shown) for one in lists if not one.is_complete
    ]
    found += [
        (
            f"{one.question.q} [{one.question.kind}]",
            one.question.values,
            [(span.document_id, span.text) for span in one.answer.spans],
        )
        for one in conflicts
        if not one.is_right
    ]
    return "\n".join(
        f"{question}\n  wanted {list(wanted)}\n  shown  {list(shown)}"
        for question, wanted, shown in found
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print."""
    parser = parser_of("lists", __doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wrong", action="store_true", help="show what went wrong")
    given = parser.parse_args(arguments)
    with open_folder(given.folder / "documents") as library:
        lists, conflicts = measure(given.folder, library.ask)
    if given.wrong:
        print(wrong(lists, conflicts))
    print(report(lists, conflicts))


if __name__ == "__main__":
    main()
