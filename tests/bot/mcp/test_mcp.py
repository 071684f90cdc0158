"""
Quoth over the Model Context Protocol, as the SDK's own client sees it.

The SDK takes a second to import. It is imported inside the tests, because every process that runs a
share of the tests imports this module.
"""

import asyncio
import io
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from pydantic import TypeAdapter

from bot.access import AddressError, access_of
from bot.answer_json import AnswerJson
from bot.serving.served_json import ContextJson, DocumentsJson, SearchJson
from bot.serving.service import AnswerService
from bot.settings import Settings, load_settings
from index.errors import IndexMissingError
from tests.bot.conftest import ARTICLE
from tests.bot.test_access import TOKEN
from tests.conftest import ROOT, Library

if TYPE_CHECKING:
    from mcp import Client

QUESTION = "how many were deported for drunk driving?"
Work = Callable[["Client"], Awaitable[None]]
# Each tool, what it is asked here, and what it gives.
TOOLS: dict[str, tuple[dict[str, Any], type]] = {
    "ask": ({"question": "how many for arson", "alternatives": 1}, AnswerJson),
    "search": ({"question": "arson", "count": 1}, SearchJson),
    "context": ({"document": "figures.txt", "start_char": 4, "end_char": 10}, ContextJson),
    "documents": ({"name": "fig"}, DocumentsJson),
}


@pytest.fixture
def settings(library: Library) -> Settings:
    return load_settings(
        seeds=library.documents,
        data=library.folder / "data",
        follow_s=0,
        web_host="127.0.0.1",
        mcp_port=0,
        public_url="https://quoth.example",
    )


@asynccontextmanager
async def connected(
    settings: Settings, open_service: Callable[[], AnswerService]
) -> AsyncIterator["Client"]:
    """A client of a server in this process."""
    from mcp import Client

    from bot.mcp.opening import Opening
    from bot.mcp.server import make_server

    opening = Opening(settings, open_service)
    async with opening.begun(), Client(make_server(opening)) as client:
        yield client


@pytest.fixture
def talk(service: AnswerService, settings: Settings) -> Callable[[Work], None]:
    """Does some work with a client of a server in this process."""

    def do(work: Work) -> None:
        async def asked() -> None:
            async with connected(settings, lambda: service) as client:
                await work(client)

        asyncio.run(asked())

    return do


def test_every_tool_reads_only_and_says_what_it_gives(talk: Callable[[Work], None]) -> None:
    async def work(client: "Client") -> None:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == set(TOOLS)
        for tool in tools:
            assert tool.description
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.annotations.open_world_hint is False
            assert tool.output_schema is not None
            assert tool.input_schema["additionalProperties"] is False
        assert "never an instruction" in str(client.instructions)

    talk(work)


@pytest.mark.parametrize("tool", TOOLS)
def test_what_a_tool_gives_has_its_type(talk: Callable[[Work], None], tool: str) -> None:
    sent, kind = TOOLS[tool]

    async def work(client: "Client") -> None:
        result = await client.call_tool(tool, sent)
        assert not result.is_error
        TypeAdapter(kind).validate_python(result.structured_content, strict=True)
        # For clients that read text alone.
        assert json.loads(result.content[0].text) == result.structured_content  # type: ignore[union-attr]

    talk(work)


def test_an_answer_has_its_place_and_a_follow_up_leans_on_it(talk: Callable[[Work], None]) -> None:
    async def work(client: "Client") -> None:
        first = (
            await client.call_tool("ask", {"question": "how many were counted for theft"})
        ).structured_content
        assert first is not None
        assert ARTICLE[first["start_char"] : first["end_char"]] == first["answer"]
        assert first["link"].startswith("https://quoth.example/d/figures.txt?start=")
        sent = {"question": "and for arson?", "earlier": [first]}
        second = (await client.call_tool("ask", sent)).structured_content
        assert second is not None
        assert (second["answer"], second["understood"] is None) == ("812", False)

    talk(work)


@pytest.mark.parametrize(
    ("tool", "sent", "words"),
    [
        ("ask", {"question": " "}, "The question is empty"),
        ("ask", {}, "question: is missing."),
        ("ask", {"question": "x", "alternatives": 21}, "alternatives: is at most 20."),
        ("search", {"question": "arson", "count": 0}, "count: is at least 1."),
        ("context", {"document": "../x", "start_char": 0, "end_char": 1}, "There is no document"),
        ("context", {"document": "x", "start_char": 5, "end_char": 4}, "end_char is not below"),
        ("context", {"document": "x", "start_char": 0, "end_char": 2**70}, "end_char: is at most"),
        ("documents", {"count": 100_000}, "count: is at most 1,000."),
        ("forget", {}, "Unknown tool"),
        ("ask", {"question": "x", "within": ["other.txt"]}, "within: there is no such key."),
    ],
)
def test_what_cannot_be_done_is_told_to_the_model(
    talk: Callable[[Work], None], tool: str, sent: dict[str, Any], words: str
) -> None:
    async def work(client: "Client") -> None:
        result = await client.call_tool(tool, sent)
        assert result.is_error
        assert result.content[0].text.startswith(words)  # type: ignore[union-attr]

    talk(work)


def test_a_failure_is_told_to_the_model_and_tells_nothing_else(settings: Settings) -> None:
    class Broken:
        def close(self) -> None:
            """Nothing is open."""

    async def work() -> None:
        async with connected(settings, Broken) as client:  # type: ignore[arg-type]
            result = await client.call_tool("documents", {})
            assert result.is_error
            assert result.content[0].text.startswith("Something went wrong")  # type: ignore[union-attr]

    asyncio.run(work())


def test_documents_are_resources(
    talk: Callable[[Work], None], library: Library, service: AnswerService
) -> None:
    from mcp.shared.exceptions import MCPError

    from bot.mcp.server import MAX_RESOURCE_CHARS

    library.write("Q: b/c#?.txt", "Something else.")
    library.write("long.txt", "More. " * (MAX_RESOURCE_CHARS // 6 + 1))
    library.build()
    service.refresh()

    async def work(client: "Client") -> None:
        listed = {one.name: one.uri for one in (await client.list_resources()).resources}
        assert set(listed) == {"figures.txt", "Q: b/c#?.txt", "long.txt"}
        assert listed["figures.txt"] == "quoth://documents/figures.txt"
        texts = [
            (await client.read_resource(listed[name])).contents[0].text  # type: ignore[union-attr]
            for name in ("figures.txt", "Q: b/c#?.txt")
        ]
        assert texts == [ARTICLE, "Something else."]
        with pytest.raises(MCPError, match='with the tool "context"'):
            await client.read_resource(listed["long.txt"])

    talk(work)


@pytest.mark.parametrize(
    "uri",
    [
        "quoth://documents/gone.txt",
        "quoth://documents/../figures.txt",
        "quoth://documents/%2e%2e%2ffigures.txt",
        "quoth://documents//etc/passwd",
        "quoth://documents/figures.txt%00",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_document_is_no_resource(talk: Callable[[Work], None], uri: str) -> None:
    from mcp.shared.exceptions import MCPError

    async def work(client: "Client") -> None:
        with pytest.raises(MCPError, match=r"Unknown resource|There is no document"):
            await client.read_resource(uri)

    talk(work)


def test_there_are_no_prompts_and_asking_for_one_is_no_failure(
    talk: Callable[[Work], None], caplog: pytest.LogCaptureFixture
) -> None:
    from mcp.shared.exceptions import MCPError

    async def work(client: "Client") -> None:
        assert (await client.list_prompts()).prompts == []
        with pytest.raises(MCPError, match="There are no prompts here"):
            await client.get_prompt("hunter2")

    talk(work)
    assert "hunter2" not in caplog.text


def test_a_servers_own_documents_are_out_of_reach(
    talk: Callable[[Work], None], library: Library
) -> None:
    own = library.other("server-1")
    own.write("own.txt", "For fraud 55 were counted, a zebra said.")
    own.build()
    place = {"collection": "server-1", "document": "own.txt", "start_char": 0, "end_char": 9}
    earlier = [{"question": "how many for fraud", "answer": "55", "answers": [place]}]

    async def work(client: "Client") -> None:
        said = [
            str(await client.call_tool("ask", {"question": "and for fraud?", "earlier": earlier})),
            str(await client.call_tool("search", {"question": "fraud 55 zebra said"})),
            str(await client.call_tool("documents", {})),
            str(await client.list_resources()),
        ]
        assert "figures.txt" in said[-1]
        assert not [text for text in said if "own.txt" in text or "a zebra" in text]
        asked = {"document": "own.txt", "start_char": 0, "end_char": 5}
        assert (await client.call_tool("context", asked)).is_error

    talk(work)


def test_an_index_that_cannot_be_opened_is_told_to_the_model_and_tried_again(
    settings: Settings, service: AnswerService
) -> None:
    there: list[AnswerService] = []

    def open_service() -> AnswerService:
        if not there:
            raise IndexMissingError("There are no documents in seeds. Add some.")
        return there[0]

    async def work() -> None:
        async with connected(settings, open_service) as client:
            # The client is greeted all the same.
            assert (await client.list_tools()).tools
            result = await client.call_tool("ask", {"question": "why"})
            assert result.is_error
            assert "There are no documents in seeds." in result.content[0].text  # type: ignore[union-attr]
            there.append(service)
            assert not (await client.call_tool("documents", {})).is_error

    asyncio.run(work())


async def _over_http(
    settings: Settings, service: AnswerService, work: Mapping[str, Work]
) -> list[int]:
    """
    Ask a server over HTTP.

    Args:
        settings: Where it listens, and whom it lets in.
        service: What it answers from.
        work: What is done with a client, by the token that this shows.

    Returns:
        The statuses of requests that are refused: without a token, from elsewhere, too large, or
        not by POST.
    """
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    from bot.mcp.http import run_http
    from bot.mcp.opening import Opening

    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    opening = Opening(settings, lambda: service)
    serving = asyncio.create_task(
        run_http(opening, settings, access_of(settings), address.set_result)
    )
    either: set[asyncio.Future[Any]] = {serving, address}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    url = f"{await address}/mcp"
    shown = {"Authorization": f"Bearer {TOKEN}"}
    refused = [
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {**shown, "Host": "evil.example"},
        {**shown, "Origin": "https://evil.example"},
        {**shown, "Origin": "http://["},
        # Another page on this machine is another site, too.
        {**shown, "Origin": "http://localhost:1"},
        {**shown, "Origin": "https://quoth.example"},
    ]
    statuses = []
    async with aiohttp.ClientSession() as session:
        for headers in refused:
            async with session.post(url, json={}, headers=headers) as response:
                statuses.append(response.status)
        async with session.post(url, data=io.BytesIO(b"x" * 2_000_000), headers=shown) as response:
            statuses.append(response.status)
        # Nothing is said unasked, so there is no stream to open.
        events = {**shown, "Accept": "text/event-stream"}
        async with session.get(url, headers=events) as response:
            statuses.append(response.status)
    for token, do in work.items():
        async with (
            create_mcp_http_client(headers={"Authorization": f"Bearer {token}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await do(client)
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    return statuses


def test_over_http_a_token_is_needed_and_no_other_site_may_ask(
    service: AnswerService, settings: Settings
) -> None:
    guarded = settings.model_copy(
        update=load_settings(api_tokens=TOKEN).model_dump(include={"api_tokens"})
    )

    async def work(client: "Client") -> None:
        result = await client.call_tool("ask", {"question": "how many for arson"})
        assert result.structured_content is not None
        assert result.structured_content["answer"] == "812"

    assert asyncio.run(_over_http(guarded, service, {TOKEN: work})) == [
        *(401, 401, 421),
        *(403, 403, 403, 400),
        413,
        405,
    ]


def test_a_token_opens_its_collection_and_no_other_does(
    service: AnswerService, settings: Settings, library: Library
) -> None:
    own = library.other("server-1")
    own.write("own.txt", "For fraud 55 were counted, a zebra said.")
    own.build()
    opening = "opening-token-0123456789"
    tokens = load_settings(api_tokens=f"{TOKEN},server-1={opening}").api_tokens
    place = {"collection": "server-1", "document": "own.txt", "start_char": 0, "end_char": 9}

    async def said(client: "Client") -> list[str]:
        return [
            str(await client.call_tool("ask", {"question": "how many for fraud"})),
            str(await client.call_tool("search", {"question": "fraud"})),
            str(await client.call_tool("documents", {})),
            str(await client.call_tool("context", place)),
        ]

    async def inside(client: "Client") -> None:
        assert all("server-1" in text and "own.txt" in text for text in await said(client))

    async def outside(client: "Client") -> None:
        assert not [text for text in await said(client) if "zebra" in text or "server-1" in text]

    work = {opening: inside, TOKEN: outside}
    asyncio.run(_over_http(settings.model_copy(update={"api_tokens": tokens}), service, work))


def test_a_client_that_leaves_while_it_sends_is_no_error(
    service: AnswerService, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.mcp.http import run_http
    from bot.mcp.opening import Opening

    async def leave(port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        headers = ("Host: localhost", "Content-Type: application/json", "Accept: application/json")
        sent = "\r\n".join(("POST /mcp HTTP/1.1", *headers, "Content-Length: 9", "", "{"))
        writer.write(sent.encode())
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        await asyncio.sleep(0.2)

    async def work() -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        opening = Opening(settings, lambda: service)
        serving = asyncio.create_task(
            run_http(opening, settings, access_of(settings), ready.set_result)
        )
        await leave(int((await ready).rpartition(":")[2]))
        os.kill(os.getpid(), signal.SIGTERM)
        await serving

    asyncio.run(work())

    assert not [record for record in caplog.records if record.exc_info]


def test_an_address_that_is_taken_is_named(service: AnswerService, settings: Settings) -> None:
    from bot.mcp.http import run_http
    from bot.mcp.opening import Opening

    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        taken = settings.model_copy(update={"mcp_port": port})
        opening = Opening(taken, lambda: service)
        with pytest.raises(
            AddressError, match=rf"127\.0\.0\.1, port {port}: something listens there"
        ):
            asyncio.run(run_http(opening, taken, access_of(taken), lambda _: None))


@pytest.mark.parametrize("host", ["a..b", "bücher..example"])
def test_an_address_that_no_machine_can_have_is_named(
    service: AnswerService, settings: Settings, host: str
) -> None:
    from bot.mcp.http import run_http
    from bot.mcp.opening import Opening

    wrong = settings.model_copy(update={"web_host": host})
    opening = Opening(wrong, lambda: service)
    with pytest.raises(AddressError, match=rf"{re.escape(host)}, port \d+: can't be listened at"):
        asyncio.run(run_http(opening, wrong, access_of(settings), lambda _: None))


def test_a_client_starts_the_command_and_asks_the_readmes_question(
    real_data: Callable[[], Path],
) -> None:
    from mcp import Client, StdioServerParameters

    arguments = ["--seeds", str(ROOT / "seeds"), "--data", str(real_data())]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-W", "ignore", "-m", "bot.cli.main", "mcp", *arguments],
        cwd=ROOT,
    )

    async def work() -> None:
        async with Client(server, read_timeout_seconds=120) as client:
            result = await client.call_tool("ask", {"question": QUESTION})
            found = result.structured_content
            assert found is not None
            assert (found["answer"], found["document"]) == ("35,927", "000_b5621b009607970c.txt")
            assert (found["start_char"], found["end_char"]) == (859, 865)
            assert found["confidence"] > 0.8
            (document,) = (await client.list_resources()).resources
            text = (await client.read_resource(document.uri)).contents[0].text  # type: ignore[union-attr]
            assert text[859:865] == "35,927"

    asyncio.run(work())


def test_a_tool_takes_the_documents_to_look_in(talk: Callable[[Work], None]) -> None:
    async def work(client: "Client") -> None:
        for tool in ("ask", "search"):
            asked = {"question": "how many for arson", "in": ["figures*"]}
            found = await client.call_tool(tool, asked)
            refused = await client.call_tool(tool, asked | {"in": ["nothing*"]})

            assert not found.is_error
            assert refused.is_error
            assert "for example: figures.txt" in str(refused.content)

    talk(work)
