"""`quoth index`: documents in, a new generation out."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli.common import (
    ConsoleReporter,
    data_option,
    encoder_option,
    failures_shown,
    printable,
    seeds_option,
    settings_from,
)
from bot.cli.exits import Exit
from prompts import render


@click.group("index", invoke_without_command=True)
@seeds_option
@data_option
@encoder_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    seeds: Path | None,
    data: Path | None,
    encoder: str | None,
    as_json: bool,
) -> None:
    """
    Index the documents, encoding only text that is new.

    The index in use goes on answering until the new one is whole. A file that can't be read is
    named, the others are indexed, and the exit code is 1.
    """
    ctx.obj = (seeds, data, encoder)
    if ctx.invoked_subcommand is not None:
        return
    settings = settings_from(seeds=seeds, data=data, encoder=encoder)
    with failures_shown():
        from bot.assembly import SPLITTING
        from index.build import build
        from index.encoder import SentenceEncoder
        from index.store import Collection

        reporter = ConsoleReporter()
        try:
            report = build(
                Collection(settings.base_collection),
                settings.seeds,
                open_encoder=lambda: SentenceEncoder(settings.encoder, settings.encoder_exports),
                vectors=settings.vectors,
                splitting=SPLITTING,
                reporter=reporter,
            )
        finally:
            reporter.finish()
    values = asdict(report)
    text = json.dumps(values) if as_json else printable(render("index_built.txt", **values))
    click.echo(text)
    if report.failures:
        ctx.exit(Exit.FAILURE)


@command.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check every file of the index against the checksum it was written with."""
    seeds, data, encoder = ctx.obj
    settings = settings_from(seeds=seeds, data=data, encoder=encoder)
    with failures_shown():
        from index.store import Collection

        generation = Collection(settings.base_collection).open(verify=True)
    click.echo(
        render(
            "index_verified.txt",
            generation=generation.id,
            documents=len(generation.manifest.documents),
            passages=generation.manifest.passages,
        )
    )
