"""Who waits is noted until they were answered, and told of a failure only where there was one."""

import asyncio

from bot.discord_app.unanswered import Waiting, left_waiting, noted


class Noting:
    """Notes in memory."""

    def __init__(self) -> None:
        self.under_way: set[int] = set()
        self.waiting: dict[int, Waiting] = {}

    def begin(self, waiting: Waiting) -> None:
        self.waiting[waiting.id] = waiting

    def end(self, waiting_id: int) -> None:
        del self.waiting[waiting_id]


def test_who_is_answered_while_it_is_read_who_waits_is_not_left_waiting() -> None:
    notes = Noting()
    notes.begin(Waiting(1, 7))

    async def ask() -> None:
        was_read, answered = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def read() -> list[Waiting]:
            found = [*notes.waiting.values()]
            loop.call_soon_threadsafe(was_read.set)
            asyncio.run_coroutine_threadsafe(answered.wait(), loop).result()
            return found

        async with noted(Waiting(2, 7), notes):
            while 2 not in notes.waiting:
                await asyncio.sleep(0.001)
            reading = asyncio.create_task(left_waiting(read, notes))
            await was_read.wait()
        answered.set()
        assert [one.id for one in await reading] == [1]

    asyncio.run(ask())
    assert [*notes.waiting] == [1]
    assert notes.under_way == set()
