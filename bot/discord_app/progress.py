"""A message that tells how far something is, edited no more often than Discord likes."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord

from bot.discord_app.delivery import UNREACHED
from bot.event_log import event

_log = logging.getLogger(__name__)

# Between two edits. Discord takes about five in five seconds from one interaction.
PAUSE_S = 1.5


class ProgressMessage:
    """The latest text is shown; those that came too fast are left out."""

    def __init__(self, edit: Callable[[str], Awaitable[object]], pause_s: float = PAUSE_S) -> None:
        """Take what edits the message."""
        self._edit = edit
        self._pause_s = pause_s
        self._text = ""
        self._changed = asyncio.Event()
        self._over = asyncio.Event()

    def show(self, text: str) -> None:
        """Have a text shown soon."""
        if text != self._text:
            self._text = text
            self._changed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Edit until the block ends; no edit is under way after it, so the last word can follow."""
        editing = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._over.set()
            self._changed.set()
            await editing

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            if self._over.is_set():
                return
            self._changed.clear()
            try:
                await self._edit(self._text)
            except (discord.DiscordException, *UNREACHED) as error:
                event(_log, "progress_not_shown", logging.WARNING, error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s):
                    await self._over.wait()
