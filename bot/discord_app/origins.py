"""Who asks, where, and who sees the answer."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.discord_app.channels import above

_T = TypeVar("_T")


class Audience(Enum):
    """Who sees an answer."""

    EVERYBODY = auto()
    ASKER = auto()
    """The asker, who can show it to everybody."""
    ASKER_ALONE = auto()
    """The asker, in a server that Quoth was not added to: it does not speak there."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, and where."""

    user_id: int
    channel_id: int
    above: tuple[int, ...] = ()
    """Where it is a thread, its channel; then the category of the channel, if it has one."""
    server_id: int | None = None
    """None in direct messages, and in a server that Quoth was not added to."""
    role_ids: tuple[int, ...] = ()
    """The roles of the asker, as far as they are known."""
    is_moderator: bool = False
    """Whether the asker manages the server or the messages there."""
    audience: Audience = Audience.EVERYBODY

    @property
    def channel_ids(self) -> tuple[int, ...]:
        """The channel, and those above it."""
        return (self.channel_id, *self.above)


def origin_of(interaction: discord.Interaction[Any], *, is_private: bool) -> Origin:
    """
    Who asks by an interaction, and where.

    Args:
        interaction: A command, a button or a form.
        is_private: Whether the asker wants to see the answer alone.
    """
    server_id = server_id_of(interaction)
    return Origin(
        interaction.user.id,
        interaction.channel_id or 0,
        above(interaction.channel, interaction.guild),
        server_id,
        role_ids(interaction.user),
        server_id is not None and moderates(interaction.permissions),
        _audience(interaction, is_private=is_private),
    )


def server_id_of(interaction: discord.Interaction[Any]) -> int | None:
    """
    The id of the server that an interaction belongs to.

    A member who has added Quoth to their account can use it in any server. Where the server has not
    added it, that is as in direct messages: answered from the base alone, under no server's rules.
    """
    return interaction.guild_id if interaction.is_guild_integration() else None


def _audience(interaction: discord.Interaction[Any], *, is_private: bool) -> Audience:
    if interaction.guild_id is not None and server_id_of(interaction) is None:
        return Audience.ASKER_ALONE
    # Direct messages among members, where one of them has added Quoth to their account.
    is_among_others = interaction.context.private_channel
    if interaction.guild_id is None and not is_among_others:
        return Audience.EVERYBODY
    # What was asked in private is asked on in private.
    was_private = interaction.message is not None and interaction.message.flags.ephemeral
    is_private = is_private or was_private or is_among_others
    return Audience.ASKER if is_private else Audience.EVERYBODY


def role_ids(user: discord.abc.User) -> tuple[int, ...]:
    """The roles of a member, as far as they are known."""
    # A member of a server that is not known yet has none.
    if not isinstance(user, discord.Member) or getattr(user, "guild", None) is None:
        return ()
    return tuple(role.id for role in user.roles)


def moderates(permissions: discord.Permissions) -> bool:
    """Whether whoever has these permissions is one of the moderators."""
    return permissions.manage_guild or permissions.manage_messages


def everywhere(command: _T) -> _T:
    """Have a command in servers and direct messages, and wherever a member goes who added Quoth."""
    installs = app_commands.allowed_installs(guilds=True, users=True)
    contexts = app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    return installs(contexts(command))
