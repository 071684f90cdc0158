"""A message of progress is edited no more often than Discord likes."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import discord

from bot.discord_app.progress import ProgressMessage
from tests.waiting import pass_time, until_in_loop


def test_what_comes_too_fast_is_left_out_and_the_latest_is_shown() -> None:
    shown: list[str] = []

    async def edit(text: str) -> None:
        shown.append(text)

    async def run() -> None:
        message = ProgressMessage(edit, pause_s=100.0)
        async with message.running():
            for number in range(20):
                message.show(f"{number}")
                await asyncio.sleep(0)
            pass_time(100)
            await until_in_loop(lambda: len(shown) > 1)

    asyncio.run(run())
    assert shown[-1] == "19"
    assert len(shown) == 2


def test_no_edit_is_under_way_after_the_end() -> None:
    events: list[str] = []

    async def edit(text: str) -> None:
        events.append("begun")
        await asyncio.sleep(0.05)
        events.append("done")

    async def run() -> None:
        message = ProgressMessage(edit, pause_s=100.0)
        async with message.running():
            message.show("a")
            await until_in_loop(lambda: events != [])
            message.show("b")
        events.append("over")

    asyncio.run(run())
    assert events == ["begun", "done", "over"]


def test_a_message_that_is_gone_hinders_nothing() -> None:
    tried: list[str] = []

    async def edit(text: str) -> None:
        tried.append(text)
        response = cast("Any", SimpleNamespace(status=404, reason="gone"))
        raise discord.NotFound(response, {"code": 10_008, "message": "Unknown Message"})

    async def run() -> None:
        message = ProgressMessage(edit, pause_s=0.0)
        async with message.running():
            message.show("a")
            await until_in_loop(lambda: tried == ["a"])
            message.show("b")
            await until_in_loop(lambda: tried == ["a", "b"])

    asyncio.run(run())
    assert tried == ["a", "b"]
