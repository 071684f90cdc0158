"""What is answered from: one generation, exchanged for the next between two questions."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.answer import Answer
from bot.discord_app.rendering import CONTEXT_CHARS, DocumentLine, Surroundings
from bot.discord_app.turns import Turn
from index.store import Generation


class Answers(Protocol):
    """Answers from one generation; see `bot.answer.Answerer`."""

    def answer(self, question: str, alternatives: int = 0) -> Answer:
        """Answer one question, with so many other answers at most."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """An opened generation and the answerer that reads in it."""

    generation: Generation
    answerer: Answers


@dataclass(slots=True)
class _Loan:
    shelf: Shelf
    readers: int = 0
    is_retired: bool = False


class Served:
    """The shelf in use. Any thread may call it."""

    def __init__(self, open_shelf: Callable[[], Shelf], current: Callable[[], str]) -> None:
        """
        Open the first shelf.

        Args:
            open_shelf: Opens the generation that is published now.
            current: The id of the generation that is published now.

        Raises:
            IndexingError: If there is none that can be opened.
        """
        self._open_shelf = open_shelf
        self._current = current
        self._lock = threading.Lock()
        self._loan = _Loan(open_shelf())

    @contextmanager
    def _using(self) -> Iterator[Shelf]:
        """The shelf in use, which stays open until the block ends."""
        with self._lock:
            loan = self._loan
            loan.readers += 1
        try:
            yield loan.shelf
        finally:
            with self._lock:
                loan.readers -= 1
                is_done = loan.is_retired and not loan.readers
            if is_done:
                loan.shelf.generation.close()

    def refresh(self) -> bool:
        """
        Change to the published generation if it is another; questions under way keep the old one.

        Returns:
            Whether it was another.

        Raises:
            IndexingError: If it can't be opened; the old one goes on.
        """
        if self._current() == self.generation:
            return False
        fresh = _Loan(self._open_shelf())
        with self._lock:
            old, self._loan = self._loan, fresh
        self._retire(old)
        return True

    @property
    def generation(self) -> str:
        """The id of the generation in use."""
        return self._loan.shelf.generation.id

    def answer(self, question: str, earlier: tuple[Turn, ...], alternatives: int) -> Answer:
        """Answer a question by itself; see `AnswersInTurn`."""
        del earlier  # understood by no part yet that answers
        with self._using() as shelf:
            return shelf.answerer.answer(question, alternatives)

    def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        manifest = self._loan.shelf.generation.manifest
        return len(manifest.documents), manifest.passages

    def documents(self, start: int, count: int) -> list[DocumentLine]:
        """A stretch of the documents in order of id."""
        with self._using() as shelf:
            lines = []
            for stamp in shelf.generation.manifest.documents[start : start + count]:
                document = shelf.generation.texts.document(stamp.id)
                dated = document.dated.isoformat() if document.dated else None
                lines.append(DocumentLine(stamp.id, document.title, stamp.size, dated))
            return lines

    def surroundings(
        self, document_id: str, title: str, start_char: int, text: str
    ) -> Surroundings:
        """
        What stands around a piece of a document, if it still stands there.

        Args:
            document_id: Of an answer that may come from an older generation.
            title: Shown if the document is gone.
            start_char: Where the piece began.
            text: The piece.
        """
        end_char = start_char + len(text)
        begin = max(0, start_char - 2 * CONTEXT_CHARS)
        with self._using() as shelf:
            try:
                shown = shelf.generation.texts.text(
                    document_id, begin, end_char + 2 * CONTEXT_CHARS
                )
            except KeyError:
                shown = ""
        within = start_char - begin
        if shown[within : within + len(text)] != text:
            return Surroundings(title, "", text, "", document_changed=True)
        return Surroundings(title, shown[:within], text, shown[within + len(text) :])

    def close(self) -> None:
        """Close the shelf when the last question is answered."""
        self._retire(self._loan)

    def _retire(self, loan: _Loan) -> None:
        with self._lock:
            loan.is_retired = True
            is_done = not loan.readers
        if is_done:
            loan.shelf.generation.close()
