"""
Questions that got no good answer -> groups of the same meaning, the largest first.

Questions whose text is kept are grouped by their vectors. Those whose text is not kept are grouped
by the passage that came nearest to them, which is kept with the answer and is the documents' own
text: no vector of a question is stored, because a text can be guessed from its vector.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from answering.answer import AnswerSpan, Quotable
from index.encoder import Vectors

Complaint = Literal["wrong", "outdated", "incomplete"]
"""What members say of an answer that they call wrong: it is, it was right once, there is more."""

GapReason = Literal["unanswered", "unsure"] | Complaint
"""The documents don't say; they may say; more members call the answer wrong than right."""

Encode = Callable[[Sequence[str]], Vectors]
"""Texts -> their unit vectors, one row each."""

# Questions are of one group if the mean cosine distance between two halves of it is below this.
# With the encoder that comes with Quoth, 92 % of the pairs that are put together then mean the
# same, and 66 % of those that do are found (python -m benchmarks.grouping). Lower is safer: groups
# fall apart, but mix no meanings.
MAX_DISTANCE = 0.55
_DAY_S = 24 * 60 * 60.0
# Grouping compares each text with each other one; of so many it takes some 100 MB.
MAX_TEXTS = 5_000


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that got no good answer."""

    asked: float
    """When, in seconds since 1970."""
    reason: GapReason
    text: str | None
    """None where it is not kept."""
    nearest: Quotable | None
    """What was shown; None where the answer is not kept any longer."""
    expected: tuple[str, ...] = ()
    """The right answers, as members said them."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that is looked at, and whether as much before it is known too."""

    begins: float
    """In seconds since 1970; it lasts until now."""
    begins_before: float
    """When the period of the same length before it began, in seconds since 1970."""
    knows_before: bool
    """Whether what was asked in the period before is kept whole."""


def last_days(days: int, now: float, kept_days: int) -> Period:
    """
    The period of the last days.

    Args:
        days: How many.
        now: In seconds since 1970.
        kept_days: So long answers are kept.
    """
    length = days * _DAY_S
    return Period(now - length, now - 2 * length, 2 * days <= kept_days)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that members ask and the documents do not say well."""

    count: int
    """How many questions of this period there are."""
    before: int | None
    """How many there were in the period before; None where that is not kept whole."""
    reasons: dict[GapReason, int]
    """How many of this period's questions each reason has; no reason has none."""
    example: str | None
    """The question in the middle of the group; None where no text is kept."""
    expected: tuple[str, ...]
    """What members said that the right answer is."""
    nearest: Quotable | None
    """The nearest passage of the document that came nearest most often: the one to change."""


def find_gaps(questions: Iterable[OpenQuestion], encode: Encode, period: Period) -> list[Gap]:
    """
    Group questions by meaning.

    Args:
        questions: Those of the period, and of the one before it.
        encode: Makes the vectors; called once, with each text once, if there is any.
        period: Which of the questions count now.

    Returns:
        The groups in which a question is of this period, the largest first. Of more texts than
        `MAX_TEXTS`, the newest are grouped.
    """
    newest = sorted(questions, key=lambda one: -one.asked)
    by_text: dict[str, list[OpenQuestion]] = {}
    by_passage: dict[str, list[OpenQuestion]] = {}
    for one in newest:
        if one.text is not None:
            key = _same(one.text)
            if key in by_text or len(by_text) < MAX_TEXTS:
                by_text.setdefault(key, []).append(one)
        elif one.nearest is not None:
            by_passage.setdefault(_passage(one.nearest), []).append(one)
    gaps = list(_by_meaning(list(by_text.values()), encode, period))
    gaps += [
        _gap(group, None, period)
        for group in by_passage.values()
        if group[0].asked >= period.begins
    ]
    return sorted(gaps, key=lambda gap: (-gap.count, gap.before or 0, gap.example or ""))


def _by_meaning(
    alike: Sequence[Sequence[OpenQuestion]], encode: Encode, period: Period
) -> Iterator[Gap]:
    """Group questions, given those of the same words together, the newest first."""
    if not alike:
        return
    vectors = encode([questions[0].text or "" for questions in alike])
    for members in together(vectors):
        now = [index for index in members if alike[index][0].asked >= period.begins]
        if now:
            middle = now[int(np.argmax(vectors[now] @ vectors[members].mean(axis=0)))]
            group = [one for index in members for one in alike[index]]
            yield _gap(group, alike[middle][0].text, period)


def _same(text: str) -> str:
    """A key that is the same for texts which differ only in capitals, spaces and end marks."""
    return " ".join(text.casefold().split()).rstrip(" ?!.")


def _passage(found: Quotable) -> str:
    return f"{found.collection}\n{found.document_id}\n{passage_text(found)}"


def passage_text(found: Quotable) -> str:
    """What a document says there: the passage, or the sentence of a span."""
    return found.quote if isinstance(found, AnswerSpan) else found.text


def together(vectors: Vectors, max_distance: float = MAX_DISTANCE) -> list[list[int]]:
    """
    Put vectors together that lie near each other, by average linkage.

    Args:
        vectors: Unit length, one a row.
        max_distance: As `MAX_DISTANCE`.

    Returns:
        The numbers of the rows of each group.
    """
    if len(vectors) == 1:
        return [[0]]
    from scipy.cluster.hierarchy import fcluster, linkage

    # Two vectors that are equal may be told to be a little less than 0 apart.
    tree = np.maximum(linkage(vectors, "average", metric="cosine"), 0)
    groups: dict[int, list[int]] = {}
    for row, group in enumerate(fcluster(tree, max_distance, "distance")):
        groups.setdefault(int(group), []).append(row)
    return list(groups.values())


def _gap(group: Sequence[OpenQuestion], example: str | None, period: Period) -> Gap:
    now = [one for one in group if one.asked >= period.begins]
    return Gap(
        count=len(now),
        before=len(group) - len(now) if period.knows_before else None,
        reasons=dict(Counter(one.reason for one in now).most_common()),
        example=example,
        expected=tuple(dict.fromkeys(words for one in now for words in one.expected)),
        nearest=_most_often([one.nearest for one in now if one.nearest is not None]),
    )


def _most_often(
    found: Sequence[Quotable],
) -> Quotable | None:
    """The first piece of the document that most of them are of."""
    documents = Counter((one.collection, one.document_id) for one in found)
    if not documents:
        return None
    most = documents.most_common(1)[0][0]
    return next(one for one in found if (one.collection, one.document_id) == most)
