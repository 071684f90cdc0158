"""What `quoth chat` reads from a pipe."""

import io

import pytest

from bot.cli import chat


def test_a_line_that_is_too_long_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["x" * (2 * chat.MAX_LINE_CHARS + 5), "how many", "x" * chat.MAX_LINE_CHARS]
    given = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode()))
    monkeypatch.setattr("sys.stdin", given)

    assert [line.rstrip("\n") for line in chat._piped()] == [
        "x" * chat.MAX_LINE_CHARS,
        *lines[1:],
    ]
