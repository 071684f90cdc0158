"""
The steps of `benchmarks.scale`, each a process of its own, so that none is weighed with another.

Each prints one JSON object.
"""

import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale_corpus import (
    SPLITTING,
    PerturbingEncoder,
    answered,
    questions,
    write_documents,
)
from index.build import BuildReport, build
from index.compressed import Allowed
from index.encoder import (
    Encoder,
    OnnxQuestionEncoder,
    QuestionEncoder,
    SentenceEncoder,
    Vectors,
)
from index.encoder_files import DEFAULT_ENCODER
from index.filters import EVERYTHING, Filter
from index.generation import Generation
from index.lexical import SharedStatistics
from index.reporting import Reporter, SilentReporter
from index.retrieve import CANDIDATES, Retriever
from index.store import Collection
from index.vector_cache import VectorCache

QUESTIONS = 300
# By the last digits of their names: half of the documents, a tenth, and so on.
_NAMED = ("*[0-4].txt", "*7.txt", "*77.txt", "*777.txt")
# The share of the documents that are older than the day since which they are asked for.
_OLDER = (0.5, 0.9)
# Real questions, whose answers are looked for in what is found.
_ANSWERED = 1_000
# What a filter leaves is indexed alone, to compare, where it has no more passages.
_ALONE_UP_TO = 110_000
# Asked before anything is measured.
_WARMING = 20
_RECALL_AT = 10
# Two sums of the same products may differ by as much.
_SAME_SCORE = 1e-6
_SHOWN = 5
_SAMPLED_EVERY_S = 0.1


class Work:
    """The folder in which a run is kept, so that it can be taken up again."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        self.vectors = folder / "vectors"
        self.exports = folder / "encoder"
        self.real_vectors = folder / "real.npy"
        self._folder = folder

    def documents(self, size: int) -> Path:
        """The documents of about `size` passages."""
        return self._folder / "documents" / str(size)

    def collection(self, size: int) -> Collection:
        """Their index."""
        return Collection(self._folder / "collections" / str(size))

    def encoder(self, size: int, encoded: int) -> Encoder:
        """The real encoder up to a size, and beyond it one that perturbs what that one made."""
        real = SentenceEncoder(DEFAULT_ENCODER, self.exports)
        if size <= encoded:
            return real
        return PerturbingEncoder(real, np.load(self.real_vectors, mmap_mode="r"))


class _Clock:
    """Times the stages of a build."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = ("start", time.perf_counter())

    def waiting(self, holder: str) -> None:
        raise RuntimeError(f"{holder} is building in the work folder")

    def stage(self, name: str, total: int) -> None:
        before, since = self._last
        self._last = (name, time.perf_counter())
        self.stages[before] = self._last[1] - since
        print(f"  {name} {total:,}", file=sys.stderr, flush=True)

    def advance(self, steps: int) -> None:
        pass


def main() -> None:
    """Run one step: its name, the work folder, the size, and up to which size is encoded."""
    step, folder, size, encoded = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:5])
    steps: dict[str, Callable[[Work, int, int], dict[str, object]]] = {
        "build": build_all,
        "add": add_one,
        "search": search,
    }
    print(json.dumps(steps[step](Work(folder), size, encoded)))


def build_all(work: Work, size: int, encoded: int) -> dict[str, object]:
    """Write the documents and index them."""
    encoder = work.encoder(size, encoded)
    if not work.documents(size).exists():
        write_documents(work.documents(size), size, encoder)
    found = _build(work, size, encoder)
    if size == encoded:
        with closing(work.collection(size).open_files()) as generation:
            np.save(
                work.real_vectors,
                np.concatenate([vectors for _, vectors in _vectors(work, generation)]),
            )
    return found


def add_one(work: Work, size: int, _encoded: int) -> dict[str, object]:
    """Add one short document to those that are indexed."""
    text = f"Report {time.time_ns()}. A loaf of rye bread costs 17 francs at the harbour."
    (work.documents(size) / "added.txt").write_text(text, encoding="utf-8")
    return _build(work, size, SentenceEncoder(DEFAULT_ENCODER, work.exports))


def _build(work: Work, size: int, encoder: Encoder) -> dict[str, object]:
    clock = _Clock()
    with _AnonymousPeak() as peak:
        report = _index(work.collection(size), work.documents(size), work.vectors, encoder, clock)
    clock.stage("end", 0)
    return {
        "documents": report.documents,
        "passages": report.passages,
        "encoded": report.encoded,
        "seconds": report.seconds,
        "stages_s": clock.stages,
        "peak_anonymous_bytes": peak.bytes,
        "peak_resident_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def _index(
    collection: Collection, documents: Path, vectors: Path, encoder: Encoder, reporter: Reporter
) -> BuildReport:
    return build(
        collection,
        documents,
        without=None,
        open_encoder=lambda: encoder,
        vectors=vectors,
        splitting=SPLITTING,
        reporter=reporter,
    )


def search(work: Work, size: int, encoded: int) -> dict[str, object]:
    """Open an index, ask it, and weigh it."""
    encoder = OnnxQuestionEncoder(next(work.exports.iterdir()))
    asked = questions(QUESTIONS)
    queries = [encoder.encode_question(question) for question in asked]
    import faiss  # noqa: F401 - its weight is not the index's
    import tantivy  # noqa: F401

    before = memory()
    started = time.perf_counter()
    generation = work.collection(size).open_files()
    open_s = time.perf_counter() - started
    after_opening = memory()
    retriever = Retriever(generation, encoder)
    found = ask(retriever, asked, queries)
    after = memory()
    sizes = {name: stamp.size for name, stamp in generation.manifest.files.items()}
    return {
        "open_s": open_s,
        "is_exact": generation.vectors.is_exact,
        **found,
        "recall_at_10": recall(work, generation, np.stack(queries)),
        "hit_at_5": _hit_share(retriever, EVERYTHING),
        "filtered": {
            name: {
                **_filtered(work, retriever, asked, np.stack(queries), within),
                "alone_hit_at_5": _alone(
                    work, generation, work.encoder(size, encoded), encoder, within
                ),
            }
            for name, within in _filters(generation)
        },
        "anonymous_bytes": after["anonymous"],
        "anonymous_of_index_bytes": after["anonymous"] - before["anonymous"],
        "anonymous_after_opening_bytes": after_opening["anonymous"] - before["anonymous"],
        "mapped_of_index_bytes": after["mapped"] - before["mapped"],
        "index_bytes": sum(sizes.values()),
        "files_bytes": sizes,
    }


def ask(retriever: Retriever, asked: Sequence[str], queries: Sequence[Vectors]) -> dict[str, Any]:
    """Ask questions, whose vectors are `queries`, and time each kind of search."""
    generation = retriever.generation
    for question in asked[:_WARMING]:
        retriever.retrieve(question, _SHOWN)
    dense = _timed(lambda n: generation.engine.dense(queries[n], CANDIDATES))
    weights = SharedStatistics([generation.engine], lambda _: []).weights
    lexical = _timed(lambda n: generation.engine.lexical(weights(asked[n]), CANDIDATES))
    retrievals = [retriever.retrieve(question, _SHOWN) for question in asked]
    return {
        "dense_ms": _quantiles(dense),
        "lexical_ms": _quantiles(lexical),
        "fused_ms": _quantiles([each.search_s for each in retrievals]),
        "with_encoding_ms": _quantiles([each.encode_s + each.search_s for each in retrievals]),
    }


def _timed(ask: Callable[[int], object]) -> list[float]:
    seconds = []
    for number in range(QUESTIONS):
        started = time.perf_counter()
        ask(number)
        seconds.append(time.perf_counter() - started)
    return seconds


def _quantiles(seconds: list[float]) -> list[float]:
    """Median and 95th percentile, ms."""
    return [float(value) for value in 1e3 * np.percentile(seconds, [50, 95])]


def _filters(generation: Generation) -> Iterator[tuple[str, Filter]]:
    """What is asked of some of the documents, by how it is said."""
    for name in _NAMED:
        # Among few documents, none is called so.
        if any(fnmatch(document_id, name) for _, document_id, _ in generation.texts.dates()):
            yield f"in {name}", Filter.given([name])
    days = sorted(dated for *_, dated in generation.texts.dates() if dated is not None)
    for share in _OLDER:
        since = days[round(share * len(days))]
        yield f"since the newest {1 - share:.0%}", Filter.given([], since.isoformat())


def _hit_share(retriever: Retriever, within: Filter) -> float:
    """The share of questions, in %, whose answer stands in a passage that is found first."""
    pairs = answered(_ANSWERED)
    hits = 0
    for asked, answer in pairs:
        found = retriever.retrieve(asked, _SHOWN, within=within).hits
        hits += any(answer in hit.passage.text for hit in found)
    return 100 * hits / len(pairs)


def _alone(
    work: Work,
    generation: Generation,
    encoder: Encoder,
    question_encoder: QuestionEncoder,
    within: Filter,
) -> float | None:
    """The same share in an index of nothing but what a filter leaves; None of too many."""
    chosen = generation.choose(within)
    if np.count_nonzero(chosen.allowed) > _ALONE_UP_TO:
        return None
    documents = Path(generation.manifest.folder)
    with tempfile.TemporaryDirectory(dir=documents.parent) as scratch:
        folder = Path(scratch, "documents")
        for name in _documents_of(generation, chosen.allowed):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(documents / name)
        collection = Collection(Path(scratch, "collection"))
        _index(collection, folder, work.vectors, encoder, SilentReporter())
        with closing(collection.open_files()) as alone:
            return _hit_share(Retriever(alone, question_encoder), EVERYTHING)


def _documents_of(generation: Generation, allowed: Allowed) -> set[str]:
    return {
        passage.document_id
        for ids in generation.texts.ids()
        for passage in generation.texts.passages([row for row in ids if allowed[row]]).values()
    }


def _filtered(
    work: Work,
    retriever: Retriever,
    asked: Sequence[str],
    queries: Vectors,
    within: Filter,
) -> dict[str, object]:
    """Ask the same of some of the documents."""
    generation = retriever.generation
    started = time.perf_counter()
    allowed = generation.choose(within).allowed
    choose_s = time.perf_counter() - started
    found = [retriever.retrieve(question, _SHOWN, within=within) for question in asked]
    return {
        "passages": int(np.count_nonzero(allowed)),
        "choose_s": choose_s,
        "fused_ms": _quantiles([each.search_s for each in found]),
        "recall_at_10": recall(work, generation, queries, allowed),
        "hit_at_5": _hit_share(retriever, within),
    }


def recall(
    work: Work, generation: Generation, queries: Vectors, allowed: Allowed | None = None
) -> float:
    """
    The share, of the ten passages found for each query, that is among the nearest ten.

    Equal texts have equal vectors, so there may be more than ten of those: what is as near as the
    tenth counts, whichever of them it is (so do the ANN benchmarks of Aumüller et al., 2020).
    """
    found = [
        [row for row, _ in generation.engine.dense(query, _RECALL_AT, allowed)] for query in queries
    ]
    found_scores = np.full((len(queries), _RECALL_AT), -2.0, dtype=np.float32)
    best_scores = found_scores.copy()
    for rows, vectors in _vectors(work, generation):
        scores = queries @ vectors.T
        if allowed is not None:
            scores[:, ~allowed[rows]] = -2.0
        both = np.concatenate((best_scores, scores), axis=1)
        best_scores = np.partition(both, -_RECALL_AT, axis=1)[:, -_RECALL_AT:]
        columns = {row: column for column, row in enumerate(rows)}
        for query, wanted in enumerate(found):
            for place, row in enumerate(wanted):
                if row in columns:
                    found_scores[query, place] = scores[query, columns[row]]
    tenth = best_scores.min(axis=1, keepdims=True)
    return float(np.mean(found_scores >= tenth - _SAME_SCORE))


def _vectors(work: Work, generation: Generation) -> Iterator[tuple[list[int], Vectors]]:
    """Ids of passages and their vectors as they were encoded, in order of id."""
    stamp = generation.manifest.encoder
    with closing(VectorCache(work.vectors, stamp)) as cache:
        for ids in generation.texts.ids():
            keys = generation.texts.keys(ids)
            found = cache.sound(keys.values())
            yield list(keys), np.stack([found[key] for key in keys.values()])


def memory() -> dict[str, int]:
    """What this process holds in bytes: memory of its own, and pages of files."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    anonymous = 1024 * kib["Anonymous"]
    return {"anonymous": anonymous, "mapped": 1024 * kib["Rss"] - anonymous}


class _AnonymousPeak:
    """The most memory of its own that this process held while a block ran."""

    def __init__(self) -> None:
        self.bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "_AnonymousPeak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        status = Path("/proc/self/status")
        while True:
            text = status.read_text(encoding="ascii")
            self.bytes = max(self.bytes, 1024 * int(text.partition("RssAnon:")[2].split()[0]))
            if self._done.wait(_SAMPLED_EVERY_S):
                return


if __name__ == "__main__":
    main()
