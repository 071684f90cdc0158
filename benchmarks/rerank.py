"""
Ranking candidates again (`index/reranking.py`): its word vectors, its weights, what it gains.

    python -m benchmarks.rerank --data DATA words          # the encoder's vectors of words
    python -m benchmarks.rerank --data DATA fit FILE --distractors FILE --at-most 3500
    python -m benchmarks.rerank --data DATA try FILE --distractors FILE
    python -m benchmarks.rerank --data DATA try --sections benchmarks/sections

DATA and the FILEs are those of `benchmarks.contexts`. What is known of the candidates is kept in
the --work folder under the FILEs' names and the encoder, so that a further trial takes seconds;
delete it when `index/reranking.py` changes. `fit` keeps two blocks of 100 questions in five back,
prints what the weights gain on these, and writes them; each run of `try` is a look at its
questions.
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from answering.english.words import LITTLE_SAID
from benchmarks import parser_of
from benchmarks.contexts import (
    WITH_CONTEXT,
    AskedDocuments,
    ContextSearch,
    add_corpus_options,
    corpus_of,
    is_right,
)
from index import reranking
from index.encoder import OnnxQuestionEncoder
from index.exporting import TOKENIZER_NAME
from index.lexical import indexed_words
from index.reranking import FEATURES, RERANKED, Weights, WordVectors, features, stored_words

FOLDER = Path(reranking.__file__).parent / "weights"
QUESTION_WORDS = frozenset(stem for word in LITTLE_SAID for stem in indexed_words(word))
_WHOLE_WORD = re.compile(r"[a-z]{2,}")
_DIM = 64
# The last two of five blocks of so many questions are held back: the questions of a passage stand
# together.
_BLOCK, _BLOCKS, _FITTED_BLOCKS = 100, 5, 3
_L2 = 1.0
_READ = 5
# Fused scores that are so far apart are read or not (`far_behind` in answering/tuning.py).
_FAR_BEHIND = 0.08


def make_words(export: Path) -> None:
    """Write the vectors of the encoder's whole words, of which those with one stem are one."""
    encoder = OnnxQuestionEncoder(export)
    vocabulary = Tokenizer.from_file(str(export / TOKENIZER_NAME)).get_vocab()
    by_stem: dict[str, list[npt.NDArray[np.float32]]] = {}
    for word in sorted(vocabulary):
        stems = indexed_words(word) if _WHOLE_WORD.fullmatch(word) else []
        if len(stems) == 1:
            by_stem.setdefault(stems[0], []).append(encoder.encode_question(word))
    vectors = np.stack([np.mean(each, axis=0) for each in by_stem.values()])
    # What all words have in common says nothing, and most of the rest lies in few directions.
    vectors = _unit(vectors - vectors.mean(axis=0))
    _, _, directions = np.linalg.svd(vectors, full_matrices=False)
    np.savez_compressed(
        FOLDER / reranking.WORDS_NAME,
        **stored_words([*by_stem], _unit(vectors @ directions[:_DIM].T)),
    )
    print(f"{len(by_stem):,} words")


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the candidates of some questions; where there are fewer, nothing is."""

    features: npt.NDArray[np.float64]
    """Shape (questions, `RERANKED`, `FEATURES`)."""
    fused: npt.NDArray[np.float64]
    """Shape (questions, `RERANKED`), descending; -inf where there is no candidate."""
    right: npt.NDArray[np.bool_]
    """The same shape."""

    def part(self, which: npt.NDArray[np.bool_]) -> "Known":
        """Some of the questions."""
        return Known(self.features[which], self.fused[which], self.right[which])


def known(corpus: AskedDocuments, search: ContextSearch, vectors: WordVectors) -> Known:
    """Search for all questions."""
    shape = (len(corpus.asked), RERANKED)
    found = Known(np.zeros((*shape, len(FEATURES))), np.full(shape, -np.inf), np.zeros(shape, bool))
    for row, asked in enumerate(corpus.asked):
        each = search.find(asked.text, search.query(asked.text), WITH_CONTEXT, WITH_CONTEXT)
        count = len(each.again)
        again = [*each.again.values()]
        found.features[row, :count] = features(each.weights, again, vectors, QUESTION_WORDS)
        found.fused[row, :count] = [each.scores[one] for one in each.again]
        found.right[row, :count] = [is_right(one.passage, asked) for one in again]
    return found


def fitted(some: Known) -> npt.NDArray[np.float64]:
    """The weights under which right candidates are likeliest to be drawn by their scores."""
    # Tests import this module, and few of them fit anything.
    from scipy.optimize import minimize

    some = some.part(np.asarray(some.right.any(axis=1)))
    there = np.isfinite(some.fused)
    mean, spread = some.features[there].mean(axis=0), some.features[there].std(axis=0) + 1e-9
    scaled = np.where(there[..., None], (some.features - mean) / spread, 0.0)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = np.where(there, scaled @ weights, -np.inf)
        drawn = np.exp(scores - scores.max(axis=1, keepdims=True))
        drawn /= drawn.sum(axis=1, keepdims=True)
        right = drawn * some.right
        all_right = right.sum(axis=1, keepdims=True)
        slope = np.einsum("qc,qcf->f", drawn - right / all_right, scaled)
        return (
            float(-np.log(all_right).sum() + _L2 / 2 * weights @ weights),
            slope + _L2 * weights,
        )

    # Nothing that fits a question better speaks against a candidate.
    bounds = [(0, None)] * len(FEATURES)
    best = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(best.x / spread, np.float64)


def scale(some: Known, weights: npt.NDArray[np.float64]) -> float:
    """What scores are multiplied by to leave as many of the first five as fused ones do."""

    def near(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        best = -np.sort(-scores, axis=1)[:, :_READ]
        return best[:, :1] - best

    fused = near(some.fused)
    share = float(np.mean(fused[np.isfinite(fused)] <= _FAR_BEHIND))
    behind = near(_scores(some, weights))
    return _FAR_BEHIND / float(np.quantile(behind[np.isfinite(behind)], share))


def _scores(some: Known, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.isfinite(some.fused), some.features @ weights, -np.inf)


def show(name: str, some: Known, weights: npt.NDArray[np.float64]) -> None:
    """Print how high the first right candidate stands, before and after."""
    for kind, scores in (("fused", some.fused), ("ranked again", _scores(some, weights))):
        right = np.take_along_axis(some.right, np.argsort(-scores, 1, kind="stable"), 1)
        ranks = np.where(right.any(axis=1), right.argmax(axis=1) + 1, np.inf)
        hits = " | ".join(f"{100 * np.mean(ranks <= k):.1f}" for k in (1, 5, 10, 20))
        mrr = np.mean(np.where(ranks <= 10, 1 / ranks, 0.0))  # noqa: PLR2004 - MRR@10
        print(f"| {name} ({len(ranks):,}) | {kind} | {hits} | {mrr:.3f} |")


def main(arguments: Sequence[str] | None = None) -> None:
    """Make, fit or try."""
    parser = parser_of("rerank", __doc__)
    parser.add_argument("what", choices=["words", "fit", "try"])
    add_corpus_options(parser)
    parser.add_argument("--work", type=Path, default=Path("build/rerank"))
    chosen = parser.parse_args(arguments)
    (export,) = (chosen.data / "encoder").iterdir()
    if chosen.what == "words":
        make_words(export)
        return
    some = _kept(chosen, export)
    print("| questions | ranking | hit@1 | hit@5 | hit@10 | hit@20 | MRR@10 |")
    print("|---" * 7 + "|")
    name = " ".join(path.stem for path in chosen.files) or chosen.sections.name
    path = FOLDER / reranking.WEIGHTS_NAME
    if chosen.what == "try":
        stored = Weights.model_validate_json(path.read_bytes())
        show(name, some, np.array([stored.weights[each] for each in FEATURES]))
        return
    fitting = np.arange(len(some.fused)) // _BLOCK % _BLOCKS < _FITTED_BLOCKS
    weights = fitted(some.part(fitting))
    show(f"{name}, fitted on", some.part(fitting), weights)
    show(f"{name}, held back", some.part(~fitting), weights)
    weights *= scale(some.part(fitting), weights)
    made = Weights(
        format_version=reranking.FORMAT_VERSION,
        encoder_sha256=export.name,
        fitted_on=f"{name}: {int(fitting.sum()):,} questions",
        weights={each: round(float(one), 4) for each, one in zip(FEATURES, weights, strict=True)},
        question_words=QUESTION_WORDS,
    )
    written = made.model_dump() | {"question_words": sorted(QUESTION_WORDS)}
    path.write_text(f"{json.dumps(written, indent=2)}\n", encoding="utf-8")


def _kept(chosen: argparse.Namespace, export: Path) -> Known:
    """What is known of the candidates, looked up or found."""
    names = [*chosen.files, *chosen.distractors, *([chosen.sections] if chosen.sections else [])]
    kind = "articles" if chosen.articles else "passages"
    key = "+".join((*(path.stem for path in names), kind, str(chosen.at_most), export.name))
    path = Path(chosen.work, f"{key}.npz")
    if not path.exists():
        corpus = corpus_of(chosen)
        with np.load(FOLDER / reranking.WORDS_NAME) as stored:
            vectors = reranking.word_vectors(stored)
        found = known(corpus, ContextSearch(corpus, export, [WITH_CONTEXT], fused=True), vectors)
        chosen.work.mkdir(parents=True, exist_ok=True)
        np.savez(path, features=found.features, fused=found.fused, right=found.right)
    with np.load(path) as kept:
        held: Any = kept
        return Known(held["features"], held["fused"], held["right"])


if __name__ == "__main__":
    main()
