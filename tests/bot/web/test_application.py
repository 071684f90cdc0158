"""The page and the API, from start to stop."""

import pytest

from bot.access import AddressError
from bot.web.application import listening
from tests.bot.web.conftest import Visitor


def test_an_address_that_no_machine_can_have_is_named(visitor: Visitor) -> None:
    async def listen() -> None:
        async with listening(visitor.site, "a..b", 0):
            pass

    with pytest.raises(AddressError, match=r"a\.\.b, port 0: can't be listened at"):
        visitor.do(listen())
