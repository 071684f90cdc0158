"""What moderators did is kept for other moderators, and for how long."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from click.testing import CliRunner

from bot.cli.audit import command
from bot.discord_app.audit import Action, AuditTrail, Entry
from bot.discord_app.cogs.audit import PAGE_ENTRIES
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.servers import Servers
from bot.settings import load_settings
from prompts import render
from tests.bot.discord_app.conftest import RunningBot
from tests.bot.discord_app.fakes import Clock
from tests.conftest import Place
from tests.discord_service import LocalDiscord
from tests.discord_service.world import MANAGE_GUILD, Channel, Message, User


def audit(local: LocalDiscord, channel: Channel, moderator: User) -> Message:
    asked = local.slash(channel, moderator, "audit", permissions=MANAGE_GUILD)
    answer = local.answer_to(asked)
    assert asked.is_private
    return answer


def test_moderators_read_who_did_what_in_their_server_and_programs_read_no_names(
    local: LocalDiscord, bot: RunningBot, channel: Channel, tmp_path: Path
) -> None:
    mary, tom = User("mary"), User("tom")
    assert "Nothing was changed" in audit(local, channel, mary).text
    manager = MANAGE_GUILD
    allow = local.slash(channel, mary, "channels allow", permissions=manager, channel=channel)
    local.answer_to(allow)
    local.answer_to(local.slash(channel, tom, "base off", permissions=manager))
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    assert elsewhere.guild is not None
    local.join(elsewhere.guild)
    first, second = audit(local, channel, mary).texts[-1].splitlines()
    assert f"<@{tom.id}> turned the common documents off" in first
    assert f"<@{mary.id}> allowed <#{channel.id}>" in second
    assert str(mary.id) not in audit(local, elsewhere, tom).text
    local.answer_to(local.slash(channel, mary, "privacy forget-me"))
    assert str(mary.id) not in audit(local, channel, tom).text

    shown = CliRunner().invoke(command, ["--json", "--data", str(tmp_path / "data")]).stdout
    rows = [json.loads(line) for line in shown.splitlines()]
    assert [(row["action"], row["member"]) for row in rows] == [
        ("allowed", None),
        ("base_off", bot.bot.records.hashed(tom.id)),
    ]
    assert str(tom.id) not in shown


def test_pages_are_turned_by_whom_they_were_shown_to_and_names_are_only_names(
    local: LocalDiscord, bot: RunningBot, channel: Channel
) -> None:
    mary, tom = User("mary"), User("tom")
    assert channel.guild is not None
    for number in range(PAGE_ENTRIES + 1):
        bot.bot.audit.write(channel.guild.id, mary.id, "added", f"**{number}** <@1>.txt")
    first = audit(local, channel, mary)
    assert "added **\\*\\*15\\*\\* \\<\\@1\\>.txt**" in first.text
    refused = local.press(first, tom, "Later")
    assert "Only the member who asked" in local.answer_to(refused).content
    local.press(first, mary, "Later")

    local.wait_for(lambda: "\\*\\*0\\*\\*" in first.text, "the next page")


def test_entries_end_after_the_days_that_are_set_or_with_their_server(place: Place) -> None:
    now = 100 * DAY_S
    records = Records(place(), lambda: now)
    trail = AuditTrail(records)
    trail.write(7, 1, "added", "old.txt")
    now += 3 * DAY_S
    trail.write(7, 1, "added", "new.txt")
    trail.write(8, 1, "denied", "<#5>")
    records.tidy(load_settings(audit_days=2))
    assert [entry.subject for entry in trail.everywhere()] == ["new.txt", "<#5>"]
    Servers(records).delete(records.hashed(7))

    assert trail.everywhere() == [Entry(records.clock(), records.hashed(8), 1, "denied", "<#5>")]
    records.close()


def test_what_is_written_late_of_who_was_forgotten_names_nobody(place: Place) -> None:
    """Another process forgets, which has just begun to write it."""

    class Late(Records):
        """A member is forgotten between what they did and its being written."""

        def write(self, statement: str, values: Sequence[Any] = ()) -> int:
            elsewhere.forget(1)
            return super().write(statement, values)

    clock = Clock()
    here, elsewhere = Late(place(), clock), Records(place(), clock)
    AuditTrail(here).write(7, 1, "added", "a.txt")
    AuditTrail(elsewhere).write(7, 2, "added", "b.txt")
    clock.now += 60
    AuditTrail(elsewhere).write(7, 1, "added", "c.txt")

    assert [one.member_id for one in AuditTrail(here).everywhere()] == [None, 2, 1]
    here.close()
    elsewhere.close()


def test_who_is_forgotten_during_a_change_is_not_named_with_it(
    local: LocalDiscord, bot: RunningBot, channel: Channel, tmp_path: Path
) -> None:
    mary, tom = User("mary"), User("tom")
    said = local.say(channel, mary, "Desk 13 is closed.")
    (hold := tmp_path / "hold-build").touch()
    opened = local.menu(channel, mary, "Teach Quoth", said, permissions=MANAGE_GUILD)
    local.form_of(opened)
    taught = local.answer_to(local.submit(opened, mary, "Which desk is closed?"))
    local.wait_for(lambda: "Indexing" in taught.content, "a build")
    local.answer_to(local.slash(channel, mary, "privacy forget-me"))
    hold.unlink()
    local.wait_for(lambda: not taught.content.endswith("…"), "the end of the build")

    assert "taught me a message of" in (shown := audit(local, channel, tom).text)
    assert str(mary.id) not in shown


def test_every_action_is_said_in_words() -> None:
    for action in get_args(Action):
        entry = {"time": 1, "member": 2, "action": action, "subject": ""}
        assert render("discord/audit.md", entries=[entry]).startswith("<t:1:f> <@2> ")
