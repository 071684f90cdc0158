"""The server on a port: streamable HTTP, behind what lets people in."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.access import (
    Access,
    AddressError,
    address_of,
    is_known_host,
    is_own_origin,
    may_enter,
)
from bot.mcp.opening import OPENING_S, SCOPE, Opening
from bot.mcp.server import make_server
from bot.serving.excuses import excuse
from bot.serving.program_requests import MAX_BODY_BYTES
from bot.serving.slow_clients import SlowClients
from bot.serving.upkeep import beside, when_told_to_stop
from bot.settings import Settings

_PATH = "/mcp"


def _is_no_hang_up(record: logging.LogRecord) -> bool:
    """Whether a record is of something else than a client that left while it was sending."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ClientDisconnect)


# The SDK takes that for an error of the server's.
logging.getLogger("mcp.server.streamable_http").addFilter(_is_no_hang_up)


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
        # Where a socket finds out that a name can't be written in ASCII, it stays open.
        host.encode("idna")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError, UnicodeError) as error:
        raise AddressError(host, port, error) from error
    with listener:
        app = make_server(opening).streamable_http_app(
            host=host,
            streamable_http_path=_PATH,
            # No client has to come back to this process: all that a request needs is in it.
            stateless_http=True,
            json_response=True,
            max_request_body_size=MAX_BODY_BYTES,
            # `Guard` looks at host and origin.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        at = listener.getsockname()[1]
        clients = SlowClients(
            lambda: [one.transport for one in server.server_state.connections],
            settings.time_limit_s + OPENING_S,
        )
        server = _Uvicorn(
            uvicorn.Config(
                _in_time(clients, Guard(app, settings, access, at)),
                log_config=None,
                # The guard looks at requests alone, and the protocol needs nothing else.
                ws="none",
                access_log=False,
                # Who is slow is told by the connection, whatever a header says.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=int(settings.time_limit_s) + 2,
            )
        )
        when_told_to_stop(server.stop)
        async with opening.begun(), beside(clients.watch()):
            ready(address_of(host, at))
            await server.serve(sockets=[listener])


class _Uvicorn(uvicorn.Server):
    """A server that is stopped by us, and does not raise the signal again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """End after what is under way."""
        self.should_exit = True


def _in_time(clients: SlowClients, app: ASGIApp) -> ASGIApp:
    async def in_time(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            with clients.request(scope["client"]):
                await app(scope, receive, send)
        else:
            await app(scope, receive, send)

    return in_time


class Guard:
    """Lets those in who show a token, and ask under a name that Quoth has."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access, port: int) -> None:
        """Stand before an application that listens at a port."""
        self._app = app
        self._settings = settings
        self._access = access
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            refused = self._refusal(headers) or _wrong_method(scope)
            if refused is not None:
                await refused(scope, receive, send)
                return
            # Each request is a task of its own, and so is what it begins.
            SCOPE.set(self._access.collection_of(headers.get("authorization")))
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        if not is_known_host(headers.get("host"), self._settings):
            return _refused(421, "host")
        origin = headers.get("origin")
        # A page of another site may not ask; a program has no origin.
        if origin is not None and not is_own_origin(origin, self._settings, self._port):
            return _refused(403, "cross_site")
        if not may_enter(headers.get("authorization"), self._access.programs):
            refused = _refused(401, "token")
            refused.headers["WWW-Authenticate"] = 'Bearer realm="Quoth"'
            return refused
        return None


def _wrong_method(scope: Scope) -> JSONResponse | None:
    """Refuse to open a stream of what is said unasked, by GET: there is nothing of that kind."""
    if scope["path"] != _PATH or scope["method"] == "POST":
        return None
    refused = _refused(405, "method")
    refused.headers["Allow"] = "POST"
    return refused


def _refused(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": excuse(code).message, "code": code}, status)
