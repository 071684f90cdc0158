"""Questions and the index's passages that answer them, in batches that are hard to tell apart."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from bot.collection_builds import SPLITTING
from index.documents import Document
from index.passages import Passage, TokenOffsets, split
from training.bm25 import Bm25
from training.sources import TrainingPassage, TrainingQuestion

_RIVALS = 6
"""So many of the passages that share the question's words may stand beside the right one."""
_MIN_TELLING_CHARS = 3
"""Shorter answers stand in many passages that answer nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and the passage of the index that answers it."""

    question: str
    answer: str
    right: int
    """The number of the passage."""


@dataclass(frozen=True, slots=True)
class AskedTexts:
    """Passages as an index cuts them, and questions about them."""

    texts: list[str]
    """What is embedded of each passage: its text with its title and headings."""
    asked: list[Pair]

    def may_answer(self, number: int, pair: Pair) -> bool:
        """Whether a passage may answer a question as well as the right one does."""
        if number == pair.right:
            return True
        is_telling = len(pair.answer) >= _MIN_TELLING_CHARS
        return is_telling and pair.answer.lower() in self.texts[number].lower()


def pairs_of(sources: Iterable[TrainingPassage], token_offsets: TokenOffsets) -> AskedTexts:
    """
    Cut each source as a document with its title, and find where its questions are answered.

    Questions without an answer, and those whose answer was cut in two, are left out.

    Args:
        sources: What is asked about.
        token_offsets: The encoder's tokenizer.
    """
    texts: list[str] = []
    asked: list[Pair] = []
    # A passage with lists comes twice: as a text of its own it would be wrong for its questions.
    same: dict[tuple[str, str], list[TrainingQuestion]] = {}
    for source in sources:
        same.setdefault((source.title, source.text), []).extend(source.questions)
    for (title, text), questions in same.items():
        document = Document("passage.txt", title, text, "", datetime.now(UTC))
        passages = list(split(document, SPLITTING, token_offsets, len(texts)))
        texts += (passage.searched for passage in passages)
        for question in questions:
            for start, end in question.spans[:1]:
                right = _around(passages, start, end)
                if right is not None:
                    asked.append(Pair(question.text, text[start:end], right.id))
    return AskedTexts(texts, asked)


def _around(passages: Sequence[Passage], start: int, end: int) -> Passage | None:
    """The first passage that holds a place of its document whole."""
    return next((one for one in passages if one.start_char <= start and end <= one.end_char), None)


def batches(pairs: AskedTexts, size: int, rng: random.Random) -> Iterator[list[Pair]]:
    """
    Batches in which the passages of some questions share the words of others.

    After a question comes one about a passage that BM25 finds for the first, without its answer;
    the right passage of each is wrong for all others. No passage comes twice in a batch, and no
    question twice in all. Left out is what is left for less than a batch, and a question whose turn
    comes where its passage is in the batch.

    Args:
        pairs: Passages, and questions about them.
        size: Questions in a batch.
        rng: Draws their order.
    """
    search = Bm25(pairs.texts)
    order = rng.sample(pairs.asked, len(pairs.asked))
    left = dict.fromkeys(order)
    about: dict[int, list[Pair]] = {}
    for pair in left:
        about.setdefault(pair.right, []).append(pair)
    batch: dict[int, Pair] = {}
    for pair in order:
        if pair not in left or pair.right in batch:
            continue
        rivals = (
            rival
            for number in search.search(pair.question, _RIVALS)
            if number not in batch and not pairs.may_answer(number, pair)
            for rival in about.get(number, ())
            if rival in left
        )
        for one in (pair, *islice(rivals, 1))[: size - len(batch)]:
            batch[one.right] = one
            del left[one]
        if len(batch) == size:
            yield [*batch.values()]
            batch.clear()
