"""`quoth mcp`: Quoth for assistants and editors."""

from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    failures_shown,
    open_documents,
    require_extra,
    say_notice,
    settings_from,
    settings_options,
)
from bot.cli.output import say
from prompts import render

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command("mcp")
@click.option(
    "--http", "over_http", is_flag=True, help="Listen on a port instead of standard input."
)
@settings_options("web_host", "mcp_port", "seeds", "data", "encoder")
def command(*, over_http: bool, **given: object) -> None:
    """
    Serve assistants and editors by the Model Context Protocol.

    A client starts this command itself and speaks to it over standard input and output; its tools
    ask, search and read, and change nothing. With --http it listens at an address instead, which
    ends with /mcp, until it is stopped; one that other machines reach needs QUOTH_API_TOKENS.

    Exit codes: 0 the client has gone or, with --http, it was stopped; 2 wrong usage, 1 failure.
    """
    require_extra("mcp", "mcp")
    if not over_http and (given["web_host"] is not None or given["mcp_port"] is not None):
        raise click.UsageError("--host and --port are for --http.")
    settings = settings_from(**given)
    with failures_shown():
        _serve(settings, over_http=over_http)


def _serve(settings: "Settings", *, over_http: bool) -> None:
    # Imported here: `quoth --help` shows this command, and would pay for it.
    import asyncio
    import functools
    import logging
    import signal

    from bot.access import AddressError, absent_collections, access_of
    from bot.collection_builds import ChildProcess
    from bot.event_log import set_up_logs
    from bot.mcp.http import run_http
    from bot.mcp.opening import Opening
    from bot.mcp.server import run_stdio
    from bot.serving.opening import open_service

    access = access_of(settings) if over_http else None
    if access is not None:
        say_notice(absent_collections(settings, access))
    set_up_logs()
    # Below, the SDK logs what tools were asked, and uvicorn what is said on starting.
    for name in ("mcp", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    build = ChildProcess()
    open_index = functools.partial(open_documents, child=build)
    opening = Opening(
        settings, lambda: open_service(settings, open_index, say_notice), give_up=build.end
    )

    def end(number: int, _frame: object) -> None:
        build.end()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    def ready(address: str) -> None:
        asks = access is not None and bool(access.programs)
        said = render(
            "serving.txt",
            what="mcp",
            address=address,
            public_url=None,
            asks=asks,
            asks_programs=asks,
        )
        say(said, err=True)

    try:
        if access is None:
            # A thread waits for what the client says next, and nothing wakes it: whoever waited for
            # that thread would not end. Nothing is lost.
            signal.signal(signal.SIGTERM, end)
            signal.signal(signal.SIGINT, end)
            asyncio.run(run_stdio(opening))
        else:
            asyncio.run(run_http(opening, settings, access, ready))
    except AddressError as error:
        raise click.ClickException(str(error)) from error
