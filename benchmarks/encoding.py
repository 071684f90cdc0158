"""
How fast texts are encoded, and how near the vectors are: `python -m benchmarks.encoding`.

The same texts are encoded by the same model in each of these ways, in turns: by Quoth; by ONNX
Runtime in fp32, a text at a time as Quoth does it; and by `SentenceTransformer.encode` on the whole
list, in fp32 and in bfloat16. A rate is per second of a core, so that it says the same on a machine
that has other work; without any, a second on the clock has as many of them as there are cores.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks import parser_of
from benchmarks.scale_corpus import SPLITTING, texts
from index.documents import Document
from index.encoder import SentenceEncoder, Vectors
from index.encoder_files import DEFAULT_ENCODER, find_encoder
from index.encoder_graphs import write_default
from index.encoder_session import inputs_of, open_session
from index.passages import Splitting, split

_Encode = Callable[[list[str]], Vectors]
_EXACT = "SentenceTransformer.encode"
_FEW = 8
"""So many are encoded before it counts."""


def main() -> None:
    """Print texts per second of a core and cosines, of short passages and the product's."""
    parser = parser_of("encoding", __doc__)
    parser.add_argument("--texts", type=int, default=2_048, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = SentenceEncoder(DEFAULT_ENCODER, Path(folder))
        ways = {"Quoth": lambda some: ours.encode(some, lambda _: None), **_others(Path(folder))}
        for name, splitting in (("short", SPLITTING), ("the product's", Splitting())):
            passages = _passages(ours, splitting, arguments.texts)
            print(f"{name} passages: {len(passages):,} of {_words(passages):.0f} words on average")
            _compare(passages, ways, arguments.rounds)


def _others(folder: Path) -> dict[str, _Encode]:
    import torch
    from sentence_transformers import SentenceTransformer

    # Several would spin while they wait for each other, which counts as work.
    torch.set_num_threads(1)
    facts = write_default(find_encoder(DEFAULT_ENCODER), folder / "fp32.onnx")
    facts.tokenizer.no_padding()
    facts.tokenizer.no_truncation()
    session = open_session(folder / "fp32.onnx")

    def in_fp32(texts: list[str]) -> Vectors:
        tokens = map(facts.tokenizer.encode, texts)
        inputs = (inputs_of(each, facts.max_tokens, facts.inputs) for each in tokens)
        return np.stack([session.run(None, each)[0][0] for each in inputs])

    def plain(*, bfloat16: bool) -> _Encode:
        model = SentenceTransformer(str(find_encoder(DEFAULT_ENCODER)), device="cpu")
        if bfloat16:
            model.bfloat16()

        def encode(texts: list[str]) -> Vectors:
            vectors: Vectors = model.encode(texts, show_progress_bar=False)
            # Here and not in the model, which would do it in its own precision.
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            return vectors

        return encode

    return {
        "ONNX Runtime, fp32": in_fp32,
        f"{_EXACT}, bfloat16": plain(bfloat16=True),
        _EXACT: plain(bfloat16=False),
    }


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


def _compare(passages: list[str], ways: dict[str, _Encode], rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    made: dict[str, Vectors] = {}
    for encode in ways.values():
        encode(passages[:_FEW])
    for _ in range(rounds):
        for name, encode in ways.items():
            started = time.process_time()
            made[name] = encode(passages)
            seconds[name].append(time.process_time() - started)
    rates = {name: len(passages) / statistics.median(each) for name, each in seconds.items()}
    for name, rate in rates.items():
        cosines = (made[_EXACT] * made[name]).sum(axis=1)
        print(
            f"  {name}: {rate:,.0f} per second of a core, {rate / rates[_EXACT]:.2f} times; "
            f"cosines {np.mean(cosines):.4f} on average, {np.min(cosines):.4f} at least"
        )


if __name__ == "__main__":
    main()
