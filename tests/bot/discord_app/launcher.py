"""
Runs `quoth` as a process against the local Discord, with fakes for models.

Usage: launcher.py URL LIBRARY ARGUMENT ...

Questions are not answered before there is a file `open` in the folder of the library.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import assembly
from bot.answer import Answerer
from bot.cli.main import main
from bot.settings import Settings
from index.retrieve import Retriever
from reader.model import PassageText, Reader
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION, FakeReader, Library


class GatedReader(FakeReader):
    """Reads when it is let."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        while not self._gate.exists():
            time.sleep(0.01)
        return super().read(question, passages, spans_per_passage)


def launch(url: str, folder: Path) -> None:
    """Put the fakes in place, and run."""
    library = Library(folder)
    Route.BASE = f"{url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{url.replace('http', 'ws')}/gateway")

    def open_index(*_: object, **__: object) -> assembly.OpenIndex:
        return SimpleNamespace(generation=library.open(), encoder=library.encoder)  # type: ignore[return-value]

    def open_reader(_: Settings) -> GatedReader:
        return GatedReader(folder / "open")

    def make_answerer(settings: Settings, opened: assembly.OpenIndex, reader: Reader) -> Answerer:
        return Answerer(
            Retriever(opened.generation, opened.encoder),
            reader,
            FAKE_CALIBRATION,
            passages=settings.passages,
            min_confidence=settings.min_confidence,
            max_question_chars=settings.max_question_chars,
        )

    assembly.open_fresh_index = open_index
    assembly.open_index = open_index
    assembly.open_reader = open_reader  # type: ignore[assignment]
    assembly.make_answerer = make_answerer
    main()


if __name__ == "__main__":
    local_url, library_folder = sys.argv[1], Path(sys.argv[2])
    del sys.argv[1:3]
    launch(local_url, library_folder)
