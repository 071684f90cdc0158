"""`quoth serve`: the page, and the HTTP API."""

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


@click.command("serve")
@settings_options("web_host", "web_port", "seeds", "data", "encoder")
def command(**given: object) -> None:
    """
    Answer on a web page and over HTTP until stopped.

    The documents are indexed first if need be, and followed from then on. By default only this
    machine reaches the page; an address that others reach needs QUOTH_WEB_PASSWORD or
    QUOTH_API_TOKENS. SIGTERM and Ctrl-C let Quoth finish the answers that are under way.

    Exit codes: 0 stopped, 2 wrong usage, 1 failure.
    """
    require_extra("web", "aiohttp")
    settings = settings_from(**given)
    with failures_shown():
        _serve(settings)


def _serve(settings: "Settings") -> None:
    # Imported here: `quoth --help` shows this command, and would pay for it.
    import asyncio

    from bot.access import AddressError, absent_collections, access_of
    from bot.database import RecordsError
    from bot.event_log import set_up_logs
    from bot.serving.opening import open_service
    from bot.web.application import serve

    access = access_of(settings)
    say_notice(absent_collections(settings, access))
    set_up_logs()
    service = open_service(settings, open_documents, say_notice)

    def ready(address: str) -> None:
        said = render(
            "serving.txt",
            what="page",
            address=address,
            public_url=settings.public_url,
            asks=bool(access.page),
            asks_programs=bool(access.programs),
        )
        say(said, err=True)

    def away(detail: str) -> None:
        say(render("answers_away.txt", detail=detail), err=True)

    try:
        asyncio.run(serve(settings, service, access, ready=ready, away=away))
    except (AddressError, RecordsError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        service.close()
