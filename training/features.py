"""Question and context -> token ids, and targets over token positions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from reader.model import MAX_QUESTION_TOKENS
from training.errors import SourceError
from training.examples import Example, Group
from training.sources import Chars

MAX_TOKENS = 320
"""Question, context and separators together, of an example to learn from: few are longer."""

NO_ANSWER = 0
"""The token position that stands for "the context doesn't say": the first."""


FIRST, SEPARATOR, PAD = 0, 2, 1
"""What MPNet puts before the question, between and after the texts, and where nothing is left."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One question and context, tokenised."""

    ids: tuple[int, ...]
    context_at: int
    """Position of the context's first token."""
    offsets: tuple[Chars, ...]
    """Slice of the context behind each of its tokens."""

    def position_of_start(self, start: int) -> int | None:
        """Position of the token that holds the character; `None` if it was cut off."""
        for number, (_, token_end) in enumerate(self.offsets):
            if token_end > start:
                return self.context_at + number
        return None

    def position_of_end(self, end: int) -> int | None:
        """Position of the last token that begins before the character; `None` if cut off."""
        if not self.offsets or end > self.offsets[-1][1]:
            return None
        found = None
        for number, (token_start, _) in enumerate(self.offsets):
            if token_start >= end:
                break
            found = self.context_at + number
        return found


def load_tokenizer(path: Path) -> Tokenizer:
    """
    Read a tokenizer, and let it neither pad nor truncate.

    Raises:
        SourceError: If it is missing or damaged.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    # The library has no errors of its own.
    except Exception as error:
        raise SourceError(f"{path} can't be read ({error}). Get it again.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(
    tokenizer: Tokenizer, question: str, context: str, max_tokens: int = MAX_TOKENS
) -> Encoded:
    """
    Tokenise, as the product does.

    A long question keeps its end; what exceeds `max_tokens` is cut from the context's end.
    """
    asked = tokenizer.encode(question, add_special_tokens=False).ids[-MAX_QUESTION_TOKENS:]
    said = tokenizer.encode(context, add_special_tokens=False)
    head = (FIRST, *asked, SEPARATOR, SEPARATOR)
    room = max_tokens - len(head) - 1
    return Encoded(
        ids=(*head, *said.ids[:room], SEPARATOR),
        context_at=len(head),
        offsets=tuple(said.offsets[:room]),
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays of shape (examples, tokens)."""

    ids: np.ndarray
    mask: np.ndarray
    starts: np.ndarray
    """Wanted probability of each position to start the answer, float32; rows sum to 1."""
    ends: np.ndarray

    @property
    def tokens(self) -> int:
        """Positions computed, padding included."""
        return int(self.ids.size)


TokenTarget = Mapping[int, float]
"""Position to wanted probability; sums to 1."""


def hard_targets(encoded: Encoded, spans: Sequence[Chars]) -> tuple[TokenTarget, TokenTarget]:
    """
    All of the probability on the answer's first and last token, shared evenly by several answers.

    Without an answer, or with one that was cut off, it is on `NO_ANSWER`.
    """
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    placed = [
        (first, last)
        for start, end in spans
        if (first := encoded.position_of_start(start)) is not None
        and (last := encoded.position_of_end(end)) is not None
    ]
    for first, last in placed or [(NO_ANSWER, NO_ANSWER)]:
        share = 1 / max(1, len(placed))
        starts[first] = starts.get(first, 0.0) + share
        ends[last] = ends.get(last, 0.0) + share
    return starts, ends


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A tokenised example and what is wanted of it, small enough to hold a hundred thousand."""

    ids: np.ndarray
    """uint16, shape (tokens,)."""
    starts: TokenTarget
    ends: TokenTarget


RowGroup = tuple[TrainingRow, ...]
"""The rows of a `training.examples.Group`."""


def row_of(encoded: Encoded, targets: tuple[TokenTarget, TokenTarget]) -> TrainingRow:
    """Join the two, leaving out the offsets, which are most of an `Encoded`."""
    return TrainingRow(np.array(encoded.ids, dtype=np.uint16), *targets)


def rows_of(tokenizer: Tokenizer, groups: Iterable[Group]) -> list[RowGroup]:
    """Tokenise examples; their answers are wanted."""

    def row(example: Example) -> TrainingRow:
        encoded = encode(tokenizer, example.question, example.context)
        return row_of(encoded, hard_targets(encoded, example.spans))

    return [tuple(map(row, group)) for group in groups]


def collate(rows: Sequence[TrainingRow]) -> Batch:
    """Pad to the longest row."""
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids = np.full(shape, PAD, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    starts = np.zeros(shape, dtype=np.float32)
    ends = np.zeros(shape, dtype=np.float32)
    for number, row in enumerate(rows):
        length = len(row.ids)
        ids[number, :length] = row.ids
        mask[number, :length] = 1
        starts[number, list(row.starts)] = list(row.starts.values())
        ends[number, list(row.ends)] = list(row.ends.values())
    return Batch(ids=ids, mask=mask, starts=starts, ends=ends)


def plan_batches(
    groups: Sequence[RowGroup], batch_size: int, rng: np.random.Generator, pool_batches: int = 40
) -> list[list[int]]:
    """
    Which groups go together: shuffled, but of like length, so that little is padding.

    Args:
        groups: The groups of rows; one is never divided.
        batch_size: Rows in each batch, at most, but for a group that is larger. It has fewer where
            the next group doesn't fit, and at the end of a pool.
        rng: Decides the order.
        pool_batches: Batches of groups of one that are sorted among themselves. More means less
            padding and less mixing.

    Returns:
        Batches of the groups' indices; every index is in exactly one.
    """
    lengths = [max(len(row.ids) for row in group) for group in groups]
    order = rng.permutation(len(lengths))
    pool = batch_size * pool_batches
    batches: list[list[int]] = []
    for at in range(0, len(order), pool):
        alike = sorted(order[at : at + pool].tolist(), key=lambda index: lengths[index])
        rows = batch_size
        for index in alike:
            if rows + len(groups[index]) > batch_size:
                batches.append([])
                rows = 0
            batches[-1].append(index)
            rows += len(groups[index])
    return [batches[number] for number in rng.permutation(len(batches))]
