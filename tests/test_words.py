"""How docstrings and comments are written, and what classes are called."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = (
    "answering",
    "benchmarks",
    "bot",
    "docs",
    "index",
    "prompts",
    "quoth",
    "reader",
    "tests",
    "training",
)
PRODUCT = ("answering", "bot", "index", "prompts", "quoth", "reader")
# What begins so has lost its noun: "Of the encoder" where the encoder's hash is meant.
_WITHOUT_NOUN = re.compile(r"^(?:\s*\w+: )?\s*Of\b", re.MULTILINE)
# And so has a comment like "# Of a page's longer side." above the most that this side may have.
_COMMENT_WITHOUT_NOUN = re.compile(r"^\s*# (?:Of|That of)\b.*", re.MULTILINE)
# And so has "name: The collection's." where the name of the collection is meant.
_OWNER_ALONE = re.compile(
    r"(?:^ +\w+: |\"\"\")(?:(?:The|A|Every) [\w ]*['’]s?|Likewise)[.;,](?=\s|$|\").*",
    re.MULTILINE,
)
# And so has a first sentence like "By name.", "Likewise." or "And how many there may be.".
_LEANS = re.compile(r"\s*(?:By|And|Likewise|Or|Such as|That of)\b")
# A file in which no docstring does either: to find them takes a hundred times as long.
_MAY_LEAN = re.compile(
    r'(?:^|""")(?:\s*\w+: )?\s*(?:Of|By|And|Likewise|Or|Such as|That of)\b', re.MULTILINE
)


@cache
def docstrings(path: Path) -> list[tuple[int, str]]:
    """Each text that stands for itself, below what it describes, with its line, if any may lean."""
    source = path.read_text(encoding="utf-8")
    if not _MAY_LEAN.search(source):
        return []
    return [
        (node.lineno, node.value.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_begins_with_of(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match[0].strip()}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in docstrings(path)
        for match in _WITHOUT_NOUN.finditer(text)
    ]

    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_comment_begins_with_of(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for match in _COMMENT_WITHOUT_NOUN.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_leans_on_what_stands_above_it(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip().splitlines()[0]}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in docstrings(path)
        if _LEANS.match(text)
    ]

    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_docstring_names_an_owner_and_not_what_is_owned(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for match in _OWNER_ALONE.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_a_docstring_that_does_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('def a():\n    """\n    Do.\n\n    Args:\n        b: Of c.\n    """\n')

    ((line, text),) = docstrings(path)

    assert line == 2
    assert _WITHOUT_NOUN.search(text)
    assert not _WITHOUT_NOUN.search("The value of c. Offer: often.")
    assert _OWNER_ALONE.search("    name: The collection's.\n    folder: The folder.")
    assert not _OWNER_ALONE.search("    name: The collection's name.\n")


def kinds_of(source: str) -> Iterator[str]:
    """The public classes of a module, and its names for types, such as `Kind = Literal[...]`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [one.id for one in node.targets if isinstance(one, ast.Name)]
        else:
            continue
        yield from (name for name in names if re.match("[A-Z][A-Za-z]*[a-z]", name))


def homes_of_kinds(*packages: str) -> dict[str, list[str]]:
    """Where the public classes and the names for types of some packages are made."""
    homes: dict[str, list[str]] = {}
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            for name in kinds_of(path.read_text(encoding="utf-8")):
                homes.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return homes


def test_no_two_public_classes_have_one_name() -> None:
    homes = homes_of_kinds(*PRODUCT, "benchmarks", "training")

    twice = {name: paths for name, paths in homes.items() if len(paths) > 1}
    # Each system that Quoth is compared with is a module that has a class of this name.
    systems = twice.pop("System", [])
    assert [path for path in systems if not path.startswith("benchmarks/peers/")] == []
    assert twice == {}
