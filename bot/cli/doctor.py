"""`quoth doctor`: is everything there that Quoth needs?"""

import importlib.util
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

import click

from bot.cli.common import data_option, encoder_option, seeds_option, settings_from
from bot.cli.exits import Exit
from bot.cli.output import say, say_json
from prompts import render

_PATIENCE_S = 10.0


@click.command("doctor")
@click.option(
    "--offline",
    is_flag=True,
    help="Answer a question with all sockets blocked, to prove that nothing leaves the machine.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@seeds_option
@data_option
@encoder_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    offline: bool,
    as_json: bool,
    seeds: Path | None,
    data: Path | None,
    encoder: str | None,
) -> None:
    """
    Check settings, disk, index, models and token; the token is not shown.

    Exit codes: 0 nothing is in the way, 1 something is.
    """
    from bot.offline import go_offline

    blocked_by = go_offline() if offline else None
    settings = settings_from(seeds=seeds, data=data, encoder=encoder)
    from bot.checkup import examine

    asks_discord = not offline and importlib.util.find_spec("discord") is not None
    findings = list(examine(settings, discord_accepts if asks_discord else None))
    if as_json:
        say_json({"offline": blocked_by, "checks": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            say(render("doctor.txt", **asdict(finding)))
        if blocked_by is not None:
            say(render("doctor_offline.txt", blocked_by=blocked_by))
    if any(finding.state == "failed" for finding in findings):
        ctx.exit(Exit.FAILURE)


def discord_accepts(token: str) -> bool | None:
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
