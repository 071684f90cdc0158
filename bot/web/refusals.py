"""Why a request is not answered, as whoever asked is told."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from answering.question import QuestionError
from bot.serving.base_documents import NoSuchDocumentError
from bot.serving.queue import BusyError, MendingError, TooSlowError
from index.errors import IndexDamagedError
from prompts import render

# A place in the queue is free again after a fraction of a second; two seconds keep those who were
# refused from coming back all at once, and are not long to a person.
RETRY_AFTER_S = 2
# So long a damaged index takes to be built anew, about: most vectors are kept.
RETRY_AFTER_MENDING_S = 30


class Refusal(Exception):  # noqa: N818 - most are no error of anybody
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
            status: Of HTTP.
            code: For programs; it stays the same.
            message: For people: what was wrong, and what helps.
            headers: That the response has besides.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def refusal(status: int, code: str, retry_after_s: int | None = None) -> Refusal:
    """A refusal with the words that `prompts/web/refusals.txt.j2` has for it."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Refusal(status, code, str(render("web/refusals.txt", code=code)), headers)


@contextmanager
def failures_refused() -> Iterator[None]:
    """Turn what may go wrong with a question, or a document, into a refusal."""
    try:
        yield
    except QuestionError as error:
        raise Refusal(400, "question", str(error)) from error
    except NoSuchDocumentError as error:
        raise Refusal(404, "no_document", str(error)) from error
    except BusyError as error:
        raise refusal(429, "busy", RETRY_AFTER_S) from error
    except TooSlowError as error:
        raise refusal(504, "slow") from error
    except (MendingError, IndexDamagedError) as error:
        raise refusal(503, "mending", RETRY_AFTER_MENDING_S) from error
