"""What faces are served from: the common documents, and those of a server."""

import pytest

from bot.serving.service import AnswerService
from tests.conftest import Library

A, B = "server-aaaa", "server-bbbb"


@pytest.fixture
def own(library: Library, service: AnswerService) -> Library:
    """What server A has added."""
    added = library.other(A)
    added.write("own.txt", "For fraud 55 were counted.")
    added.build()
    return added
