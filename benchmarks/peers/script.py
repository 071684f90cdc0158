"""The plain script."""

from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks import naive
from benchmarks.peers import READER, PeerReply


class System:
    """See `benchmarks.peers.PeerSystem`."""

    def __init__(self, folder: Path, threads: int) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        torch.set_num_threads(threads)
        self._folder = folder

    def prepare(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._encoder = naive.open_encoder()

    def build(self, documents: Path, passages: Sequence[str]) -> None:  # noqa: ARG002
        """See `benchmarks.peers.PeerSystem`."""
        naive.build(self._encoder, passages, self._folder)

    def open(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._opened = naive.open_all(self._folder, READER)

    def answer(self, question: str) -> tuple[str, float]:
        """See `benchmarks.peers.PeerSystem`."""
        return naive.answer(self._opened, question)

    def reply(self, question: str, said: tuple[str, float]) -> PeerReply:  # noqa: ARG002
        """A margin above 0 is an answer."""
        span, margin = said
        return PeerReply(span if margin > 0 else "", span, margin)
