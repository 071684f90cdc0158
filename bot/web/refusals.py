"""Why a request is not answered, as whoever asked is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.serving.excuses import EXCUSED, excuse, excuse_for

# A place in the queue is free again after a fraction of a second; two seconds keep those who were
# refused from coming back all at once, and are not long to a person.
RETRY_AFTER_S = 2
# So long a damaged index takes to be built anew, about: most vectors are kept.
RETRY_AFTER_MENDING_S = 30
# So long another process takes to be there in the place of one that stops.
RETRY_AFTER_CLOSING_S = 5
# The status for each code of an excuse.
_STATUSES = {
    "question": 400,
    "filter": 400,
    "no_document": 404,
    "no_picture": 404,
    "busy": 429,
    "slow": 504,
    "mending": 503,
    "closing": 503,
    "away": 503,
}
_RETRY_AFTER_S = {
    "busy": RETRY_AFTER_S,
    "mending": RETRY_AFTER_MENDING_S,
    "closing": RETRY_AFTER_CLOSING_S,
    "away": RETRY_AFTER_CLOSING_S,
}


class ErrorJson(BaseModel):
    """Why a request was not answered."""

    error: Annotated[str, Field(description="What was wrong, and what helps.")]
    code: Annotated[
        Literal[
            "away",
            "bad_request",
            "busy",
            "closing",
            "cross_site",
            "failed",
            "filter",
            "host",
            "media_type",
            "mending",
            "method",
            "no_document",
            "no_documents",
            "no_picture",
            "node_token",
            "not_found",
            "question",
            "reader",
            "slow",
            "timeout",
            "token",
            "too_large",
        ],
        Field(description="Stays the same for programs."),
    ]


class RefusedRequest(Exception):  # noqa: N818 - most are no error of anybody
    """A request is not answered."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """
        Say why.

        Args:
            status: The status of HTTP.
            code: For programs; it stays the same.
            message: For people: what was wrong, and what helps.
            headers: That the response has besides.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def refusal(
    status: int, code: str, headers: Mapping[str, str] = MappingProxyType({})
) -> RefusedRequest:
    """A refusal with the words of an excuse."""
    return RefusedRequest(status, code, excuse(code).message, headers)


def excused(code: str, message: str) -> RefusedRequest:
    """A refusal with the status that goes with an excuse."""
    retry_after_s = _RETRY_AFTER_S.get(code)
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return RefusedRequest(_STATUSES[code], code, message, headers)


@contextmanager
def failures_refused() -> Iterator[None]:
    """Turn what may go wrong with a question, or a document, into a refusal."""
    try:
        yield
    except EXCUSED as error:
        found = excuse_for(error)
        raise excused(found.code, found.message) from error
