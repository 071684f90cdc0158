"""
How fast texts are encoded, beside a plain loop: `python -m benchmarks.encoding`.

Both encode the same texts with the same model on the same cores, in turns; the plain one is
`SentenceTransformer.encode` on the whole list, as it comes.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.scale_corpus import SPLITTING, texts
from index.documents import Document
from index.encoder import SentenceEncoder, Vectors
from index.encoder_files import DEFAULT_ENCODER, find_encoder
from index.passages import Splitting, split


def main() -> None:
    """Print texts per second of both, for short passages and for those of the product."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=2_048, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    arguments = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    plain = SentenceTransformer(str(find_encoder(DEFAULT_ENCODER)), device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        ours = SentenceEncoder(DEFAULT_ENCODER, Path(folder))
        for name, splitting in (("short", SPLITTING), ("the product's", Splitting())):
            passages = _passages(ours, splitting, arguments.texts)
            print(f"{name} passages: {len(passages):,} of {_words(passages):.0f} words on average")
            _compare(
                passages,
                lambda some: plain.encode(some, normalize_embeddings=True),
                lambda some: ours.encode(some, lambda _: None),
                arguments.rounds,
            )


def _passages(encoder: SentenceEncoder, splitting: Splitting, count: int) -> list[str]:
    now = datetime.now(UTC)
    documents = (Document("", "", text, "", modified=now) for text in texts())
    passages = (
        passage.text
        for document in documents
        for passage in split(document, splitting, encoder.token_offsets)
    )
    return list(itertools.islice(passages, count))


def _words(passages: list[str]) -> float:
    return statistics.mean(len(passage.split()) for passage in passages)


def _compare(
    passages: list[str],
    plain: Callable[[list[str]], Vectors],
    ours: Callable[[list[str]], Vectors],
    rounds: int,
) -> None:
    few = passages[:256]
    plain(few)
    ours(few)
    seconds: dict[str, list[float]] = {"plain": [], "ours": []}
    made: dict[str, Vectors] = {}
    for _ in range(rounds):
        for name, encode in (("plain", plain), ("ours", ours)):
            started = time.perf_counter()
            made[name] = encode(passages)
            seconds[name].append(time.perf_counter() - started)
    rates = {name: len(passages) / statistics.median(each) for name, each in seconds.items()}
    cosines = (made["plain"] * made["ours"]).sum(axis=1)
    print(f"  SentenceTransformer.encode: {rates['plain']:,.0f} per second")
    print(f"  Quoth: {rates['ours']:,.0f} per second, {rates['ours'] / rates['plain']:.2f} times")
    print(f"  least cosine between the two: {np.min(cosines):.5f}")


if __name__ == "__main__":
    main()
