"""Damaged files: read, or refused with a reason, whatever was done to them."""

import random
from pathlib import Path

import pytest

from index.documents import Loaded, Parse
from index.errors import DocumentError
from index.formats import parse
from index.parsing import ParserProcess

FILES = Path(__file__).parents[1] / "files"


def damaged(content: bytes, chance: random.Random) -> bytes:
    """With some bytes changed, some taken out and some doubled."""
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 20)):
        at = chance.randrange(len(changed))
        how = chance.random()
        if how < 0.6:
            changed[at] = chance.randrange(256)
        elif how < 0.8:
            del changed[at : at + chance.randrange(1, 200)]
        else:
            changed[at:at] = changed[at : at + chance.randrange(1, 200)]
        if not changed:
            break
    return bytes(changed)


def outcome(parse: Parse, suffix: str, content: bytes) -> Loaded | str:
    """What was read, or the reason why nothing was."""
    try:
        return parse(suffix, content)
    except DocumentError as error:
        return str(error)


@pytest.mark.parametrize("suffix", [".docx", ".epub", ".html", ".pdf"])
def test_a_damaged_file_is_read_or_refused(suffix: str) -> None:
    chance = random.Random(suffix)  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    for _ in range(15):
        assert outcome(parse, suffix, damaged(content, chance))


@pytest.mark.stress
@pytest.mark.parametrize("suffix", [".docx", ".epub", ".html", ".pdf"])
def test_thousands_of_damaged_files_are_read_or_refused(suffix: str) -> None:
    chance = random.Random(f"more {suffix}")  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    with ParserProcess() as parser:
        for _ in range(1_000):
            assert outcome(parser.parse, suffix, damaged(content, chance))
