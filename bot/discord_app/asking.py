"""One question from Discord -> what to show: a refusal, an answer, an excuse."""

import asyncio
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import discord
from discord.ext import commands

from answering.answer import Answer, Outcome
from answering.followups.detection import Turn, turn_of
from answering.question import QuestionError
from bot.discord_app.channels import ChannelRules
from bot.discord_app.conversation_store import ConversationStore
from bot.discord_app.metrics import Metrics
from bot.discord_app.records import Records
from bot.discord_app.rendering import answer_embed, notice
from bot.event_log import event
from bot.serving.queue import AnswerQueue, BusyError, TooSlowError
from bot.settings import Settings

_log = logging.getLogger(__name__)

OTHER_ANSWERS = 4
# The names of outcomes in the metrics.
_COUNTED_AS: dict[Outcome, str] = {
    "answered": "answered",
    "unsure": "unsure",
    "unanswered": "not_in_documents",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Who asks where."""

    user_id: int
    channel_id: int
    parent_id: int | None = None
    """Of a thread: the channel it belongs to."""
    server_id: int | None = None
    """None in direct messages."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to show: an answer's embed, or a short text."""

    text: str | None = None
    embed: discord.Embed | None = None
    answer: Answer | None = None


class Asking:
    """Answers questions for every part that receives them."""

    def __init__(
        self,
        *,
        queue: AnswerQueue,
        records: Records,
        channels: ChannelRules,
        conversations: ConversationStore,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        """Take the collaborators."""
        self._desk = queue
        self._records = records
        self._channels = channels
        self._conversations = conversations
        self._metrics = metrics
        self._log_questions = settings.log_questions
        self._cooldowns: commands.CooldownMapping[int] = commands.CooldownMapping.from_cooldown(
            settings.cooldown_questions, settings.cooldown_s, lambda user_id: user_id
        )
        self._flights = 0
        self._landed = asyncio.Event()
        self._landed.set()
        self.is_closing = False
        """Whether no more questions are taken."""

    def refusal(self, place: Place) -> str | None:
        """
        Why this question is not taken, if it is not; decided from memory alone, so at once.

        In this order: Quoth is about to stop, the channel is not allowed, the member asks too
        fast, too many questions wait.
        """
        if self.is_closing:
            return self._refused("closing", notice("closing"))
        if not self._channels.is_allowed(place.server_id, place.channel_id, place.parent_id):
            channels = self._channels.allowed(place.server_id)
            return self._refused("wrong_channel", notice("wrong_channel", channels=channels))
        wait_s = self._cooldowns.update_rate_limit(place.user_id)
        if wait_s is not None:
            return self._refused("cooldown", notice("cooldown", seconds=math.ceil(wait_s)))
        if self._desk.is_full:
            return self._refused("busy", notice("busy"))
        return None

    def _refused(self, outcome: str, text: str) -> str:
        self._metrics.asked(outcome)
        event(_log, "refused", reason=outcome)
        return text

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Until the block ends, Quoth does not stop: an answer is on its way."""
        self._flights += 1
        self._landed.clear()
        try:
            yield
        finally:
            self._flights -= 1
            if not self._flights:
                self._landed.set()

    async def drain(self, timeout_s: float) -> None:
        """Take no more questions, and wait until those in flight have landed."""
        self.is_closing = True
        try:
            async with asyncio.timeout(timeout_s):
                await self._landed.wait()
        except TimeoutError:
            event(_log, "stopped_waiting", logging.WARNING, questions=self._flights)

    async def ask(self, question: str, place: Place, earlier: tuple[Turn, ...] = ()) -> Reply:
        """
        Answer a question that was not refused; whatever happens, there is something to show.

        Args:
            question: As typed.
            place: Who asks where.
            earlier: The turns it follows, oldest first.
        """
        try:
            scope = self._records.collection(place.server_id)
            answer = await self._desk.ask(question, earlier, OTHER_ANSWERS, scope)
            await asyncio.to_thread(
                self._records.keep_answer,
                answer,
                place.user_id,
                place.server_id,
                with_question=self._log_questions,
            )
        except QuestionError as error:
            return Reply(self._refused("question", notice("question", detail=str(error))))
        except BusyError:
            return Reply(self._refused("busy", notice("busy")))
        except TooSlowError:
            return Reply(self._refused("slow", notice("slow")))
        except Exception:
            # The asker waits; whatever it was, they hear of it, and the log says what.
            _log.exception("failed")
            return Reply(self._refused("failed", notice("failed")))
        self._note(answer, place, earlier)
        return Reply(embed=answer_embed(answer), answer=answer)

    def _note(self, answer: Answer, place: Place, earlier: tuple[Turn, ...]) -> None:
        turns = (*earlier, turn_of(answer))
        self._conversations.remember(answer.id, turns, place.channel_id, place.user_id)
        self._metrics.asked(_COUNTED_AS[answer.outcome], answer.timings)
        event(
            _log,
            "answered",
            answer=answer.id,
            outcome=answer.outcome,
            confidence=answer.confidence,
            seconds=answer.timings.total_s,
            turn=len(turns),
            asker=self._records.hashed(place.user_id),
            server=self._records.hashed(place.server_id) if place.server_id else "none",
        )
