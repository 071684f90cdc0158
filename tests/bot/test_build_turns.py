"""Whose turn it is."""

import asyncio

from bot.build_turns import MAX_OVERTAKEN, BuildTurns


class Line:
    """Those who stand in line, and in which order they had their turn."""

    def __init__(self) -> None:
        self.turns = BuildTurns()
        self.order: list[str] = []
        self.may_end = asyncio.Event()

    async def stand(self, name: str, *, size: int = 0, is_first: bool = False) -> None:
        async with self.turns.turn(is_first=is_first, size=size):
            self.order.append(name)
            await self.may_end.wait()

    async def join(
        self, name: str, *, size: int = 0, is_first: bool = False
    ) -> "asyncio.Task[None]":
        task = asyncio.create_task(self.stand(name, size=size, is_first=is_first))
        await asyncio.sleep(0)
        return task


def test_the_base_goes_first_then_the_small_and_then_who_came_first() -> None:
    async def run() -> list[str]:
        line = Line()
        tasks = [await line.join("running", size=9)]
        for name, size in (("large", 8), ("small", 1), ("as small", 1)):
            tasks.append(await line.join(name, size=size))
        tasks.append(await line.join("base", size=99, is_first=True))
        line.may_end.set()
        await asyncio.gather(*tasks)
        assert not line.turns.is_taken
        return line.order

    assert asyncio.run(run()) == ["running", "base", "small", "as small", "large"]


def test_a_large_one_is_not_overtaken_for_ever() -> None:
    async def run() -> list[str]:
        line = Line()
        tasks = [await line.join("running"), await line.join("large", size=99)]
        tasks += [await line.join(f"small {n}") for n in range(MAX_OVERTAKEN + 3)]
        line.may_end.set()
        await asyncio.gather(*tasks)
        return line.order

    assert asyncio.run(run()).index("large") == MAX_OVERTAKEN + 1


def test_who_leaves_the_line_takes_nobodys_turn() -> None:
    async def run() -> list[str]:
        line = Line()
        running = await line.join("running")
        leaving = await line.join("leaving")
        staying = await line.join("staying")
        leaving.cancel()
        await asyncio.sleep(0)
        line.may_end.set()
        await asyncio.gather(running, staying)
        return line.order

    assert asyncio.run(run()) == ["running", "staying"]


def test_a_turn_that_is_given_to_who_leaves_at_that_moment_goes_on_to_the_next() -> None:
    async def run() -> list[str]:
        line = Line()
        async with line.turns.turn(is_first=False, size=0):
            leaving = await line.join("leaving")
            staying = await line.join("staying")
        leaving.cancel()
        line.may_end.set()
        await asyncio.gather(leaving, staying, return_exceptions=True)
        return line.order

    assert asyncio.run(run()) == ["staying"]
