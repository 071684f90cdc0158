"""
Files of questions with known answers -> passages, one at a time.

Two formats are read: SQuAD's JSON (1.1 and 2.0), and JSON Lines of ours, one passage a line:
`{"id": ..., "title": ..., "text": ..., "qas": [{"q": ..., "a": ...}]}`, where `a` is a text,
several accepted ones, or null where the passage doesn't answer. Other keys are left alone.

A SQuAD question that `is_impossible` has no answer, whatever stands under its `answers`: that is
what its annotators said. `evaluate-v2.0.py` looks at `answers` alone; in the published files the
two agree.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from bot.evaluation.errors import QuestionsError

LINES_SUFFIX = ".jsonl"
_KINDS = (
    f"Files whose name ends in {LINES_SUFFIX} are read as JSON Lines, all others as SQuAD's JSON."
)
# How much of a wrong value an error shows: an error should fit a few lines.
_SHOWN_CHARS = 80
# What pydantic says in Python's words.
_REASONS = {
    "model_type": "should be an object",
    "model_attributes_type": "should be an object",
    "tuple_type": "should be a list",
    "string_type": "should be a text",
    "missing": "is missing",
    "answers": "should be a text, a list of texts, or null",
}
_BRANCHES = ("str", "tuple[str, ...]")


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A question and what counts as right."""

    id: str
    text: str
    answers: tuple[str, ...]
    """Accepted ones; none if the passage doesn't answer."""
    absent: tuple[str, ...] = ()
    """Those of the accepted ones that are not in the passage."""

    @property
    def present(self) -> tuple[str, ...]:
        """The accepted ones that are in the passage."""
        return tuple(answer for answer in self.answers if answer not in self.absent)


@dataclass(frozen=True, slots=True)
class FollowUpQuestion:
    """A question that leans on another, and what counts as right."""

    first: str
    """The question before it."""
    elliptical: str
    """As typed."""
    rewrite: str
    """The same, standing alone."""
    answers: tuple[str, ...]
    """Accepted ones; none if the passage doesn't answer."""


@dataclass(frozen=True, slots=True)
class QuestionedPassage:
    """A text with questions about it."""

    title: str
    """"" where it has none."""
    text: str
    questions: tuple[ExamQuestion, ...]
    where: str = ""
    """Its file, and its place there."""
    followups: tuple[FollowUpQuestion, ...] = ()
    """In files of ours."""
    id: str = ""
    """In files of ours."""

    @property
    def key(self) -> str:
        """The same for the same text, whatever file it stands in."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(slots=True)
class Misfits:
    """Accepted answers that are not in their passage."""

    refuse: bool = False
    """Raise at the first one."""
    answers: int = 0
    left_out: int = 0
    """Questions of which no accepted answer is in the passage; the others are asked."""
    first: list[str] = field(default_factory=list)
    """The first few, each with its place."""

    NAMED: ClassVar[int] = 5

    def add(self, misfit: str) -> None:
        """
        Note one.

        Raises:
            QuestionsError: If misfits are refused.
        """
        if self.refuse:
            raise QuestionsError(f"{misfit} Correct it, or leave it out.")
        self.answers += 1
        if len(self.first) < self.NAMED:
            self.first.append(misfit)


def _whole(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return _in_utf8(text)


def _in_utf8(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate)") from error
    return text


_Text = Annotated[str, AfterValidator(_whole)]
_Title = Annotated[str, AfterValidator(_in_utf8)]


class _Outside(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


_Row = TypeVar("_Row", bound=_Outside)


class _OurQuestion(_Outside):
    q: _Text
    a: str | tuple[str, ...] | None


class _OurText(_Outside):
    title: _Title = ""
    text: _Text


class _OurFollowUp(_Outside):
    first: _Text
    q: _Text
    rewrite: _Text
    a: str | tuple[str, ...] | None


class _OurPassage(_Outside):
    id: _Text
    title: _Title = ""
    text: _Text
    qas: tuple[_OurQuestion, ...]
    followups: tuple[_OurFollowUp, ...] = ()


class _OurList(_Outside):
    passage: _Text
    q: _Text
    answers: tuple[_Text, ...]


class _SquadAnswer(_Outside):
    text: str


class _SquadQuestion(_Outside):
    id: _Text
    question: _Text
    answers: tuple[_SquadAnswer, ...] = ()
    is_impossible: bool = False


class _SquadContext(_Outside):
    context: _Text


class _SquadParagraph(_Outside):
    context: _Text
    qas: tuple[_SquadQuestion, ...]


class _SquadArticle(_Outside):
    title: _Title = ""
    paragraphs: tuple[Any, ...]


class _SquadFile(_Outside):
    data: tuple[_SquadArticle, ...]


def read_questions(
    path: Path, misfits: Misfits, asked: set[bytes] | None = None
) -> Iterator[QuestionedPassage]:
    """
    Read one file; of JSON Lines, one passage is held at a time.

    Args:
        path: Named `.jsonl` for our format; any other name is SQuAD's.
        misfits: Told of answers that are not in their passage.
        asked: Digests of the ids that other files have used; those of this one are added.

    Raises:
        QuestionsError: If the file is none of the two, or a value in it can't be used.
    """
    passages = _our_passages if path.suffix.lower() == LINES_SUFFIX else _squad_passages
    asked = set() if asked is None else asked
    is_empty = True
    try:
        for where, passage in passages(path):
            is_empty = is_empty and not passage.questions
            fitting = tuple(_fitting(where, passage, misfits))
            for question in fitting:
                # A digest: the ids of a large file are many and may be long.
                digest = hashlib.sha256(question.id.encode()).digest()[:12]
                if digest in asked:
                    raise QuestionsError(
                        f'{where}: the id "{_shown(question.id)}" was used before. '
                        "Make ids unique over all files."
                    )
                asked.add(digest)
            yield replace(passage, questions=fitting, where=where)
    except OSError as error:
        raise QuestionsError(f"{path}: can't be read ({error.strerror}).") from error
    if is_empty:
        raise QuestionsError(f"{path}: holds no questions.")


def _fitting(where: str, passage: QuestionedPassage, misfits: Misfits) -> Iterator[ExamQuestion]:
    for question in passage.questions:
        # Annotators often agree; what they agree on is one answer.
        accepted = dict.fromkeys(question.answers)
        absent = tuple(
            answer for answer in accepted if not answer.strip() or answer not in passage.text
        )
        for answer in absent:
            said = f'the answer "{_shown(answer)}" is not in the passage'
            misfits.add(
                f'{where}, question "{_shown(question.id)}": '
                f"{said if answer.strip() else 'an answer is blank'}."
            )
        if accepted and len(absent) == len(accepted):
            misfits.left_out += 1
        else:
            yield replace(question, absent=absent)


def read_distractors(path: Path) -> Iterator[QuestionedPassage]:
    """
    Read the passages of a file, which needs no questions; those there are left alone.

    Args:
        path: As in `read_questions`.

    Raises:
        QuestionsError: As `read_questions`.
    """
    is_empty = True
    try:
        if path.suffix.lower() == LINES_SUFFIX:
            rows = ((where, _valid(_OurText, content, where)) for where, content in _lines(path))
            texts = ((where, row.title, row.text) for where, row in rows)
        else:
            paragraphs = _squad_paragraphs(path, _SquadContext)
            texts = ((where, title, row.context) for where, title, row in paragraphs)
        for where, title, text in texts:
            is_empty = False
            yield QuestionedPassage(title, text, (), where)
    except OSError as error:
        raise QuestionsError(f"{path}: can't be read ({error.strerror}).") from error
    if is_empty:
        raise QuestionsError(f"{path}: holds no passages.")


def read_lists(path: Path) -> dict[str, list[ExamQuestion]]:
    """
    Read questions with several answers each, one a line.

    A line is `{"passage": ..., "q": ..., "answers": [...]}`; the passage is one of another file.

    Returns:
        The questions of each passage, by its id; all answers of a question belong to it.

    Raises:
        QuestionsError: If the file can't be used.
    """
    found: dict[str, list[ExamQuestion]] = {}
    try:
        for where, content in _lines(path):
            row = _valid(_OurList, content, where)
            questions = found.setdefault(row.passage, [])
            questions.append(ExamQuestion(f"{row.passage}#{len(questions)}", row.q, row.answers))
    except OSError as error:
        raise QuestionsError(f"{path}: can't be read ({error.strerror}).") from error
    if not found:
        raise QuestionsError(f"{path}: holds no questions.")
    return found


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            yield f"{path}, line {number}", _parsed(line, path, number)


def _our_passages(path: Path) -> Iterator[tuple[str, QuestionedPassage]]:
    for where, content in _lines(path):
        row = _valid(_OurPassage, content, where)
        questions = tuple(
            ExamQuestion(f"{row.id}#{place}", qa.q, _accepted(qa.a))
            for place, qa in enumerate(row.qas)
        )
        followups = tuple(
            FollowUpQuestion(one.first, one.q, one.rewrite, _accepted(one.a))
            for one in row.followups
        )
        yield (
            where,
            QuestionedPassage(row.title, row.text, questions, followups=followups, id=row.id),
        )


def _accepted(answers: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if answers is None:
        return ()
    return (answers,) if isinstance(answers, str) else answers


def _squad_passages(path: Path) -> Iterator[tuple[str, QuestionedPassage]]:
    for where, title, paragraph in _squad_paragraphs(path, _SquadParagraph):
        questions = tuple(
            ExamQuestion(
                qa.id,
                qa.question,
                () if qa.is_impossible else tuple(one.text for one in qa.answers),
            )
            for qa in paragraph.qas
        )
        yield where, QuestionedPassage(title, paragraph.context, questions)


def _squad_paragraphs(path: Path, model: type[_Row]) -> Iterator[tuple[str, str, _Row]]:
    """Each paragraph with its place and its article's title."""
    content = _parsed(path.read_bytes(), path)
    try:
        whole = _valid(_SquadFile, content, str(path))
    except QuestionsError as error:
        raise QuestionsError(f"{error} {_KINDS}") from error
    for number, article in enumerate(whole.data):
        for place, paragraph in enumerate(article.paragraphs):
            steps = ("data", number, "paragraphs", place)
            yield (
                f"{path}, {_field(steps)}",
                # SQuAD writes its titles as in Wikipedia's addresses.
                article.title.replace("_", " "),
                _valid(model, paragraph, str(path), steps),
            )


def _parsed(content: bytes, path: Path, first_line: int = 1) -> Any:
    """
    Read a JSON value.

    Args:
        content: The value, in UTF-8.
        path: The file that it stands in.
        first_line: Where it begins there, from 1.

    Raises:
        QuestionsError: If it is none.
    """
    try:
        # Else json guesses the encoding, and speaks of the one it guessed.
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        raise QuestionsError(f"{path}, line {line}: is not UTF-8 ({error.reason}).") from error
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise QuestionsError(
            f"{path}, line {line}: is not JSON ({error.msg} at character {error.colno}). {_KINDS}"
        ) from error
    # An integer of thousands of digits is one too.
    except (ValueError, RecursionError) as error:
        raise QuestionsError(
            f"{path}, line {first_line}: is not JSON ({error}). {_KINDS}"
        ) from error


def _valid(model: type[_Row], content: Any, where: str, outer: tuple[str | int, ...] = ()) -> _Row:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        # Pydantic goes on with the branch of `_Answers` that did not suit.
        steps = list(itertools.takewhile(lambda step: step not in _BRANCHES, first["loc"]))
        place = _field((*outer, *steps)) or "the value"
        given = "" if first["type"] == "missing" else f" (got {_shown(repr(first['input']))})"
        kind = "answers" if len(steps) < len(first["loc"]) else first["type"]
        reason = _REASONS.get(kind, first["msg"].removeprefix("Value error, "))
        raise QuestionsError(f"{where}: {place}: {reason}{given}.") from error


def _field(steps: tuple[str | int, ...]) -> str:
    """`("data", 0, "title")` -> `data[0].title`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
