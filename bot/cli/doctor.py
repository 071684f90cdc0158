"""`quoth doctor`: is everything there that Quoth needs?"""

import importlib.util
from dataclasses import asdict
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

import click

from bot.cli.common import settings_from, settings_options
from bot.cli.exits import Exit
from bot.cli.output import say, say_json
from prompts import render

if TYPE_CHECKING:
    from bot.settings import Settings

# How long Discord may take to say whether it accepts the token.
_PATIENCE_S = 10.0
# How long the bot on this machine may take; whatever asks again and again for its health has a
# limit of its own.
_READY_PATIENCE_S = 5.0


@click.command("doctor")
@click.option(
    "--offline",
    is_flag=True,
    help="Answer a question with all sockets blocked, to prove that nothing leaves the machine.",
)
@click.option(
    "--ready",
    is_flag=True,
    help="Ask nothing but whether the bot that runs on this machine takes questions (/readyz).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options("seeds", "data", "encoder")
@click.pass_context
def command(
    ctx: click.Context, /, *, offline: bool, ready: bool, as_json: bool, **given: object
) -> None:
    """
    Check that everything is there that Quoth needs.

    Settings, disk, database, index, models and token are looked at; no secret is shown.

    Exit codes: 0 nothing is in the way, 1 something is.
    """
    if ready and (offline or as_json):
        raise click.UsageError("--ready asks one question of the bot; it goes with no other check.")
    if ready:
        _say_whether_ready(settings_from(**given))
        return
    from bot.offline import go_offline

    blocked_by = go_offline() if offline else None
    settings = settings_from(**given)
    from bot.checkup import examine
    from bot.serving.nodes import nodes_of

    asks_discord = not offline and importlib.util.find_spec("discord") is not None
    nodes = None if offline else nodes_of(settings)
    findings = list(
        examine(
            settings,
            _discord_accepts if asks_discord else None,
            nodes.problem if nodes else None,
        )
    )
    if as_json:
        say_json({"offline": blocked_by, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            say(render("doctor.txt", **asdict(finding)))
        if blocked_by is not None:
            say(render("doctor_offline.txt", blocked_by=blocked_by))
    if any(finding.state == "failed" for finding in findings):
        ctx.exit(Exit.FAILURE)


def _say_whether_ready(settings: "Settings") -> None:
    """
    Ask the running bot's /readyz.

    Raises:
        click.UsageError: If there is no port to ask.
        click.ClickException: If it is not ready, or none answers.
    """
    if not settings.http_port:
        raise click.UsageError(render("doctor_no_port.txt"))
    # An address that listens everywhere listens on this machine too, and is none to connect to.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.http_host, settings.http_host)  # noqa: S104
    connection = HTTPConnection(host, settings.http_port, timeout=_READY_PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        is_ready = connection.getresponse().status == HTTPStatus.OK
    # A name such as "127.0..1" is none that can be asked for.
    except (OSError, HTTPException, UnicodeError) as error:
        text = render("doctor_ready.txt", host=host, port=settings.http_port, state="silent")
        raise click.ClickException(text) from error
    finally:
        connection.close()
    state = "ready" if is_ready else "not_ready"
    text = render("doctor_ready.txt", host=host, port=settings.http_port, state=state)
    if not is_ready:
        raise click.ClickException(text)
    say(text)


def _discord_accepts(token: str) -> bool | None:
    """Whether Discord takes a token; None if it could not be asked."""
    import asyncio

    import aiohttp
    from discord.http import Route

    async def ask() -> bool | None:
        headers = {"Authorization": f"Bot {token}"}
        timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{Route.BASE}/users/@me", headers=headers) as response,
        ):
            if response.status == HTTPStatus.UNAUTHORIZED:
                return False
            return True if response.status == HTTPStatus.OK else None

    try:
        return asyncio.run(ask())
    except (OSError, TimeoutError, aiohttp.ClientError):
        return None
