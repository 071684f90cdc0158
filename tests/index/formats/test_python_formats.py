"""Formats that Python alone reads: what is in them meets nothing compiled, and leaves nothing."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator

import pytest

from index.formats import parse
from index.formats.base import FORMATS
from index.parsing import ParserProcess
from tests.index.formats.python_files import BEYOND, PYTHON_FILES, python_outcome
from tests.index.formats.test_damage import damaged, outcome

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
        (suffix, damaged(content, chance) if number else content)
        for suffix, content in PYTHON_FILES.items()
        for number in range(count + 1)
    ]
    chance.shuffle(files)
    yield from files


def test_there_is_a_file_of_each() -> None:
    of_python = {each.function for each in FORMATS.values() if each.is_python}

    assert {FORMATS[suffix].function for suffix in PYTHON_FILES} == of_python


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


def _assert_read_as_if_alone(count: int, name: str) -> None:
    """Files whose good ones are read right, and whose bad ones as each by itself."""
    with ParserProcess() as parser:
        for suffix, content in _files(count, name):
            assert outcome(parser.parse, suffix, content) == outcome(parse, suffix, content)


def test_damaged_files_change_nothing_of_others() -> None:
    _assert_read_as_if_alone(4, "some")


@pytest.mark.stress
def test_hundreds_of_damaged_files_change_nothing_of_others() -> None:
    _assert_read_as_if_alone(300, "hundreds")
