"""What `quoth chat` reads: lines of a pipe, and what was typed before."""

import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput

from bot.cli import chat
from tests.commands import quoth
from tests.conftest import ROOT
from tests.forks import forked_command


def test_a_line_that_is_too_long_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["x" * (2 * chat.MAX_LINE_CHARS + 5), "how many", "x" * chat.MAX_LINE_CHARS]
    given = io.TextIOWrapper(io.BytesIO("\n".join(lines).encode()))
    monkeypatch.setattr("sys.stdin", given)

    assert [line.rstrip("\n") for line in chat._piped()] == [
        "x" * chat.MAX_LINE_CHARS,
        *lines[1:],
    ]


@pytest.mark.parametrize("blanks", [99_990, 100_000, 250_000])
def test_a_question_is_found_behind_any_number_of_blanks(
    monkeypatch: pytest.MonkeyPatch, blanks: int
) -> None:
    given = io.TextIOWrapper(io.BytesIO(b" " * blanks + b"how many for theft\nand for arson\n"))
    monkeypatch.setattr("sys.stdin", given)

    assert [line.strip() for line in chat._piped()] == ["how many for theft", "and for arson"]


def test_where_the_history_cannot_be_written_the_chat_goes_on(tmp_path: Path) -> None:
    (tmp_path / "chat-history").mkdir()

    with create_app_session(DummyInput(), DummyOutput()):
        session = chat._session(tmp_path / "chat-history")

    assert isinstance(session.history, InMemoryHistory)


def test_where_the_history_cannot_be_written_any_more_the_chat_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "chat-history"
    with create_app_session(DummyInput(), DummyOutput()):
        history = chat._session(kept).history
    history.append_string("how many for theft")
    assert "+how many for theft\n" in kept.read_text()
    kept.unlink()
    kept.mkdir()

    history.append_string("and for arson")

    assert history.get_strings()[-1] == "and for arson"


def test_a_conversation_goes_on_with_what_was_indexed_since(home: Path) -> None:
    def index(text: str) -> None:
        own = home / "data/collections/bakery/documents"
        own.mkdir(parents=True, exist_ok=True)
        (own / "bread.txt").write_text(text)
        assert quoth("index", "--collection", "bakery", cwd=home).returncode == 0

    index("The bread is 17 francs a loaf.")
    with subprocess.Popen(
        forked_command(
            "tests.commands:main_with_fake_reader", "chat", "--json", "--collection", "bakery"
        ),
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        answers = []
        for price in (19, 21):
            talk.stdin.write(b"how much is a loaf of bread\n")
            talk.stdin.flush()
            answers.append(json.loads(talk.stdout.readline())["answer"])
            index(f"The bread is {price} francs a loaf.")

    assert answers == ["17", "19"]
