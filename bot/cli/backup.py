"""`quoth backup`: what can't be made again, in one archive."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.common import settings_from, settings_options
from bot.cli.output import say
from prompts import render


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip")
@settings_options("data")
def command(*, target: Path, **given: object) -> None:
    """
    Write a backup of the data folder to FILE.zip.

    Quoth may run meanwhile. The backup holds what can't be made again: the records of quoth run,
    the documents that servers added and those of collections that you made, your own calibration
    and added readers, with their checksums. The folder of documents (--seeds) is yours to back up,
    and indexes are made again.

    The archive holds what members asked and added. Only you can read it; keep it so.
    """
    settings = settings_from(**given)
    from bot.backups.contents import collections_of
    from bot.backups.errors import BackupError
    from bot.backups.writing import back_up

    try:
        written = back_up(settings, target, datetime.now(UTC))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    if written.left_out:
        say(render("backup_left_out.txt", paths=written.left_out), err=True)
    if settings.database is not None:
        say(render("backup_without_records.txt"), err=True)
    files = written.manifest.files
    say(
        render(
            "backup_written.txt",
            path=written.path,
            files=len(files),
            size=written.manifest.size,
            collections=len(collections_of(files)),
        )
    )
