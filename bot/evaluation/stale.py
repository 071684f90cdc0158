"""Documents that answer often and are old: where an outdated one would do the most harm."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from answering.answer import AnswerSpan

_YEAR_DAYS = 365.25
# A younger document is not called old.
MIN_AGE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Stale:
    """An old document that answers."""

    collection: str
    document_id: str
    title: str
    dated: date
    """The date that it states for itself."""
    answers: int
    """How many answers quoted it."""
    outdated: int
    """How many of them a member called outdated."""

    def age_days(self, today: date) -> int:
        """How old it is."""
        return (today - self.dated).days


@dataclass(frozen=True, slots=True)
class Quoting:
    """An answer, and what members said of it."""

    spans: tuple[AnswerSpan, ...]
    is_outdated: bool
    """Whether a member called it outdated."""


def find_stale(answers: Iterable[Quoting], today: date) -> list[Stale]:
    """
    Find the documents that are older than a year, those first that answer most for their age.

    Each answer counts once for each document that it quotes. A document that states no date is left
    out: nobody can say how old it is.

    Args:
        answers: Oldest first: what the last one says of a document counts.
        today: The day.
    """
    counts: Counter[tuple[str, str]] = Counter()
    outdated: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], AnswerSpan] = {}
    for answer in answers:
        quoted = {(span.collection, span.document_id): span for span in answer.spans}
        counts.update(quoted.keys())
        newest.update(quoted)
        if answer.is_outdated:
            outdated.update(quoted.keys())
    found = [
        Stale(*place, newest[place].title, dated, count, outdated[place])
        for place, count in counts.items()
        if (dated := newest[place].dated) is not None and (today - dated).days >= MIN_AGE_DAYS
    ]
    # A document that was called outdated counts as if it had answered that much more often.
    return sorted(
        found, key=lambda one: (-(one.answers + one.outdated) * one.age_days(today), one.title)
    )


def years(days: int) -> int:
    """How many whole years some days are."""
    return int(days / _YEAR_DAYS)
