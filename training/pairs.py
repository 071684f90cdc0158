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
from training.sources import TrainingPassage

_RIVALS = 6
"""So many of the passages that share the question's words may stand beside the right one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and the passage of the index that answers it."""

    question: str
    right: int
    """The number of the passage."""
    holding: frozenset[int]
    """All passages of its document in which the answer's words stand, the right one included."""


@dataclass(frozen=True, slots=True)
class AskedTexts:
    """Passages as an index cuts them, and questions about them."""

    texts: list[str]
    """What is embedded of each passage: its text with its title and headings."""
    asked: list[Pair]


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
    for source in sources:
        document = Document(f"{source.id}.txt", source.title, source.text, "", datetime.now(UTC))
        passages = list(split(document, SPLITTING, token_offsets, len(texts)))
        texts += (passage.searched for passage in passages)
        for question in source.questions:
            for start, end in question.spans[:1]:
                right = _around(passages, start, end)
                if right is not None:
                    answer = source.text[start:end]
                    holding = frozenset(one.id for one in passages if answer in one.text)
                    asked.append(Pair(question.text, right.id, holding))
    return AskedTexts(texts, asked)


def _around(passages: Sequence[Passage], start: int, end: int) -> Passage | None:
    """The first passage that holds a place of its document whole."""
    return next((one for one in passages if one.start_char <= start and end <= one.end_char), None)


def batches(pairs: AskedTexts, size: int, rng: random.Random) -> Iterator[list[Pair]]:
    """
    Batches in which the passages of some questions share the words of others.

    After a question comes one about a passage that BM25 finds for the first, without its answer;
    the right passage of each is wrong for all others. No passage comes twice in a batch, and no
    question twice in all. What is left for less than a batch is left out.

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
            if number not in batch and number not in pair.holding
            for rival in about.get(number, ())
            if rival in left
        )
        for one in (pair, *islice(rivals, 1))[: size - len(batch)]:
            batch[one.right] = one
            del left[one]
        if len(batch) == size:
            yield [*batch.values()]
            batch.clear()
