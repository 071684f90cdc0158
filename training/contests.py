"""
Questions with several passages each, whose spans compete.

What comes with a question is what the product itself finds for it: its own passage, and rivals that
retrieval took for it.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bot.evaluation.questions import QuestionedPassage
from bot.evaluation.run import document_id, searchable
from bot.settings import load_settings
from index.encoder import SentenceEncoder
from index.retrieve import Hit
from training.bm25 import terms
from training.calibrate import SayingReporter
from training.chance import seeded
from training.examples import NOISE_SHARE, Corpus, Example, Group, gives_away, leaning_forms
from training.noise import noisy
from training.sources import Chars, Passage, Question

RIVALS = 2
"""So many passages, at most, come with a question's own, drawn from the others that are found."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many contests of each kind; fewer if there are not enough questions that have rivals."""

    questions: int
    followups: int
    """Follow-ups after their first question, or after its answer."""
    pairs: int = 0
    """Questions after another one that their passage answers, in the same words as alone: the first
    tells which of the passages that would do is meant."""


Search = Callable[[str], Sequence[Hit]]
"""Question -> as many passages as the product retrieves, best first."""


@contextmanager
def searching(corpora: Sequence[Corpus], scratch: Path) -> Iterator[Search]:
    """
    Index the passages of corpora as the product would, each as a document.

    Args:
        corpora: A passage that comes twice counts once.
        scratch: A data folder, for the encoder's export and vectors.

    Raises:
        IndexingError: If they can't be indexed.
        QuestionsError: If one of them can't be.
        SettingsError: If a setting in the environment can't be used.
    """
    settings = load_settings(data=scratch)
    encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)
    every = (_questioned(passage) for corpus in corpora for passage in corpus.passages)
    with searchable(every, encoder, settings.vectors, SayingReporter()) as retriever:
        yield lambda question: retriever.retrieve(question, settings.passages).hits


def epoch_of_contests(
    corpora: Sequence[Corpus], search: Search, mix: Mix, seed: int
) -> list[Group]:
    """
    Questions, each asked of its own passage and of up to `RIVALS` others that are found for it.

    Questions whose own passage is not found, or which no other passage is found for, are left out:
    "when did he start" fits many passages. Of an unanswerable one, any part of its own passage that
    is found comes first.
    A rival doesn't hold the answer, and nobody wrote down an answer of its own to these very words;
    that it answers them all the same can't be told.

    Args:
        corpora: Whose questions are asked.
        search: Finds passages of all of them.
        mix: How many of which kind.
        seed: Decides everything but what is found.
    """
    rng = seeded(seed)
    passages = [passage for corpus in corpora for passage in corpus.passages]
    titles = {_name(passage): passage.title for passage in passages}
    answering: dict[str, set[str]] = {}
    for passage in passages:
        for question in chain(passage.questions, _followups(passage)):
            if question.spans:
                answering.setdefault(_plain(question.text), set()).add(_name(passage))

    def contests(asked_of: Callable[[Passage], Sequence[Question]], count: int) -> Iterator[Group]:
        asked = [(passage, question) for passage in passages for question in asked_of(passage)]
        rng.shuffle(asked)
        while asked and count:
            passage, question = asked.pop()
            wording = noisy(question.text, rng) if rng.random() < NOISE_SHARE else question.text
            others = answering.get(_plain(question.text), set()) - {_name(passage)}
            hits = [hit for hit in search(wording) if hit.passage.document_id not in others]
            contest = _contest(passage, Question(wording, question.spans), hits, titles, rng)
            if len(contest) > 1:
                count -= 1
                yield contest

    return [
        *contests(_questions, mix.questions),
        *contests(_followups, mix.followups),
        *contests(lambda passage: _pairs(passage, rng), mix.pairs),
    ]


def _questions(passage: Passage) -> list[Question]:
    return [question for question in passage.questions if len(question.spans) <= 1]


def _followups(passage: Passage) -> list[Question]:
    return [
        Question(text, followup.spans)
        for followup in passage.followups
        for text in leaning_forms(followup, passage)
    ]


def _pairs(passage: Passage, rng: random.Random) -> list[Question]:
    """Each after one of those that the passage answers, where chance draws another one than it."""
    questions = _questions(passage)
    firsts = [question for question in questions if question.spans]
    return [
        Question(f"{first.text} {question.text}", question.spans)
        for question in questions
        for first in rng.sample(firsts, min(1, len(firsts)))
        if first is not question
    ]


def _contest(
    passage: Passage,
    question: Question,
    hits: Sequence[Hit],
    titles: Mapping[str, str],
    rng: random.Random,
) -> Group:
    """Its own passage first; nothing but that, or nothing, if it can't be compared."""
    own = [hit for hit in hits if hit.passage.document_id == _name(passage)]
    places = [_placed(hit, passage, question) for hit in own]
    chosen = next((n for n, spans in enumerate(places) if spans or not question.spans), None)
    if chosen is None:
        return ()
    answers = [passage.text[start:end] for start, end in question.spans]
    others = [
        hit for hit in hits if hit is not own[chosen] and not gives_away(hit.passage.text, answers)
    ]
    rivals = rng.sample(others, min(RIVALS, len(others)))
    read = [(own[chosen].passage, places[chosen]), *((rival.passage, ()) for rival in rivals)]
    return tuple(
        Example(question.text, part.text, spans, "contest", titles.get(part.document_id, ""))
        for part, spans in read
    )


def _placed(hit: Hit, passage: Passage, question: Question) -> tuple[Chars, ...]:
    """Those spans of a passage of ours that lie in a part of it that was found."""
    at = hit.passage.start_char
    placed = tuple((start - at, end - at) for start, end in question.spans)
    return tuple(
        (start, end)
        for (start, end), (first, last) in zip(placed, question.spans, strict=True)
        if start >= 0 and hit.passage.text[start:end] == passage.text[first:last]
    )


def _plain(question: str) -> str:
    return " ".join(terms(question))


def _name(passage: Passage) -> str:
    """What its document is called in the index."""
    return document_id(_questioned(passage))


def _questioned(passage: Passage) -> QuestionedPassage:
    return QuestionedPassage(title=passage.title, text=passage.text, questions=(), where=passage.id)
