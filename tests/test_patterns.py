"""
Every pattern of Quoth takes time in proportion to the text, whatever the text is.

Documents and questions come from strangers, and a pattern that takes the square of their length, or
worse, is a way to keep others waiting. What is compared is the processor's time for a text and for
one eight times as long, so no machine is too slow for it.
"""

import ast
import importlib
import itertools
import pkgutil
import re
import signal
import time
from collections.abc import Iterator
from functools import _lru_cache_wrapper, cache
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.hostile_strings import hostile_strings

PACKAGES = ("answering", "bot", "index", "prompts", "quoth", "reader")
_SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
# Nothing else can import it.
_RUN_BY_ALEMBIC = "bot.postgres_tables.env"
_USES = ("search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")

# What a text ends with, so that it misses.
_TAILS = ("", "\x00", "a", "\n!")
_FEW, _MANY = 125, 1_000
# Eight times the text takes a linear pattern eight times the time, and a quadratic one 64 times.
_MOST_GROWTH = 24
# A machine that pauses for a moment makes a line look like a square, though hardly so often.
_LOOKS = 5
# What takes less for `_MANY` characters is not looked at closer: it is far from their square.
_QUICK_S = 0.00025
# A pattern that takes longer for `_MANY` characters is ended: an exponential one never ends.
_HOPELESS_S = 0.4


class HopelessError(Exception):
    """A pattern was ended."""


def modules() -> Iterator[ModuleType]:
    for package in map(importlib.import_module, PACKAGES):
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name != _RUN_BY_ALEMBIC:
                yield importlib.import_module(found.name)


def patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from patterns_in((*value, *value.values()))
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from patterns_in(one)
    elif isinstance(value, type) and value.__module__.partition(".")[0] in PACKAGES:
        for one in vars(value).values():
            if isinstance(one, re.Pattern):
                yield one


def compiled() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every pattern that a module or a class holds, or keeps once it was asked for."""
    for module in modules():
        for name, held in vars(module).items():
            value = held() if is_kept_later(module, held) else held
            for number, pattern in enumerate(patterns_in(value)):
                yield f"{module.__name__}.{name}.{number}", pattern


def is_kept_later(module: ModuleType, value: object) -> bool:
    """Whether a module keeps patterns that a function of its own compiles."""
    return (
        isinstance(value, _lru_cache_wrapper)
        and value.__module__ == module.__name__
        and "re.Pattern" in str(value.__annotations__.get("return"))
    )


def written_in_place() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every pattern that is written where it is used; what is filled in is taken for an "x"."""
    for path in _SOURCES:
        for call in _calls(path.read_text(), _USES):
            pattern = call.args[0]
            parts = pattern.values if isinstance(pattern, ast.JoinedStr) else [pattern]
            texts = [part.value if isinstance(part, ast.Constant) else "x" for part in parts]
            if texts != ["x"]:
                yield (
                    f"{path.relative_to(ROOT)}:{call.lineno}",
                    re.compile("".join(map(str, texts))),
                )


def _calls(source: str, names: tuple[str, ...]) -> Iterator[ast.Call]:
    functions = {f"re.{name}" for name in names}
    if not any(f"{function}(" in source for function in functions):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in functions:
            yield node


@cache
def patterns() -> dict[re.Pattern[Any], str]:
    """
    Every pattern, with one of its names.

    All of Quoth is imported for it, so it is no parameter of tests, which each process collects.
    """
    return {pattern: name for name, pattern in (*compiled(), *written_in_place())}


@cache
def uses() -> dict[str, set[str]]:
    """What is done with the variables that may hold a pattern."""
    found: dict[str, set[str]] = {}
    for path in _SOURCES:
        text = path.read_text()
        for variable, use in re.findall(rf"\b(\w+)(?=\.({'|'.join(_USES)})\b)", text):
            found.setdefault(variable, set()).add(use)
    return found


def begins_at_the_start(name: str) -> bool:
    """Whether a pattern is never looked for further on in a text."""
    variable = name.split(".")[-2] if ":" not in name else "no variable"
    found = uses().get(variable, set())
    return bool(found) and found <= {"match", "fullmatch"}


def seconds(pattern: re.Pattern[Any], text: str, *, at_start: bool, times: int = 1) -> float:
    """The processor's time to find all that fits, or to look at the beginning alone."""
    subject = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    measured = []
    for _ in range(times):
        started = time.thread_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, _HOPELESS_S)
        try:
            if at_start:
                pattern.match(subject)
                pattern.fullmatch(subject)
            else:
                for _ in pattern.finditer(subject):
                    pass
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        measured.append(time.thread_time() - started)
    return min(measured)


@pytest.fixture(autouse=True)
def _end_what_is_hopeless() -> Iterator[None]:
    """Python looks for signals while it looks for a pattern."""

    def end(_number: int, _frame: object) -> None:
        raise HopelessError

    before = signal.signal(signal.SIGVTALRM, end)
    yield
    signal.signal(signal.SIGVTALRM, before)


def grown(before: str, unit: str, tail: str, size: int) -> str:
    return (before + unit * (size // len(unit) + 1))[:size] + tail


def _many(unit: str) -> int:
    """
    About `_MANY` characters, of which a text ends within the unit where one of `_FEW` does.

    Else one of them may fit a pattern to its end and the other not, which takes another time.
    """
    return _FEW + round((_MANY - _FEW) / len(unit)) * len(unit)


def _growth(
    pattern: re.Pattern[Any], many: str, few: str, *, at_start: bool, times: int = 1
) -> float:
    """How many times the time a longer text takes; 0 if the longer one takes next to none."""
    long = seconds(pattern, many, at_start=at_start, times=times)
    if long < _QUICK_S:
        return 0
    return long / max(1e-6, seconds(pattern, few, at_start=at_start, times=3))


def slow_text(pattern: re.Pattern[Any], *, at_start: bool = False) -> str | None:
    """What a text looks like that a pattern takes too long for; None if none was found."""
    for (before, unit), tail in itertools.product(hostile_strings(pattern), _TAILS):
        shown = f"{before!r} and then {unit!r} again and again, and {tail!r}"
        many, few = (grown(before, unit, tail, size) for size in (_many(unit), _FEW))
        try:
            growth = _growth(pattern, many, few, at_start=at_start)
            for _ in range(_LOOKS):
                if growth <= _MOST_GROWTH:
                    break
                growth = _growth(pattern, many, few, at_start=at_start, times=3)
        except HopelessError:
            return f"{shown}: too long for {_MANY} characters"
        if growth > _MOST_GROWTH:
            return f"{shown}: {growth:.0f} times the time for {_MANY // _FEW} times the text"
    return None


@pytest.mark.parametrize("package", PACKAGES)
def test_a_pattern_takes_time_in_proportion_to_the_text(package: str) -> None:
    slow = {
        name: slow_text(pattern, at_start=begins_at_the_start(name))
        for pattern, name in patterns().items()
        if re.split("[./]", name)[0] == package
    }

    assert {name: text for name, text in slow.items() if text is not None} == {}


def test_every_pattern_that_is_compiled_is_found() -> None:
    stated = sum(len(list(_calls(path.read_text(), ("compile",)))) for path in _SOURCES)
    held = [name for name in patterns().values() if ":" not in name]

    # Some are compiled in turn, from several texts.
    assert len(held) >= stated


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w+:",
        r"\s*[,;]",
        r"(?:a+)+$",
        r"(?:a|aa)+$",
        r"how many\b.*\band how many",
        r"\s+$",
        r"<!--.*?-->",
        r"^\W*(?:x\s*)?\W*$",
    ],
)
def test_a_pattern_that_takes_longer_is_noticed(pattern: str) -> None:
    assert slow_text(re.compile(pattern)) is not None


def test_what_is_looked_for_at_the_start_alone_is_judged_by_that() -> None:
    assert slow_text(re.compile(r"\s*x"), at_start=True) is None
    assert slow_text(re.compile(r"\s*\s*x"), at_start=True) is not None
