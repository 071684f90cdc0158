"""
The teacher's opinion of many more questions and contexts than have written answers.

Kept as its few likeliest starts and ends, in character offsets, under a hash of question and
context: a few dozen bytes an example, none of them text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from training.errors import OpinionsError
from training.examples import Corpus, Example, epoch_of_passages, epoch_of_qamr
from training.features import NO_ANSWER, Encoded, Target, encode
from training.measure import read, say
from training.models import Network
from training.sources import Sentence

KEPT = 5
"""Starts and ends kept per example; the teacher gives all others together a few percent."""
NO_ANSWER_OFFSET = 65_535
"""Stands in for a character offset where the teacher says that the context has no answer."""
STEPS_PER_NAT = 16
"""Negative log-probabilities are kept in sixteenths."""
NEVER = 255
"""The highest cost that a byte holds; read as probability zero."""

RECORD = np.dtype(
    [
        ("key", "<u8"),
        ("starts", "<u2", (KEPT,)),
        ("start_costs", "u1", (KEPT,)),
        ("ends", "<u2", (KEPT,)),
        ("end_costs", "u1", (KEPT,)),
    ]
)
"""One example: offsets of tokens' first characters and ends, with their costs, likeliest first."""

RETRIEVED_PER_QUESTION = 2
CHUNK = 256
"""Examples between two writes: what a cut loses."""


class Origin(BaseModel):
    """Beside a file of opinions, as JSON: whose they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    teacher_sha256: str | None
    """The hash of the teacher's `model.safetensors`; null where that was not kept."""
    note: str = ""
    """For people."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What the teacher thinks: probability by character offset, cut to the likeliest few."""

    starts: Mapping[int, float]
    """Probabilities of the answer's first character, or of no answer (`NO_ANSWER_OFFSET`). They sum
    to at most 1."""
    ends: Mapping[int, float]
    """Probabilities of the answer's end, exclusive."""


def plan(corpora: Sequence[Corpus], sentences: Sequence[Sentence], seed: int) -> Iterator[Example]:
    """
    What to ask the teacher, the most useful first.

    Our own questions on windows and in wordings it hasn't been trained on; all of QAMR's; our
    questions on retrieved passages, whose right answer nobody has written down; then our own again.

    Yields:
        Examples, the same ones for the same seed and sources.
    """
    first, *others = corpora
    yield from planned_first(first, seed)
    yield from planned_qamr(sentences, seed)
    for corpus in others:
        yield from planned_first(corpus, seed)
    for corpus in corpora:
        yield from _retrieved(corpus)
    for corpus in corpora:
        yield from epoch_of_passages(corpus, seed + 2)
        yield from epoch_of_passages(corpus, seed + 3)


def planned_first(corpus: Corpus, seed: int) -> list[Example]:
    """The plan's first examples of a corpus."""
    return epoch_of_passages(corpus, seed + 1)


def planned_qamr(sentences: Sequence[Sentence], seed: int) -> list[Example]:
    """The plan's examples of QAMR: every question once."""
    return epoch_of_qamr(sentences, sum(len(s.questions) for s in sentences), seed + 1)


def _retrieved(corpus: Corpus) -> Iterator[Example]:
    for rank in range(RETRIEVED_PER_QUESTION):
        for passage in corpus.passages:
            texts = [question.text for question in passage.questions]
            texts += [followup.rewrite for followup in passage.followups]
            for text in texts:
                found = corpus.retrieved(text, passage, RETRIEVED_PER_QUESTION)
                if rank < len(found):
                    yield Example(text, found[rank].text, (), "retrieved", found[rank].title)


def has_opinions(path: Path) -> bool:
    """Whether a file of opinions is there and not empty."""
    return path.exists() and path.stat().st_size > 0


def claim_opinions(path: Path, teacher_sha256: str) -> None:
    """
    Note whose opinions a new file will hold, or make sure that those in it are the same teacher's.

    Raises:
        OpinionsError: If they are another's, or nobody knows whose.
    """
    beside = path.with_suffix(".json")
    if not has_opinions(path):
        origin = Origin(teacher_sha256=teacher_sha256).model_dump_json(indent=2)
        beside.write_text(origin + "\n", encoding="utf-8")
        return
    try:
        known = Origin.model_validate_json(beside.read_bytes()).teacher_sha256
    except (OSError, ValidationError):
        known = None
    if known != teacher_sha256:
        msg = (
            f"{path} holds the opinions of another teacher ({known or 'weights unknown'}, "
            f"not {teacher_sha256}), and those of two don't mix. Delete the file to ask this one."
        )
        raise OpinionsError(msg)


def write(
    network: Network, teacher_sha256: str, examples: Iterable[Example], path: Path, limit: int
) -> None:
    """
    Ask the teacher and append its opinions, except on examples that the file already holds.

    Args:
        network: The teacher.
        teacher_sha256: The hash of its weights.
        examples: The plan.
        path: The file, one `RECORD` per example, with an `Origin` beside it; parts that one
            teacher wrote apart can be joined.
        limit: Examples in the file after which to stop.

    Raises:
        OpinionsError: If the file holds another teacher's.
    """
    claim_opinions(path, teacher_sha256)
    known = np.fromfile(path, dtype=RECORD)["key"] if path.exists() else np.empty(0, np.uint64)
    done = set(known.tolist())
    wanted = islice((e for e in examples if e.key not in done), max(0, limit - len(known)))
    written = len(known)
    with path.open("ab") as stream:
        # A cut may have left half a record.
        stream.truncate(written * RECORD.itemsize)
        while chunk := list(islice(wanted, CHUNK)):
            stream.write(_ask(network, chunk).tobytes())
            stream.flush()
            written += len(chunk)
            say(f"{path}: {written} examples")


def _ask(network: Network, examples: Sequence[Example]) -> np.ndarray:
    rows = [
        encode(network.tokenizer, network.layout, example.question, example.context)
        for example in examples
    ]
    records = np.zeros(len(examples), dtype=RECORD)
    for index, (starts, ends) in read(network, rows):
        records[index] = to_record(examples[index].key, rows[index], starts, ends)
    return records


def to_record(key: int, encoded: Encoded, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """
    Cut logits, of shape (tokens,), to a record, leaving out the question's positions.

    Returns:
        One `RECORD`, shape ().
    """
    record = np.zeros((), dtype=RECORD)
    record["key"] = key
    firsts = [first for first, _ in encoded.offsets]
    lasts = [last for _, last in encoded.offsets]
    record["starts"], record["start_costs"] = _likeliest(encoded, starts, firsts)
    record["ends"], record["end_costs"] = _likeliest(encoded, ends, lasts)
    return record


def _likeliest(
    encoded: Encoded, logits: np.ndarray, characters: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    context = logits[encoded.context_at : encoded.context_at + len(characters)]
    scores = np.concatenate([logits[NO_ANSWER : NO_ANSWER + 1], context]).astype(np.float64)
    costs = np.logaddexp.reduce(scores) - scores
    offsets = np.array([NO_ANSWER_OFFSET, *characters])
    best = np.argsort(costs, kind="stable")[:KEPT]
    # Missing places repeat the best one at the highest cost, where they weigh nothing.
    kept = np.full(KEPT, offsets[best[0]])
    steps = np.full(KEPT, NEVER)
    kept[: len(best)] = offsets[best]
    steps[: len(best)] = np.minimum(NEVER, np.rint(costs[best] * STEPS_PER_NAT))
    return kept, steps


def load(path: Path) -> dict[int, Distribution]:
    """
    Every distribution of a file, by its example's key.

    Raises:
        OpinionsError: If there is none.
    """
    if not has_opinions(path):
        msg = f"{path} is not there: restore it, or run the stages teacher and distil."
        raise OpinionsError(msg)
    records = np.fromfile(path, dtype=RECORD)
    return {
        int(record["key"]): Distribution(
            starts=_probabilities(record["starts"], record["start_costs"]),
            ends=_probabilities(record["ends"], record["end_costs"]),
        )
        for record in records
    }


def _probabilities(offsets: np.ndarray, costs: np.ndarray) -> dict[int, float]:
    chances: dict[int, float] = {}
    for offset, cost in zip(offsets.tolist(), costs.tolist(), strict=True):
        if cost < NEVER:
            chances[offset] = chances.get(offset, 0.0) + float(np.exp(-cost / STEPS_PER_NAT))
    return chances


def soft_targets(encoded: Encoded, opinion: Distribution) -> tuple[Target, Target]:
    """The teacher's opinion over a student's token positions; each sums to 1."""
    return (
        _over_positions(opinion.starts, encoded.position_of_start),
        _over_positions(opinion.ends, encoded.position_of_end),
    )


def _over_positions(chances: Mapping[int, float], position: Callable[[int], int | None]) -> Target:
    target: dict[int, float] = {}
    for offset, chance in chances.items():
        place = NO_ANSWER if offset == NO_ANSWER_OFFSET else position(offset)
        # A student whose question takes more tokens sees less of the context.
        where = NO_ANSWER if place is None else place
        target[where] = target.get(where, 0.0) + chance
    total = sum(target.values())
    return {place: chance / total for place, chance in target.items()}


def mixed(soft: Target, hard: Target, soft_share: float) -> Target:
    """A weighted mean of two targets."""
    places = sorted({*soft, *hard})
    weighed = {
        place: soft_share * soft.get(place, 0.0) + (1 - soft_share) * hard.get(place, 0.0)
        for place in places
    }
    return {place: chance for place, chance in weighed.items() if chance > 0}
