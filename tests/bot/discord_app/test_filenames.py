"""Names from people become names in a folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_app.filenames import MAX_NAME_BYTES, MAX_NAME_CHARS, safe_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Minutes of May.PDF", "Minutes of May.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\evil.TXT", "evil.txt"),
        ("/", "document"),
        ("..", "document"),
        ("", "document"),
        (".hidden.txt", "hidden.txt"),
        (".txt", "document.txt"),
        ("\u200b .TXT", "document.txt"),
        ("and so on....txt", "and so on....txt"),
        ("a\x00b\x1b[31m\u202egnp.txt", "ab[31mgnp.txt"),
        ("line\nbreak\r\n.txt", "line break.txt"),
        ("cafe\u0301.md", "caf\u00e9.md"),
        ("ends in a dot.", "ends in a dot"),
        ("x" * 300 + ".txt", "x" * 96 + ".txt"),
        ("\U0001f600" * 80 + ".txt", "\U0001f600" * 49 + ".txt"),
        ("a." + "y" * 300, "a." + "y" * 98),
    ],
)
def test_a_name_is_one_visible_part_of_a_path(given: str, expected: str) -> None:
    assert safe_name(given) == expected


@given(st.text(max_size=400))
def test_whatever_it_is_called_it_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)

    assert Path("folder", safe).name == safe
    assert not safe.startswith(".")
    assert safe.isprintable()
    assert 0 < len(safe) <= MAX_NAME_CHARS
    assert len(safe.encode()) <= MAX_NAME_BYTES
    assert safe_name(safe) == safe
