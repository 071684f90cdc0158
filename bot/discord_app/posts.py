"""Support channels: where new posts and threads are answered without being asked."""

import re
from dataclasses import dataclass, replace

import discord

from answering.english.questions import is_question
from bot.discord_app.records import Records

# Names of a forum's tag that says that a post is solved.
_SOLVED = frozenset({"solved", "resolved", "answered", "done", "closed", "fixed"})
# So many questions of a post's body are tried after its title.
MAX_BODY_QUESTIONS = 2
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class SupportChannel:
    """A channel or forum whose new posts are answered."""

    server_id: int
    channel_id: int
    role_id: int | None
    """The role that **Ask a person** pings; none if there is no such button."""


class SupportChannels:
    """
    The support channels, read once and kept in memory, since each new thread asks for them.

    Threads change them: whoever walks through them takes a copy first.
    """

    def __init__(self, records: Records) -> None:
        """Read the support channels of all servers."""
        self._records = records
        self.read()

    def read(self) -> None:
        """Read the support channels of all servers; blocks for the file."""
        with self._records.database.statements() as connection:
            rows = connection.execute("SELECT server_id, channel_id, role_id FROM support_channels")
            # Before anybody else may write: what is set afterwards is noted in these.
            self._channels = {row[1]: SupportChannel(*row) for row in rows}

    def get(self, channel_id: int | None) -> SupportChannel | None:
        """A channel, if its posts are answered."""
        return self._channels.get(channel_id) if channel_id is not None else None

    def of(self, server_id: int | None) -> list[SupportChannel]:
        """The support channels of a server."""
        return [one for one in self._channels.copy().values() if one.server_id == server_id]

    def add(self, channel: SupportChannel) -> None:
        """Answer the posts of a channel; blocks for the write."""
        self._records.write(
            "INSERT INTO support_channels VALUES (?, ?, ?) ON CONFLICT (channel_id)"
            " DO UPDATE SET server_id = excluded.server_id, role_id = excluded.role_id",
            (channel.server_id, channel.channel_id, channel.role_id),
        )
        self._channels[channel.channel_id] = channel

    def remove(self, channel_id: int) -> None:
        """Answer the posts of a channel no longer; blocks for the write."""
        self._records.write("DELETE FROM support_channels WHERE channel_id = ?", (channel_id,))
        self._channels.pop(channel_id, None)

    def forget_role(self, server_id: int, role_id: int) -> None:
        """Let a role that is gone be pinged no more; blocks for the write."""
        self._records.write(
            "UPDATE support_channels SET role_id = NULL WHERE server_id = ? AND role_id = ?",
            (server_id, role_id),
        )
        for one in self.of(server_id):
            if one.role_id == role_id:
                self._channels[one.channel_id] = replace(one, role_id=None)

    def is_person_called(self, thread_id: int) -> bool:
        """Whether a person was asked into a thread; blocks for the records."""
        query = "SELECT 1 FROM person_calls WHERE thread_id = ?"
        return bool(self._records.rows(query, (thread_id,)))

    def note_call(self, server_id: int, thread_id: int) -> None:
        """Note that a person was asked into a thread; blocks for the write."""
        self._records.write(
            "INSERT INTO person_calls VALUES (?, ?) ON CONFLICT DO NOTHING", (server_id, thread_id)
        )


def solved_tag(forum: object) -> discord.ForumTag | None:
    """The tag of a forum that says that a post is solved, if it has one."""
    if not isinstance(forum, discord.ForumChannel):
        return None
    return next((tag for tag in forum.available_tags if tag.name.casefold() in _SOLVED), None)


def questions_in(body: str) -> list[str]:
    """The first questions of a post's body, each on its own; a greeting is none."""
    sentences = (sentence.strip() for sentence in _SENTENCES.split(body))
    return [one for one in sentences if one and is_question(one)][:MAX_BODY_QUESTIONS]
