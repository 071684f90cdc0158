"""
Lists as documents write them: in a sentence, line by line, or down a table. Pure functions.

A span that is an item of such a list leads to all of them.
"""

import re
from collections import Counter
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from answering.candidates import quote_bounds
from answering.english.cell_kinds import NOTHING_THERE
from answering.english.questions import (
    DENYING,
    KIND_OF_QUESTION,
    NAMED_COUNT,
    SEVERAL,
    SUPERLATIVE,
    without_opening,
)
from answering.english.texts import PART_SEPARATOR, are_numbers_of_one, separators
from answering.english.words import JOINING_WORDS, YES_AND_NO, content_stems
from answering.rows import Bounds, TextLine, cells_of, lines_of
from index.formats.nested_items import (
    BETWEEN_ITEMS,
    POSSIBLE_MARK,
    begins_another_list,
    follows,
    is_deeper,
    item_mark,
    lettered,
    name_of,
    names_before,
)
from index.passages import Passage

_Thing = TypeVar("_Thing")

# A span that stands for an item has at least this share of its characters.
_MOST = 0.5
_FEWEST = 2
# A list of which the reader finds one item, or that nobody asks for, has at least so many: "A and
# B" may be one thing.
FEWEST_ALONE = 3
# Longer parts of a sentence are clauses.
_MAX_WORDS = 10
_ENDS = " \t.,;"
# Between the name that an item begins with and what is said of it.
_AFTER_LABEL = re.compile(r": | [–—-] ")


def enumerated(passage: Passage, spans: Sequence[Bounds], question: str) -> list[Bounds]:
    """
    Find the items of the written list that a span belongs to.

    Args:
        passage: Where it stands, with its surroundings.
        spans: What the reader takes for answers, the best one first.
        question: Says which rows of a table are meant.

    Returns:
        All items in their order, or none if the best span is no item of a list.
    """
    found = (
        _cells_down_column(passage.text, spans[0], question),
        _items_by_lines(passage.text, spans[0], question),
        _parts_of_sentence(passage, spans),
        _parts_behind_label(passage, spans[0], question),
    )
    lists = ([item for item in items if item[0] < item[1]] for items in found)
    return next((items for items in lists if len(items) >= _FEWEST), [])


def _items_by_lines(text: str, span: Bounds, question: str) -> list[Bounds]:
    """
    The items of the list by lines that a span is in; of lists in one another, those of one.

    Facts with labels, one of which the question names ("Allowed types: png, jpg"), are no list.
    """
    lines = lines_of(text)
    kinds = lettered(text)
    lists = _lists(text, lines, kinds)
    # A span of several lines may begin with the one that introduces them, or end with an item of
    # another list.
    first = next(number for number, line in enumerate(lines) if span[0] < line.end)
    last = next(number for number, line in enumerate(lines) if span[1] <= line.end)
    for place in dict.fromkeys((last, first)):
        if lists[place]:
            own = [line for line, at in zip(lines, lists, strict=True) if at == lists[place]]
            listed = _listed(_of_one_list(own, lines[place], kinds))
            (outer, *others) = next(each.outers for each in listed if each.line == lines[place])
            items = [each for each in listed if outer in each.outers]
            # Rather one item than those of two lists, or a list without some of its own.
            is_sure = not others and all(len(each.outers) == 1 for each in items)
            bounds = [each.bounds for each in items]
            if is_sure and any(_is_most(span, item) for item in bounds):
                return [] if _is_asked_by_label(text, span, bounds, question) else bounds
            if is_sure and (labels := _labels(text, span, bounds, question)):
                return labels
    return []


def _labels(text: str, span: Bounds, items: Sequence[Bounds], question: str) -> list[Bounds]:
    """
    The labels of items that all have one, if the span is one of them or begins it.

    "Which clubs meet on Fridays" asks for some of them, which what is said of an item tells.
    """
    ends = [_AFTER_LABEL.search(text, *item) for item in items]
    labels = [(item[0], end.start()) for item, end in zip(items, ends, strict=True) if end]
    names = " ".join(text[slice(*label)] for label in labels)
    said = " ".join(text[end.end() : item[1]] for item, end in zip(items, ends, strict=True) if end)
    are_labels = len(labels) == len(items) and all(
        0 < len(text[slice(*label)].split()) <= _MAX_WORDS for label in labels
    )
    is_one = any(
        label[0] <= span[0]
        and span[1] <= label[1]
        and (span[0] == label[0] or _is_most(span, label))
        for label in labels
    )
    asked = content_stems(question)
    # A word that some labels begin with asks for these alone: "the nurses" of nurses and doctors.
    heads = [text[slice(*label)].split(maxsplit=1)[:1] for label in labels]
    stems = Counter(stem for head in heads for stem in content_stems(" ".join(head)))
    some = {stem for stem, count in stems.items() if 1 < count < len(labels)}
    told = content_stems(said) - content_stems(names) | some
    return labels if are_labels and is_one and asked.isdisjoint(told) else []


def _lists(text: str, lines: Sequence[TextLine], letters: Container[int]) -> list[int]:
    """The number of the list that each line is an item of, with those in it; 0 of no item."""
    numbers = []
    number = 0
    before: re.Match[str] | None = None
    above: re.Match[str] | None = None
    for at, line in enumerate(lines):
        mark = item_mark(text, line.start, letters)
        is_parted = at > 0 and text.count("\n", lines[at - 1].end, line.start) > 1
        if mark is None:
            before = above = None
        elif above is None or (is_parted and _is_of_another_list(mark, above, before)):
            before, above = above, mark
            number += 1
        elif not is_deeper(mark, above):
            above = mark
        numbers.append(0 if mark is None else number)
    return numbers


def _is_of_another_list(
    mark: re.Match[str], above: re.Match[str], before: re.Match[str] | None
) -> bool:
    """
    Whether an item below a blank line is of another list than the one above it.

    Args:
        mark: Its mark.
        above: That of the item above.
        before: That of the last item of the list before. Where "7." stands above "1." and "2.", a
            heading may, and "8." is the next one.
    """
    is_next_heading = before is not None and follows(mark, before) and not follows(mark, above)
    return begins_another_list(mark, above) or is_next_heading


def _of_one_list(
    lines: Sequence[TextLine], own: TextLine, kinds: Mapping[int, Hashable]
) -> list[TextLine]:
    """The items of the list that a line is in, without those of the lists around it and in it."""
    depths: list[int] = []
    open_kinds: list[Hashable] = []
    for line in lines:
        kind = kinds.get(line.start)
        if kind in open_kinds:
            del open_kinds[open_kinds.index(kind) :]
        open_kinds.append(kind)
        depths.append(len(open_kinds))
    place = lines.index(own)
    is_part = [depth >= depths[place] for depth in depths]
    numbered = zip(lines, depths, strict=True)
    own_depth = {line for line, depth in numbered if depth == depths[place]}
    return [line for line in _around(lines, place, is_part) if line in own_depth]


def _is_asked_by_label(text: str, span: Bounds, items: Sequence[Bounds], question: str) -> bool:
    """
    Whether all items have labels, and a question says a word of the span's alone.

    "The prizes" names no prize of "First prize: a bike", "Second prize: a book".
    """
    cells = [cells_of(TextLine(start, text[start:end])) for start, end in items]
    labels = {name for each in cells for name in each}
    own = {
        name
        for each in cells
        for name, (start, end) in each.items()
        if start <= span[0] and span[1] <= end
    }
    have_labels = all(len(each) == 1 for each in cells) and len(labels) == len(items)
    said_by_others = content_stems(" ".join(labels - own))
    asked = content_stems(question) - said_by_others
    return have_labels and any(not asked.isdisjoint(content_stems(name)) for name in own)


def is_asked_by_introduction(question: str, passage: Passage, items: Sequence[Bounds]) -> bool:
    """
    Whether a question asks for what the line above a list introduces: "what must I bring".

    It shares a word with that line, and none with an item alone, which would be what it asks for.
    A word of the title or a heading may stand in an item, and is no item's own.
    An item introduces those that stand in it only if it says so: "- On Windows you need:". What
    stands under a mere name are facts of many kinds, of which a question asks for one.

    Args:
        question: As asked.
        passage: What the list stands in.
        items: All items of the list.
    """
    text = passage.text
    lines = lines_of(text)
    first = next(at for at, line in enumerate(lines) if items[0][0] < line.end)
    lists = _lists(text, lines, lettered(text))
    if not first or not lists[first]:
        return False
    above = lines[first - 1].text
    has_colon = above.rstrip().endswith(":")
    # A heading with a number looks like the one item of a list.
    if lists[first - 1] and lists.count(lists[first - 1]) > 1:
        is_introduction = has_colon and _listed(lines[first - 1 : first + 1])[1].outers != (None,)
    else:
        is_introduction = has_colon or len(above.split()) <= _MAX_WORDS
    asked, introduced = content_stems(question), content_stems(above)
    said = frozenset().union(*(content_stems(text[slice(*item)]) for item in items))
    own = asked & said - introduced - content_stems(passage.context)
    return is_introduction and bool(asked & introduced) and not own


def _around(things: Sequence[_Thing], place: int, kept: Sequence[bool]) -> list[_Thing]:
    """The unbroken run of kept things that holds the one at a place; none if that is not kept."""
    before = list(takewhile(lambda one: kept[one], range(place - 1, -1, -1)))
    after = list(takewhile(lambda one: kept[one], range(place, len(things))))
    return [things[one] for one in (*reversed(before), *after)]


@dataclass(frozen=True, slots=True)
class _Listed:
    """An item of a list."""

    line: TextLine
    bounds: Bounds
    """Where the item stands, without its mark and without the items around it."""
    outers: tuple[TextLine | None, ...]
    """The item in which its list stands, which is written before it ("Linux: kernel 5.13"), if any;
    several where the text doesn't tell in which of them."""


def _listed(lines: Sequence[TextLine]) -> list[_Listed]:
    """The items of a list, with those of the lists in it."""
    found = []
    open_items: list[tuple[str, TextLine]] = []
    begins = [mark.end() if (mark := POSSIBLE_MARK.match(line.text)) else 0 for line in lines]
    texts = [line.text[begin:] for line, begin in zip(lines, begins, strict=True)]
    for line, begin, text in zip(lines, begins, texts, strict=True):
        names = [name for name, _ in open_items]
        depth, length = _place(names, text)
        unsure = [] if length else _unsaid(names, text, texts)
        if unsure:
            outers = (None, *(open_items[at][1] for at in unsure))
        else:
            del open_items[depth:]
            outers = (open_items[-1][1] if open_items else None,)
            open_items.append((name_of(text[length:]), line))
        bounds = (line.start + begin + length, line.start + len(_trimmed(line.text)))
        found.append(_Listed(line, bounds, outers))
    return found


def _place(names: Sequence[str], text: str) -> tuple[int, int]:
    """How many open items an item stands in, and the length of what is written before it."""
    ends = [match.end() for match in re.finditer(BETWEEN_ITEMS, text)]
    places = ((depth, end) for depth in range(len(names), 0, -1) for end in reversed(ends))
    return next(
        (
            (depth, end)
            for depth, end in places
            if names_before(names[:depth], text[end:]) == text[:end]
        ),
        (0, 0),
    )


def _unsaid(names: Sequence[str], text: str, texts: Sequence[str]) -> list[int]:
    """The open items, with items in them, whose name would be left out before this one, too."""
    return [
        at
        for at, name in enumerate(names)
        if name
        and not names_before(names[: at + 1], text)
        and any(each.startswith(names_before(names[: at + 1], "")) for each in texts)
    ]


def _trimmed(text: str) -> str:
    """The text of an item without the marks that end it and the words that join it to the next."""
    text = text.rstrip(_ENDS)
    for word in JOINING_WORDS:
        text = text.removesuffix(f" {word}")
    return text.rstrip(_ENDS)


def _is_most(span: Bounds, item: Bounds) -> bool:
    shared = min(span[1], item[1]) - max(span[0], item[0])
    return shared > 0 and shared >= _MOST * (item[1] - item[0])


def _cells_down_column(text: str, span: Bounds, question: str) -> list[Bounds]:
    """
    The cells of a column, in rows that say the same as the span's where the question asks.

    "On which days is the office open" asks for no row whose cell in that column says "closed",
    unless the reader's own row says so: then the question asks for these in other words ("shut").
    "Which stops are the cheapest" asks for some rows, which no cell tells.
    """
    lines = lines_of(text)
    tables = [cells_of(line) for line in lines]
    place = next(number for number, line in enumerate(lines) if span[1] <= line.end)
    own = tables[place]
    column = next((name for name, cell in own.items() if _is_most(span, cell)), None)
    if column is None or len(own) == 1:
        return []
    wanted = {
        name: text[slice(*cell)]
        for name, cell in own.items()
        if name != column and _is_asked_for(name, text[slice(*cell)], question)
    }
    if not wanted and SUPERLATIVE.search(question) and not NAMED_COUNT.search(question):
        return []
    rows = _around(lines, place, [cells.keys() == own.keys() for cells in tables])
    denies = DENYING.search(question) is not None
    named = [
        name
        for name in own
        if name not in {column, *wanted} and not denies and _names(question, name)
    ]
    if any(_is_nothing(text[slice(*own[name])], question) for name in named):
        named = []
    return [
        cells[column]
        for cells in map(cells_of, rows)
        if all(text[slice(*cells[name])] == value for name, value in wanted.items())
        and not any(_is_nothing(text[slice(*cells[name])], question) for name in named)
    ]


def _is_nothing(cell: str, question: str) -> bool:
    """Whether a cell says that something is not there, and the question does not ask for that."""
    is_asked_for = not content_stems(cell).isdisjoint(content_stems(question))
    return NOTHING_THERE.fullmatch(cell) is not None and not is_asked_for


def _names(question: str, column: str) -> bool:
    """Whether a question holds all content words of a column's name."""
    stems = content_stems(column)
    return bool(stems) and stems <= content_stems(question)


def _is_asked_for(name: str, value: str, question: str) -> bool:
    """Whether a question asks for the rows that have a value: "which moderators"."""
    asked = content_stems(question)
    told_by = name if value.lower() in YES_AND_NO else value
    return not asked.isdisjoint(content_stems(told_by))


def _parts_of_sentence(passage: Passage, spans: Sequence[Bounds]) -> list[Bounds]:
    """The parts of a sentence from the first span on: "A, B and C"."""
    text = passage.text
    start, end = quote_bounds(passage.sentences, *spans[0])
    own = [span for span in spans if start <= span[0] and span[1] <= end]
    first, last = min(span[0] for span in own), max(span[1] for span in own)
    end = first + len(_trimmed(text[first:end]))
    between = separators(PART_SEPARATOR, text, first, end)
    if not any(one[1] or one[2] for one in between):
        return []
    parts = _joined_parts(between, first, last, end, is_only=len(own) == 1)
    texts = [text[slice(*part)] for part in parts]
    is_of_parts = all(0 < len(text.split()) <= _MAX_WORDS for text in texts)
    is_among = any(_is_most(spans[0], part) for part in parts)
    return parts if is_of_parts and is_among and not are_numbers_of_one(texts) else []


def _parts_behind_label(passage: Passage, span: Bounds, question: str) -> list[Bounds]:
    """
    The parts of what a label names, though no "and" joins the last one: "Present: A, B, C".

    A place or a day may be written in parts, too, so the question asks for several things, or who
    of what may be names.
    """
    text = passage.text
    # The reader's span may run on into the lines below.
    start, end = quote_bounds(passage.sentences, span[0], span[0] + 1)
    cells = cells_of(TextLine(start, text[start:end]))
    if len(cells) != 1 or "" in cells:
        return []
    ((first, end),) = cells.values()
    end = first + len(_trimmed(text[first:end]))
    between = separators(PART_SEPARATOR, text, first, end)
    starts = [first, *(one.end() for one in between)]
    parts = list(zip(starts, [*(one.start() for one in between), end], strict=True))
    texts = [text[slice(*part)] for part in parts]
    kind = KIND_OF_QUESTION.search(question)
    is_for_names = kind is not None and kind[0].lower() == "who"
    is_asked = SEVERAL.search(without_opening(question)) is not None or (
        is_for_names and all(each[:1].isupper() for each in texts)
    )
    are_short = all(0 < len(each.split()) <= _MAX_WORDS for each in texts)
    is_list = is_asked and are_short and len(parts) >= FEWEST_ALONE
    return parts if is_list and span[0] in starts else []


def _joined_parts(
    between: Sequence[re.Match[str]], first: int, last: int, end: int, *, is_only: bool
) -> list[Bounds]:
    """
    The parts up to the one that "and" joins.

    Args:
        between: What separates them.
        first: Where the first of them begins.
        last: Where the reader's last span ends.
        end: Where the sentence ends.
        is_only: Whether the reader found only one.
    """
    starts = [first, *(one.end() for one in between)]
    ends = [*(one.start() for one in between), end]
    reached = sum(start < last for start in starts)
    closing = [number for number, one in enumerate(between, 2) if one[1] or one[2]]
    count = min(max(number, reached) for number in closing)
    parts = list(zip(starts, ends, strict=True))[:count]
    # The reader alone can tell where the first part ends, if more is said of it: "A as chair, B".
    if count > reached and is_only and (count < FEWEST_ALONE or last not in ends):
        return []
    # And where the last one does.
    if count == reached:
        parts[-1] = (parts[-1][0], last)
    return parts
