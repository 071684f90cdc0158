"""
The headings of a PDF: what its outline names, what it tags, and what is set as a heading.

A wrong heading is searched and read with each passage below it. Below a missed one, passages are
read with the heading before it. In doubt, a line is none.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import NamedTuple

from index.formats.dates import parse_date
from index.formats.pdf_layout import Line
from index.formats.pdf_looks import Bookmark, Typesetting

# How large the letters of a heading are at least, as a share of those of the document's text; bold
# ones may be a little smaller.
_MIN_LARGER_SHARE = 1.08
_MIN_BOLD_SHARE = 0.95
_MAX_CHARS = 120
_MAX_LINES = 3
_MAX_WORDS = 14
_MIN_LETTERS = 3
_MIN_LETTER_SHARE = 0.5
# From one line of a heading to the next, in sizes of its letters.
_MAX_PITCH = 1.8
# From a line of text to a bold line below it that is no part of its sentence.
_MIN_PITCH_APART = 1.5
# More below each other, without text between them, are a table of contents.
_MAX_BELOW_EACH_OTHER = 4
# A line that stands at one place of so many pages is a header or a footer.
_MIN_PAGES = 3
# A shorter title is looked for as a line of its own alone, not as the beginning of one.
_MIN_RUN_IN_CHARS = 8
# "3.2", "§ 20-215.", "Article IV", "Section 8A:"
_NUMBER = re.compile(
    r"(?:§{1,2} ?|(?P<word>[^\W\d_]{3,9}) )?"
    r"(?P<number>(?:\d{1,4}|[IVXLC]{1,7}|[A-Z])(?:[.-]\d{1,4}){0,6}[A-Za-z]?)(?P<end>[.:)]?)(?:\s|$)"
)
_OUTER_WORDS = ("article", "chapter", "part", "title", "schedule", "appendix", "annex")
_INNER_WORDS = (
    "section",
    "exhibit",
    "rule",
    "step",
    "unit",
    "lesson",
    "clause",
    "bylaw",
    "division",
)
# "Table 3", "Map B", "Source: ..." and "Notes", but not "Table tennis".
_CAPTION = re.compile(
    r"(?:figure|fig\.?|table|chart|diagram|photo|picture|map|source|notes?|continued|page|plate)"
    r"(?:\s*+(?:no\.?\s*+)?(?:\d|(?-i:[A-Z]|[IVXLC]{2,6})\b)|:|\W*+\Z)",
    re.IGNORECASE,
)
# But for a capital: a number, or a name like "iPhone".
_BEGINNING = re.compile(r"[\d§]|[a-z]{1,3}[A-Z]")
_LEADERS = re.compile(r"[.…·_]{3,}|(?:\. ){3,}")
_ADDRESS = re.compile(r"@|://|www\.")
_ENDS_SENTENCE = re.compile(r"[.!?:;][\"'”’)\]]*$")
_NO_WORD = re.compile(r"\W+")
_FIGURES = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True, eq=False)
class Heading:
    """A heading; its lines share it."""

    level: int
    name: str
    is_run_in: bool = False
    """Whether its line goes on with the text that it is the heading of."""


class _Style(NamedTuple):
    size: float
    is_bold: bool


class _Unit(NamedTuple):
    """Lines below each other that are set alike."""

    page: int
    first: int
    """The number of its first line on the page."""
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return " ".join(word for line in self.lines for word in line.text.split())

    @property
    def look(self) -> Typesetting | None:
        return self.lines[0].look


Headings = Mapping[tuple[int, int], Heading]
"""The heading that a line is, or begins with; the key is the number of the page and the line's."""


def find_headings(
    pages: Sequence[Sequence[Line]],
    outline: Sequence[Bookmark],
    running: frozenset[tuple[str, int]],
) -> Headings:
    """
    Find the headings of a document.

    Args:
        pages: The lines of each, in the order in which they are read.
        outline: The outline of the document.
        running: Lines that are none (`running_lines`).
    """
    named = _named(pages, outline)
    taken = {(page, at) for page, lines, _ in named for at in lines}
    units = [unit for number, lines in enumerate(pages) for unit in _units(number, lines, taken)]
    body = _body(pages)
    is_heading = [
        _is_tagged(unit, running) or _is_set(units, at, body, running)
        for at, unit in enumerate(units)
    ]
    _drop_common_styles(units, is_heading)
    _drop_contents(is_heading)
    found = [unit for unit, is_one in zip(units, is_heading, strict=True) if is_one]
    levels = _levels(pages, named, found)
    headings: dict[tuple[int, int], Heading] = {}
    for page, lines, heading in named:
        headings |= {(page, at): heading for at in lines}
    for unit in found:
        tag = unit.look.tag if unit.look is not None else 0
        heading = Heading(tag or levels[_key(unit)], unit.text)
        headings |= {(unit.page, unit.first + at): heading for at in range(len(unit.lines))}
    return headings


def _named(
    pages: Sequence[Sequence[Line]], outline: Iterable[Bookmark]
) -> list[tuple[int, range, Heading]]:
    """The page and the lines of each entry of the outline that stands in the text."""
    found: list[tuple[int, range, Heading]] = []
    plain: dict[int, list[str]] = {}
    taken: set[tuple[int, int]] = set()
    for entry in outline:
        title = _plain(entry.title)
        # Programs make entries of whole paragraphs, too, and of remarks.
        if len(entry.title) > 2 * _MAX_CHARS or entry.title.lstrip()[:1] in "([*":
            continue
        # A heading that no longer fits a page stands on the next.
        for page in range(entry.page, min(entry.page + 2, len(pages))):
            if page not in plain:
                plain[page] = [_plain(line.text) for line in pages[page]]
            places = [
                place
                for place in _places(plain[page], title)
                if taken.isdisjoint((page, at) for at in place.lines)
            ]
            if page != entry.page and len(title) < _MIN_RUN_IN_CHARS:
                places = []
            if places:
                y = entry.y if page == entry.page else None
                lines, is_run_in = min(places, key=partial(_unlikely, pages[page], y))
                said = " ".join(pages[page][at].text for at in lines)
                name = " ".join((entry.title if is_run_in else said).split())
                found.append((page, lines, Heading(entry.level, name, is_run_in)))
                taken |= {(page, at) for at in lines}
                break
    return found


class _Place(NamedTuple):
    lines: range
    is_run_in: bool


def _unlikely(lines: Sequence[Line], y: float | None, place: _Place) -> tuple[bool, float]:
    """How unlikely a place is for a title that an outline has at a height of a page."""
    look = lines[place.lines.start].look
    away = abs(look.bottom - y) if look is not None and y is not None else 0.0
    return place.is_run_in, away


def _places(plain: Sequence[str], title: str) -> Iterator[_Place]:
    """Where a title stands."""
    for at, line in enumerate(plain):
        if line and title.startswith(line):
            said = ""
            for end, each in enumerate(plain[at : at + _MAX_LINES + 1], start=at + 1):
                said += each
                if said == title:
                    yield _Place(range(at, end), is_run_in=False)
                if not title.startswith(said):
                    break
        elif line.startswith(title) and len(title) >= _MIN_RUN_IN_CHARS:
            yield _Place(range(at, at + 1), is_run_in=True)


def _plain(text: str) -> str:
    """A text by its letters and figures alone, each number with its end."""
    return _FIGURES.sub(r"\1.", _NO_WORD.sub("", text)).casefold()


def _units(page: int, lines: Sequence[Line], taken: set[tuple[int, int]]) -> Iterator[_Unit]:
    first = 0
    unit: list[Line] = []
    for at, line in enumerate(lines):
        if not line.text.strip():
            continue
        if unit and (at != first + len(unit) or not _goes_on(unit[-1], line)):
            yield _Unit(page, first, tuple(unit))
            unit = []
        if (page, at) in taken:
            continue
        first = first if unit else at
        unit.append(line)
    if unit:
        yield _Unit(page, first, tuple(unit))


def _goes_on(before: Line, line: Line) -> bool:
    """Whether a line is set as the one above it, right below that."""
    one, other = before.look, line.look
    if one is None or other is None or before.part != line.part or before.is_row or line.is_row:
        return False
    is_alike = (one.size, one.is_bold, one.tag) == (other.size, other.is_bold, other.tag)
    is_below = 0 < one.bottom - other.bottom <= _MAX_PITCH * one.size
    return is_alike and is_below and _number(line.text) is None


def _number(text: str) -> re.Match[str] | None:
    """The number that a heading begins with."""
    found = _NUMBER.match(" ".join(text.split()))
    if found is None:
        return None
    word, number = found["word"], found["number"]
    if word is not None:
        return found if word.lower() in (*_OUTER_WORDS, *_INNER_WORDS) else None
    # "A" may be a word, and "I".
    is_letter = number.isalpha()
    return None if is_letter and not found["end"] else found


def _body(pages: Sequence[Sequence[Line]]) -> _Style | None:
    """How most of the text is set."""
    seen: Counter[_Style] = Counter()
    for lines in pages:
        for line in lines:
            if line.look is not None:
                seen[_Style(line.look.size, line.look.is_bold)] += len(line.text)
    return seen.most_common(1)[0][0] if seen else None


def running_lines(pages: Iterable[Sequence[Line]]) -> frozenset[tuple[str, int]]:
    """Lines that stand at one place of several pages, with that place."""
    seen = Counter(
        key for lines in pages for key in {_place_of(line) for line in lines if line.look}
    )
    return frozenset(key for key, count in seen.items() if count >= _MIN_PAGES)


def _place_of(line: Line) -> tuple[str, int]:
    bottom = line.look.bottom if line.look is not None else 0
    return " ".join(line.text.split()), round(bottom / 2)


def _is_tagged(unit: _Unit, running: frozenset[tuple[str, int]]) -> bool:
    look = unit.look
    return look is not None and look.tag > 0 and _may_be(unit, running)


def _is_set(
    units: Sequence[_Unit], at: int, body: _Style | None, running: frozenset[tuple[str, int]]
) -> bool:
    """Whether a unit stands out from the text, and apart from it."""
    unit = units[at]
    look = unit.look
    if look is None or body is None or not _stands_out(look, body):
        return False
    return _may_be(unit, running) and not _is_label(unit.text) and _is_apart(units, at, body)


def _stands_out(look: Typesetting, body: _Style) -> bool:
    if _is_larger(look, body):
        return True
    return look.is_bold and not body.is_bold and look.size >= _MIN_BOLD_SHARE * body.size


def _is_larger(look: Typesetting, body: _Style) -> bool:
    return look.size >= _MIN_LARGER_SHARE * body.size


def _may_be(unit: _Unit, running: frozenset[tuple[str, int]]) -> bool:
    """Whether the words of a unit may be a heading."""
    text = unit.text
    if any(line.is_row or _place_of(line) in running for line in unit.lines):
        return False
    number = _number(text)
    is_worded = number is not None and number["word"] is not None
    said = text if number is None or is_worded else text[number.end() :]
    letters = sum(map(str.isalpha, said))
    ends_sentence = _ENDS_SENTENCE.search(text) is not None and not text.endswith("?")
    return (
        len(text) <= _MAX_CHARS
        and len(unit.lines) <= _MAX_LINES
        and len(text.split()) <= _MAX_WORDS
        and letters >= _MIN_LETTERS
        and letters >= _MIN_LETTER_SHARE * len("".join(said.split()))
        and _begins_heading(text)
        and (not ends_sentence or (number is not None and text.endswith(".")))
        and not _CAPTION.match(text)
        and not _LEADERS.search(text)
        and not _ADDRESS.search(text)
        and not text.endswith((",", "-"))
        and parse_date(text) is None
    )


def _begins_heading(text: str) -> bool:
    """Whether a heading may begin as a text does."""
    return _BEGINNING.match(text) is not None or text[:1].isupper()


def _is_label(text: str) -> bool:
    """Whether a text is a label with what it says: "Effective: 28 September"."""
    label, colon, _ = text.partition(":")
    number = _number(f"{label}:")
    return bool(colon) and (number is None or len(number[0].strip()) < len(label))


def _is_apart(units: Sequence[_Unit], at: int, body: _Style) -> bool:
    """Whether no sentence goes on into a unit, nor out of it."""
    unit = units[at]
    before = units[at - 1] if at and units[at - 1].page == unit.page else None
    after = units[at + 1] if at + 1 < len(units) and units[at + 1].page == unit.page else None
    if after is not None and after.text[:1].islower():
        return False
    if before is None or _ENDS_SENTENCE.search(before.text):
        return True
    last, look = before.lines[-1], unit.look
    bottom = last.bottom if last.look is None else last.look.bottom
    if look is None or bottom is None:
        return False
    # A sentence goes on in letters of its size; those of a row have none that is known.
    size = 0.0 if last.look is None else last.look.size
    if size > look.size or (size < look.size and _is_larger(look, body)):
        return True
    pitch = bottom - look.bottom
    return pitch < 0 or pitch > _MIN_PITCH_APART * look.size


def _drop_common_styles(units: Sequence[_Unit], is_heading: list[bool]) -> None:
    """Take no style for that of headings in which as much is set that is none."""
    seen: dict[_Style, list[int]] = defaultdict(lambda: [0, 0])
    for unit, is_one in zip(units, is_heading, strict=True):
        if unit.look is not None:
            seen[_Style(unit.look.size, unit.look.is_bold)][is_one] += 1
    for at, unit in enumerate(units):
        if is_heading[at] and unit.look is not None and not unit.look.tag:
            others, headings = seen[_Style(unit.look.size, unit.look.is_bold)]
            is_heading[at] = headings >= others


def _drop_contents(is_heading: list[bool]) -> None:
    """Take a table of contents for no headings."""
    for is_one, run in groupby(range(len(is_heading)), lambda at: is_heading[at]):
        numbers = list(run)
        if is_one and len(numbers) > _MAX_BELOW_EACH_OTHER:
            for at in numbers:
                is_heading[at] = False


def _key(unit: _Unit) -> tuple[float, bool, int]:
    """What headings of one level have in common; larger ones first."""
    look = unit.look
    return (-look.size, not look.is_bold, _depth(unit.text)) if look is not None else (0.0, True, 0)


def _depth(text: str) -> int:
    """How deep a heading stands by its number: "Article IV" above "3", and that above "3.2"."""
    number = _number(text)
    if number is None:
        return 1
    word = number["word"]
    if word is not None:
        return 0 if word.lower() in _OUTER_WORDS else 2
    return 1 + len(re.findall(r"[.-]\d", number["number"]))


def _levels(
    pages: Sequence[Sequence[Line]],
    named: Sequence[tuple[int, range, Heading]],
    found: Sequence[_Unit],
) -> Mapping[tuple[float, bool, int], int]:
    """The level of each kind of heading: as the outline and the tags say, else by their looks."""
    known: dict[tuple[float, bool, int], Counter[int]] = defaultdict(Counter)
    for page, lines, heading in named:
        unit = _Unit(page, lines.start, tuple(pages[page][at] for at in lines))
        known[_key(unit)][heading.level] += 1
    for unit in found:
        if unit.look is not None and unit.look.tag:
            known[_key(unit)][unit.look.tag] += 1
    levels: dict[tuple[float, bool, int], int] = {}
    last = 0
    for key in sorted({*known, *map(_key, found)}):
        last = known[key].most_common(1)[0][0] if known[key] else last + 1
        levels[key] = last
    return levels
