"""What is fetched from: a site on this machine."""

from collections.abc import Iterator

import pytest

from tests.bot.fetching.site import Site, serving


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made
