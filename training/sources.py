"""
Files with questions -> typed passages and sentences.

Three sources: our own passages in `training/data/`; QAMR (Michael et al., NAACL 2018) and SQuAD
(Rajpurkar, Jia and Liang, ACL 2018), whose folders are given by path and never become part of this
project.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from training.errors import SourceError

DATA_FOLDER = Path(__file__).parent / "data"
QAMR_HOME = "https://github.com/julianmichael/qamr, folder data/filtered"
SQUAD_NAMES = {"train": ("train.jsonl.gz", "train.jsonl"), "dev": ("dev.jsonl",)}
"""What a split may be called in SQuAD's folder; of several the first is read."""
SQUAD_FORMAT = (
    'one paragraph a line: {"id": ..., "title": ..., "text": ..., '
    '"qas": [{"q": ..., "a": words of the text, or null}]}'
)
# Characters on either side of an occurrence that are searched for the question's words.
_SURROUNDINGS_CHARS = 120

_WORD = re.compile(r"\w+")
# What Penn Treebank style writes for brackets and quotation marks.
_TREEBANK = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
}
_NO_SPACE_AFTER = frozenset({"(", "[", "{", "$", "£", "€", "#", "US$"})
_NO_SPACE_BEFORE = re.compile(r"[)\]},.;:?!%…]+|'|n't|'(?:s|re|ve|ll|d|m|S|RE|VE|LL|D|M)|N'T")

Chars = tuple[int, int]
"""Start and end of a slice of the named text, in characters, end exclusive."""


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question about a passage."""

    text: str
    spans: tuple[Chars, ...]
    """The answers in the passage's text, in its order; empty if it doesn't answer."""


@dataclass(frozen=True, slots=True)
class TrainingFollowUp:
    """A question that leans on the one before it."""

    first: str
    elliptical: str
    """As typed, to be understood only after `first`."""
    rewrite: str
    """The same question, standing alone."""
    spans: tuple[Chars, ...]
    """The answer to the follow-up, as in `TrainingQuestion`."""


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """One of our own passages, or a paragraph of SQuAD."""

    id: str
    text: str
    questions: tuple[TrainingQuestion, ...]
    followups: tuple[TrainingFollowUp, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A QAMR sentence with the questions whose validators agree."""

    id: str
    text: str
    questions: tuple[TrainingQuestion, ...]


def read_passages(split: str, folder: Path = DATA_FOLDER) -> list[TrainingPassage]:
    """
    Read our passages, list questions included.

    Args:
        split: "train", "train-2" and so on, "dev" or "test".
        folder: Where `<split>.jsonl` lies, and `lists-<split>.jsonl` if the split has lists. They
            may also be about passages of other splits for training, which then come again with
            nothing but these.

    Raises:
        SourceError: If a file or a passage is missing, or an answer is not in its passage.
    """
    lists: dict[str, list[TrainingQuestion]] = {}
    rows = {row["id"]: row for row in _lines(folder / f"{split}.jsonl")}
    others: dict[str, dict[str, Any]] = {}
    lists_path = folder / f"lists-{split}.jsonl"
    for row in _lines(lists_path) if lists_path.exists() else ():
        if row["passage"] not in rows:
            others = others or _others(split, folder)
            if row["passage"] not in others:
                raise SourceError(
                    f"{lists_path}: there is no passage {row['passage']!r} for {row['q']!r}."
                )
            rows[row["passage"]] = {**others[row["passage"]], "qas": [], "followups": []}
        text = rows[row["passage"]]["text"]
        found = locate_all(text, row["answers"])
        lists.setdefault(row["passage"], []).append(TrainingQuestion(row["q"], found))
    return [_passage(row, lists.get(row["id"], [])) for row in rows.values()]


def _others(split: str, folder: Path) -> dict[str, dict[str, Any]]:
    """The passages that lists of a split may be about beside its own, by id: for training, any."""
    paths = sorted(folder.glob("train*.jsonl")) if split.startswith("train") else []
    return {row["id"]: row for path in paths for row in _lines(path)}


def _passage(row: dict[str, Any], lists: Sequence[TrainingQuestion]) -> TrainingPassage:
    text: str = row["text"]

    def spans(answer: str | None, question: str) -> tuple[Chars, ...]:
        return () if answer is None else (locate(text, answer, question),)

    return TrainingPassage(
        id=row["id"],
        text=text,
        questions=(
            *(TrainingQuestion(qa["q"], spans(qa["a"], qa["q"])) for qa in row["qas"]),
            *lists,
        ),
        followups=tuple(
            TrainingFollowUp(f["first"], f["q"], f["rewrite"], spans(f["a"], f["rewrite"]))
            for f in row["followups"]
        ),
        title=row["title"],
    )


def locate(text: str, answer: str, question: str) -> Chars:
    """
    Find the occurrence of an answer that the question means.

    It is the one whose surroundings share most words with the question; occurrences inside a word
    ("3" in "13") count only when there are no others.

    Raises:
        SourceError: If the text doesn't contain the answer.
    """
    occurrences = _occurrences(text, answer)
    if len(occurrences) == 1:
        return occurrences[0]
    words = set(_WORD.findall(question.lower()))

    def shared(span: Chars) -> int:
        around = text[max(0, span[0] - _SURROUNDINGS_CHARS) : span[1] + _SURROUNDINGS_CHARS]
        return len(words.intersection(_WORD.findall(around.lower())))

    return max(occurrences, key=lambda span: (shared(span), -span[0]))


def locate_all(text: str, answers: Iterable[str]) -> tuple[Chars, ...]:
    """
    Find several answers that the text gives in order, each after the one before if it can be.

    Raises:
        SourceError: If the text doesn't contain one of them.
    """
    spans: list[Chars] = []
    for answer in answers:
        occurrences = _occurrences(text, answer)
        after = spans[-1][1] if spans else 0
        spans.append(next((span for span in occurrences if span[0] >= after), occurrences[0]))
    return tuple(spans)


def _occurrences(text: str, answer: str) -> list[Chars]:
    every: list[Chars] = []
    # For each of a hundred thousand answers, a pattern would take longer to make than to find.
    at = text.find(answer) if answer else -1
    while at >= 0:
        every.append((at, at + len(answer)))
        at = text.find(answer, at + len(answer))
    if not every:
        raise SourceError(f"the answer {answer!r} is not in the passage {text[:60]!r}...")
    whole = [span for span in every if not (_cuts_word(text, span[0]) or _cuts_word(text, span[1]))]
    return whole or every


def _cuts_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


class _SquadQuestion(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    q: str
    a: str | None


class _SquadParagraph(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    title: str
    text: str
    qas: tuple[_SquadQuestion, ...]


def read_squad(folder: Path, split: str) -> list[list[TrainingPassage]]:
    """
    Read SQuAD's paragraphs, those of an article together.

    Args:
        folder: With the files named in `SQUAD_NAMES`, in `SQUAD_FORMAT`.
        split: "train" or "dev".

    Raises:
        SourceError: If the folder or its file is missing, damaged, or of another format.
    """
    path = squad_path(folder, split)
    articles: dict[str, list[TrainingPassage]] = {}
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rb") as lines:
            for number, line in enumerate(lines, start=1):
                paragraph = _squad_paragraph(line, f"{path}, line {number}")
                articles.setdefault(paragraph.title, []).append(_squad_passage(paragraph))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path} can't be read to its end ({error}). Get it again.") from error
    if not articles:
        raise SourceError(f"{path} is empty. Get it again.")
    return list(articles.values())


def squad_path(folder: Path, split: str) -> Path:
    """
    Find the file of a split in SQuAD's folder.

    Raises:
        SourceError: If the folder or the file is missing.
    """
    names = SQUAD_NAMES[split]
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        lacks = f"holds no {' or '.join(names)}" if folder.is_dir() else "is not there"
        raise SourceError(
            f"{folder} {lacks}. Pass SQuAD's folder as --squad; its files are {SQUAD_FORMAT}."
        )
    return path


def _squad_paragraph(line: bytes, where: str) -> _SquadParagraph:
    try:
        return _SquadParagraph.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        found = f"{place}: {first['msg']}" if place else first["msg"]
        raise SourceError(f"{where} is not {SQUAD_FORMAT} ({found}).") from error


def _squad_passage(paragraph: _SquadParagraph) -> TrainingPassage:
    return TrainingPassage(
        id=paragraph.id,
        text=paragraph.text,
        questions=tuple(
            TrainingQuestion(qa.q, () if qa.a is None else (locate(paragraph.text, qa.a, qa.q),))
            for qa in paragraph.qas
        ),
        followups=(),
        title=paragraph.title,
    )


def read_qamr(folder: Path) -> list[Sentence]:
    """
    Read QAMR's sentences and those questions on which both validators chose the same words.

    Sentences without questions are returned too: they fill contexts.

    Args:
        folder: The data set's `data/filtered/`.

    Raises:
        SourceError: If a file is missing, damaged, or of another format.
    """
    sentences = folder / "wiki-sentences.tsv"
    with _read_whole(sentences):
        tokens = {
            identifier: sentence.split()
            for identifier, sentence in _rows(sentences)
            if sentence.split()
        }
    if not tokens:
        raise SourceError(f"{sentences} is empty. Get it again from {QAMR_HOME}.")
    questions: dict[str, dict[str, tuple[int, int]]] = {}
    for path in (folder / "dev.tsv", folder / "test.tsv"):
        with _read_whole(path):
            for row in _rows(path):
                identifier, question, *judgments = row[0], row[5], *row[7:9]
                first, second = (judgment.partition(":")[2].split() for judgment in judgments)
                indices = [int(index) for index in first]
                if first == second and indices == list(range(indices[0], indices[-1] + 1)):
                    questions.setdefault(identifier, {})[question] = (indices[0], indices[-1])
    with _read_whole(sentences):
        return [
            _sentence(identifier, words, questions.get(identifier, {}))
            for identifier, words in tokens.items()
        ]


@contextmanager
def _read_whole(path: Path) -> Iterator[None]:
    """Say that a file of QAMR is not what it should be, where a row of it can't be read."""
    try:
        yield
    except (ValueError, IndexError) as error:
        raise SourceError(
            f"{path} is damaged, or of another format ({error}). Get it again from {QAMR_HOME}."
        ) from error


def _sentence(identifier: str, words: Sequence[str], asked: dict[str, tuple[int, int]]) -> Sentence:
    text, places = undo_treebank(words)
    return Sentence(
        id=identifier,
        text=text,
        questions=tuple(
            TrainingQuestion(question, ((places[first][0], places[last][1]),))
            for question, (first, last) in asked.items()
        ),
    )


def undo_treebank(tokens: Sequence[str]) -> tuple[str, list[Chars]]:
    """
    Write Penn Treebank tokens as people do.

    Returns:
        The sentence, and where each token lies in it.
    """
    text = ""
    places: list[Chars] = []
    glued = True
    straight_quote_open = False
    for word in tokens:
        written = _TREEBANK.get(word, word.replace("\\/", "/"))
        opens = word == "``"
        closes = word == "''"
        if word == '"':
            opens, closes = not straight_quote_open, straight_quote_open
            straight_quote_open = opens
        if not (glued or closes or _NO_SPACE_BEFORE.fullmatch(written)):
            text += " "
        places.append((len(text), len(text) + len(written)))
        text += written
        glued = opens or written in _NO_SPACE_AFTER
    return text, places


def _rows(path: Path) -> Iterator[list[str]]:
    if not path.is_file():
        raise SourceError(f"{path} is not there. Get QAMR from {QAMR_HOME}, and pass that folder.")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise SourceError(f"{path} is not there. It belongs to the project: restore it.")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise SourceError(
                    f"{path}, line {number} is not JSON ({error}). It belongs to the project: "
                    "restore it."
                ) from error
            yield row
