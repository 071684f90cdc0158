"""Damaged files: read, or refused with a reason, whatever was done to them."""

import io
import random
import re
import zipfile
from pathlib import Path

import pytest

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import Loaded, Parse
from index.parsing import ParserProcess

FILES = Path(__file__).parents[1] / "files"
_ARCHIVES = [".docx", ".epub", ".odp", ".ods", ".odt", ".pptx", ".xlsx"]
_FORMATS = [*_ARCHIVES, ".html", ".pdf", ".rtf", ".xls"]


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


def damaged_inside(content: bytes, chance: random.Random) -> bytes:
    """A whole archive in which one member or more is damaged, renamed or missing."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        members = package.namelist()
        harmed = set(chance.sample(members, chance.randrange(1, min(4, len(members)) + 1)))
        for name in members:
            part = package.read(name)
            if name in harmed:
                how = chance.random()
                if how < 0.1:
                    continue
                if how < 0.2:
                    changed.writestr(f"{name}.renamed", part)
                    continue
                if part:
                    part = damaged_markup(part, chance) if how < 0.8 else damaged(part, chance)
            changed.writestr(name, part)
    return buffer.getvalue()


def damaged_markup(part: bytes, chance: random.Random) -> bytes:
    """With tags, attributes and texts taken out, doubled and swapped: most stays well-formed."""
    pieces = re.split(rb"(<[^>]*>)", part)
    for _ in range(chance.randrange(1, 10)):
        one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        how = chance.random()
        if how < 0.3:
            pieces[one], pieces[other] = pieces[other], pieces[one]
        elif how < 0.5:
            pieces[one] = re.sub(rb'="[^"]*"', b'="-1"', pieces[one])
        elif how < 0.7:
            pieces[one:one] = pieces[one : one + 3] * chance.choice((2, 500))
        elif how < 0.85:
            pieces[one] = b"&nothing;\xff" if how < 0.75 else b""
        else:
            pieces[one] = b"<x>" * 3_000 + pieces[one] + b"</x>" * 3_000
    return b"".join(pieces)


def outcome(parse: Parse, suffix: str, content: bytes) -> Loaded | str:
    """What was read, or the reason why nothing was."""
    try:
        return parse(suffix, content)
    except DocumentError as error:
        return str(error)


@pytest.mark.parametrize("suffix", _FORMATS)
def test_a_damaged_file_is_read_or_refused(suffix: str) -> None:
    chance = random.Random(suffix)  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    for _ in range(15):
        assert outcome(parse, suffix, damaged(content, chance))


@pytest.mark.parametrize("suffix", _ARCHIVES)
def test_a_whole_archive_with_damaged_parts_is_read_or_refused(suffix: str) -> None:
    chance = random.Random(f"inside {suffix}")  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    outcomes = [outcome(parse, suffix, damaged_inside(content, chance)) for _ in range(30)]

    assert all(outcomes)
    assert {type(each) for each in outcomes} == {Loaded, str}


@pytest.mark.stress
@pytest.mark.parametrize("suffix", _ARCHIVES)
def test_thousands_of_archives_with_damaged_parts_are_read_or_refused(suffix: str) -> None:
    chance = random.Random(f"more inside {suffix}")  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    with ParserProcess() as parser:
        for _ in range(1_000):
            assert outcome(parser.parse, suffix, damaged_inside(content, chance))


@pytest.mark.stress
@pytest.mark.parametrize("suffix", _FORMATS)
def test_thousands_of_damaged_files_are_read_or_refused(suffix: str) -> None:
    chance = random.Random(f"more {suffix}")  # noqa: S311 - damage, not secrets
    content = (FILES / f"statutes{suffix}").read_bytes()
    with ParserProcess() as parser:
        for _ in range(1_000):
            assert outcome(parser.parse, suffix, damaged(content, chance))
