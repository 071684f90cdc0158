"""The guides name commands, options and buttons that there are."""

import re

import pytest

from prompts import render
from tests.bot.discord_app.conftest import RunningBot
from tests.conftest import ROOT
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Json

_COMMAND = re.compile(r"`/([a-z-]+)(?: ([a-z-]+))?(?: url:)?`")
_OPTION = re.compile(r"`([a-z]+):(?:[#@A-Z][A-Za-z]*)?`")
_BUTTON = re.compile(r"\*\*([A-Z][a-z ]+)\*\*")
LABELS = (
    *("context", "others", "right", "wrong", "follow", "delete"),
    *("person", "share", "consent_yes", "consent_no"),
)
# What begins a point, as in `- **Votes** are kept ...`, is no button.
_POINT = re.compile(r"^(?:- |\d+\. )\*\*[^*]+\*\*", re.MULTILINE)


def options(command: Json) -> set[str]:
    """The names of its options, and of those of its subcommands."""
    given = command.get("options", [])
    return {one["name"] for one in given} | {name for one in given for name in options(one)}


@pytest.mark.parametrize("guide", ["moderators.md", "discord.md"])
def test_what_a_guide_names_is_there(local: LocalDiscord, bot: RunningBot, guide: str) -> None:
    text = (ROOT / "docs" / guide).read_text()
    commands = {one["name"]: one for one in local.commands}
    named = {(found[1], found[2]) for found in _COMMAND.finditer(text)}
    assert named
    for name, sub in named:
        assert name in commands
        assert sub is None or sub in options(commands[name]), f"/{name} {sub}"
    known = {name for command in commands.values() for name in options(command)}
    assert {found[1] for found in _OPTION.finditer(text)} <= known

    labels = {render("discord/labels.txt", label=one) for one in LABELS}
    buttons = {found[1] for found in _BUTTON.finditer(_POINT.sub("", text))}
    assert buttons
    assert buttons <= labels
