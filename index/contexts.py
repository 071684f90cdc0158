"""
Where a passage stands: its document's title and the headings above it.

The title of a slide, the name of a sheet, the subject of a message and the name of a file inside of
the document count as headings, and so does the line that introduces a list, for the items that are
in another passage. After them come the names whose short forms the passage uses, and
the short forms of names that it uses, where the document defines them (`index.aliases`).

They are searched with the passage, by vectors and by words, and read before it, since they often
name what it speaks of. They are never an answer and never quoted.

A sentence that is read alone has a context of its own: what stands above it may be said in its
passage, which is not read with it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import pairwise
from operator import attrgetter
from pathlib import PurePosixPath

from index.aliases import Aliases
from index.documents import Document
from index.formats.base import SECTIONS, Place
from index.introductions import Introductions
from index.shortening import ELLIPSIS, shorten

# With a passage of 160 tokens, about 200 of the encoder, which has room for 256.
MAX_CONTEXT_CHARS = 160
# A title that ends with a full stop and has fewer may end with an abbreviation.
MIN_SENTENCE_WORDS = 6
# As far as a title is looked for in the text of its document.
BEGINNING_CHARS = 10 * MAX_CONTEXT_CHARS
# Between the title, the headings and an introduction in a context.
BETWEEN_NAMES = ": "
# What programs call a sheet that nobody has named.
_UNNAMED = re.compile(r"(?:Sheet ?\d*)?")
# A longer line says more than what the items are.
_MAX_INTRODUCTION_CHARS = MAX_CONTEXT_CHARS // 2


def searched_text(context: str, text: str) -> str:
    """What is embedded and searched of a passage."""
    return f"{context}\n{text}" if context else text


class Contexts:
    """The contexts of a document's passages, which are asked for in order."""

    def __init__(self, document: Document) -> None:
        """Begin before the first passage."""
        self._title = _title(document)
        beside = (document.places, document.headings)
        self._sections = _sections([*merge(*beside, key=attrgetter("start_char"))])
        self._text = document.text
        self._introductions = Introductions(document.text)
        self._aliases = Aliases(document.text)
        self._names: tuple[str, ...] = ()
        self._next = next(self._sections, None)

    def context(self, start_char: int, text: str) -> str:
        """
        The context of a passage.

        Args:
            start_char: Where it begins; not before the one that was asked for last.
            text: What it says: what stands there is not said twice.
        """
        while self._next is not None and self._next[0] <= start_char:
            self._names = self._next[1]
            self._next = next(self._sections, None)
        names = dict.fromkeys((self._title, *self._names, self._introduction(start_char)))
        above = _joined([name for name in names if name and name.rstrip(ELLIPSIS) not in text])
        return _continued(above, self._aliases.missing(text))

    def _introduction(self, start_char: int) -> str:
        """The line that introduces the list in which a passage begins, without its colon."""
        start, end = self._introductions.above(start_char) or (0, 0)
        said = self._text[start:end].removesuffix(":")
        return said if len(said) <= _MAX_INTRODUCTION_CHARS else ""


def sentence_context(
    sentence: str, document: Document, place: Place | None, passage_start: int, context: str
) -> str:
    """
    The context of a sentence that is read alone.

    It is that of its passage, unless a section begins between the two, with the document's title
    and the section's heading, which the passage may say itself.

    Args:
        sentence: What it says: what stands there is not said twice.
        document: Its document; of the text, the beginning is enough.
        place: Where it stands, if that is known.
        passage_start: Where its passage begins in the document.
        context: That of its passage.
    """
    heading = ""
    if place is not None and _is_named_section(place):
        heading = place.name
        context = "" if place.start_char > passage_start else context
    said = f"{context}\n{sentence}"
    title = _title(document)
    names = ("" if title in said else title, context, "" if heading in said else heading)
    return _joined([name for name in names if name])


def _title(document: Document) -> str:
    """
    The title of a document, if it says more than its text and its name.

    A document without a title is named after its file, which may be renamed. Where the title is the
    beginning of the text, since it had to be cut or is the first sentence, what it says would be
    found in all passages as well as in its own.
    """
    title = document.title
    is_named = title != PurePosixPath(document.id).name
    is_sentence = title.endswith(".") and len(title.split()) >= MIN_SENTENCE_WORDS
    begins = document.text[:BEGINNING_CHARS].lstrip().startswith(title)
    is_text = title.endswith(ELLIPSIS) or (is_sentence and begins)
    return title if is_named and not is_text else ""


def _sections(places: Sequence[Place]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where each section begins, and the headings that it stands under, from the outermost."""
    above: list[Place] = []
    file: str | None = None
    for before, place in pairwise((None, *places)):
        if place is None:
            continue
        inside = place.name if place.kind == "file" else place.within
        if inside != file:
            above, file = [], inside
        elif place.kind not in SECTIONS or (before is not None and _is_same(before, place)):
            continue
        above = [each for each in above if each.level < place.level]
        if _is_named_section(place):
            above.append(place)
        yield place.start_char, (*([file] if file else []), *(each.name for each in above))


def _is_named_section(place: Place) -> bool:
    """Whether a place is a section that somebody gave a name."""
    return place.kind in SECTIONS and _UNNAMED.fullmatch(place.name) is None


def _is_same(one: Place, other: Place) -> bool:
    return (one.kind, one.name, one.level) == (other.kind, other.name, other.level)


def _continued(above: str, aliases: Iterable[str]) -> str:
    """What stands above a passage, and other names of what it speaks of, if there is room."""
    for alias in aliases:
        longer = f"{above}{BETWEEN_NAMES}{alias}" if above else alias
        if alias not in above and len(longer) <= MAX_CONTEXT_CHARS:
            above = longer
    return above


def _joined(names: list[str]) -> str:
    """The names in one line; of too many, the document's and the nearest ones."""
    first, *others = names or [""]
    while others and len(BETWEEN_NAMES.join([first, *others])) > MAX_CONTEXT_CHARS:
        first, others = (first, others[1:]) if len(others) > 1 else (others[0], [])
    return shorten(BETWEEN_NAMES.join([first, *others]), MAX_CONTEXT_CHARS)
