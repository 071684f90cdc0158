"""
Documents, questions and vectors for `benchmarks.scale`.

A document is made of the sentences of one real passage after the other, each passage's in another
order, so that what stands together is about one thing, as in a real document. A limit of tokens
makes passages of two or three sentences of them.
"""

import hashlib
import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from index.documents import Document, list_documents, load_document
from index.encoder import Encoder, EncodingProgress, Vectors
from index.passages import Splitting, sentences, split
from training.sources import DATA_FOLDER

ROOT = Path(__file__).resolve().parents[1]
SPLITTING = Splitting(max_tokens=64)
# The length of what is added to a real vector of length 1, in a random direction.
NOISE_LENGTH = 0.4

_DATA = ("train.jsonl", "dev.jsonl")
# Real passages, each of about ten sentences.
_PASSAGES_PER_DOCUMENT = 12
_FEWEST_SENTENCES = 4
_FIRST_DAY = date(2020, 1, 1)
# Characters of an answer, so that it stands where it was asked for and hardly anywhere else.
_TELLING_LENGTH = 12


def questions(count: int) -> list[str]:
    """Real questions, about the passages that the documents are made of."""
    asked = [str(question["q"]) for row in _rows() for question in row["qas"]]
    return random.Random(1).sample(asked, count)  # noqa: S311 - a choice, no secret


def answered(count: int) -> list[tuple[str, str]]:
    """Real questions with their answers, of which a passage holds none by chance."""
    pairs = [
        (str(question["q"]), str(question["a"]))
        for row in _rows()
        for question in row["qas"]
        if question["a"] and len(question["a"]) >= _TELLING_LENGTH
    ]
    return random.Random(2).sample(pairs, count)  # noqa: S311 - a choice, no secret


def texts() -> Iterator[str]:
    """Texts of documents, without end."""
    pieces = [str(row["text"]) for row in _rows()]
    pieces += [load_document(file).text for file in list_documents(ROOT / "seeds").files]
    cut = [[text[start:end] for start, end in sentences(text)] for text in pieces]
    usable = [each for each in cut if len(each) >= _FEWEST_SENTENCES]
    chance = random.Random(0)  # noqa: S311 - texts, no secrets
    while True:
        yield "\n\n".join(
            " ".join(chance.sample(each, len(each)))
            for each in chance.sample(usable, _PASSAGES_PER_DOCUMENT)
        )


def _rows() -> Iterator[Any]:
    for name in _DATA:
        for line in (DATA_FOLDER / name).read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def write_documents(folder: Path, passages: int, encoder: Encoder) -> None:
    """Write documents of about so many passages; a larger folder begins with those of a smaller."""
    tried = list(itertools.islice(texts(), 20))
    per_document = sum(_count(text, encoder) for text in tried) / len(tried)
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(itertools.islice(texts(), round(passages / per_document))):
        # A day each, so that there are some since any day.
        day = _FIRST_DAY + timedelta(days=number)
        path = folder / f"{number // 1_000:03}" / f"{day} {number:06}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _count(text: str, encoder: Encoder) -> int:
    document = Document("", "", text, "", modified=datetime.fromtimestamp(0, UTC))
    return sum(1 for _ in split(document, SPLITTING, encoder.token_offsets))


class PerturbingEncoder:
    """Makes vectors of real ones, where encoding would take hours: for how many, not for what."""

    def __init__(self, real: Encoder, vectors: Vectors) -> None:
        """Take the encoder whose vectors these are, shape (n, dim)."""
        self.name, self.sha256 = real.name, real.sha256
        self.dim, self.precision = real.dim, real.precision
        self.tokenizer = real.tokenizer
        self._offsets: Callable[[Sequence[str]], list[list[tuple[int, int]]]] = real.token_offsets
        self._vectors = vectors

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        return self._offsets(texts)

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        """Choose a real vector by each text's hash, and move it."""
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        rows = [int.from_bytes(digest[:8]) % len(self._vectors) for digest in digests]
        chance = np.random.default_rng(int.from_bytes(digests[0][8:16]))
        noise = chance.normal(size=(len(texts), self.dim)).astype(np.float32)
        noise *= NOISE_LENGTH / np.linalg.norm(noise, axis=1, keepdims=True)
        moved = self._vectors[rows] + noise
        progress(len(texts))
        perturbed: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return perturbed
