"""
Lists within lists: an item is written after the items that it stands in.

    - Linux                  - Linux
      - kernel 5.13          - Linux: kernel 5.13

Apart from them, "kernel 5.13" says nothing of whose it is: neither to whoever reads a quote nor to
a search, and a tokenizer drops what an indent says. (`index.formats.tables` does so with cells.)
A sentence stands by itself: in minutes of meetings, names before what was said made that answer
questions that other documents answer. What is written before an item is decided here alone, also
for those who read it out of a text.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from index.formats.blocks import without_marks

BETWEEN_ITEMS = ": "
# `reader.spans` has these marks, too, but for the hyphen; a test holds them together.
MARKS = r"[-*•◦▪‣●○■]|\d{1,3}[.)]|\((?:[a-z]|[ivx]{2,5})\)"
ITEM_MARK = re.compile(rf"[ \t]*+(?:{MARKS})[ \t]++")
"""What the line of an item begins with, as a text has it."""
_LETTER = r"[ \t]*+\(?(?P<said>[a-z]|[ivx]{2,5})(?P<end>[.)])[ \t]++"
# A line with such a mark, or the beginning of a paragraph that is no item.
_LETTERED_LINE = re.compile(rf"^{_LETTER}|(?<=\n\n)^(?=\S)", re.MULTILINE)
POSSIBLE_MARK = re.compile(rf"{ITEM_MARK.pattern}|{_LETTER}")
"""What an item's line may begin with. A letter is a mark only where other lines tell (`lettered`),
since wrapped prose has lines that begin with "v. Jones" or "b) is"."""
_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv"
_ROMAN = {numeral: number for number, numeral in enumerate(_NUMERALS.split(" "), 1)}
_LETTERS = {letter: number for number, letter in enumerate(ascii_lowercase, 1)}
_KINDS = {end: ((f"i{end}", _ROMAN), (f"a{end}", _LETTERS)) for end in ".)"}
# A longer one is a sentence, and would be said again with each item that stands in it.
_MAX_NAME_CHARS = 60
# The limit for all that is written before one item.
_MAX_CHARS = 100
# So many characters more than the items have themselves may be written before those of a document;
# then no more are. Few long names above many short items would make it many times as long.
_MAX_ADDED_CHARS = 100_000
_ENDS_A_SENTENCE = (".", "!", "?", ";")
_NUMBER = re.compile(r"\d+")
_CHECK_BOX = re.compile(r"\[[ xX]\][ \t]+")
# They turn the letters after them around, in whatever line these stand.
_BIDI_CONTROLS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


@dataclass(slots=True)
class _Item:
    level: int
    name: str = ""
    """What is written of it before the items in it, with the marks of its code; "" for nothing."""


@dataclass(slots=True)
class _Budget:
    """What may yet be written before the items of a document."""

    left: int = _MAX_ADDED_CHARS
    is_spent: bool = False


class NestedItems:
    """The items that are open while the lists of a document are read."""

    def __init__(self) -> None:
        """Begin outside of all lists."""
        self._open: list[_Item] = []
        self._budget = _Budget()

    def apart(self) -> "NestedItems":
        """The items of a text that stands by itself in the same document, such as a box."""
        others = NestedItems()
        others._budget = self._budget
        return others

    def begin(self, level: int) -> None:
        """
        Begin an item.

        Args:
            level: How deep its list stands in others; those as deep or deeper have ended.
        """
        self.end(level)
        self._open.append(_Item(level))

    def end(self, level: int = 0) -> None:
        """End all items of lists that are as deep as this, or deeper."""
        while self._open and self._open[-1].level >= level:
            self._open.pop()

    def names_before(self, text: str, *, is_name: bool = True) -> str:
        """
        What is written before the first paragraph of the item that began last.

        Args:
            text: The paragraph; where no item is open, nothing is written before it.
            is_name: Whether it may name the item before those in it. Code and tables don't.
        """
        if not self._open:
            return ""
        *above, item = self._open
        item.name = name_of(text) if is_name else ""
        return self.within_budget(names_before([outer.name for outer in above], text), text)

    def within_budget(self, before: str, text: str) -> str:
        """What is written before an item of this text: `before`, or nothing if that is too much."""
        budget = self._budget
        budget.left += len(text)
        budget.is_spent |= len(before) > budget.left
        if budget.is_spent:
            return ""
        budget.left -= len(before)
        return before


def names_before(names: Sequence[str], text: str) -> str:
    """
    What is written before an item.

    Args:
        names: The names of the items that it stands in (`name_of`), from the outermost.
        text: What it says; a name that it says itself is left out. A sentence, which says by itself
            what it is about, has nothing before it. Empty for an item that says no name.
    """
    if text and not name_of(text):
        return ""
    before: list[str] = []
    room = _MAX_CHARS
    said = without_marks(text)
    for name in reversed(names):
        plain = without_marks(name)
        room -= len(plain) + len(BETWEEN_ITEMS)
        if not plain or room < 0:
            break
        if not says(said, plain):
            before.append(name)
    return "".join(f"{name}{BETWEEN_ITEMS}" for name in reversed(before))


def name_of(text: str) -> str:
    """What an item of this text is called before those in it; "" if the text is a sentence."""
    name = text.translate(_BIDI_CONTROLS).strip()
    if box := _CHECK_BOX.match(name):
        name = name[box.end() :]
    is_sentence = name.endswith(_ENDS_A_SENTENCE) or "\n" in name
    name = name.rstrip(" \t:,")
    return "" if is_sentence or len(without_marks(name)) > _MAX_NAME_CHARS else name


def lettered(text: str) -> dict[int, str]:
    """
    Find the lines that letters or small Roman numbers mark in their order: "a." before "b.".

    Items may have others in them, and several lines; a paragraph that is none ends all lists.

    Returns:
        Where each mark begins, with its indent and without, and its kind: "a." or "i.".
    """
    found: dict[int, str] = {}
    # The number of the last item of each kind, and where its mark begins and ends.
    last: dict[str, tuple[int, tuple[int, int]]] = {}
    for mark in _LETTERED_LINE.finditer(text):
        said = mark["said"]
        if said is None:
            last.clear()
            continue
        starts = (mark.start(), mark.end() - len(mark[0].lstrip()))
        for kind, numbers in _KINDS[mark["end"]]:
            number = numbers.get(said, 0)
            before, above = last.get(kind, (0, starts))
            follows = 0 < before == number - 1
            if follows:
                found.update(dict.fromkeys((*above, *starts), kind))
            # "i." below "b." is the number of an item in that one, and "c." comes after it.
            if follows or (number and (numbers is _ROMAN or said not in _ROMAN)):
                last[kind] = (number, starts)
    return found


def item_mark(text: str, start: int, letters: Container[int]) -> re.Match[str] | None:
    """The mark of the item that begins at a character, where `lettered` found the letters."""
    return (POSSIBLE_MARK if start in letters else ITEM_MARK).match(text, start)


def begins_another_list(mark: re.Match[str], above: re.Match[str]) -> bool:
    """
    Whether an item below a blank line is of another list than one above it.

    Args:
        mark: Its mark.
        above: That of the item above, which stands as deep or deeper. The other list has marks of
            another kind, or begins at 1 again. Lists that people number by hand have gaps, and
            in some each number is 1.
    """
    if is_deeper(mark, above):
        return False
    begins_again = _number(mark) == 1 < _number(above)
    return _kind_of(mark) != _kind_of(above) or begins_again


def follows(mark: re.Match[str], above: re.Match[str]) -> bool:
    """Whether the number of an item comes after that of one above it."""
    return 0 < _number(above) == _number(mark) - 1


def _number(mark: re.Match[str]) -> int:
    """The number that is the mark of an item; 0 for another mark."""
    number = _NUMBER.search(mark[0])
    return int(number[0]) if number else 0


def is_deeper(mark: re.Match[str], above: re.Match[str]) -> bool:
    """Whether an item is indented more than one above it."""
    indents = [len(each[0]) - len(each[0].lstrip()) for each in (mark, above)]
    return indents[0] > indents[1]


def _kind_of(mark: re.Match[str]) -> str:
    """A mark of a list, where all numbers and letters are one: "1." for "12."."""
    return re.sub(r"\w+", "1", mark[0].strip())


def says(text: str, name: str) -> bool:
    """Whether a text says a name, in words of its own: "good" doesn't say "Go", nor "it" "IT"."""
    if not name.isupper():
        text, name = text.lower(), name.lower()
    return name in text and bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))
