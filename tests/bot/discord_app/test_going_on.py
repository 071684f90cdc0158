"""Questions that go on from others: replies, threads, direct messages."""

import asyncio
from collections.abc import Callable

from answering.followups.turns import Turn
from bot.discord_app.conversation_store import ConversationStore
from tests.bot.discord_app.conftest import StartBot
from tests.bot.discord_app.fakes import GatedAnswers
from tests.discord_service import LocalDiscord
from tests.discord_service.gateway import MESSAGE_CONTENT
from tests.discord_service.world import Channel, Interaction, Message, User
from tests.waiting import until_in_loop


def test_a_reply_carries_the_earlier_turns_along(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    start_bot(gated)
    first = local.reply_to(
        local.say(channel, asker, f"<@{local.bot.id}> how many for arson", mentions=[local.bot])
    )
    second = local.reply_to(
        local.say(channel, asker, "and theft?", mentions=[local.bot], reply_to=first)
    )
    local.reply_to(local.say(channel, asker, "when?", mentions=[local.bot], reply_to=second))

    questions = [[turn.question for turn in earlier] for _, earlier in gated.asked]
    assert questions == [[], ["how many for arson"], ["how many for arson", "and theft?"]]
    assert [one.document_id for one in gated.asked[1][1][0].cited] == ["figures.txt"]


def test_a_mention_in_a_thread_goes_on_from_the_members_last_turn(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    thread = local.add_thread(channel)
    start_bot(gated)
    for who, text in ((asker, "first"), (User("bob"), "other"), (asker, "second")):
        said = local.say(thread, who, f"<@{local.bot.id}> {text}", mentions=[local.bot])
        local.reply_to(said)

    assert [len(earlier) for _, earlier in gated.asked] == [0, 0, 1]


def test_direct_messages_go_on_from_each_other(
    local: LocalDiscord, start_bot: StartBot, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    direct = local.add_dm(asker)
    start_bot(gated)
    for text in ("how many for arson", "and theft?"):
        local.reply_to(local.say(direct, asker, text))

    assert [len(earlier) for _, earlier in gated.asked] == [0, 1]


def test_a_direct_conversation_begins_anew_by_command(
    local: LocalDiscord, start_bot: StartBot, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    direct = local.add_dm(asker)
    start_bot(gated)
    local.reply_to(local.say(direct, asker, "how many for arson"))
    local.answer_to(local.slash(direct, asker, "ask", question="how many for theft"))
    local.reply_to(local.say(direct, asker, "and for fraud?"))

    _, (_, anew), (_, (turn,)) = gated.asked
    assert anew == ()
    assert turn.question == "how many for theft"


def test_the_first_answer_in_a_thread_says_how_to_ask_on(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    thread = local.add_thread(channel)
    start_bot(cooldown_questions=1_000)
    mention = f"<@{local.bot.id}>"

    first = local.reply_to(local.say(thread, asker, f"{mention} for arson", mentions=[local.bot]))
    second = local.reply_to(local.say(thread, asker, f"{mention} for theft", mentions=[local.bot]))
    elsewhere = local.reply_to(
        local.say(channel, asker, f"{mention} for arson", mentions=[local.bot])
    )

    assert "mention me" in first.texts[-1]
    assert "mention me" not in second.text + elsewhere.text


def test_without_the_intent_a_thread_hears_mentions_alone(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    thread = local.add_thread(channel)
    start_bot(cooldown_questions=1_000)
    mention = f"<@{local.bot.id}>"
    local.reply_to(local.say(thread, asker, f"{mention} for arson", mentions=[local.bot]))
    local.say(thread, asker, "and for theft?")

    local.reply_to(local.say(thread, asker, f"{mention} for theft", mentions=[local.bot]))
    assert len([m for m in thread.messages.values() if m.author is local.bot]) == 2


def test_with_the_intent_a_thread_goes_on_without_mentions_for_who_asked(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    thread = local.add_thread(channel)
    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(gated, message_content=True, cooldown_questions=1_000)
    local.say(thread, User("bob"), "what is this thread about")
    first = local.say(thread, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
    assert "mention me" not in local.reply_to(first).content

    local.reply_to(local.say(thread, asker, "and for theft?"))

    assert [(asked.text, len(earlier)) for asked, earlier in gated.asked] == [
        ("for arson", 0),
        ("and for theft?", 1),
    ]


def test_people_who_talk_in_a_thread_are_not_answered_unless_they_ask_what_is_known(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    thread = local.add_thread(channel)
    local.gateway.approved_intents = MESSAGE_CONTENT
    running = start_bot(message_content=True, cooldown_questions=5, cooldown_s=1_000)
    first = local.say(thread, asker, f"<@{local.bot.id}> how many for arson", mentions=[local.bot])
    local.reply_to(first)

    for text in ("haha yes", "👍", "that is a lot", "who likes tea?", "lunch anybody?"):
        local.say(thread, asker, text)
    answered = local.say(thread, asker, "and for theft?")
    # Too much was asked by now, and nobody is told who did not ask Quoth.
    local.reply_to(answered)
    local.say(thread, asker, "and for arson?")
    local.say(thread, asker, "and for smuggling?")
    mentioned = local.say(thread, asker, f"<@{local.bot.id}> tea", mentions=[local.bot])

    assert "Please wait" in local.reply_to(mentioned).content
    own = [m for m in thread.messages.values() if m.author is local.bot]
    assert [m.reply_to for m in own][:2] == [first.id, answered.id]
    assert own[-1].reply_to == mentioned.id
    assert all(m.texts for m in own[:-1])
    # What was not answered leads to no follow-up either.
    turns = asyncio.run(running.bot.conversations.latest(thread.id, asker.id))
    assert "tea" not in repr(turns)


FORGOTTEN = "I remember nothing that was asked before this"


def test_a_follow_up_whose_conversation_is_forgotten_is_told_so(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    mention = f"<@{local.bot.id}>"
    direct = local.add_dm(asker)
    thread = local.add_thread(channel)
    start_bot(cooldown_questions=1_000)
    answer = local.reply_to(
        local.say(channel, asker, f"{mention} how many for theft", mentions=[local.bot])
    )
    local.reply_to(local.say(direct, asker, "how many for theft"))
    start_bot(cooldown_questions=1_000)

    def reply(where: Channel, text: str, to: Message | None = None) -> str:
        said = local.say(where, asker, text, mentions=[local.bot], reply_to=to)
        return local.reply_to(said).text

    assert FORGOTTEN in reply(channel, "and for arson?", answer)
    assert FORGOTTEN in reply(direct, "and for arson?")
    assert FORGOTTEN in reply(thread, f"{mention} and for arson?")
    pressed = local.press(answer, asker, "Follow up")
    local.form_of(pressed)
    followed = local.answer_to(local.submit(pressed, asker, "and for arson?"))
    assert FORGOTTEN in followed.text
    # A question that stands alone needs nothing from before; and what is remembered is used.
    assert FORGOTTEN not in reply(channel, "how many were counted for arson", answer)
    assert FORGOTTEN not in reply(direct, "and for theft?")
    assert FORGOTTEN not in reply(channel, f"{mention} and for arson?")


class SlowConversations(ConversationStore):
    """Remembers, as a database that is slow, once Discord was told to wait."""

    def __init__(self, may_go_on: Callable[[], bool]) -> None:
        super().__init__()
        self.may_go_on = may_go_on

    async def until(
        self, answer_id: str, channel_id: int, *, is_private: bool = False
    ) -> tuple[Turn, ...]:
        await until_in_loop(self.may_go_on)
        return await super().until(answer_id, channel_id, is_private=is_private)


def test_a_form_is_acknowledged_before_a_slow_database_tells_what_it_follows(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    running = start_bot(gated, cooldown_questions=1_000)
    forms: list[Interaction] = []
    slow = SlowConversations(lambda: any(form.deferred for form in forms))
    running.bot.conversations = running.bot.asking._conversations = slow
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))
    pressed = local.press(answer, asker, "Follow up")
    local.form_of(pressed)
    forms.append(local.submit(pressed, asker, "and for theft?"))

    assert local.answer_to(forms[0]).question == "and for theft?"
    assert [turn.question for turn in gated.asked[1][1]] == ["how many for arson"]
