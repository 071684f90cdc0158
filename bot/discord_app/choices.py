"""Names that are offered while a member types one."""

from collections.abc import Iterable
from itertools import islice

from discord import app_commands

from bot.discord_app.limits import MAX_CHOICE, MAX_CHOICES
from prompts.printing import one_line


def choices(names: Iterable[str], current: str) -> list[app_commands.Choice[str]]:
    """
    The names that hold what was typed, as many as Discord shows.

    Args:
        names: In the order in which they are offered; one that is too long has to be typed.
        current: What was typed.
    """
    typed = current.casefold()
    wanted = (
        app_commands.Choice(name=one_line(name), value=name)
        for name in names
        if len(name) <= MAX_CHOICE and typed in name.casefold() and one_line(name)
    )
    return [*islice(wanted, MAX_CHOICES)]
