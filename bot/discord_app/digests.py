"""Weekly digests of what the documents should say, into a channel that a moderator chose."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import discord

from bot.database import DatabaseError
from bot.discord_app.cards import MessageCard, card_of, layout
from bot.discord_app.delivery import UNREACHED, deliver
from bot.discord_app.records import Records
from bot.event_log import event

_log = logging.getLogger(__name__)

# Between two looks for digests that are due.
LOOK_EVERY_S = 60.0
# On Monday morning, UTC, there is a week to change the documents.
_HOUR = 8
DIGEST_DAYS = 7
# So many of the last messages are looked through for a digest that may have been sent.
_LOOKED_THROUGH = 50


@dataclass(frozen=True, slots=True)
class Digest:
    """Where a server's digest goes, and when it is due."""

    server_id: int
    channel_id: int
    due: float
    """In seconds since 1970."""
    was_begun: bool
    """Whether Quoth was about to send it when it was killed."""


class Digests:
    """The table. Its methods read and write a file, so none belongs in an event loop."""

    def __init__(self, records: Records) -> None:
        """Keep it in the records."""
        self._records = records

    def choose(self, server_id: int, channel_id: int, due: float) -> None:
        """Send a server's digest to a channel each week."""
        self._records.write(
            "INSERT INTO digests VALUES (?, ?, ?, FALSE) ON CONFLICT (server_id) DO UPDATE SET"
            " channel_id = excluded.channel_id, due = excluded.due, is_begun = FALSE",
            (server_id, channel_id, due),
        )

    def stop(self, server_id: int) -> None:
        """Send a server no digest any more."""
        self._records.write("DELETE FROM digests WHERE server_id = ?", (server_id,))

    def channel_id(self, server_id: int) -> int | None:
        """Where a server's digest goes, if it has one."""
        query = "SELECT channel_id FROM digests WHERE server_id = ?"
        return next((channel for (channel,) in self._records.rows(query, (server_id,))), None)

    def forget_channel(self, server_id: int, channel_id: int) -> None:
        """Send no digest to a channel that is gone."""
        self._records.write(
            "DELETE FROM digests WHERE server_id = ? AND channel_id = ?", (server_id, channel_id)
        )

    def due(self, now: float) -> list[Digest]:
        """The digests whose time has come."""
        rows = self._records.rows("SELECT * FROM digests WHERE due <= ?", (now,))
        return [Digest(server, channel, due, bool(begun)) for server, channel, due, begun in rows]

    def begin(self, digest: Digest) -> None:
        """Note that a digest is about to be sent."""
        self._records.write(
            "UPDATE digests SET is_begun = TRUE WHERE server_id = ? AND due = ?",
            (digest.server_id, digest.due),
        )

    def settle(self, digest: Digest, next_due: float) -> None:
        """Note that a digest was sent; if another channel was chosen meanwhile, that stays."""
        self._records.write(
            "UPDATE digests SET due = ?, is_begun = FALSE WHERE server_id = ? AND due = ?",
            (next_due, digest.server_id, digest.due),
        )


def next_due(now: float) -> float:
    """The next Monday morning, in seconds since 1970."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    while monday.timestamp() <= now:
        monday += timedelta(days=DIGEST_DAYS)
    return monday.timestamp()


async def send_due(
    bot: discord.Client,
    digests: Digests,
    make: Callable[[Digest], Awaitable[MessageCard]],
    now: float,
) -> None:
    """
    Send the digests that are due, each once: one that a kill may have cut short is looked for.

    Args:
        bot: Sends them.
        digests: Which are due.
        make: Makes one.
        now: In seconds since 1970.
    """
    for digest in await asyncio.to_thread(digests.due, now):
        if bot.get_guild(digest.server_id) is None:
            continue
        try:
            if not (digest.was_begun and await _was_sent(bot, digest)):
                card = await make(digest)
                await asyncio.to_thread(digests.begin, digest)
                await _send(bot, digest, card)
        except (discord.NotFound, discord.Forbidden) as error:
            # The channel is gone or closed; the next week may be better.
            event(_log, "no_digest", logging.WARNING, code=error.code)
        except (discord.DiscordException, *UNREACHED, DatabaseError) as error:
            event(_log, "digest_put_off", logging.WARNING, error=type(error).__name__)
            continue
        except Exception:
            # Whatever is wrong with one server's, the others get theirs.
            _log.exception("failed")
            continue
        await asyncio.to_thread(digests.settle, digest, next_due(now))


async def _send(bot: discord.Client, digest: Digest, card: MessageCard) -> None:
    channel = bot.get_channel(digest.channel_id) or await bot.fetch_channel(digest.channel_id)
    if isinstance(channel, discord.TextChannel | discord.Thread):
        shown = layout(card)
        # Discord takes a message with the same nonce once.
        nonce = f"digest{digest.due:.0f}"
        await deliver(lambda: channel.send(view=shown, nonce=nonce))


async def _was_sent(bot: discord.Client, digest: Digest) -> bool:
    """Whether a message of Quoth's stands in the channel since a digest was due."""
    channel = bot.get_partial_messageable(digest.channel_id)
    since = datetime.fromtimestamp(digest.due, UTC)
    mark = digest_mark(digest)
    async for message in channel.history(limit=_LOOKED_THROUGH, after=since, oldest_first=False):
        is_own = bot.user is not None and message.author.id == bot.user.id
        card = card_of(message)
        if is_own and card is not None and mark in card.texts[-1]:
            return True
    return False


def digest_mark(digest: Digest) -> str:
    """A text below a digest by which it is told from the other digests of its server."""
    return f"week until {datetime.fromtimestamp(digest.due, UTC).date()}"
