"""
Files of questions with known answers -> passages, one at a time.

Two formats are read: SQuAD's JSON (1.1 and 2.0), and JSON Lines of ours, one passage a line:
`{"id": ..., "title": ..., "text": ..., "qas": [{"q": ..., "a": ...}]}`, where `a` is a text,
several accepted ones, or null where the passage doesn't answer. Other keys are left alone.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from bot.evaluation.errors import QuestionsError
from bot.evaluation.json_stream import JsonStreamError, elements

LINES_SUFFIX = ".jsonl"
# Of a blamed value; an error should fit a few lines.
_SHOWN_CHARS = 80


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what counts as right."""

    id: str
    text: str
    answers: tuple[str, ...]
    """Accepted ones; none if the passage doesn't answer."""


@dataclass(frozen=True, slots=True)
class QuestionedPassage:
    """A text with questions about it."""

    title: str
    text: str
    questions: tuple[Question, ...]

    @property
    def key(self) -> str:
        """The same for the same text, whatever file it stands in."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(slots=True)
class Misfits:
    """Questions that were left out because none of their answers is in the passage."""

    refuse: bool = False
    """Raise at the first one."""
    count: int = 0
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
            raise QuestionsError(f"{misfit} Correct it, or leave such questions out.")
        self.count += 1
        if len(self.first) < self.NAMED:
            self.first.append(misfit)


def _whole(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character (a lone surrogate)") from error
    return text


_Text = Annotated[str, AfterValidator(_whole)]


class _Outside(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _OurQuestion(_Outside):
    q: _Text
    a: str | tuple[str, ...] | None


class _OurPassage(_Outside):
    id: _Text
    title: str = ""
    text: _Text
    qas: tuple[_OurQuestion, ...]


class _SquadAnswer(_Outside):
    text: str


class _SquadQuestion(_Outside):
    id: _Text
    question: _Text
    answers: tuple[_SquadAnswer, ...] = ()
    is_impossible: bool = False


class _SquadParagraph(_Outside):
    context: _Text
    qas: tuple[_SquadQuestion, ...]


class _SquadArticle(_Outside):
    title: str = ""
    paragraphs: tuple[_SquadParagraph, ...]


def read_questions(path: Path, misfits: Misfits) -> Iterator[QuestionedPassage]:
    """
    Read one file, holding one passage or article of it at a time.

    Args:
        path: Named `.jsonl` for our format; any other name is SQuAD's.
        misfits: Told of questions that are left out.

    Raises:
        QuestionsError: If the file is none of the two, or a value in it can't be used.
    """
    passages = _our_passages if path.suffix.lower() == LINES_SUFFIX else _squad_passages
    asked: set[bytes] = set()
    try:
        for where, passage in passages(path):
            fitting = tuple(_fitting(where, passage, misfits))
            for question in fitting:
                # A digest: the ids of a large file are many and may be long.
                digest = hashlib.sha256(question.id.encode()).digest()[:12]
                if digest in asked:
                    raise QuestionsError(
                        f'{where}: the id "{_shown(question.id)}" occurs twice. Make ids unique.'
                    )
                asked.add(digest)
            yield QuestionedPassage(passage.title, passage.text, fitting)
    except OSError as error:
        raise QuestionsError(f"{path}: can't be read ({error.strerror}).") from error
    if not asked and not misfits.count:
        raise QuestionsError(f"{path}: holds no questions.")


def _fitting(where: str, passage: QuestionedPassage, misfits: Misfits) -> Iterator[Question]:
    for question in passage.questions:
        present = tuple(
            answer for answer in question.answers if answer.strip() and answer in passage.text
        )
        if question.answers and not present:
            misfits.add(
                f'{where}, question "{_shown(question.id)}": the answer '
                f'"{_shown(question.answers[0])}" is not in the passage.'
            )
        else:
            yield Question(question.id, question.text, present)


def _our_passages(path: Path) -> Iterator[tuple[str, QuestionedPassage]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                content = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise QuestionsError(f"{where}: is not JSON ({error}).") from error
            row = _valid(_OurPassage, content, where)
            questions = tuple(
                Question(f"{row.id}#{place}", qa.q, _accepted(qa.a))
                for place, qa in enumerate(row.qas)
            )
            yield where, QuestionedPassage(row.title, row.text, questions)


def _accepted(answers: str | tuple[str, ...] | None) -> tuple[str, ...]:
    if answers is None:
        return ()
    return (answers,) if isinstance(answers, str) else answers


def _squad_passages(path: Path) -> Iterator[tuple[str, QuestionedPassage]]:
    with path.open("rb") as file:
        try:
            for number, element in enumerate(elements(file, "data")):
                where = f"{path}, line {element.line}"
                article = _valid(_SquadArticle, element.value, where, ("data", number))
                for place, paragraph in enumerate(article.paragraphs):
                    questions = tuple(
                        Question(
                            qa.id,
                            qa.question,
                            () if qa.is_impossible else tuple(one.text for one in qa.answers),
                        )
                        for qa in paragraph.qas
                    )
                    yield (
                        f"{where}, data[{number}].paragraphs[{place}]",
                        QuestionedPassage(article.title, paragraph.context, questions),
                    )
        except JsonStreamError as error:
            raise QuestionsError(
                f"{path}, line {error.line}: {error}. Files whose name ends in {LINES_SUFFIX} "
                "are read as JSON Lines, all others as SQuAD's JSON."
            ) from error


_Row = TypeVar("_Row", bound=_Outside)


def _valid(model: type[_Row], content: Any, where: str, outer: tuple[str | int, ...] = ()) -> _Row:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = _field((*outer, *first["loc"])) or "the value"
        given = "" if first["type"] == "missing" else f" (got {_shown(repr(first['input']))})"
        reason = first["msg"].removeprefix("Value error, ")
        raise QuestionsError(f"{where}: {place}: {reason}{given}.") from error


def _field(steps: tuple[str | int, ...]) -> str:
    """`("data", 0, "title")` -> `data[0].title`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"
