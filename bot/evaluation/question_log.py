"""
What members asked, and said of the answers -> a file that `quoth eval` reads.

A question needs its passage there, and its right answer in it. So for each question that somebody
judged, the documents are searched as they are now, and the best passage that holds the right answer
goes with it. A question that nobody judged stands beside, under a key that `quoth eval` leaves
alone: whoever knows the answer can move it to the others.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from index.passages import Passage
from index.retrieve import CANDIDATES, Retriever


@dataclass(frozen=True, slots=True)
class Vote:
    """What one member said of an answer; not who."""

    is_right: bool
    expected: str | None = None
    """The right answer, where the member knew it."""


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """A question whose text was kept, and what was said of its answer."""

    text: str
    shown: tuple[str, ...]
    """The spans that were shown; none where the documents didn't say."""
    votes: tuple[Vote, ...]
    server: str | None
    """The hashed id of the server where it was asked; none in direct messages."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of the documents."""

    title: str
    text: str


SourceSearch = Callable[[LoggedQuestion], Sequence[Source]]
"""Finds the passages for a question among the documents that it was answered from, best first."""


def search_with(retriever_for: Callable[[str | None], Retriever]) -> SourceSearch:
    """
    Search with the product's own retrieval.

    Args:
        retriever_for: What searches the documents that a server is answered from, by its hashed
            id; without one, those of direct messages.
    """

    def search(asked: LoggedQuestion) -> list[Source]:
        retriever = retriever_for(asked.server)
        hits = retriever.retrieve(asked.text, CANDIDATES).hits
        return [Source(_title(retriever, hit.passage), hit.passage.text) for hit in hits]

    return search


def _title(retriever: Retriever, passage: Passage) -> str:
    return retriever.source(passage).texts.document(passage.document_id).title


@dataclass(slots=True)
class QuestionFile:
    """The lines of a file, and what became of the questions."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    judged: int = 0
    """Questions with a right answer, or rightly with none. A question that was asked again in the
    same words, and found in the same passage, counts once, as below."""
    unjudged: int = 0
    not_found: int = 0
    """Left out: their right answer is in no passage that was found."""
    several: int = 0
    """Left out: several spans were right together, which such a file can't say."""


@dataclass(slots=True)
class _Line:
    source: Source
    judged: dict[str, list[str]] = field(default_factory=dict)
    """Right answers by question, any of which will do; none where the passage doesn't say."""
    unjudged: list[str] = field(default_factory=list)


def right_answers(asked: LoggedQuestion) -> tuple[str, ...] | None:
    """
    What members hold to be right.

    Returns:
        What was shown if more say that it is right than that it is wrong; else what those expected
        who call it wrong; None if nobody says.
    """
    right = sum(vote.is_right for vote in asked.votes)
    if 2 * right > len(asked.votes):
        return asked.shown
    return tuple(dict.fromkeys(vote.expected for vote in asked.votes if vote.expected)) or None


def collect(questions: Iterable[LoggedQuestion], search: SourceSearch) -> QuestionFile:
    """Give each question its passage, and its right answers in the passage's own spelling."""
    collected = QuestionFile()
    lines: dict[str, _Line] = {}
    open_questions: list[tuple[LoggedQuestion, Source]] = []
    for asked in questions:
        sources = search(asked)
        right = right_answers(asked)
        if right is not None and right == asked.shown and len(right) > 1:
            collected.several += 1
        elif right is None:
            if sources:
                open_questions.append((asked, sources[0]))
        else:
            found = _with_answers(sources, right)
            if found is None:
                collected.not_found += 1
            else:
                source, answers = found
                line = lines.setdefault(source.text, _Line(source))
                kept = line.judged.setdefault(_same_words(line.judged, asked.text), [])
                kept += [answer for answer in answers if answer not in kept]
    known = {text.casefold() for line in lines.values() for text in line.judged}
    for asked, source in open_questions:
        if asked.text.casefold() not in known:
            known.add(asked.text.casefold())
            lines.setdefault(source.text, _Line(source)).unjudged.append(asked.text)
    collected.lines = [_written(line) for line in lines.values()]
    collected.judged = sum(len(line.judged) for line in lines.values())
    collected.unjudged = sum(len(line.unjudged) for line in lines.values())
    return collected


def _with_answers(
    sources: Sequence[Source], right: Sequence[str]
) -> tuple[Source, list[str]] | None:
    """The best passage with one of the answers, and those in it; with none, the best one."""
    for source in sources:
        found = [shown for answer in right if (shown := _as_written(answer, source.text))]
        if found or not right:
            return source, found
    return None


def _as_written(answer: str, text: str) -> str | None:
    """An answer as it stands in a text, whatever its capitals and spaces, as whole words."""
    words = r"\s+".join(re.escape(word) for word in answer.split())
    found = re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) if words else None
    return found[0] if found else None


def _same_words(known: Iterable[str], text: str) -> str:
    """The one among the known questions that differs in capitals at most; else the question."""
    return next((other for other in known if other.casefold() == text.casefold()), text)


def _written(line: _Line) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": hashlib.sha256(line.source.text.encode()).hexdigest()[:16],
        "title": line.source.title,
        "text": line.source.text,
        "qas": [{"q": question, "a": _accepted(right)} for question, right in line.judged.items()],
    }
    return values | ({"unjudged": line.unjudged} if line.unjudged else {})


def _accepted(answers: list[str]) -> str | list[str] | None:
    return answers[0] if len(answers) == 1 else answers or None
