"""
Passages by the words they share with a question: BM25, on tantivy.

Words are stemmed, a number such as 35,927 is one word, and a query is built from words: nothing a
person types is ever read as query syntax.
"""

import json
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.compressed import Allowed
from index.engine import SearchEngine
from index.errors import IndexDamagedError
from index.files import link
from index.sizing import SIZING

_TEXT = "text"
_PASSAGE_ID = "passage_id"
_ANALYZER = "quoth_english"
# A number with its separators is one word; everything else is runs of letters and digits.
_WORD = r"\d+(?:[.,:]\d+)*|\w+"
# One thread and one segment: a generation built twice from the same passages ranks the same.
_WRITER_THREADS = 1
_WRITER_HEAP_BYTES = 64_000_000
# Longer "words" are encoded data; tantivy refuses terms over 65,530 bytes.
_MAX_WORD_BYTES = 100
_LOCK_SUFFIX = ".lock"
# tantivy's own notes: it replaces them at each commit, so they are copied and never shared.
_META_NAME = "meta.json"
_REPLACED = frozenset({_META_NAME, ".managed.json"})
# tantivy's constants, which it lets nobody set.
K1 = 1.2
B = 0.75
# Robertson and Sparck Jones's weight of a word, of which BM25's is a smoothed form, is negative
# beyond half of all passages.
COMMON_SHARE = 0.5
_Number = TypeVar("_Number", float, npt.NDArray[np.float64])
# A question's words beyond these add time and no meaning.
MAX_QUERY_WORDS = 64


def write_lexical(folder: Path, texts: Iterable[str]) -> int:
    """
    Write a lexical index.

    Args:
        folder: An empty folder.
        texts: The texts of the passages, whose ids count up from 0.

    Returns:
        How many texts were written.

    Raises:
        OSError: If the disk is full or can't be written.
    """
    import tantivy

    try:
        return _write(tantivy.Index(_schema(), path=str(folder)), enumerate(texts), removed=())
    # tantivy reports a full disk, like all it reports, as ValueError.
    except ValueError as error:
        raise OSError(f"{folder}: can't be written ({error})") from error


def extend_lexical(
    folder: Path, previous: Path, passages: Iterable[tuple[int, str]], removed: Sequence[int]
) -> None:
    """
    Write a lexical index that differs from another by few passages.

    The files of the other are shared, not copied; tantivy writes new ones beside them.

    Args:
        folder: An empty folder.
        previous: The folder of the other index.
        passages: Ids and texts to add.
        removed: Ids to take out.

    Raises:
        IndexDamagedError: If tantivy can't make an index of the other's files.
        OSError: If the disk is full or can't be written.
    """
    import tantivy

    for path in previous.iterdir():
        if path.suffix == _LOCK_SUFFIX:
            continue
        if path.name in _REPLACED:
            shutil.copyfile(path, folder / path.name)
        else:
            link(path, folder / path.name)
    try:
        with _panics_are_damage(previous):
            _write(tantivy.Index.open(str(folder)), passages, removed)
    except ValueError as error:
        raise OSError(f"{folder}: can't be written ({error})") from error


def _write(index: Any, passages: Iterable[tuple[int, str]], removed: Sequence[int]) -> int:
    import tantivy

    count = 0
    index.register_tokenizer(_ANALYZER, _analyzer())
    writer = index.writer(_WRITER_HEAP_BYTES, _WRITER_THREADS)
    if removed:
        # By query: by term, ids are taken as signed numbers, which match no unsigned ones.
        writer.delete_documents_by_query(
            tantivy.Query.term_set_query(_schema(), _PASSAGE_ID, list(removed))
        )
    for passage_id, text in passages:
        document = tantivy.Document()
        document.add_unsigned(_PASSAGE_ID, passage_id)
        document.add_text(_TEXT, text)
        writer.add_document(document)
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


@contextmanager
def _panics_are_damage(folder: Path) -> Iterator[None]:
    """
    Turn tantivy's panics, which are no `Exception`, into `IndexDamagedError`.

    They come of files whose parts don't fit together, which tantivy takes for granted.
    """
    try:
        yield
    except BaseException as error:
        # The class can't be imported, and each extension module has one of its own.
        if type(error).__name__ != "PanicException":
            raise
        raise IndexDamagedError(f"{folder}: is no lexical index (tantivy panicked).") from error


class LexicalIndex:
    """An opened lexical index; its files are mapped."""

    def __init__(self, folder: Path) -> None:
        """
        Open an index.

        Raises:
            IndexDamagedError: If tantivy can't make an index of the folder.
        """
        self._folder = folder
        try:
            with _panics_are_damage(folder):
                self._searcher = self._open()
        # tantivy reports all it finds as ValueError.
        except ValueError as error:
            raise IndexDamagedError(f"{folder}: is no lexical index ({error}).") from error

    def _open(self) -> Any:
        import tantivy

        opened = self._folder
        if not os.access(opened, os.W_OK):
            # tantivy makes a lock file beside the index even to read it, and writes to one that is
            # there.
            files = [path for path in opened.iterdir() if path.suffix != _LOCK_SUFFIX]
            self._links = tempfile.TemporaryDirectory(prefix="quoth-")
            for path in files:
                Path(self._links.name, path.name).symlink_to(path.resolve())
            opened = Path(self._links.name)
        index = tantivy.Index.open(str(opened))
        index.register_tokenizer(_ANALYZER, _analyzer())
        segments = json.loads((opened / _META_NAME).read_bytes())["segments"]
        self._weighed = sum(segment["max_doc"] for segment in segments)
        return index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def frequency(self, word: str) -> int:
        """
        How many passages hold a word, as `indexed_words` gives it; some of them may have gone.

        Raises:
            IndexDamagedError: If tantivy can't read its files.
        """
        with self._reading():
            return int(self._searcher.doc_freq(_TEXT, word))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with _panics_are_damage(self._folder):
                yield
        except ValueError as error:
            raise IndexDamagedError(f"{self._folder}: can't be read ({error}).") from error

    def search(
        self, words: Mapping[str, float], k: int, allowed: Allowed | None = None
    ) -> list[tuple[int, float]]:
        """
        Find the passages that hold the weightiest words.

        Args:
            words: As `indexed_words` gives them, each with what it weighs. tantivy weighs by its
                own counts, among them passages that went; they are put right by these weights.
            k: How many; fewer come back if fewer hold a word.
            allowed: By id, which passages may be found; none that were removed. Without, all
                others.

        Returns:
            Passage ids and BM25 scores, best first; of equal scores the lower id is first.

        Raises:
            IndexDamagedError: If tantivy can't read its files.
        """
        import tantivy

        if not words or k == 0:
            return []
        terms = [
            tantivy.Query.boost_query(
                tantivy.Query.term_query(_schema(), _TEXT, word, "freq"),
                weight / idf(self._weighed, self.frequency(word)),
            )
            for word, weight in words.items()
        ]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        with self._reading():
            found = self._best(query, k) if allowed is None else self._among(query, k, allowed)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _best(self, query: Any, k: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit=k, count=False).hits
        if not hits:
            return []
        ids = self._searcher.fast_field_values(_PASSAGE_ID, [address for _, address in hits])
        if None in ids:
            raise ValueError("a passage has no number")
        return [(int(i), float(score)) for i, (score, _) in zip(ids, hits, strict=True)]

    def _among(self, query: Any, k: int, allowed: Allowed) -> list[tuple[int, float]]:
        import tantivy

        count = int(np.count_nonzero(allowed))
        if not count:
            return []
        # Twice as many as hold enough of those allowed on average.
        limit = 2 * k * len(allowed) // count
        # To look for a passage by its id takes as long as to get one that is not wanted.
        if count <= limit:
            ids = np.flatnonzero(allowed).tolist()
            wanted = tantivy.Query.term_set_query(_schema(), _PASSAGE_ID, ids)
            unscored = tantivy.Query.const_score_query(wanted, 0.0)
            both = [(tantivy.Occur.Must, query), (tantivy.Occur.Must, unscored)]
            return self._best(tantivy.Query.boolean_query(both), k)
        while True:
            hits = self._best(query, limit)
            if any(row >= len(allowed) for row, _ in hits):
                raise ValueError("a passage has another's number")
            found = [hit for hit in hits if allowed[hit[0]]]
            if len(found) >= k or len(hits) < limit:
                return found[:k]
            limit *= 4


class SharedStatistics:
    """
    BM25 over several generations as if they were one.

    Each scores by its own counts, in which the same word can be rare in one generation and common
    in another.
    """

    def __init__(self, engines: Sequence[SearchEngine], sample: Callable[[int], list[str]]) -> None:
        """Take the engines that are searched; `sample` gives some texts, to guess their length."""
        self._engines = engines
        self._sample = sample
        self._count = sum(engine.count() for engine in engines)

    def weights(self, question: str) -> dict[str, float]:
        """The words of a question that are searched for, and how much each weighs in all."""
        words = query_words(question)
        held: Counter[str] = Counter()
        for engine in self._engines:
            held.update(engine.statistics(words))
        return {
            # Passages that went may still be counted among those that hold it.
            word: idf(self._count, min(held[word], self._count))
            for word in telling_words(words, self._count, held)
        }

    def score(self, weights: Mapping[str, float], text: str) -> float:
        """The BM25 score of a passage for a question's `weights`."""
        counts = Counter(indexed_words(text))
        return sum(
            bm25(weight, counts[word], counts.total(), self._average_words)
            for word, weight in weights.items()
        )

    @cached_property
    def _average_words(self) -> float:
        words = 0.0
        for number, engine in enumerate(self._engines):
            if sample := self._sample(number):
                words += engine.count() * sum(map(len, map(indexed_words, sample))) / len(sample)
        return max(words / max(self._count, 1), 1.0)


def idf(count: int, frequency: int) -> float:
    """How much a word weighs that `frequency` of `count` passages hold; as tantivy has it."""
    return math.log(1 + (count - frequency + 0.5) / (frequency + 0.5))


def bm25(weight: float, count: _Number, words: _Number, average_words: float) -> _Number:
    """
    What a word adds to the score of a passage.

    Args:
        weight: The weight of the word.
        count: How often the passage holds it.
        words: How many words the passage has.
        average_words: How many words a passage has on average.
    """
    return weight * count * (K1 + 1) / (count + K1 * (1 - B + B * words / average_words))


def indexed_words(text: str) -> list[str]:
    """The words of a text as they are indexed."""
    return list(_analyzer().analyze(text))


def query_words(question: str) -> list[str]:
    """The words of a question, each once, and `MAX_QUERY_WORDS` at most."""
    return list(dict.fromkeys(indexed_words(question)))[:MAX_QUERY_WORDS]


def telling_words(words: Sequence[str], passages: int, held: Mapping[str, int]) -> Sequence[str]:
    """
    The words of a question that are searched for.

    Among many passages, those that most of them hold are left out, unless no other is held by any.

    Args:
        words: The question's `query_words`.
        passages: How many there are.
        held: How many of them hold each word.
    """
    if passages <= SIZING.every_word_up_to:
        return words
    telling = [word for word in words if held[word] <= COMMON_SHARE * passages]
    return telling if any(held[word] for word in telling) else words


@cache
def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_TEXT, tokenizer_name=_ANALYZER, index_option="freq")
    builder.add_unsigned_field(_PASSAGE_ID, indexed=True, fast=True)
    return builder.build()


@cache
def _analyzer() -> Any:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.regex(_WORD))
        .filter(Filter.remove_long(_MAX_WORD_BYTES))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )
