"""Every way to ask, and what comes of it."""

import gc
import logging
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from answering.answer import Answer
from bot.discord_app.asking import ASK_AGAIN
from bot.discord_app.cooldowns import Cooldown, Cooldowns
from bot.serving.service import AnswerService
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.crowd import SLOW_DOWN, VIA, ask, check
from tests.bot.discord_app.fakes import BrokenAnswers, GatedAnswers
from tests.discord_service import LocalDiscord
from tests.discord_service.gateway import MESSAGE_CONTENT
from tests.discord_service.world import (
    ADD_REACTIONS,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
)
from tests.waiting import until_in_loop


def test_a_command_is_deferred_and_answered(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    asked = local.slash(channel, asker, "ask", question="how many for arson")

    answer = local.answer_to(asked)
    assert asked.deferred
    assert not asked.is_private
    assert answer.title == "812"
    assert "For arson **812** were counted." in answer.text
    assert answer.question == "how many for arson"


def test_a_mention_is_answered_with_a_reply_that_pings_nobody(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    said = local.say(channel, asker, f"<@{local.bot.id}> how many for arson", mentions=[local.bot])

    reply = local.reply_to(said)
    assert reply.title == "812"
    assert reply.sent["allowed_mentions"] == {"parse": [], "replied_user": False}


def test_the_bot_types_while_it_reads(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    start_bot(gated)
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    local.wait_for(lambda: channel.typing, "typing")
    gated.gate.set()
    assert local.reply_to(said).texts


def test_an_answer_comes_although_discord_makes_the_whole_bot_wait_while_quoth_types(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    """Typing ends with the question; cut off while it waits, it would have all requests wait."""
    limit = SLOW_DOWN | {"retry_after": 1.0, "global": True}
    local.fault("POST", "/typing", 429, headers=VIA, body=limit)
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    assert local.reply_to(said).title == "812"


def test_nobody_asks_what_became_of_typing_that_fails_after_the_answer(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    asker: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gated = GatedAnswers()
    start_bot(gated)
    limit = SLOW_DOWN | {"retry_after": 0.3, "global": True}
    fault = local.fault("POST", "/typing", 429, 5, headers=VIA, body=limit)
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    # An answer that came before it would end it before its first try.
    local.wait_for(lambda: fault.times < 5, "typing")
    gated.gate.set()
    local.reply_to(said)
    local.wait_for(lambda: fault.times == 0, "the last try")
    # Once the next one is answered, the failure is known.
    again = local.say(channel, asker, f"<@{local.bot.id}> fraud", mentions=[local.bot])
    local.reply_to(again)
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_a_direct_message_needs_no_mention(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    said = local.say(local.add_dm(asker), asker, "how many for arson")

    assert local.reply_to(said).title == "812"


def test_the_menu_of_a_message_asks_what_it_says(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    said = local.say(channel, User("bob"), f"<@{local.bot.id}> how many for smuggling")
    asked = local.menu(channel, asker, "Ask Quoth", said)

    answer = local.answer_to(asked)
    assert answer.title == "77"
    assert answer.question == "how many for smuggling"


def test_the_menu_of_a_message_without_words_says_so(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    asked = local.menu(channel, asker, "Ask Quoth", local.say(channel, User("bob"), ""))

    assert "has no text" in local.answer_to(asked).content
    assert asked.is_private


def test_a_bare_mention_is_answered_with_help(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    said = local.say(channel, asker, f"<@!{local.bot.id}> ", mentions=[local.bot])

    assert "/ask" in local.reply_to(said).text


def test_a_bare_mention_in_a_reply_asks_what_somebody_else_asked(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(message_content=True)
    mention = f"<@{local.bot.id}>"
    question = local.say(channel, User("bob"), "<@81384788765712384> how many for smuggling")
    asked = local.say(channel, asker, mention, mentions=[local.bot], reply_to=question)

    shown = local.reply_to(asked)
    assert shown.title == "77"
    assert shown.question == "how many for smuggling"
    own = local.say(channel, asker, mention, mentions=[local.bot], reply_to=local.reply_to(asked))
    assert "/ask" in local.reply_to(own).text


def test_a_bare_mention_in_a_reply_to_what_quoth_may_not_read_is_told_another_way(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    question = local.say(channel, User("bob"), "how many for smuggling")
    asked = local.say(channel, asker, f"<@{local.bot.id}>", mentions=[local.bot], reply_to=question)

    assert "Apps, Ask Quoth" in local.reply_to(asked).content


def test_a_mention_of_its_role_is_answered_or_told_another_way(
    local: LocalDiscord, guild: Guild, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    role = local.add_own_role(guild)
    question = f"<@&{role.id}> how many for arson"
    start_bot()
    unread = local.say(channel, asker, question, roles=[role])
    assert f"as a member: <@{local.bot.id}>" in local.reply_to(unread).content

    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(message_content=True)
    assert local.reply_to(local.say(channel, asker, question, roles=[role])).title == "812"
    bare = local.say(channel, asker, f"<@&{role.id}>", roles=[role])
    assert "/ask" in local.reply_to(bare).text


def test_a_mention_of_another_role_is_left_alone(
    local: LocalDiscord, guild: Guild, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    local.add_own_role(guild)
    helpers = local.add_role(guild, "helpers")
    start_bot()
    local.say(channel, asker, f"<@&{helpers.id}> how many for arson", roles=[helpers])
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    local.reply_to(said)
    assert len([m for m in channel.messages.values() if m.author is local.bot]) == 1


def test_members_channels_and_emoji_in_a_question_are_no_part_of_it(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    text = "<@81384788765712384> how many <#5> for <:fire:77> <a:fire:78> <@&9> arson"
    said = local.say(channel, asker, f"<@{local.bot.id}> {text}", mentions=[local.bot])
    asked = local.slash(channel, asker, "ask", question=text)

    for answer in (local.reply_to(said), local.answer_to(asked)):
        assert answer.question == "how many for arson"
        assert answer.title == "812"


def test_messages_to_others_are_left_alone(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.say(channel, asker, "how many for arson")
    local.say(channel, asker, "@everyone how many for arson", everyone=True)
    local.say(channel, User("robot", bot=True), "how many for arson", mentions=[local.bot])
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    local.reply_to(said)
    assert len([m for m in channel.messages.values() if m.author is local.bot]) == 1


def test_small_talk_is_answered_kindly_and_not_searched(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    start_bot(gated)
    said = local.say(channel, asker, f"<@{local.bot.id}> thanks!", mentions=[local.bot])

    assert local.reply_to(said).content == "You're welcome. Ask on whenever you like."
    assert gated.asked == []


def test_what_the_documents_do_not_say_is_said_with_the_nearest_passage(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    answer = local.answer_to(local.slash(channel, asker, "ask", question="who likes tea"))

    assert answer.title == "The documents don’t say"
    assert "The agency published its figures" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "@everyone <@&123> <#456> <@789> **bold** [link](https://evil.example) ```code``` arson",
        "\u202egnihtemos \u200b\u200b arson",
        "why? " * 790 + " arson",
    ],
    ids=["markdown", "invisible", "long"],
)
def test_a_hostile_question_is_answered_and_pings_nobody(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, question: str
) -> None:
    answer = local.answer_to(local.slash(channel, asker, "ask", question=question))

    assert answer.title == "812"
    assert answer.content == ""
    assert "\u202e" not in answer.question


def test_a_question_that_is_too_long_or_blank_is_refused_in_words(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    blank = local.slash(channel, asker, "ask", question="\u200b \u200b?")
    long = local.slash(channel, asker, "ask", question="x" * 4_001)

    assert "empty" in local.answer_to(blank).content
    assert "4,001 characters" in local.answer_to(long).content


def test_a_full_queue_is_said_at_once(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    running = start_bot(gated, workers=1, max_waiting=1)
    waiting = [local.slash(channel, asker, "ask", question=f"arson {n}") for n in range(2)]
    local.wait_for(lambda: running.bot.queue.taken == 2, "a full queue")
    refused = local.slash(channel, asker, "ask", question="arson")

    assert "too many questions" in local.answer_to(refused).content
    assert refused.is_private
    gated.gate.set()
    assert all(local.answer_to(asked).texts for asked in waiting)


def test_a_mention_that_a_full_queue_refuses_gets_a_sign_or_where_there_is_none_a_word(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    running = start_bot(gated, workers=1, max_waiting=0)
    waiting = local.slash(channel, asker, "ask", question="fraud")
    local.wait_for(lambda: running.bot.queue.taken, "a full queue")
    text = f"<@{local.bot.id}> arson"
    refused = local.say(channel, User("ada"), text, mentions=[local.bot])
    local.wait_for(lambda: refused.reactions == [ASK_AGAIN], "a sign")
    direct = local.say(local.add_dm(asker), asker, "arson")
    assert "too many questions" in local.reply_to(direct).content
    plain = local.add_channel(local.add_guild())
    plain.denied = ADD_REACTIONS
    assert plain.guild is not None
    local.join(plain.guild)
    said = local.say(plain, User("bob"), text, mentions=[local.bot])

    assert "too many questions" in local.reply_to(said).content
    assert local.replies(refused) == []
    gated.gate.set()
    assert local.answer_to(waiting).texts


def test_everybody_of_a_crowd_hears_a_word_while_reader_and_disk_stand_still(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, tmp_path: Path
) -> None:
    gated = GatedAnswers()
    start_bot(gated, workers=2, max_waiting=10)
    with closing(sqlite3.connect(tmp_path / "data" / "quoth.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        asked = [
            ask(local, channel, User(f"u{number}"), f"arson {number}", mention=number % 3 == 0)
            for number in range(60)
        ]
        commands = [each.asked for each in asked if isinstance(each.asked, Interaction)]
        local.wait_for(lambda: all(each.callback for each in commands), "a first response to each")
        local.wait_for(
            lambda: sum(_waits(local, each.asked) for each in asked) == 12,
            "a refusal of each for whom there is no place",
        )
        other.rollback()
    gated.gate.set()

    assert sum(not each.is_put_off(local) for each in asked) == 12
    assert [each.answers(local) for each in asked] == [1] * 60


def _waits(local: LocalDiscord, asked: Interaction | Message) -> bool:
    """Whether its asker sees at most that Quoth is at it."""
    if isinstance(asked, Interaction):
        return not asked.answered and not asked.followups
    return not asked.reactions and not local.replies(asked)


def test_who_asks_the_same_as_others_who_wait_gets_an_answer_of_their_own_from_one_reading(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, service: AnswerService
) -> None:
    gated = GatedAnswers()
    running = start_bot(Shared(service, gated), workers=1, max_waiting=1)
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    first = local.slash(channel, User("first"), "ask", question="arson")
    local.wait_for(lambda: gated.asked != [], "a busy reader")
    text = "how many for arson"
    crowd = [ask(local, channel, User(f"u{n}"), text, mention=n % 2 == 0) for n in range(6)]
    places = running.bot.queue._taken
    local.wait_for(lambda: sum(map(len, list(places.values()))) == 7, "all of them in the queue")
    assert running.bot.queue.taken == 2
    other = local.slash(elsewhere, User("guest"), "ask", question=text)
    assert "too many questions" in local.answer_to(other).content
    gated.gate.set()

    check(local, *crowd)
    assert local.answer_to(first).texts
    assert [question.text for question, _ in gated.asked] == ["arson", text]
    # One's button is not another's.
    ids = [{button["custom_id"] for button in each.answer(local).buttons} for each in crowd]
    assert len(set.union(*ids)) == sum(map(len, ids))


@dataclass(frozen=True)
class Shared:
    """Answers as the service does, once it is let."""

    service: AnswerService
    gated: GatedAnswers

    def answer(self, *asked: Any) -> Answer:
        self.gated.answer(*asked)
        return self.service.answer(*asked)

    def known(self, *asked: Any) -> Answer | None:
        return self.service.known(*asked)


def test_who_is_refused_is_told_when_to_ask_again(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    running = start_bot(gated, workers=1, max_waiting=0)
    assert local.answer_to(local.slash(channel, asker, "ask", question="arson")).texts
    gated.gate.clear()
    waiting = local.slash(channel, asker, "ask", question="arson 1")
    local.wait_for(lambda: running.bot.queue.taken, "a full queue")
    refused = local.slash(channel, asker, "ask", question="arson 2")

    assert re.search(r"ask again in about \d+ seconds\.", local.answer_to(refused).content)
    gated.gate.set()
    assert local.answer_to(waiting).texts


def test_a_locked_database_costs_no_answer(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "quoth.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        by_command = local.slash(channel, asker, "ask", question="how many for arson")
        by_mention = local.say(
            channel, User("ada"), f"<@{local.bot.id}> for arson", mentions=[local.bot]
        )
        assert local.answer_to(by_command).title == "812"
        assert local.reply_to(by_mention).title == "812"
        other.rollback()

        # It is remembered when that is possible.
        local.wait_for(
            lambda: other.execute("SELECT count(*) FROM answers").fetchone() == (2,), "a memory"
        )


def test_a_question_that_takes_too_long_is_given_up(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    """Who shared the reading is told that it took too long, and who waited that Quoth is busy."""
    gated = GatedAnswers()
    running = start_bot(gated, workers=1)
    local.slash(channel, asker, "ask", question="arson")
    local.wait_for(lambda: gated.asked != [], "a busy reader")
    # Only now, so that a slow machine has begun with it.
    running.bot.queue._time_limit_s = 0.05
    asked = [
        local.slash(channel, User(question), "ask", question=question)
        for question in ("arson", "murder")
    ]

    shared, waited = (local.answer_to(each).content for each in asked)
    assert "too long" in shared
    assert "too many questions" in waited
    gated.gate.set()


def test_a_server_that_fills_the_queue_keeps_no_other_out(
    local: LocalDiscord, start_bot: StartBot, channel: Channel
) -> None:
    gated = GatedAnswers()
    running = start_bot(gated, workers=1, max_waiting=3)
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    crowd = []
    for number in range(4):
        member = User(f"u{number}")
        crowd.append(local.slash(channel, member, "ask", question=f"loud {number}"))
        local.wait_for(lambda: running.bot.queue.taken == len(crowd), "its place in the queue")
    refused = local.slash(channel, User("late"), "ask", question="loud again")
    assert "too many questions" in local.answer_to(refused).content
    assert refused.is_private
    guest = local.slash(elsewhere, User("guest"), "ask", question="quiet")
    local.wait_for(lambda: "too many questions" in _told(crowd), "a place")
    gated.gate.set()

    assert local.answer_to(guest).texts
    assert sum(bool(local.answer_to(each).texts) for each in crowd) == 3
    # Whoever lost the place had been seen waiting by all, and alone reads why.
    assert [each.is_private for each in crowd if not local.answer_to(each).texts] == [True]
    assert [question.text for question, _ in gated.asked].index("quiet") <= 2


def _told(crowd: list[Interaction]) -> str:
    """What those were told who have been answered by now."""
    return " ".join(each.response.content for each in crowd if each.response is not None)


def test_a_member_who_asks_too_fast_waits_and_others_do_not(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(cooldown_questions=1, cooldown_s=1_000)
    first = local.slash(channel, asker, "ask", question="how many for arson")
    second = local.slash(channel, asker, "ask", question="how many for arson")
    other = local.slash(channel, User("bob"), "ask", question="how many for arson")

    assert local.answer_to(first).texts
    assert "Please wait" in local.answer_to(second).content
    assert local.answer_to(other).texts


def test_a_mention_that_is_refused_is_told_why(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(cooldown_questions=1, cooldown_s=1_000)
    said = [
        local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
        for _ in range(2)
    ]

    contents = sorted(local.reply_to(each).content for each in said)
    assert contents[0] == ""
    assert "Please wait" in contents[1]


def test_who_goes_on_mentioning_it_is_told_once_to_wait(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    bot = start_bot(cooldown_questions=1, cooldown_s=1_000)

    def mention(user: User) -> Message:
        return local.say(channel, user, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(mention(asker)).texts
    assert "Please wait" in local.reply_to(mention(asker)).content
    hasty = [mention(asker) for _ in range(5)]
    # Others hear of their own wait, and commands are answered in private each time.
    other = User("bob")
    assert local.reply_to(mention(other)).texts
    assert "Please wait" in local.reply_to(mention(other)).content
    told = local.slash(channel, asker, "ask", question="how many for arson")
    assert "Please wait" in local.answer_to(told).content
    assert told.is_private
    assert [local.replies(each) for each in hasty] == [[]] * 5
    # They are counted all the same.
    assert b'quoth_questions_total{outcome="cooldown"} 8.0' in bot.bot.metrics.page()


def test_who_mentions_it_without_words_too_often_gets_no_help_each_time(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(cooldown_questions=1, cooldown_s=1_000)

    def mention(to: Message | None = None) -> Message:
        bare = f"<@{local.bot.id}>"
        return local.say(channel, asker, bare, mentions=[local.bot], reply_to=to)

    assert local.reply_to(mention()).title == "Ask me about the documents"
    assert "Please wait" in local.reply_to(mention()).content
    unread = local.say(channel, User("bob"), "a word to somebody else")
    hasty = [mention(), mention(unread)]
    other = local.say(channel, User("cy"), f"<@{local.bot.id}> for arson", mentions=[local.bot])
    assert local.reply_to(other).texts
    assert [local.replies(each) for each in hasty] == [[], []]


class SlowCounts:
    """Counts, as a database that is slow, once Discord was told to wait."""

    def __init__(self, may_go_on: Callable[[], bool], wait_s: float | None) -> None:
        self.may_go_on = may_go_on
        self.wait_s = wait_s

    async def count(self, user_id: int, rule: Cooldown) -> float | None:
        await until_in_loop(self.may_go_on)
        return self.wait_s


@pytest.mark.parametrize("wait_s", [None, 9.0])
def test_while_the_records_are_slow_discord_is_told_to_wait(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, wait_s: float | None
) -> None:
    def is_deferred() -> bool:
        return any(one.deferred for one in [*local.interactions.values()])

    counts = SlowCounts(is_deferred, wait_s)
    bot.bot.cooldowns = bot.bot.asking._cooldowns = Cooldowns(
        bot.bot.records, Cooldown(1, 1.0), counts
    )
    asked = local.slash(channel, asker, "ask", question="how many for arson")

    if wait_s is None:
        assert local.answer_to(asked).title == "812"
        return
    # What everybody saw loading is gone, and its asker alone hears why.
    local.wait_for(lambda: asked.answered and asked.is_private, "a word")
    assert "Please wait 9 seconds" in local.answer_to(asked).content


def test_a_failure_is_told_and_logged_without_the_question(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    asker: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    start_bot(BrokenAnswers())
    asked = local.slash(channel, asker, "ask", question="about my secret")

    assert "went wrong" in local.answer_to(asked).content
    assert "the reader broke" in caplog.text
    assert "secret" not in caplog.text


def test_nothing_of_question_or_asker_stands_in_the_log(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    asker: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    said = local.say(channel, asker, f"<@{local.bot.id}> how many for arson", mentions=[local.bot])
    local.reply_to(said)

    text = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "answered" in text
    assert "arson" not in text
    assert asker.name not in text
    assert str(asker.id) not in text
    assert local.token not in text


@pytest.mark.parametrize(
    ("in_thread", "denied"),
    [(False, SEND_MESSAGES), (False, READ_HISTORY), (True, SEND_IN_THREADS)],
)
def test_where_the_bot_may_not_speak_it_does_not_try(
    local: LocalDiscord,
    start_bot: StartBot,
    guild: Guild,
    channel: Channel,
    asker: User,
    in_thread: bool,
    denied: int,
) -> None:
    """Discord bans a bot that is refused again and again."""
    channel.denied = denied
    place = local.add_thread(channel) if in_thread else channel
    open_channel = local.add_channel(guild, "open")
    start_bot()
    local.say(place, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
    said = local.say(open_channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    assert local.reply_to(said).texts
    assert not [path for _, path in local.requests if f"/channels/{place.id}/" in path]


def test_where_the_right_to_speak_was_lost_a_moment_ago_nothing_breaks(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    channel.denied = SEND_MESSAGES
    local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])

    local.wait_for(lambda: (403, 50013) in [r[:2] for r in local.refused], "a refusal")
    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_a_question_deleted_meanwhile_is_answered_without_reference(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    start_bot(gated)
    said = local.say(channel, asker, f"<@{local.bot.id}> arson", mentions=[local.bot])
    local.wait_for(lambda: gated.asked, "the question")
    local.delete(said)
    gated.gate.set()

    local.wait_for(
        lambda: any(m.author is local.bot and not m.reply_to for m in channel.messages.values())
    )


def test_a_server_that_is_not_known_yet_is_no_direct_conversation(
    local: LocalDiscord, bot: RunningBot, asker: User
) -> None:
    """A message may come before the server that it belongs to."""
    unknown = local.add_channel(local.add_guild("Unknown"))
    local.say(unknown, asker, "how many for arson")
    said = local.say(unknown, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(said).texts
    assert len([m for m in unknown.messages.values() if m.author is local.bot]) == 1
