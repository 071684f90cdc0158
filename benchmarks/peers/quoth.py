"""Quoth, as a library."""

import shutil
from collections.abc import Sequence
from pathlib import Path

# Quoth imports these when it first needs them; here they count as what importing costs.
import faiss  # noqa: F401
import onnxruntime  # noqa: F401
import tantivy  # noqa: F401
import tokenizers  # noqa: F401

from answering.answer import Answer
from answering.answerer import Answerer
from answering.candidates import judge
from answering.question import Question
from benchmarks.peers import PASSAGES, PeerReply
from bot.assembly import open_answering
from bot.collection_builds import SPLITTING
from bot.settings import load_settings
from index.reporting import SilentReporter

# More than Quoth would encode without torch.
_WARMING_TEXTS = 256


class System:
    """See `benchmarks.peers.PeerSystem`."""

    def __init__(self, folder: Path, threads: int) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._settings = load_settings(data=folder, threads=threads, passages=PASSAGES)

    def prepare(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        from index.encoder import SentenceEncoder

        # What is known from an earlier build would not be encoded again.
        for known in (self._settings.collections, self._settings.vectors):
            shutil.rmtree(known, ignore_errors=True)
        self._encoder = SentenceEncoder(self._settings.encoder, self._settings.encoder_exports)
        self._encoder.encode(["warm"] * _WARMING_TEXTS, lambda _: None)

    def build(self, documents: Path, passages: Sequence[str]) -> None:  # noqa: ARG002
        """Read and cut the documents too, which the others are spared."""
        from index.build import build
        from index.store import Collection

        build(
            Collection(self._settings.base_collection),
            documents,
            open_encoder=lambda: self._encoder,
            vectors=self._settings.vectors,
            splitting=SPLITTING,
            reporter=SilentReporter(),
            without=self._settings.data,
        )

    def open(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._answerer: Answerer = open_answering(self._settings).answerer()

    def answer(self, question: str) -> Answer:
        """See `benchmarks.peers.PeerSystem`."""
        return self._answerer.answer(self._typed(question))

    def _typed(self, question: str) -> Question:
        return Question.typed(question, self._settings.max_question_chars)

    def reply(self, question: str, said: Answer) -> PeerReply:
        """The first span; what was too doubtful to be said is looked for again."""
        if said.spans:
            return PeerReply(said.spans[0].text, said.spans[0].text, said.confidence)
        judged = judge(
            self._answerer.find(self._typed(question)).candidates, self._answerer.calibration
        )
        best = judged[0].candidate.span.text if judged else ""
        return PeerReply("", best, said.confidence)
