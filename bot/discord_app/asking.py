"""One question from Discord -> what to show."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import discord

from answering.answer import OTHER_ANSWERS, Answer, Outcome
from answering.english.questions import small_talk
from answering.followups.detection import Leaning, leaning
from answering.followups.turns import Turn, turn_of
from answering.question import Question, QuestionError
from bot.discord_app.cards import Buttons, MessageCard, layout
from bot.discord_app.channels import ChannelRules
from bot.discord_app.conversation_store import Conversations
from bot.discord_app.cooldowns import Cooldown, Cooldowns
from bot.discord_app.delivery import acknowledge, respond_alone, show_response, tell_alone
from bot.discord_app.markdown import without_references
from bot.discord_app.metrics import Metrics
from bot.discord_app.origins import Audience, Origin, origin_of
from bot.discord_app.records import Records
from bot.discord_app.rendering import answer_card, notice, refused_question
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.unanswered import Unanswered, Waiting
from bot.event_log import event
from bot.serving.fair_queue import Asker
from bot.serving.queue import AnswerQueue, BusyError, MendingError, NodesAwayError, TooSlowError
from bot.serving.service import NothingToAnswerFromError
from bot.settings import Settings
from index.errors import NotPublishedError, SearchServerError
from index.filters import EVERYTHING, Filter, FilterError
from prompts import render

_log = logging.getLogger(__name__)

# An answer waits so long to be remembered, and is remembered later if that takes longer.
KEEP_S = 1.0
# Whether a question is taken is known by then, or Discord is told to wait first: it waits three
# seconds for a word, and a slow database may take as long.
CHECKED_S = 0.5
EarlierTurns = Callable[[], Awaitable[tuple[Turn, ...]]]
"""Looks up the turns that a question follows, oldest first."""
# The names of outcomes in the metrics.
_COUNTED_AS: dict[Outcome, str] = {
    "answered": "answered",
    "unsure": "unsure",
    "unanswered": "not_in_documents",
}
# What is told, and counted, of a question that could not be answered.
_EXCUSES: dict[type[Exception], str] = {
    BusyError: "busy",
    TooSlowError: "slow",
    MendingError: "mending",
    NodesAwayError: "away",
    SearchServerError: "away",
    NotPublishedError: "unpublished",
    NothingToAnswerFromError: "no_documents_here",
}
_OVERLOADS = frozenset({"busy", "slow", "away"})
# The sign under a message that it was put off by an overload, and may be asked again.
ASK_AGAIN = "⏳"
# To which seconds are rounded up that somebody is told to wait: more than that nobody knows.
WAIT_STEP_S = 5
# After so long, whoever goes on writing where nothing is answered is told so again.
TOLD_AGAIN_S = 60 * 60.0
# So many things that members were told are kept; then what was told first is forgotten.
MAX_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question gets no answer."""

    text: str
    """What is told; empty where that was told before."""
    is_overload: bool = False
    """Whether many may hear it at the same time, so that it belongs in no channel."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to show: an answer's card, or a short text; nothing of a question that nobody put."""

    text: str | None = None
    """Instead of an answer, or above it."""
    card: MessageCard | None = None
    answer: Answer | None = None
    buttons: Buttons = ()
    """Those of an answer."""
    refused: Refusal | None = None
    """Instead of all else."""


class Asking:
    """Answers questions for every part that receives them."""

    def __init__(
        self,
        *,
        queue: AnswerQueue,
        records: Records,
        answers: StoredAnswers,
        unanswered: Unanswered,
        channels: ChannelRules,
        cooldowns: Cooldowns,
        conversations: Conversations,
        metrics: Metrics,
        settings: Settings,
        buttons: Callable[[Answer, Origin], Buttons],
    ) -> None:
        """Take the collaborators; `buttons` makes those that stand under an answer."""
        self._queue = queue
        self._records = records
        self._answers = answers
        self._unanswered = unanswered
        self._channels = channels
        self._conversations = conversations
        self._metrics = metrics
        self._settings = settings
        self._buttons = buttons
        self._cooldowns = cooldowns
        # What members were told in answer to messages, by member and server, and until when it is
        # not told again: to wait, by a rule, or another text. In memory alone.
        self._told: dict[tuple[int, int | None, Cooldown | str], float] = {}
        self._flights = 0
        self._landed = asyncio.Event()
        self._landed.set()
        self.is_closing = False
        """Whether no more questions are taken."""

    def unwelcome(self, server_id: int | None) -> str | None:
        """Why Quoth does not serve a server, or in direct messages, if it does not."""
        if server_id is None:
            return None if self._settings.direct_messages else notice("no_direct_messages")
        return None if self._settings.is_welcome(server_id) else notice("unwelcome_server")

    async def refusal(
        self,
        question: str,
        origin: Origin,
        earlier: tuple[Turn, ...] = (),
        *,
        within: Filter = EVERYTHING,
        by_message: bool = False,
    ) -> Refusal | None:
        """
        Why this question is not taken, if it is not; decided at once, or soon where processes share
        what they count.

        In this order: nothing is answered there (`closed_to`), the member asks too fast, too many
        questions wait and this one has to wait too.

        Args:
            question: As in `ask`, as are `origin`, `earlier` and `within`.
            origin: Who asks, and where.
            earlier: The turns it follows.
            within: Which documents it is answered from.
            by_message: Whether it was asked by a message: then a member who asks too fast is told
                so once for each wait, and that nothing is answered there once in `TOLD_AGAIN_S`;
                each further time there is nothing to tell. That Quoth is about to stop is told
                each time, since it asks for another try.
        """
        closed = self.closed_to(origin)
        if closed is not None:
            may_be_known = by_message and not self.is_closing
            is_known = may_be_known and self._was_told(origin, closed.text, TOLD_AGAIN_S)
            return replace(closed, text="") if is_known else closed
        rule = self._cooldowns.rule(origin.server_id, origin.role_ids, origin.channel_ids)
        wait_s = None if origin.is_moderator else await self._cooldowns.wait_s(origin.user_id, rule)
        if wait_s is not None:
            is_known = by_message and self._was_told(origin, rule, wait_s)
            text = "" if is_known else notice("cooldown", seconds=math.ceil(wait_s))
            return self._refused("cooldown", text)
        try:
            asked = Question.typed(question, self._settings.max_question_chars, within)
        except QuestionError:
            # `ask` says what is wrong with it.
            return None
        scope = self._records.collection(origin.server_id)
        asker = self._asker(origin)
        if await self._queue.refuses(asked, earlier, OTHER_ANSWERS, scope, asker):
            return self._refused("busy", self._excuse("busy"))
        return None

    def _excuse(self, excuse: str) -> str:
        """What is told of one of `_EXCUSES`; where too many ask, also when to ask again."""
        wait_s = self._queue.wait_s
        steps = None if wait_s is None else max(1, math.ceil(wait_s / WAIT_STEP_S))
        return notice(excuse, seconds=steps and steps * WAIT_STEP_S)

    def closed_to(self, origin: Origin) -> Refusal | None:
        """
        Why nothing is answered there, if it is not.

        In this order: Quoth is about to stop, it does not serve there, the channel is not allowed.
        """
        if self.is_closing:
            return self._refused("closing", notice("closing"))
        unwelcome = self.unwelcome(origin.server_id)
        if unwelcome is not None:
            return self._refused("unwelcome", unwelcome)
        if not self._channels.is_allowed(origin.server_id, origin.channel_ids):
            channels = self._channels.allowed(origin.server_id)
            return self._refused("wrong_channel", notice("wrong_channel", channels=channels))
        return None

    def _asker(self, origin: Origin) -> Asker:
        """Who waits in the queue: all direct messages take the turns of one server."""
        return Asker(
            self._records.collection(origin.server_id) or "", self._records.hashed(origin.user_id)
        )

    def _was_told(self, origin: Origin, what: Cooldown | str, for_s: float) -> bool:
        """Whether a member was told something there; if not, they count as told for so long."""
        now = time.monotonic()
        told = (origin.user_id, origin.server_id, what)
        if self._told.get(told, 0.0) > now:
            return True
        if len(self._told) >= MAX_TOLD:
            del self._told[next(iter(self._told))]
        self._told[told] = now + for_s
        return False

    def _refused(self, outcome: str, text: str) -> Refusal:
        self._metrics.asked(outcome)
        event(_log, "refused", reason=outcome)
        return Refusal(text, is_overload=outcome in _OVERLOADS)

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

    async def ask(
        self,
        question: str,
        origin: Origin,
        earlier: tuple[Turn, ...] = (),
        *,
        goes_on: bool = False,
        only: Literal["answered", "sure"] | None = None,
        within: Filter = EVERYTHING,
    ) -> Reply:
        """
        Answer a question that was not refused; whatever happens, there is something to show.

        Args:
            question: As typed, less what stands for members and channels.
            origin: Who asks, and where.
            earlier: The turns it follows, oldest first.
            goes_on: Whether its asker takes it for one that follows others, which may be forgotten.
            only: Show nothing, and remember nothing, unless the documents say, or say it so surely
                that the answer is not marked as doubtful: it may not have been meant for Quoth.
            within: Which documents it is answered from.
        """
        began = self._records.clock()
        try:
            asked = Question.typed(question, self._settings.max_question_chars, within)
            kind = small_talk(asked.text)
            if kind is not None:
                return Reply(self._refused("small_talk", render("small_talk.txt", kind=kind)).text)
            scope = self._records.collection(origin.server_id)
            answer = await self._queue.ask(
                asked, earlier, OTHER_ANSWERS, scope, asker=self._asker(origin)
            )
            # Others that are hardly likely are not shown.
            answer = replace(answer, alternatives=answer.others)
            if (only and not answer.answered) or (only == "sure" and not answer.is_sure):
                self._refused("silent", "")
                return Reply()
            await self._keep(answer, origin, began)
        except (QuestionError, FilterError) as error:
            return Reply(refused=self._refused("question", refused_question(error)))
        except tuple(_EXCUSES) as error:
            excuse = _EXCUSES[type(error)]
            return Reply(refused=self._refused(excuse, self._excuse(excuse)))
        except Exception:
            # The asker waits; whatever it was, they hear of it, and the log says what.
            _log.exception("failed")
            return Reply(refused=self._refused("failed", notice("failed")))
        await self._note(answer, origin, earlier, began)
        is_forgotten = goes_on and not earlier and leaning(asked.text) is Leaning.YES
        return Reply(
            notice("conversation_forgotten") if is_forgotten else None,
            answer_card(answer, self._settings.links),
            answer,
            self._buttons(answer, origin),
        )

    async def _keep(self, answer: Answer, origin: Origin, asked: float) -> None:
        """Remember an answer for its buttons; it is shown although the file is locked."""
        keeping = asyncio.create_task(
            asyncio.to_thread(
                self._answers.keep,
                answer,
                origin.user_id,
                origin.server_id,
                # Nobody but its asker is to read what was asked in private or in direct messages.
                with_question=self._settings.log_questions
                and origin.server_id is not None
                and origin.audience is Audience.EVERYBODY,
                asked=asked,
            )
        )
        keeping.add_done_callback(_log_failure)
        await asyncio.wait({keeping}, timeout=KEEP_S)

    async def _note(
        self, answer: Answer, origin: Origin, earlier: tuple[Turn, ...], asked: float
    ) -> None:
        turns = (*earlier, turn_of(answer))
        await self._conversations.remember(
            answer.id,
            turns,
            origin.channel_id,
            origin.user_id,
            # What was asked in private shows in no answer that others see.
            is_private=origin.audience is not Audience.EVERYBODY,
            asked=asked,
        )
        self._metrics.asked(_COUNTED_AS[answer.outcome], answer.timings)
        event(
            _log,
            "answered",
            answer=answer.id,
            outcome=answer.outcome,
            confidence=answer.confidence,
            seconds=answer.timings.total_s,
            turn=len(turns),
            asker=self._records.hashed(origin.user_id),
            server=self._records.hashed(origin.server_id) if origin.server_id else "none",
        )

    async def answer_interaction(
        self,
        interaction: discord.Interaction[Any],
        question: str,
        *,
        earlier: EarlierTurns | None = None,
        goes_on: bool = False,
        is_private: bool = False,
        within: Filter = EVERYTHING,
    ) -> None:
        """
        Answer a question that came as a command or a form.

        Whether it is taken is mostly known at once, and one that is not is refused in private.
        Where the records are slow, Discord is told to wait first.
        """
        origin = origin_of(interaction, is_private=is_private)
        asked = without_references(question)
        with self.in_flight():
            checking = asyncio.create_task(self._checked(asked, origin, earlier, within))
            try:
                await asyncio.wait({checking}, timeout=CHECKED_S)
                known = checking.result()[1] if checking.done() else None
                if known is not None:
                    await respond_alone(interaction, known.text)
                    return
                waiting = Waiting(
                    interaction.id,
                    origin.channel_id,
                    token=interaction.token,
                    server_id=origin.server_id,
                )
                is_hidden = origin.audience is not Audience.EVERYBODY
                async with self._unanswered.noted(waiting):
                    await acknowledge(
                        lambda: interaction.response.defer(thinking=True, ephemeral=is_hidden)
                    )
                    turns, refused = await checking
                    reply = (
                        await self.ask(asked, origin, turns, goes_on=goes_on, within=within)
                        if refused is None
                        else Reply(refused=refused)
                    )
                    if reply.refused is not None:
                        await tell_alone(interaction, reply.refused.text)
                        return
                    # Another process that took this one for dead may have said so there, as
                    # content.
                    shown = {"content": None, **contents(reply)}
                    await show_response(interaction, **shown)
            finally:
                checking.cancel()

    async def _checked(
        self, question: str, origin: Origin, earlier: EarlierTurns | None, within: Filter
    ) -> tuple[tuple[Turn, ...], Refusal | None]:
        """The turns that a question follows, and why it is not taken, if it is not."""
        turns = await earlier() if earlier is not None else ()
        return turns, await self.refusal(question, origin, turns, within=within)


def _log_failure(keeping: "asyncio.Task[None]") -> None:
    error = None if keeping.cancelled() else keeping.exception()
    if error is not None:
        event(_log, "answer_not_kept", logging.ERROR, reason=type(error).__name__)


def contents(reply: Reply, *below: str) -> dict[str, Any]:
    """A reply as the arguments of whatever sends it, and texts below an answer."""
    if reply.card is None:
        return {"content": reply.text}
    above = (reply.text,) if reply.text else ()
    return {"view": layout(*above, reply.card, *below, buttons=reply.buttons)}
