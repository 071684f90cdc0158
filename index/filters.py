"""
Which documents a question may be answered from: a `Filter`, and what it leaves of a generation.

A filter goes along with its question to both kinds of search, so that passages of other documents
are no candidates, instead of being taken out of what was found.
"""

import difflib
import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import PurePosixPath
from typing import Self

import numpy as np
import numpy.typing as npt

from index.texts import Texts, comparable

# More names than anybody types; each is compared with the name of every document.
MAX_NAMES = 20
MAX_NAME_CHARS = 200
# Names that are told where a filter has none of a document, and those that they are chosen from:
# comparing takes a tenth of a millisecond each.
_NEAREST = 3
_COMPARED = 5_000
# Names that are suggested while somebody types; with more documents, patterns have to be typed.
_MOST_NAMES = 50_000
_FIRST_DAY = "-01-01"
_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
# The lengths of a year, a month and a day.
_CHARS_OF_DAYS = (len("2024"), len("2024-01"), len("2024-01-31"))


class FilterError(Exception):
    """A filter can't be used, or leaves no document; its text is meant for whoever asked."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a question may be answered from."""

    names: tuple[str, ...] = ()
    """Names of documents or folders; "*", "?" and "[...]" stand for other characters, "/" too. One
    of them is enough. Without any, the name does not matter."""
    since: date | None = None
    """The day of the oldest documents. Those without a date are left out."""

    @classmethod
    def given(cls, names: Iterable[str], since: str | None = None) -> Self:
        """
        Check what a person typed, or a program sent.

        Args:
            names: See `names`; none of them blank.
            since: A day as YYYY-MM-DD, or a month or year as its beginning; none if blank.

        Raises:
            FilterError: If it can't be used.
        """
        typed = tuple(name.strip() for name in names)
        if not all(typed):
            raise FilterError("A name to look in is blank. Name a document or a folder, or none.")
        if len(typed) > MAX_NAMES:
            raise FilterError(
                f"There are {len(typed)} names to look in. Give at most {MAX_NAMES}, or a pattern."
            )
        for name in typed:
            if len(name) > MAX_NAME_CHARS:
                raise FilterError(
                    f"The name {name[:20]}... has {len(name)} characters, and may have "
                    f'{MAX_NAME_CHARS}. Shorten it by "*".'
                )
        return cls(typed, _day(since.strip()) if since and since.strip() else None)

    def patterns(self, collection: str | None) -> dict[str, re.Pattern[str]]:
        """
        What matches the comparable names of documents, by each of `names`.

        Args:
            collection: Which one the documents are in, if names may say so: "press/rules.md".
        """
        return {name: _pattern(name, collection) for name in self.names}


EVERYTHING = Filter()


def _pattern(name: str, collection: str | None) -> re.Pattern[str]:
    wanted = comparable(name).removeprefix("./").rstrip("/")
    ways = [wanted]
    if collection is not None and wanted.startswith(f"{collection}/"):
        ways.append(wanted.removeprefix(f"{collection}/"))
    # A name may also stand for a folder, and so for all that is below it. A folder's own name may
    # hold brackets, and `names_in` tells it with "/*" behind it.
    return re.compile(
        "|".join(
            f"{re.escape(way)}\\Z|{re.escape(way.removesuffix('/*'))}/"
            f"|{fnmatch.translate(way)}|{fnmatch.translate(way + '/*')}"
            for way in ways
        )
    )


def _day(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text + _FIRST_DAY[len(text) - len("2024") :])
    except ValueError:
        pass
    raise FilterError(f"{text[:20]!r} is no day. Write it as 2024-01-31, or 2024-01, or 2024.")


@dataclass(frozen=True, slots=True)
class Narrowed:
    """How far a filter narrows the documents."""

    documents: int
    """How many are left."""
    of: int
    """How many there are without the filter."""
    undated: int
    """How many are left out only because they have no date."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The passages that a filter leaves of one generation."""

    allowed: npt.NDArray[np.bool_]
    """Whether each passage may be found, by its id."""
    unknown: frozenset[str]
    """Names that none of the documents has."""
    narrowed: Narrowed

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """The ids of the passages that may be found, in order."""
        return np.flatnonzero(self.allowed)


def choose(texts: Texts, within: Filter, collection: str | None = None) -> Chosen:
    """Find what a filter leaves of a generation; see `Filter.patterns` for its collection."""
    total = undated = 0
    rows = []
    patterns = within.patterns(collection)
    unknown = {*patterns}
    for row, document_id, dated in texts.dates():
        total += 1
        if patterns:
            compared = comparable(document_id)
            has = {name for name, pattern in patterns.items() if pattern.match(compared)}
            if not has:
                continue
            unknown -= has
        if within.since is None or (dated is not None and dated >= within.since):
            rows.append(row)
        elif dated is None:
            undated += 1
    allowed = np.zeros(texts.next_id, dtype=np.bool_)
    allowed[texts.ids_of(rows)] = True
    return Chosen(allowed, frozenset(unknown), Narrowed(len(rows), total, undated))


def together(chosen: Sequence[Chosen], texts: Sequence[Texts], within: Filter) -> Narrowed:
    """
    How far a filter narrows several generations.

    Raises:
        FilterError: If no document has one of its names, or it leaves none.
    """
    unknown = [name for name in within.names if all(name in one.unknown for one in chosen)]
    if unknown:
        raise FilterError(_unknown(unknown, texts))
    found = Narrowed(
        sum(one.narrowed.documents for one in chosen),
        sum(one.narrowed.of for one in chosen),
        sum(one.narrowed.undated for one in chosen),
    )
    if not found.documents:
        without = f" ({found.undated:,} without a date)" if found.undated else ""
        raise FilterError(
            f"No document there is known to be from {within.since} or later{without}. Choose an "
            "earlier day, or none."
        )
    return found


def _unknown(unknown: Sequence[str], texts: Sequence[Texts]) -> str:
    names = [name for one in texts for name in names_in(one)][:_COMPARED]
    wanted = [comparable(name).strip("/*") for name in unknown]
    by_comparable = {comparable(name).strip("/*"): name for name in names}
    # Whoever names twenty that are not there waits no longer than for a few.
    near = (
        by_comparable[found]
        for name in wanted[:_NEAREST]
        for found in difflib.get_close_matches(name, by_comparable, _NEAREST, 0.5)
    )
    nearest = dict.fromkeys(islice(near, _NEAREST))
    told = ", ".join(nearest or names[:_NEAREST])
    asked = " or ".join(repr(name) for name in unknown)
    return f"No document or folder is called {asked}. There is, for example: {told}."


def names_in(texts: Texts) -> list[str]:
    """A generation's folders, as patterns, then its documents; of very many, the first ones."""
    documents = [document_id for document_id, *_ in texts.listed(0, _MOST_NAMES)]
    folders = {
        f"{parent}/*"
        for document_id in documents
        for parent in PurePosixPath(document_id).parents
        if parent.name
    }
    return [*sorted(folders), *documents]


def days_in(texts: Texts) -> frozenset[str]:
    """The years, months and days of a generation's documents, as `Filter.since` is typed."""
    days = {dated.isoformat() for *_, dated in texts.dates() if dated is not None}
    return frozenset(day[:chars] for day in days for chars in _CHARS_OF_DAYS)
