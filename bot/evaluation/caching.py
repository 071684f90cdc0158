"""What was read and found once, for whoever asks the same questions many times in other ways."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from index.encoder import QuestionEncoder
from index.filters import EVERYTHING, Filter
from index.generation import Generation
from index.retrieve import Retrieval, Retriever
from reader.model import PassageText, Reader
from reader.spans import Span


class CachingReader:
    """
    A reader that reads nothing twice.

    What was read lies in a file, so that a run that is cut goes on where it was.
    """

    def __init__(self, reader: Reader, path: Path | None = None) -> None:
        """
        Wrap a reader.

        Args:
            reader: Reads what was not read before.
            path: The file; without, what was read is forgotten with the object.
        """
        self.sha256 = reader.sha256
        self._reader = reader
        self._known: dict[str, list[Any]] = {}
        self._read = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._read.execute("PRAGMA synchronous = OFF")
        self._read.execute("CREATE TABLE IF NOT EXISTS read (asked TEXT PRIMARY KEY, spans TEXT)")

    def close(self) -> None:
        """Close the file."""
        self._read.close()

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        """See `Reader.read`."""
        keys = {one.id: self._key(question, one, spans_per_passage) for one in passages}
        missing = [one for one in passages if not self._is_known(keys[one.id])]
        if missing:
            read = self._reader.read(question, missing, spans_per_passage)
            for passage in missing:
                spans = [astuple(one)[1:] for one in read if one.passage_id == passage.id]
                self._remember(keys[passage.id], spans)
        found = [Span(number, *span) for number, key in keys.items() for span in self._known[key]]
        return sorted(found, key=lambda span: -span.margin)

    def _key(self, question: str, passage: PassageText, spans_per_passage: int) -> str:
        # An id is another one in each index.
        asked = repr((self.sha256, question, replace(passage, id=0), spans_per_passage))
        return hashlib.sha256(asked.encode()).hexdigest()

    def _is_known(self, key: str) -> bool:
        if key not in self._known:
            row = self._read.execute("SELECT spans FROM read WHERE asked = ?", (key,)).fetchone()
            if row is not None:
                self._known[key] = json.loads(row[0])
        return key in self._known

    def _remember(self, key: str, spans: list[Any]) -> None:
        self._known[key] = spans
        self._read.execute("INSERT OR REPLACE INTO read VALUES (?, ?)", (key, json.dumps(spans)))


class CachingRetriever(Retriever):
    """A retriever that looks for nothing twice."""

    def __init__(self, generation: Generation, encoder: QuestionEncoder) -> None:
        """As `Retriever`."""
        super().__init__(generation, encoder)
        self._found: dict[tuple[object, ...], Retrieval] = {}

    def retrieve(
        self,
        question: str,
        k: int,
        gains: Mapping[int, float] = MappingProxyType({}),
        within: Filter = EVERYTHING,
    ) -> Retrieval:
        """See `Retriever.retrieve`."""
        asked = (question, k, within, *sorted(gains.items()))
        if asked not in self._found:
            self._found[asked] = super().retrieve(question, k, gains, within)
        return self._found[asked]
