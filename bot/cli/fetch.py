"""`quoth fetch`: documents from the web and from Git repositories."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from bot.cli.common import (
    WholeNumber,
    collection_option,
    failures_shown,
    require_extra,
    settings_from,
    settings_options,
    unwritable,
)
from bot.cli.exits import Exit
from bot.cli.output import say
from bot.cli.reporters import ConsoleReporter
from prompts import render

if TYPE_CHECKING:
    from bot.fetching.fetcher import FetchResult
    from index.provenance import FetchOrigin, OriginKind

# Documents of one sitemap, feed or repository, where nothing else is said.
_MOST = 1_000
_SHOWN = frozenset({"failed", "gone", "left_out", "edited"})


@click.command("fetch")
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--sitemap", is_flag=True, help="Fetch the pages of a site's sitemap.")
@click.option("--feed", is_flag=True, help="Fetch the pages of an RSS or Atom feed.")
@click.option("--git", is_flag=True, help="Fetch the documents of a Git repository.")
@click.option(
    "--under",
    metavar="PREFIX",
    help="Only pages of a sitemap or feed whose address begins so; of a repository, only what is "
    "below this folder.",
)
@click.option(
    "--max",
    "most",
    type=WholeNumber(1, 100_000),
    default=_MOST,
    show_default=True,
    metavar="N",
    help="At most so many documents of each.",
)
@click.option("--update", is_flag=True, help="Fetch again what was fetched before, if it changed.")
@click.option(
    "--forget",
    is_flag=True,
    help="Fetch these URLs no more with --update; the files that came from them stay.",
)
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
@settings_options("seeds", "data")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    urls: tuple[str, ...],
    sitemap: bool,
    feed: bool,
    git: bool,
    under: str | None,
    most: int,
    update: bool,
    forget: bool,
    delay: float | None,
    allow_private: bool,
    collection: str,
    **given: object,
) -> None:
    """
    Write pages from the web into the folder of documents.

    Each URL is one page, unless an option says otherwise. Where a document is from is written down
    beside it, and its answers link there. robots.txt is obeyed.

    With --update, an address that failed from the beginning or is gone is named, and is no failure.

    Exit codes: 0 done, 1 something could not be fetched, 2 wrong usage.
    """
    if bool(urls) == update:
        raise click.UsageError("Name what to fetch, or say --update, and not both.")
    kind = _kind(sitemap=sitemap, feed=feed, git=git)
    is_narrowed = ctx.get_parameter_source("most") is not ParameterSource.DEFAULT or under
    if (forget or update) and (kind != "page" or is_narrowed or forget == update):
        raise click.UsageError(
            "--forget takes addresses alone."
            if forget
            else "--update fetches all again as it was asked for; leave --sitemap, --feed, --git, "
            "--under and --max out."
        )
    settings = settings_from(**given)
    with failures_shown():
        folder = settings.documents(collection)
    if forget:
        with _alone(folder, is_first=False):
            _forget(folder, urls)
        return
    require_extra("fetch", "aiohttp")
    require_extra("fetch", "protego")
    origins = None if update else [_origin(url, kind, under, most) for url in urls]
    with failures_shown(), _alone(folder, is_first=not update):
        told = asyncio.run(_fetched(folder, origins, delay, allow_private=allow_private))
    counts = Counter(one.outcome for one in told)
    say(render("fetched.txt", counts=counts, collection=collection))
    failures = {"failed"} if update else {"failed", "gone"}
    if any(one.outcome in failures and (one.was_fetched or not update) for one in told):
        ctx.exit(Exit.FAILURE)


def _kind(*, sitemap: bool, feed: bool, git: bool) -> "OriginKind":
    asked: dict[OriginKind, bool] = {"sitemap": sitemap, "feed": feed, "git": git}
    kinds = [kind for kind, is_asked in asked.items() if is_asked]
    if len(kinds) > 1:
        raise click.UsageError(f"Say only one of {' and '.join(f'--{kind}' for kind in kinds)}.")
    return kinds[0] if kinds else "page"


@contextmanager
def _alone(folder: Path, *, is_first: bool) -> Iterator[None]:
    """
    Hold the lock of a folder's fetched documents; wait for another process that holds it.

    Without it, one of two fetches would write down what is known without what the other has found.

    Args:
        folder: The folder of documents.
        is_first: Whether this may be the first fetch into the folder.
    """
    from index.build_lock import BuildLock
    from index.provenance import LOCK_NAME, PROVENANCE_NAME

    def waiting(holder: str) -> None:
        say(render("fetch_waiting.txt", holder=holder), err=True)

    known = folder / PROVENANCE_NAME
    new = [one for one in (folder, *folder.parents) if not one.exists()]
    with ExitStack() as stack:
        if is_first or known.exists():
            try:
                stack.enter_context(BuildLock(folder / LOCK_NAME).hold(waiting))
            except OSError as error:
                raise unwritable(folder, error) from error
        try:
            yield
        finally:
            # Nothing is left where nothing came.
            if is_first and not known.exists():
                (folder / LOCK_NAME).unlink(missing_ok=True)
                with suppress(OSError):
                    for one in new:
                        one.rmdir()


def _forget(folder: Path, urls: tuple[str, ...]) -> None:
    from index.provenance import NotAskedForError, forget_origins

    with failures_shown():
        try:
            forgotten = forget_origins(folder, urls)
        except NotAskedForError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise unwritable(folder, error) from error
    say(render("forgotten.txt", origins=forgotten, folder=folder))


def _origin(url: str, kind: "OriginKind", under: str | None, most: int) -> "FetchOrigin":
    from yarl import URL

    from index.provenance import FetchOrigin, masked

    if kind == "page" and under is not None:
        raise click.UsageError(
            "--under narrows a sitemap, a feed or a repository. Say --sitemap, --feed or --git "
            "with it, or leave it out."
        )
    try:
        URL(url)
        return FetchOrigin(kind=kind, url=url, under=under, most=most)
    except ValueError:
        raise click.UsageError(
            f"{masked(url)[:100]!r} is no address to fetch. Write it as https://example.org/page, "
            "without a name or a password, which would be written down."
        ) from None


async def _fetched(
    folder: Path, origins: "list[FetchOrigin] | None", delay: float | None, *, allow_private: bool
) -> "list[FetchResult]":
    from bot.fetching.fetcher import Fetcher
    from bot.fetching.web import DELAY_S, Limits, Web

    found: list[FetchResult] = []
    reporter = ConsoleReporter()

    def began(origin: "FetchOrigin", pages: int | None) -> None:
        if pages is None:
            reporter.finish()
            say(render("fetching.txt", origin=origin), err=True)
        elif origin.kind != "page":
            if pages >= origin.most:
                say(render("fetch_most.txt", most=origin.most), err=True)
            reporter.stage("fetch", pages)

    def told(one: "FetchResult") -> None:
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
            raise click.ClickException(f"{folder}: there is nothing to fetch again.")
        try:
            await fetcher.fetch(asked, began, told)
        except OSError as error:
            raise unwritable(folder, error) from error
    reporter.finish()
    if origins is None and fetcher.passed_over:
        say(render("fetched_passed_over.txt", names=fetcher.passed_over), err=True)
    return found
