"""
Texts that a regular expression may take too long for, made from what it looks for.

A pattern is slow where it can share out the same characters among its parts in many ways, or where
it looks far ahead from every place in vain. Both show when one of its repetitions is fed for long,
and then misses.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Node = tuple[Any, Any]
"""A part of a parsed pattern: what it is, and its parts or its values."""

# What a class of characters is tried with.
_ALPHABET = "a1 A.,-'’\n\t_:;/()#|<>`*&!?=\"[]~+@éſ"
# What every pattern is tried with.
_COMMON = (
    *("a", "A", "1", " ", "\n", "a ", "A. ", "1,", ", ", "a, ", "- ", "!", "a\n", "\n\n", "1 "),
    *("(A)(A)", "A A A (AAA) ", "a (ABs) ", "(AB ("),
)
_SAMPLES, _SAMPLES_OF_CLASS = 12, 6


def hostile_strings(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Beginnings, and what is to be repeated after each."""
    source = pattern.pattern
    text = source if isinstance(source, str) else source.decode("latin-1")
    tree = list(parser.parse(text, pattern.flags | re.UNICODE))
    found: dict[tuple[str, str], None] = dict.fromkeys(("", one) for one in _COMMON)
    for sample in _samples(tree):
        found |= dict.fromkeys((("", sample), ("", f"{sample} ")))
    for before, unit in _repeated(tree):
        found |= dict.fromkeys(
            (
                *((before, unit), ("", unit), ("a", unit)),
                *(("", before + unit), ("", f"{before}{unit} ")),
            )
        )
    return [(before, unit) for before, unit in found if unit]


def _samples(nodes: Iterable[Node]) -> list[str]:
    """A few texts that a sequence fits, or nearly."""
    parts = [_samples_of(node) for node in nodes]
    first = [part[0] for part in parts]
    found = {"".join(first): None}
    for place, part in enumerate(parts):
        for other in part[1:]:
            found["".join([*first[:place], other, *first[place + 1 :]])] = None
    return list(islice(found, _SAMPLES))


def _samples_of(node: Node) -> list[str]:
    code, value = node
    # What takes no characters is "".
    return _SAMPLERS.get(code, lambda _: [""])(value) or [""]


def _of_class(members: list[Node]) -> list[str]:
    fitting = [one for one in _ALPHABET if _fits(members, one)][:_SAMPLES_OF_CLASS]
    stated = (
        chr(value if code is codes.LITERAL else value[0])
        for code, value in members
        if code in {codes.LITERAL, codes.RANGE}
    )
    return fitting or list(islice(stated, 1))


def _of_repeat(value: tuple[int, int, list[Node]]) -> list[str]:
    least, _, body = value
    return [text * max(1, least) for text in _samples(body)] + ([""] if least == 0 else [])


_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_SAMPLERS: dict[Any, Callable[[Any], list[str]]] = {
    codes.LITERAL: lambda value: [chr(value)],
    codes.NOT_LITERAL: lambda value: [one for one in "a1 " if ord(one) != value],
    codes.ANY: lambda _: ["a", " "],
    codes.IN: _of_class,
    codes.BRANCH: lambda value: [text for branch in value[1] for text in _samples(branch)[:3]],
    codes.SUBPATTERN: lambda value: _samples(value[3]),
    codes.ATOMIC_GROUP: _samples,
} | dict.fromkeys(_REPEATS, _of_repeat)

_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdecimal,
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    codes.CATEGORY_NOT_DIGIT: lambda one: not one.isdecimal(),
    codes.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    codes.CATEGORY_NOT_WORD: lambda one: not one.isalnum() and one != "_",
}


def _fits(members: list[Node], character: str) -> bool:
    is_in = any(_is(code, value, character) for code, value in members)
    return is_in != (members[0][0] is codes.NEGATE)


def _is(code: Any, value: Any, character: str) -> bool:
    if code is codes.LITERAL:
        return bool(ord(character) == value)
    if code is codes.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    return code is codes.CATEGORY and bool(_CATEGORIES[value](character))


def _repeated(nodes: Iterable[Node], before: str = "") -> Iterator[tuple[str, str]]:
    """What a repetition repeats, and a text that leads to it."""
    for code, value in nodes:
        if code in _REPEATS:
            for unit in _samples(value[2])[:_SAMPLES_OF_CLASS]:
                yield before, unit
        for inner in _INNER.get(code, lambda _: [])(value):
            yield from _repeated(inner, before)
        before += _samples_of((code, value))[0]


_INNER: dict[Any, Callable[[Any], list[list[Node]]]] = {
    codes.BRANCH: lambda value: value[1],
    codes.SUBPATTERN: lambda value: [value[3]],
    codes.ATOMIC_GROUP: lambda value: [value],
    codes.ASSERT: lambda value: [value[1]],
    codes.ASSERT_NOT: lambda value: [value[1]],
} | dict.fromkeys(_REPEATS, lambda value: [value[2]])
