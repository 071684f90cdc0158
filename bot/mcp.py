"""
Quoth for assistants and editors, over the Model Context Protocol.

All tools only read. What they give is what the HTTP API gives, from the same functions.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import Resource, ToolAnnotations
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot import __version__
from bot.access import Access, AddressError, address_of, is_known_host, may_enter
from bot.answer_json import AnswerJson
from bot.serving.base_documents import BaseDocuments, NoSuchDocumentError
from bot.serving.base_json import ContextJson, DocumentsJson, SearchJson
from bot.serving.excuses import EXCUSED, excuse, excuse_for
from bot.serving.for_programs import ForPrograms
from bot.serving.sent import (
    Alternatives,
    AskBody,
    ContextBody,
    ContextChars,
    DocumentName,
    DocumentsQuery,
    Earlier,
    EndChar,
    ListCount,
    ListStart,
    NamePart,
    PassageCount,
    QuestionText,
    SearchBody,
    StartChar,
    faults,
)
from bot.serving.service import AnswerService
from bot.serving.upkeep import queue_of
from bot.settings import Settings
from prompts import render

_T = TypeVar("_T")

# Documents that are listed as resources; the tool `documents` lists all of them.
MAX_RESOURCES = 500
# Of a document that is read as a resource. A longer one is no reading for a model: it is read in
# pieces, by the tool `context`.
MAX_RESOURCE_CHARS = 200_000
# Of a request over HTTP: the longest question with ten long answers before it, and as much again.
MAX_BODY_BYTES = 1_000_000
# For a tool, while the documents are indexed first. Clients give up after a minute or so.
_OPENING_S = 45.0
_SCHEME = "quoth://documents/"


class Opening:
    """What is answered from, opened while the client is greeted already."""

    def __init__(self, settings: Settings, open_service: Callable[[], AnswerService]) -> None:
        """Open nothing yet; `open_service` may take minutes, and is called in a thread."""
        self._settings = settings
        self._open_service = open_service
        self._ready: asyncio.Task[ForPrograms] | None = None

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        """Open it, and close it when the block ends."""
        async with AsyncExitStack() as stack:
            self._ready = asyncio.create_task(self._open(stack))
            try:
                yield
            finally:
                if not self._ready.done():
                    self._ready.cancel()
                await asyncio.gather(self._ready, return_exceptions=True)

    async def _open(self, stack: AsyncExitStack) -> ForPrograms:
        service = await asyncio.to_thread(self._open_service)
        stack.callback(service.close)
        queue = await stack.enter_async_context(queue_of(service, self._settings))
        return ForPrograms(self._settings, queue, BaseDocuments(service))

    async def done(self) -> ForPrograms:
        """
        What is answered from.

        Raises:
            ToolError: If it can't be opened, or not yet.
        """
        assert self._ready is not None  # noqa: S101 - the server runs within `begun`
        try:
            async with asyncio.timeout(_OPENING_S):
                return await asyncio.shield(self._ready)
        except TimeoutError as error:
            raise ToolError(excuse("indexing").message) from error
        except Exception as error:
            # What it says is meant for whoever runs Quoth, who reads the client's window.
            raise ToolError(str(error)) from error


class _Server(MCPServer[None]):
    """The SDK's server, whose resources are the documents as they are now."""

    def __init__(self, opening: Opening, **described: Any) -> None:
        super().__init__(**described)
        self._opening = opening

    async def list_resources(self) -> list[Resource]:
        site = await self._opening.done()
        listed = await site.list_documents(DocumentsQuery(count=MAX_RESOURCES))
        return [
            Resource(
                uri=uri_of(one["document"]),
                name=one["document"],
                title=one["title"],
                mime_type="text/plain",
                size=one["bytes"],
            )
            for one in listed["documents"]
        ]


def uri_of(document_id: str) -> str:
    """The address of a document among the resources."""
    return _SCHEME + quote(document_id, safe="/", errors="surrogateescape")


def make_server(opening: Opening) -> MCPServer[None]:
    """The server with its tools and resources."""
    server = _Server(
        opening,
        name="quoth",
        title="Quoth",
        version=__version__,
        instructions=render("mcp/instructions.txt"),
        log_level="WARNING",
    )

    def tool(name: str, title: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return server.tool(
            name=name,
            title=title,
            description=str(render("mcp/tools.txt", tool=name)),
            annotations=ToolAnnotations(
                title=title,
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            ),
            structured_output=True,
        )

    @tool("ask", "Ask the documents")
    async def ask(
        question: QuestionText, alternatives: Alternatives = 0, earlier: Earlier = ()
    ) -> AnswerJson:
        body = AskBody(question=question, alternatives=alternatives, earlier=earlier)
        return await _told(opening, lambda site: site.ask(body))

    @tool("search", "Find passages")
    async def search(question: QuestionText, count: PassageCount = 10) -> SearchJson:
        body = SearchBody(question=question, count=count)
        return await _told(opening, lambda site: site.search(body))

    @tool("context", "Read around a place")
    async def context(
        document: DocumentName,
        start_char: StartChar,
        end_char: EndChar,
        chars: ContextChars = 700,
    ) -> ContextJson:
        try:
            body = ContextBody(
                document=document, start_char=start_char, end_char=end_char, chars=chars
            )
        except ValidationError as error:
            raise ToolError(faults(error)) from error
        return await _told(opening, lambda site: site.context(body))

    @tool("documents", "List the documents")
    async def documents(
        name: NamePart = "", start: ListStart = 0, count: ListCount = 100
    ) -> DocumentsJson:
        body = DocumentsQuery(name=name, start=start, count=count)
        return await _told(opening, lambda site: site.list_documents(body))

    @server.resource(
        _SCHEME + "{+document}",
        name="document",
        title="A document",
        description=str(render("mcp/tools.txt", tool="resource")),
        mime_type="text/plain",
    )
    async def read(document: str) -> str:
        site = await opening.done()
        try:
            piece = await asyncio.to_thread(
                site.documents.piece, document, 0, 0, before=0, after=MAX_RESOURCE_CHARS
            )
        except NoSuchDocumentError as error:
            raise ResourceNotFoundError(str(error)) from error
        except EXCUSED as error:
            raise ResourceError(excuse_for(error).message) from error
        if piece.document_chars > MAX_RESOURCE_CHARS:
            raise ResourceError(
                str(render("mcp/too_long.txt", chars=piece.document_chars, most=MAX_RESOURCE_CHARS))
            )
        return piece.after

    return server


async def _told(opening: Opening, work: Callable[[ForPrograms], Awaitable[_T]]) -> _T:
    """Do what a tool does; what goes wrong is told to the model, which may ask otherwise."""
    site = await opening.done()
    try:
        return await work(site)
    except EXCUSED as error:
        raise ToolError(excuse_for(error).message) from error


async def run_stdio(opening: Opening) -> None:
    """Serve one client over standard input and output, until it closes them."""
    async with opening.begun():
        await make_server(opening).run_stdio_async()


async def run_http(
    opening: Opening, settings: Settings, access: Access, ready: Callable[[str], None]
) -> None:
    """
    Serve clients over streamable HTTP until SIGTERM or SIGINT.

    Args:
        opening: What is answered from.
        settings: Where to listen.
        access: What has to be shown.
        ready: Told the address once it can be asked.

    Raises:
        AddressError: If the address can't be listened at.
    """
    host, port = settings.web_host, settings.mcp_port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise AddressError(host, port, error) from error
    with listener:
        app = make_server(opening).streamable_http_app(
            host=host,
            # No client has to come back to this process: all that a request needs is in it.
            stateless_http=True,
            json_response=True,
            max_request_body_size=MAX_BODY_BYTES,
            # `Guard` looks at host and origin.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        server = _Uvicorn(
            uvicorn.Config(
                Guard(app, settings, access),
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=int(settings.time_limit_s) + 2,
            )
        )
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, server.stop)
        async with opening.begun():
            ready(address_of(host, listener.getsockname()[1]))
            await server.serve(sockets=[listener])


class _Uvicorn(uvicorn.Server):
    """A server that is stopped by us, and does not raise the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """End after what is under way."""
        self.should_exit = True


class Guard:
    """Lets those in who show a token, and ask under a name that Quoth has."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access) -> None:
        """Stand before an application."""
        self._app = app
        self._settings = settings
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            refused = self._refusal(Headers(scope=scope))
            if refused is not None:
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if not is_known_host(headers.get("host"), self._settings):
            return _refused(421, "host")
        origin = headers.get("origin")
        # A page of another site may not ask; a program has no origin.
        if origin is not None and not is_known_host(urlsplit(origin).netloc, self._settings):
            return _refused(403, "cross_site")
        if not may_enter(headers.get("authorization"), self._access.programs):
            refused = _refused(401, "token")
            refused.headers["WWW-Authenticate"] = 'Bearer realm="Quoth"'
            return refused
        return None


def _refused(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": excuse(code).message, "code": code}, status)
