"""The local Discord itself."""

import asyncio

from tests.discord_service import LocalDiscord
from tests.discord_service.world import User


def test_people_may_do_things_while_it_is_waited_for_what_comes_of_them() -> None:
    """Also while the service wakes those who wait, as it does after each request."""
    service = LocalDiscord()
    service.start()
    channel = service.add_channel(service.add_guild())
    is_over = False
    said = 0

    async def wake() -> None:
        while not is_over:
            await service.changed()
            await asyncio.sleep(0)

    def say() -> bool:
        nonlocal said
        service.say(channel, User("ada"), "Hello")
        said += 1
        return said == 100

    waking = asyncio.run_coroutine_threadsafe(wake(), service._loop)
    try:
        assert service.wait_for(say)
    finally:
        is_over = True
        waking.result()
        service.stop()
