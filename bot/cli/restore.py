"""`quoth restore`: the data folder as a backup holds it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.common import settings_from, settings_options
from bot.cli.output import say
from prompts import render


@click.command("restore")
@click.argument(
    "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE.zip"
)
@click.option("--check", "only_check", is_flag=True, help="Check the backup, and write nothing.")
@click.option(
    "--replace",
    is_flag=True,
    help="Restore also where the data folder holds something, which is put aside in it.",
)
@settings_options("data")
def command(*, source: Path, only_check: bool, replace: bool, **given: object) -> None:
    """
    Restore the data folder from FILE.zip.

    All of it is checked before anything is written: names, sizes, checksums, and the records.
    Stop quoth run first.
    """
    settings = settings_from(**given)
    from bot.backups.contents import collections_of
    from bot.backups.errors import BackupError
    from bot.backups.restoring import check, restore
    from bot.collection_names import server_of
    from bot.settings import RECORDS_NAME

    try:
        if only_check:
            manifest, before = check(source), None
        else:
            restored = restore(settings, source, datetime.now(UTC), replace=replace)
            manifest, before = restored.manifest, restored.before
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    collections = collections_of(manifest.files)
    say(
        render(
            "restored.txt",
            path=source,
            data=settings.data,
            only_checked=only_check,
            created=f"{manifest.created:%Y-%m-%d %H:%M} UTC",
            quoth=manifest.quoth,
            files=len(manifest.files),
            size=manifest.size,
            servers=sum(server_of(name) is not None for name in collections),
            own=[name for name in collections if server_of(name) is None],
            before=before,
            unused_records=settings.database is not None and RECORDS_NAME in manifest.files,
        )
    )
