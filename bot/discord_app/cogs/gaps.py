"""`/gaps`: what members of a server ask and the documents don't say, for its moderators."""

import asyncio
import logging
from datetime import UTC, datetime

import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot.database import DatabaseError
from bot.discord_app.cards import MessageCard
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import load_alone, show_response
from bot.discord_app.digests import (
    DIGEST_DAYS,
    LOOK_EVERY_S,
    Digest,
    Digests,
    digest_mark,
    next_due,
    send_due,
)
from bot.discord_app.list_cards import ShownGap, digest_card, gaps_card, stale_card
from bot.discord_app.list_pages import page_among, show_list
from bot.discord_app.moderators import MANAGERS, required_server_id
from bot.discord_app.open_questions import open_questions
from bot.discord_app.periods import ANSWERS_KEPT_DAYS, GAPS_DAYS
from bot.discord_app.rendering import notice
from bot.evaluation.gaps import Gap, find_gaps, last_days
from bot.evaluation.stale import find_stale
from bot.event_log import event
from bot.serving.scope_documents import surroundings

_log = logging.getLogger(__name__)

# So many fit a message, whatever stands in them.
PAGE_GAPS = 3
PAGE_STALE = 10
# The newest of a server count; each takes some milliseconds each time that a page is shown.
MAX_QUESTIONS = 500


class Gaps(commands.Cog):
    """The commands that say what the documents should say next."""

    gaps = app_commands.Group(
        name="gaps",
        description="What members ask here and the documents don't say.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    def __init__(self, bot: QuothBot) -> None:
        """List what was asked of one bot."""
        self._bot = bot
        self._digests = Digests(bot.records)
        bot.lists["gaps"] = self._page
        bot.lists["stale"] = self._stale_page

    async def cog_load(self) -> None:
        """Begin to look for digests that are due."""
        self._look.start()

    async def cog_unload(self) -> None:
        """Look no longer."""
        self._look.cancel()

    @gaps.command(name="list")
    async def show(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List what members asked here that the documents don't say, or say wrongly."""
        await show_list(interaction, self._bot, "gaps")

    def _page(self, server_id: int, wanted: int) -> tuple[MessageCard, int, int]:
        gaps = self._found(server_id, GAPS_DAYS)
        page, pages = page_among(wanted, len(gaps), PAGE_GAPS)
        shown = gaps[page * PAGE_GAPS : (page + 1) * PAGE_GAPS]
        card = gaps_card(self._looked_up(server_id, shown), page, pages, GAPS_DAYS)
        return card, page, pages

    def _found(self, server_id: int, days: int) -> list[Gap]:
        period = last_days(days, self._bot.records.clock(), ANSWERS_KEPT_DAYS)
        questions = open_questions(self._bot.records, period.begins_before, server_id)
        newest = sorted(questions, key=lambda one: -one.asked)[:MAX_QUESTIONS]
        return find_gaps(newest, self._bot.service.encode, period)

    def _looked_up(self, server_id: int, gaps: list[Gap]) -> list[ShownGap]:
        """Gaps, and whether the passages of them still stand in their documents."""
        scope, service = self._bot.records.collection(server_id), self._bot.service
        shown = []
        for gap in gaps:
            around = surroundings(service, scope, gap.nearest, "") if gap.nearest else None
            shown.append(ShownGap(gap, around is not None and around.document_changed))
        return shown

    @gaps.command(name="stale")
    async def stale(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List the old documents that answer most often here."""
        await show_list(interaction, self._bot, "stale")

    def _stale_page(self, server_id: int, wanted: int) -> tuple[MessageCard, int, int]:
        today = datetime.now(UTC).date()
        found = find_stale(self._bot.answers.quoting(server_id), today)
        page, pages = page_among(wanted, len(found), PAGE_STALE)
        shown = found[page * PAGE_STALE : (page + 1) * PAGE_STALE]
        return stale_card(shown, today, page, pages, ANSWERS_KEPT_DAYS), page, pages

    @gaps.command(name="digest")
    @app_commands.describe(channel="Where to post it each Monday; without one, nowhere any more.")
    async def digest(
        self,
        interaction: discord.Interaction[QuothBot],
        channel: discord.TextChannel | None = None,
    ) -> None:
        """Post what the documents should say into a channel each week, or stop that."""
        server_id = required_server_id(interaction)
        await load_alone(interaction)
        due = next_due(self._bot.records.clock())
        if channel is None:
            await asyncio.to_thread(self._digests.stop, server_id)
            await self._bot.audit.note(interaction, "digest_off")
            text = notice("no_digest")
        elif not channel.permissions_for(channel.guild.me).send_messages:
            text = notice("can_not_post", channel=channel.mention)
        else:
            await asyncio.to_thread(self._digests.choose, server_id, channel.id, due)
            await self._bot.audit.note(interaction, "digest_on", channel.mention)
            text = notice("digest_chosen", channel=channel.mention, due=int(due))
        await show_response(interaction, content=text)

    @tasks.loop(seconds=LOOK_EVERY_S)
    async def _look(self) -> None:
        try:
            await self.send_due()
        except DatabaseError as error:
            event(_log, "digests_not_sent", logging.WARNING, reason=error.reason)
        except Exception:
            # A loop that raises is over, and so would be all digests after this one.
            _log.exception("failed")

    @_look.before_loop
    async def _until_ready(self) -> None:
        await self._bot.wait_until_ready()

    async def send_due(self) -> None:
        """Send the digests that are due."""

        async def make(digest: Digest) -> MessageCard:
            return await asyncio.to_thread(self._digest, digest)

        await send_due(self._bot, self._digests, make, self._bot.records.clock())

    def _digest(self, digest: Digest) -> MessageCard:
        since = self._bot.records.clock() - DIGEST_DAYS * 24 * 60 * 60
        asked = self._bot.answers.counts_since(digest.server_id, since)
        gaps = self._found(digest.server_id, DIGEST_DAYS)
        shown = self._looked_up(digest.server_id, gaps[:PAGE_GAPS])
        return digest_card(shown, asked, len(gaps) - len(shown), digest_mark(digest))
