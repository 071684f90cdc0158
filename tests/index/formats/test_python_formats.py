"""Formats that Python alone reads: what is in them meets nothing compiled, and leaves nothing."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest

from index import parser_sharing
from index.formats.base import FORMATS, Loaded
from index.parsing import ParserProcess
from tests.index.formats.python_files import BEYOND, PYTHON_FILES, REFUSED, python_outcome
from tests.index.formats.test_damage import outcome

_ALONE = """
import json, sys
from importlib.machinery import ExtensionFileLoader, PathFinder

# Only provenance takes something compiled, which reads no document.
import index.provenance
from tests.index.formats.python_files import python_outcome

class NothingCompiled(PathFinder):
    @classmethod
    def find_spec(cls, *given):
        found = super().find_spec(*given)
        if found and isinstance(found.loader, ExtensionFileLoader):
            if "site-packages" in found.origin:
                raise ImportError(f"{found.name} is compiled")
        return found

sys.meta_path[sys.meta_path.index(PathFinder)] = NothingCompiled
files = json.load(sys.stdin)
print(json.dumps([python_outcome(suffix, bytes.fromhex(content)) for suffix, content in files]))
print([name for name in ("lxml", "markdown_it") if name in sys.modules])
"""


def _files(count: int, name: str) -> Iterator[tuple[str, bytes]]:
    """Files of all formats, each whole and so often damaged, in any order."""
    chance = random.Random(name)  # noqa: S311 - damage, not secrets
    files = [
        (suffix, _damaged_text(content, chance) if number else content)
        for suffix, content in PYTHON_FILES.items()
        for number in range(count + 1)
    ]
    chance.shuffle(files)
    yield from files


def _damaged_text(content: bytes, chance: random.Random) -> bytes:
    """With some pieces and lines changed, taken out or doubled, mostly in ASCII."""
    changed = content
    for _ in range(chance.randrange(1, 6)):
        lines = changed.splitlines(keepends=True)
        pieces = lines if chance.random() < 0.5 else re.findall(rb"(?s).{1,5}", changed)
        at = chance.randrange(len(pieces))
        value = chance.randrange(128 if chance.random() < 0.95 else 256)
        pieces[at] = chance.choice((b"", bytes([value]), pieces[at] * 2))
        changed = b"".join(pieces) or b"\n"
    return changed


def test_there_is_a_file_of_each() -> None:
    of_python = {each.function for each in FORMATS.values() if each.is_python}

    there = {FORMATS[suffix].function for suffix in PYTHON_FILES}
    assert there == of_python, "Add a file to PYTHON_FILES, and the format to SECURITY.md"


@pytest.mark.parametrize("suffix", PYTHON_FILES)
def test_most_of_what_is_compared_is_read_by_python_alone(suffix: str) -> None:
    of_it = [content for ending, content in _files(40, "beyond") if ending == suffix]
    outcomes = [python_outcome(suffix, content) for content in of_it]

    assert python_outcome(suffix, PYTHON_FILES[suffix]) != BEYOND
    assert outcomes.count(BEYOND) < len(outcomes) / 2


def test_python_alone_reads_them() -> None:
    files = list(_files(10, "alone"))
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ALONE],
        input=json.dumps([(suffix, content.hex()) for suffix, content in files]),
        capture_output=True,
        text=True,
        check=True,
    )

    outcomes, imported = told.stdout.splitlines()
    assert json.loads(outcomes) == [python_outcome(suffix, content) for suffix, content in files]
    assert imported == "['markdown_it']"


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".md", b"Fees\n\n<p>Two.</p>\n"),
        (".adoc", b"Fees\n\n++++\n<p>Two.\n++++\n"),
        (".csv", b"boat,fee\nSwan,caf\xe9\n"),
        (".html", b"<p>Two.</p>"),
    ],
)
def test_what_needs_more_is_not_read_by_python_alone(suffix: str, content: bytes) -> None:
    assert python_outcome(suffix, content) == BEYOND


def _outcomes(files: list[tuple[str, bytes]]) -> list[Loaded | str]:
    with ParserProcess() as parser:
        return [outcome(parser.parse, suffix, content) for suffix, content in files]


def _assert_read_as_if_alone(
    files: Iterable[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are read in one process in turn as each is in a process of its own."""
    # After one that is not read by Python alone, a new process begins: they come last.
    in_order = sorted(files, key=lambda file: _ends_its_process(*file))
    shared = _outcomes(in_order)
    monkeypatch.setattr(parser_sharing, "MAX_SHARED_FILES", 0)
    assert shared == _outcomes(in_order)


def _ends_its_process(suffix: str, content: bytes) -> bool:
    return python_outcome(suffix, content).startswith((BEYOND, REFUSED))


def test_no_file_knows_what_another_defines(monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for suffix in (".adoc", ".md", ".rst"):
        lines = PYTHON_FILES[suffix].splitlines(keepends=True)
        files += [(suffix, b"".join(lines))]
        files += [
            (suffix, b"".join(lines[:number] + lines[number + 1 :])) for number in range(len(lines))
        ]

    _assert_read_as_if_alone(files, monkeypatch)


def test_damaged_files_change_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    _assert_read_as_if_alone(_files(4, "some"), monkeypatch)


@pytest.mark.stress
def test_hundreds_of_damaged_files_change_nothing_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _assert_read_as_if_alone(_files(300, "hundreds"), monkeypatch)
