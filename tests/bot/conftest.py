"""What faces are tested with: answers from one article, with fakes for models."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from answering.cache import AnswerCache
from bot.serving.open_indexes import SpaceOpener
from bot.serving.service import AnswerService
from tests.conftest import Library

# The fake reader finds the number that follows the question's last word.
ARTICLE = (
    "The agency published its figures on Monday. For theft 3,204 were counted. For arson 812 "
    "were counted. A spokesman said that the numbers had risen.\n\n"
    "Officials in the north counted for smuggling 77 cases. Later reports said of theft 4,001."
)


def opener(library: Library) -> SpaceOpener:
    """What opens the generations of a library, with fakes for models."""
    return SpaceOpener(
        open_base=lambda: SimpleNamespace(generation=library.open(), encoder=library.encoder),  # type: ignore[arg-type, return-value]
        answerer=lambda base, others: AnswerCache(library.answerer(base.generation, others=others)),
        collection=library.collection_named,
    )


@pytest.fixture
def service(library: Library) -> Iterator[AnswerService]:
    """What is answered from: one article, with fakes for models."""
    library.write("figures.txt", ARTICLE)
    library.build()

    serving = AnswerService(opener(library))
    yield serving
    serving.close()
