"""`quoth audit`: who changed what in Discord."""

from datetime import UTC, datetime

import click

from bot.cli.common import open_records, settings_from, settings_options
from bot.cli.output import say, say_json
from prompts import render


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each change.")
@settings_options("data")
def command(*, as_json: bool, **given: object) -> None:
    """
    Print who changed what in Discord servers, oldest first.

    What moderators change are documents and settings. Servers and members are hashes with a salt of
    this installation, the same ones as in the log and in the names of collections. In Discord,
    /audit shows moderators the changes of their server.
    """
    from bot.discord_app.audit import AuditTrail

    with open_records(settings_from(**given)) as records:
        for entry in AuditTrail(records).everywhere():
            row = {
                "at": datetime.fromtimestamp(entry.created, UTC).isoformat(timespec="seconds"),
                "server": entry.server,
                "member": None if entry.member_id is None else records.hashed(entry.member_id),
                "action": entry.action,
                "subject": entry.subject,
            }
            if as_json:
                say_json(row)
            else:
                say(render("audit.txt", **row))
