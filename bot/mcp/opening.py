"""What is answered from, opened while a client is greeted already."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace

from mcp.server.mcpserver.exceptions import ToolError

from bot.serving.excuses import excuse
from bot.serving.program_api import ProgramApi
from bot.serving.served_documents import ServedDocuments
from bot.serving.service import AnswerService
from bot.serving.upkeep import queue_of
from bot.settings import Settings

# For a tool, while the documents are indexed first. Clients give up after a minute or so.
OPENING_S = 45.0


SCOPE: ContextVar[str | None] = ContextVar("quoth_scope", default=None)
"""The collection that the token of the request under way opens beside the base, if any."""


class Opening:
    """What is answered from, opened while the client is greeted already."""

    def __init__(
        self,
        settings: Settings,
        open_service: Callable[[], AnswerService],
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Open nothing yet.

        Args:
            settings: How questions are answered.
            open_service: May take minutes, and is called in a thread.
            give_up: Called where that is not waited for any more, so that it returns soon.
        """
        self._settings = settings
        self._open_service = open_service
        self._give_up = give_up
        self._ready: asyncio.Task[ProgramApi] | None = None

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """Open it, and close it when the block ends."""
        async with AsyncExitStack() as self._stack:
            self._ready = asyncio.create_task(self._open())
            try:
                yield
            finally:
                if not self._ready.done():
                    self._ready.cancel()
                    self._give_up()
                await asyncio.gather(self._ready, return_exceptions=True)

    async def _open(self) -> ProgramApi:
        service = await asyncio.to_thread(self._open_service)
        self._stack.callback(service.close)
        queue = await self._stack.enter_async_context(queue_of(service, self._settings))
        return ProgramApi(self._settings, queue, ServedDocuments(service))

    async def done(self) -> ProgramApi:
        """
        What is answered from, in the scope of the request under way.

        Raises:
            ToolError: If it can't be opened, or not yet.
        """
        assert self._ready is not None  # noqa: S101 - the server runs within `begun`
        if self._ready.done() and self._ready.exception() is not None:
            # What was in the way, such as an empty folder, may be mended by now.
            self._ready = asyncio.create_task(self._open())
        try:
            async with asyncio.timeout(OPENING_S):
                programs = await asyncio.shield(self._ready)
        except TimeoutError as error:
            raise ToolError(excuse("indexing").message) from error
        except Exception as error:
            # What it says is meant for whoever runs Quoth, who reads the client's window.
            raise ToolError(str(error)) from error
        return replace(programs, scope=SCOPE.get())
