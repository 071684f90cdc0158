"""The search engine of a generation that was published to PostgreSQL."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pgvector import HalfVector

from index.compressed import Allowed
from index.encoder import Vectors
from index.engine import Ranked
from index.errors import IndexDamagedError, NotPublishedError
from index.lexical import bm25, indexed_words
from index.passages import Passage
from index.postgres.postings import Postings, scored, unpacked
from index.postgres.tables import SCHEMA

# Passages that are looked at one by one where a filter leaves no more: among so few, the way over
# all others is longer.
_EXACT_UP_TO = 10_000
# Postings that are fetched for a question, 8 bytes each, those of its rarest words first. What its
# other words add is counted in the passages that these words name.
_MOST_POSTINGS = 1_000_000
# So many times as many passages as are wanted are compared by all words of the question then.
_RECOUNTED = 4
# So often a generation is looked up again for one statement, should it be published anew meanwhile.
_PUBLISHED_ANEW = 3

# The rarest first; without any of them, nothing would be found.
_POSTINGS = """
WITH held AS (
    SELECT word, sum(frequency) AS frequency FROM {schema}.words
    WHERE {this} AND word = ANY(%(words)s) GROUP BY word
), ranked AS (
    SELECT word, row_number() OVER rarest AS place, sum(frequency) OVER rarest AS total
    FROM held WINDOW rarest AS (ORDER BY frequency, word)
)
SELECT word, CASE WHEN place = 1 OR total <= %(most)s THEN (
    SELECT string_agg(postings, ''::bytea ORDER BY block) FROM {schema}.words
    WHERE {this} AND words.word = ranked.word
) END
FROM ranked
"""
_OF_THIS = "number = %(number)s AND collection = %(collection)s"


RowList = list[tuple[Any, ...]]
AskRows = Callable[[str, Mapping[str, object]], RowList | None]
"""A statement and its values -> what the database has; None if it has no such generation."""


class PostgresEngine:
    """Searches vectors by pgvector and words by their postings; see `SearchEngine`."""

    def __init__(
        self,
        ask: AskRows,
        collection: str,
        *,
        number: int,
        find: Callable[[], int],
        passages: int,
        average_words: float,
        dim: int,
    ) -> None:
        """
        Name what is searched.

        Args:
            ask: Asks the database as somebody who may see this collection alone.
            collection: The name of the collection.
            number: The number of the generation in the database.
            find: Looks that number up again, which is another one after the generation was deleted
                and published anew; raises `NotPublishedError` where there is none.
            passages: How many it has.
            average_words: How many words they have on average.
            dim: How many numbers a vector has.
        """
        self._asking = ask
        self._collection = collection
        self._number = number
        self._find = find
        self._count = passages
        self._average_words = average_words
        # Written as the index has it, which is of no use to what is written otherwise.
        self._distance = f"vector::halfvec({dim}) <#> %(query)b"

    def _ask(self, statement: str, **values: object) -> RowList:
        """
        Ask of this generation.

        Args:
            statement: Its "{this}" stands for the condition that rows are of this generation.
            values: Those that it names.

        Raises:
            NotPublishedError: If it is gone from the database.
        """
        asked = statement.format(this=_OF_THIS, schema=SCHEMA)
        for _ in range(_PUBLISHED_ANEW):
            this = {"number": self._number, "collection": self._collection}
            rows = self._asking(asked, {**this, **values})
            if rows is not None:
                return rows
            self._number = self._find()
        raise NotPublishedError(f"{self._collection}: its index is being published. Ask again.")

    def count(self) -> int:
        """See `SearchEngine.count`."""
        return self._count

    def dense(self, query: Vectors, k: int, allowed: Allowed | None = None) -> Ranked:
        """See `SearchEngine.dense`."""
        left = self._count if allowed is None else int(np.count_nonzero(allowed))
        wanted = min(left, k)
        if not wanted:
            return []
        select = (
            f"SELECT id, -({self._distance}) AS cosine"  # noqa: S608 - our own
            " FROM {schema}.passages WHERE {this}"
        )
        if allowed is not None:
            select += " AND id <@ %(allowed)s::int4multirange"
        values = {"query": HalfVector(query), "k": wanted, "allowed": _ranges(allowed)}
        found: RowList = []
        if allowed is None or left > _EXACT_UP_TO:
            found = self._ask(f"{select} ORDER BY {self._distance} LIMIT %(k)s", **values)
        if len(found) < wanted:
            # Few are left, or the index gave up before it had met enough of them.
            found = self._ask(f"{select} ORDER BY cosine DESC, id LIMIT %(k)s", **values)
        return _ranked(found)

    def lexical(self, words: Mapping[str, float], k: int, allowed: Allowed | None = None) -> Ranked:
        """See `SearchEngine.lexical`."""
        held = self._postings([*words])
        fetched = {word: packed for word, packed in held.items() if packed is not None}
        if not fetched:
            return []
        ids, scores = scored(fetched, words, self._average_words)
        if allowed is not None:
            ids, scores = ids[allowed[ids]], scores[allowed[ids]]
        others = held.keys() - fetched.keys()
        best = np.argsort(-scores, kind="stable")[: _RECOUNTED * k if others else k]
        found = dict(zip(ids[best].tolist(), scores[best].tolist(), strict=True))
        if others:
            for passage_id, passage in self.passages([*found]).items():
                counts = Counter(indexed_words(passage.searched))
                found[passage_id] += sum(
                    bm25(words[word], counts[word], counts.total(), self._average_words)
                    for word in others
                )
        return _ranked(found.items())[:k]

    def _postings(self, words: Sequence[str]) -> dict[str, Postings | None]:
        """The postings of each word that any passage holds; None for one that is too common."""
        rows = self._ask(_POSTINGS, words=words, most=_MOST_POSTINGS)
        return {word: None if packed is None else unpacked(packed) for word, packed in rows}

    def statistics(self, words: Sequence[str]) -> Mapping[str, int]:
        """See `SearchEngine.statistics`."""
        if not words:
            return {}
        rows = self._ask(
            "SELECT word, sum(frequency) FROM {schema}.words"
            " WHERE {this} AND word = ANY(%(words)s) GROUP BY word",
            words=[*words],
        )
        return dict.fromkeys(words, 0) | {word: int(frequency) for word, frequency in rows}

    def cosines(self, query: Vectors, ids: Sequence[int]) -> Mapping[int, float]:
        """See `SearchEngine.cosines`."""
        return self._by_id(f"-({self._distance})", ids, query=HalfVector(query))

    def passages(self, ids: Sequence[int]) -> Mapping[int, Passage]:
        """See `SearchEngine.passages`."""
        return {row: _passage_of(row, text) for row, text in self._by_id("passage", ids).items()}

    def _by_id(self, column: str, ids: Sequence[int], **values: object) -> dict[int, Any]:
        if not ids:
            return {}
        rows = self._ask(
            f"SELECT id, {column} FROM {{schema}}.passages"  # noqa: S608 - our own
            " WHERE {this} AND id = ANY(%(ids)s)",
            ids=[*ids],
            **values,
        )
        found: dict[int, Any] = dict(rows)
        for passage_id in ids:
            if passage_id not in found:
                raise IndexDamagedError(
                    f"{self._collection}: there is no passage {passage_id} in the database."
                )
        return found

    def close(self) -> None:
        """Close nothing: the connections serve others."""


def _ranges(allowed: Allowed | None) -> str:
    """Ids as PostgreSQL writes a set of ranges, of which a folder makes few."""
    if allowed is None:
        return "{}"
    edges = np.flatnonzero(np.diff(allowed.astype(np.int8), prepend=0, append=0))
    return "{" + ",".join(f"[{first},{end})" for first, end in edges.reshape(-1, 2)) + "}"


def _ranked(found: Iterable[tuple[int, float]]) -> Ranked:
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))


def passage_json(passage: Passage) -> str:
    """A passage as it is kept: PostgreSQL's own texts can't hold every character."""
    return json.dumps(
        [
            passage.document_id,
            passage.start_char,
            passage.end_char,
            passage.text,
            passage.sentences,
            passage.context,
            passage.code,
        ],
        ensure_ascii=False,
    )


def _passage_of(passage_id: int, text: str) -> Passage:
    """The passage that `passage_json` wrote."""
    document_id, start_char, end_char, said, sentences, context, code = json.loads(text)
    return Passage(
        id=passage_id,
        document_id=document_id,
        start_char=start_char,
        end_char=end_char,
        text=said,
        sentences=tuple((start, end) for start, end in sentences),
        context=context,
        code=tuple((start, end) for start, end in code),
    )
