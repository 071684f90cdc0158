"""`quoth fetch`: documents from the web and from Git repositories."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    ConsoleReporter,
    collection_option,
    data_option,
    failures_shown,
    require_extra,
    seeds_option,
    settings_from,
    unwritable,
)
from bot.cli.exits import Exit
from bot.cli.output import say
from prompts import render

if TYPE_CHECKING:
    from bot.fetching.fetcher import Told
    from index.provenance import Kind, Origin

# Of one sitemap, feed or repository, where nothing else is said.
_MOST = 1_000
_SHOWN = frozenset({"failed", "gone", "left_out", "edited"})


@click.command("fetch")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option(
    "--sitemap", "kind", flag_value="sitemap", help="Fetch the pages of a site's sitemap."
)
@click.option("--feed", "kind", flag_value="feed", help="Fetch the pages of an RSS or Atom feed.")
@click.option("--git", "kind", flag_value="git", help="Fetch the documents of a Git repository.")
@click.option(
    "--under",
    metavar="PREFIX",
    help="Only pages whose address begins so; of a repository, only what is below this folder.",
)
@click.option(
    "--max",
    "most",
    type=click.IntRange(1, 100_000),
    default=_MOST,
    show_default=True,
    metavar="N",
    help="At most so many documents of each.",
)
@click.option("--update", is_flag=True, help="Fetch again what was fetched before, if it changed.")
@click.option(
    "--delay",
    type=click.FloatRange(0, 600),
    metavar="SECONDS",
    help="Wait so long between two requests to a server.  [default: 1]",
)
@click.option(
    "--allow-private",
    is_flag=True,
    help="Connect to addresses of this machine and of private networks, too.",
)
@collection_option
@seeds_option
@data_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    urls: tuple[str, ...],
    kind: "Kind | None",
    under: str | None,
    most: int,
    update: bool,
    delay: float | None,
    allow_private: bool,
    collection: str,
    seeds: Path | None,
    data: Path | None,
) -> None:
    """
    Write pages from the web into the folder of documents.

    Each URL is one page, unless an option says otherwise. Where a document is from is written down
    beside it, and answers from it link to it; nothing else connects to the network. robots.txt is
    obeyed.

    Exit codes: 0 done, 1 something could not be fetched, 2 wrong usage.
    """
    require_extra("fetch", "aiohttp")
    require_extra("fetch", "protego")
    if bool(urls) == update:
        raise click.UsageError("Name what to fetch, or say --update, and not both.")
    settings = settings_from(seeds=seeds, data=data)
    with failures_shown():
        told = asyncio.run(
            _fetched(
                settings.documents(collection),
                None if update else [_origin(url, kind, under, most) for url in urls],
                delay,
                allow_private=allow_private,
            )
        )
    say(render("fetched.txt", counts=Counter(one.outcome for one in told)))
    if any(one.outcome in {"failed", "gone"} for one in told):
        ctx.exit(Exit.FAILURE)


def _origin(url: str, kind: "Kind | None", under: str | None, most: int) -> "Origin":
    from pydantic import ValidationError

    from index.provenance import Origin

    try:
        return Origin(kind=kind or "page", url=url, under=under, most=most)
    except ValidationError as error:
        raise click.UsageError(
            f"{url[:100]!r} is no address to fetch. Write it as https://example.org/page."
        ) from error


async def _fetched(
    folder: Path, origins: "list[Origin] | None", delay: float | None, *, allow_private: bool
) -> "list[Told]":
    from bot.fetching.fetcher import Fetcher
    from bot.fetching.web import DELAY_S, Limits, Web

    found: list[Told] = []
    reporter = ConsoleReporter()

    def told(one: "Told") -> None:
        found.append(one)
        reporter.advance(1)
        if one.outcome in _SHOWN:
            reporter.finish()
            say(render("fetched_not.txt", told=one), err=True)

    limits = Limits(delay_s=DELAY_S if delay is None else delay)
    async with Web.opened(limits, allow_private=allow_private) as web:
        fetcher = Fetcher(web, folder, allow_private=allow_private)
        asked = fetcher.origins if origins is None else origins
        if not asked:
            raise click.ClickException(f"{folder}: nothing was fetched into it yet.")
        try:
            await fetcher.fetch(asked, lambda pages: reporter.stage("fetch", pages), told)
        except OSError as error:
            raise unwritable(folder, error) from error
    reporter.finish()
    return found
