"""Who waits is noted until they were answered, and told of a failure only where there was one."""

import asyncio
import threading
from contextlib import closing

from bot.discord_app.limits import INTERACTION_S
from bot.discord_app.records import Records
from bot.discord_app.shards import Shards
from bot.discord_app.unanswered import Unanswered, Waiting
from bot.settings import load_settings
from tests.bot.discord_app.fakes import Clock
from tests.conftest import Place
from tests.waiting import until_in_loop

ALL = Shards(1, frozenset({0}))


class SlowToTell(Unanswered):
    """Reads who waits, and says it once it may."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.has_read, self.may_tell = threading.Event(), threading.Event()

    def all_on(self, shards: Shards) -> list[Waiting]:
        found = super().all_on(shards)
        self.has_read.set()
        self.may_tell.wait(30)
        return found


def test_who_is_answered_while_it_is_read_who_waits_is_not_left_waiting(place: Place) -> None:
    with closing(Records(place())) as records:
        unanswered = SlowToTell(records)
        unanswered.begin(Waiting(1, 7))

        async def ask() -> None:
            async with unanswered.noted(Waiting(2, 7)):
                await until_in_loop(lambda: len(Unanswered(records).all_on(ALL)) == 2)
                reading = asyncio.create_task(unanswered.left(ALL))
                await until_in_loop(unanswered.has_read.is_set)
            unanswered.may_tell.set()
            assert [one.id for one in await reading] == [1]

        asyncio.run(ask())
        assert [one.id for one in unanswered.all_on(ALL)] == [1]
        assert records.under_way == set()


def test_who_waited_is_forgotten_although_the_end_of_it_could_not_be_noted(place: Place) -> None:
    clock = Clock()
    with closing(Records(place(), clock)) as records:
        Unanswered(records).begin(Waiting(1, 7))
        clock.now += INTERACTION_S + 1
        Unanswered(records).begin(Waiting(2, 7))
        records.tidy(load_settings())

        assert records.rows("SELECT id FROM unanswered") == [(2,)]
