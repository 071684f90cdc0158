"""The server: its tools, and the documents as its resources."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import (
    ResourceError,
    ResourceNotFoundError,
    ToolError,
    UnexpectedToolError,
)
from mcp.server.mcpserver.resources import ResourceSecurity
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    Resource,
    ToolAnnotations,
)
from pydantic import ValidationError, create_model

from bot import __version__
from bot.answer_json import AnswerJson
from bot.collection_names import BASE_COLLECTION
from bot.mcp.opening import Opening
from bot.serving.excuses import EXCUSED, excuse, excuse_for
from bot.serving.program_api import ProgramApi
from bot.serving.program_requests import (
    Alternatives,
    AskBody,
    CollectionName,
    ContextBody,
    ContextChars,
    DocumentName,
    DocumentsQuery,
    Earlier,
    EndChar,
    In,
    ListCount,
    ListStart,
    NamePart,
    PassageCount,
    QuestionText,
    SearchBody,
    Since,
    StartChar,
    faults,
)
from bot.serving.served_documents import NoSuchDocumentError
from bot.serving.served_json import ContextJson, DocumentsJson, SearchJson
from prompts import render

_T = TypeVar("_T")

# Documents that are listed as resources; the tool `documents` lists all of them.
MAX_RESOURCES = 500
# The longest document that is read as a resource. A longer one is too much for a model, and is
# read in pieces, by the tool `context`.
MAX_RESOURCE_CHARS = 200_000
_SCHEME = "quoth://documents/"


class _Server(MCPServer[None]):
    """The SDK's server, whose resources are the documents as they are now."""

    def __init__(self, opening: Opening, **described: Any) -> None:
        super().__init__(**described)
        self._opening = opening

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            # The SDK logs it.
            raise UnexpectedToolError(excuse("failed").message) from error.__cause__
        except ToolError as error:
            # Said in our words, without those that the SDK puts before them.
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(faults(error.__cause__)) from error.__cause__
            if isinstance(error.__cause__, ToolError):
                raise error.__cause__ from None
            raise

    async def get_prompt(
        self,
        name: str,  # noqa: ARG002 - there is none of any name
        arguments: dict[str, Any] | None = None,  # noqa: ARG002
        context: Context[None, Any] | None = None,  # noqa: ARG002
    ) -> GetPromptResult:
        # The SDK would log what was asked for, as an error of ours.
        raise MCPError(INVALID_PARAMS, "There are no prompts here, only tools and resources.")

    async def list_resources(self) -> list[Resource]:
        site = await self._opening.done()
        # The addresses of resources name no collection: others' are read with the tools.
        common = replace(site, scope=None)
        listed = await common.list_documents(DocumentsQuery(count=MAX_RESOURCES))
        return [
            Resource(
                uri=_uri_of(one["document"]),
                name=one["document"],
                title=one["title"],
                mime_type="text/plain",
                size=one["bytes"],
            )
            for one in listed["documents"]
        ]


def _uri_of(document_id: str) -> str:
    """The address of a document among the resources."""
    return _SCHEME + quote(document_id, safe="/", errors="surrogateescape")


def _tool(name: str, title: str, work: Callable[..., Any]) -> Tool:
    """A tool that reads only, and refuses arguments that it doesn't know."""
    tool = Tool.from_function(
        work,
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
    # The SDK would pass over them, and a filter under a wrong name would filter nothing.
    lax = tool.fn_metadata.arg_model
    strict = create_model(lax.__name__, __base__=lax, __cls_kwargs__={"extra": "forbid"})
    tool.fn_metadata.arg_model = strict
    tool.parameters = strict.model_json_schema(by_alias=True)
    return tool


def make_server(opening: Opening) -> MCPServer[None]:
    """The server with its tools and resources."""
    tools: list[Tool] = []

    def tool(name: str, title: str) -> Callable[[Callable[..., Any]], None]:
        return lambda work: tools.append(_tool(name, title, work))

    @tool("ask", "Ask the documents")
    async def ask(
        question: QuestionText,
        earlier: Earlier = (),
        alternatives: Alternatives = 0,
        within: In = (),
        since: Since = None,
    ) -> AnswerJson:
        body = AskBody.model_validate(
            {
                "question": question,
                "earlier": earlier,
                "alternatives": alternatives,
                "in": within,
                "since": since,
            }
        )
        return await _do_or_tell(opening, lambda site: site.ask(body))

    @tool("search", "Find passages")
    async def search(
        question: QuestionText, count: PassageCount = 10, within: In = (), since: Since = None
    ) -> SearchJson:
        body = SearchBody.model_validate(
            {"question": question, "count": count, "in": within, "since": since}
        )
        return await _do_or_tell(opening, lambda site: site.search(body))

    @tool("context", "Read around a place")
    async def context(
        document: DocumentName,
        start_char: StartChar,
        end_char: EndChar,
        chars: ContextChars = 700,
        collection: CollectionName = BASE_COLLECTION,
    ) -> ContextJson:
        try:
            body = ContextBody(
                document=document,
                start_char=start_char,
                end_char=end_char,
                chars=chars,
                collection=collection,
            )
        except ValidationError as error:
            raise ToolError(faults(error)) from error
        return await _do_or_tell(opening, lambda site: site.context(body))

    @tool("documents", "List the documents")
    async def documents(
        name: NamePart = "", start: ListStart = 0, count: ListCount = 100
    ) -> DocumentsJson:
        body = DocumentsQuery(name=name, start=start, count=count)
        return await _do_or_tell(opening, lambda site: site.list_documents(body))

    server = _Server(
        opening,
        name="quoth",
        title="Quoth",
        version=__version__,
        instructions=render("mcp/instructions.txt"),
        log_level="WARNING",
        tools=tools,
    )

    @server.resource(
        _SCHEME + "{+document}",
        name="document",
        title="A document",
        description=str(render("mcp/tools.txt", tool="resource")),
        mime_type="text/plain",
        # It is looked up in the index, and is no path: "Q: fees.txt" may be a document's name.
        security=ResourceSecurity(exempt_params=frozenset({"document"})),
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


async def _do_or_tell(opening: Opening, work: Callable[[ProgramApi], Awaitable[_T]]) -> _T:
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
