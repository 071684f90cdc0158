"""The plain script."""

from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks import naive
from benchmarks.peers import READER, Reply


class System:
    """See `benchmarks.peers.Peer`."""

    def __init__(self, folder: Path, threads: int) -> None:
        """See `benchmarks.peers.Peer`."""
        torch.set_num_threads(threads)
        self._folder = folder

    def prepare(self) -> None:
        """See `benchmarks.peers.Peer`."""
        self._encoder = naive.open_encoder()

    def build(self, documents: Path, passages: Sequence[str]) -> None:  # noqa: ARG002
        """See `benchmarks.peers.Peer`."""
        naive.build(self._encoder, passages, self._folder)

    def open(self) -> None:
        """See `benchmarks.peers.Peer`."""
        self._opened = naive.open_all(self._folder, READER)

    def answer(self, question: str) -> tuple[str, float]:
        """See `benchmarks.peers.Peer`."""
        return naive.answer(self._opened, question)

    def reply(self, question: str, said: tuple[str, float]) -> Reply:  # noqa: ARG002
        """A margin above 0 is an answer."""
        span, margin = said
        return Reply(span if margin > 0 else "", span, margin)
