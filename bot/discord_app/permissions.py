"""What Discord has to let Quoth do, by the names that people read there."""

import discord

# What the invite link asks for; the last to find the message that a reply belongs to.
INVITED = discord.Permissions(
    add_reactions=True,
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
)
# What an answer needs, since it replies to a message: in a channel, and in a thread.
ANSWERING = discord.Permissions(view_channel=True, send_messages=True, read_message_history=True)
ANSWERING_IN_THREADS = discord.Permissions(
    view_channel=True, send_messages_in_threads=True, read_message_history=True
)
# discord.py's names of its permissions are Discord's, but for this one.
_NAMES = {"read_messages": "view channels"}


def names(permissions: discord.Permissions) -> list[str]:
    """What Discord's settings call these permissions."""
    asked = [name for name, is_asked in permissions if is_asked]
    shown = [_NAMES.get(name, name.replace("_", " ")).title() for name in asked]
    return [name.replace(" In ", " in ") for name in shown]


def lacking(needed: discord.Permissions, given: discord.Permissions) -> list[str]:
    """The names of those that are needed and not given."""
    return names(discord.Permissions(needed.value & ~given.value))


def needed_in(channel: object) -> discord.Permissions:
    """What an answer needs in a channel, or in the threads of a forum."""
    has_threads = isinstance(channel, discord.Thread | discord.ForumChannel)
    return ANSWERING_IN_THREADS if has_threads else ANSWERING
