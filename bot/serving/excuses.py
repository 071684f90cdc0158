"""What went wrong with a question, or with a document -> how a program or a person is told."""

from dataclasses import dataclass

from answering.question import QuestionError
from bot.database import DatabaseError
from bot.serving.page_pictures import NoPictureError
from bot.serving.queue import BusyError, MendingError, NodesAwayError, TooSlowError
from bot.serving.served_documents import NoSuchDocumentError
from index.errors import IndexDamagedError, NotPublishedError, SearchServerError
from index.filters import FilterError
from prompts import render


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why there is no answer."""

    code: str
    """For programs; it stays the same."""
    message: str
    """For people: what was wrong, and what helps."""


# Those whose own text says it.
_SAY_IT: dict[type[Exception], str] = {
    QuestionError: "question",
    FilterError: "filter",
    NoSuchDocumentError: "no_document",
    NoPictureError: "no_picture",
}
_CODES: dict[type[Exception], str] = {
    BusyError: "busy",
    TooSlowError: "slow",
    MendingError: "mending",
    IndexDamagedError: "mending",
    NodesAwayError: "away",
    SearchServerError: "away",
    DatabaseError: "away",
}
EXCUSED: tuple[type[Exception], ...] = (*_SAY_IT, *_CODES, NotPublishedError)
"""The errors that have an excuse."""


def excuse_for(error: Exception) -> Excuse:
    """The excuse for one of `EXCUSED`."""
    for kind, code in _SAY_IT.items():
        if isinstance(error, kind):
            return Excuse(code, str(error))
    if isinstance(error, NotPublishedError):
        # To a program it is as good as away; a person has to do something.
        return Excuse("away", excuse("unpublished").message)
    return excuse(next(code for kind, code in _CODES.items() if isinstance(error, kind)))


def excuse(code: str) -> Excuse:
    """The excuse that `prompts/excuses.txt.j2` has under a code."""
    return Excuse(code, str(render("excuses.txt", code=code)))
