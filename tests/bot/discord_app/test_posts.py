"""Support channels: new posts are answered where Quoth is sure, and a person can be asked."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from answering.answer import Answer, AnswerSpan
from answering.followups.turns import Turn
from answering.lists import MAX_ITEMS
from answering.question import Question
from tests.bot.discord_app.conftest import StartBot
from tests.bot.discord_app.fakes import FixedAnswers, Forgetful, found, span
from tests.discord_service import LocalDiscord
from tests.discord_service.gateway import MESSAGE_CONTENT
from tests.discord_service.world import (
    EPHEMERAL,
    MANAGE_GUILD,
    MANAGE_THREADS,
    MENTION_EVERYONE,
    READ_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    Channel,
    Guild,
    Message,
    Role,
    User,
    snowflake,
)


@dataclass(frozen=True)
class AboutArson(Forgetful):
    """Answers what is asked about arson, and nothing else."""

    confidence: float = 0.83
    span: AnswerSpan = field(default_factory=span)

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        spans = (self.span,) if "arson" in question.text else ()
        given = found(*spans, question=question.text, alternatives=(span("77"),))
        return replace(given, id=uuid.uuid4().hex, confidence=self.confidence)


SURE = AboutArson()
DOUBTFUL = AboutArson(confidence=0.7)


@pytest.fixture
def forum(local: LocalDiscord, guild: Guild) -> Channel:
    guild.granted = MANAGE_THREADS
    return local.add_forum(guild, tags=["Urgent", "Solved"])


@pytest.fixture
def helpers(local: LocalDiscord, guild: Guild) -> Role:
    return local.add_role(guild, "helpers")


def choose(local: LocalDiscord, channel: Channel, chosen: Channel, **options: Any) -> str:
    asked = local.slash(
        channel,
        User("mod"),
        "channels answer-posts",
        permissions=MANAGE_GUILD,
        channel=chosen,
        **options,
    )
    return local.answer_to(asked).content


def listed(local: LocalDiscord, channel: Channel) -> str:
    asked = local.slash(channel, User("mod"), "channels list", permissions=MANAGE_GUILD)
    return local.answer_to(asked).content


def said_by_bot(local: LocalDiscord, thread: Channel) -> list[Message]:
    """What it said for everybody to see."""
    said = [m for m in list(thread.messages.values()) if m.author is local.bot]
    return [m for m in said if not m.flags & EPHEMERAL]


def answer_in(local: LocalDiscord, thread: Channel) -> Message:
    return local.wait_for(lambda: said_by_bot(local, thread), "an answer")[0]


def is_silent(local: LocalDiscord, forum: Channel, channel: Channel, *threads: Channel) -> bool:
    """Whether nothing was said in threads, once what was asked after them has been answered."""
    asked = local.slash(channel, User("bob"), "ask", question="how many for arson")
    local.answer_to(asked)
    return not any(said_by_bot(local, thread) for thread in threads)


@contextmanager
def lost_session(local: LocalDiscord) -> Iterator[None]:
    """Have the bot be without a connection until the block ends."""
    local.gateway.refused_upgrades = 1_000
    local.invalidate(resumable=False)
    local.wait_for(lambda: not local.gateway.connected, "a lost connection")
    yield
    local.gateway.refused_upgrades = 0


def until_looked(local: LocalDiscord, *threads: Channel) -> None:
    """Wait until the bot has looked what was said in threads meanwhile."""
    looks = {("GET", f"/api/v10/channels/{thread.id}/messages") for thread in threads}
    local.wait_for(lambda: looks <= set(local.requests), "a look")


def test_a_post_is_answered_from_its_title_without_any_mention(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    start_bot(SURE)
    elsewhere = local.add_forum(forum.guild, "chatter")  # type: ignore[arg-type]
    told = choose(local, channel, forum)
    assert "where I am sure, from their title, and else" in told
    assert "the tag Solved" in told
    post = local.open_post(forum, asker, "How many for arson?", "Hello! Nobody told me.")

    answer = answer_in(local, post)
    assert answer.question == "How many for arson?"
    assert "Ask a person" not in local.labels(answer)
    other = local.open_post(elsewhere, asker, "How many for arson?")
    assert is_silent(local, forum, channel, other)


def test_a_post_that_nobody_heard_of_is_answered_once_after_the_connection_is_back(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    start_bot(SURE)
    choose(local, channel, forum)
    heard = local.open_post(forum, asker, "How many for arson?")
    # Its answer does not show any more that it was answered.
    local.delete(answer_in(local, heard))
    with lost_session(local):
        missed = local.open_post(forum, asker, "And how many for arson?")

    assert answer_in(local, missed).question == "And how many for arson?"
    until_looked(local, heard)
    assert is_silent(local, forum, channel, heard)
    assert len(said_by_bot(local, missed)) == 1


def test_after_an_outage_old_threads_and_those_that_others_wrote_in_are_left_alone(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    old = local.open_post(forum, asker, "How many for arson?")
    old.begun -= timedelta(days=1)
    start_bot(SURE)
    choose(local, channel, forum)
    with lost_session(local):
        taken = local.open_post(forum, asker, "And how many for arson?")
        local.say(taken, User("bob"), "Ask at the desk.")
        local.say(old, asker, "Does nobody know?")

    until_looked(local, old, taken)
    assert is_silent(local, forum, channel, old, taken)


def test_a_missed_thread_about_an_older_message_is_answered(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    older = Message(channel, asker, "Good morning.", id=snowflake() - (3_600_000 << 22))
    channel.messages[older.id] = older
    start_bot(SURE)
    choose(local, channel, channel)
    with lost_session(local):
        missed = local.open_post(channel, asker, "How many for arson?", None, about=older)

    assert answer_in(local, missed).question == "How many for arson?"


def test_where_another_process_answers_in_a_server_a_post_is_left_to_it(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    running = start_bot(SURE)
    choose(local, channel, forum)

    async def hold(server_id: int | None) -> bool:
        return False

    running.bot.hold = hold  # type: ignore[method-assign]
    post = local.open_post(forum, asker, "How many for arson?")
    assert is_silent(local, forum, channel, post)


def test_threads_of_a_channel_are_answered_also_after_a_restart_until_that_is_turned_off(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, guild: Guild, asker: User
) -> None:
    start_bot(SURE)
    choose(local, channel, channel)
    start_bot(SURE)
    assert answer_in(local, local.open_post(channel, asker, "How many for arson?", None))
    assert f"new posts by myself in <#{channel.id}>" in listed(local, channel)

    assert "no longer" in choose(local, channel, channel, answer=False)
    late = local.open_post(channel, asker, "How many for arson?")
    assert is_silent(local, channel, channel, late)


def test_what_is_doubtful_a_bots_or_for_others_gets_silence(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    start_bot(DOUBTFUL)
    choose(local, channel, forum)
    doubtful = local.open_post(forum, asker, "How many for arson?")
    assert is_silent(local, forum, channel, doubtful)

    start_bot(SURE)
    feed = local.open_post(forum, User("feed", bot=True), "How many for arson?")
    assert is_silent(local, forum, channel, feed)


def test_a_body_is_asked_where_messages_may_be_read_and_a_mention_is_answered_once(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(SURE, message_content=True)
    told = choose(local, channel, forum)
    assert "and the questions in their first message" in told
    post = local.open_post(
        forum, asker, "Please help", "Good morning. I like tea.\nhow many were counted for arson?"
    )
    assert answer_in(local, post).question == "how many were counted for arson?"
    called = local.open_post(
        forum, asker, "Hello", f"<@{local.bot.id}> how many for arson?", mentions=[local.bot]
    )
    answer_in(local, called)
    assert is_silent(local, forum, channel)
    assert len(said_by_bot(local, called)) == len(said_by_bot(local, post)) == 1


@pytest.mark.parametrize(
    ("may_read", "expected"), [(False, "How many for arson?"), (True, "what of arson?")]
)
def test_a_post_whose_body_mentions_its_role_is_answered_once_from_what_discord_shows(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    guild: Guild,
    forum: Channel,
    asker: User,
    *,
    may_read: bool,
    expected: str,
) -> None:
    role = local.add_own_role(guild)
    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(SURE, message_content=may_read)
    choose(local, channel, forum)
    body = f"<@&{role.id}> what of arson?"
    post = local.open_post(forum, asker, "How many for arson?", body, roles=[role])

    assert answer_in(local, post).question == expected
    assert is_silent(local, forum, channel)
    assert len(said_by_bot(local, post)) == 1


def test_right_by_the_author_gives_the_post_its_tag(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    start_bot(SURE)
    choose(local, channel, forum)
    (urgent, solved) = forum.tags
    post = local.open_post(forum, asker, "How many for arson?")
    answer = answer_in(local, post)
    post.applied = [urgent]
    local.answer_to(local.press(answer, User("bob"), "Right"))
    assert post.applied == [urgent]

    thanked = local.answer_to(local.press(answer, asker, "Right"))
    assert "has the tag Solved now" in thanked.content
    assert post.applied == [urgent, solved]


def test_without_the_right_to_tag_right_is_a_vote_alone(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    assert forum.guild is not None
    forum.guild.granted = 0
    start_bot(SURE)
    assert "I need the permission Manage Threads" in choose(local, channel, forum)
    post = local.open_post(forum, asker, "How many for arson?")

    thanked = local.answer_to(local.press(answer_in(local, post), asker, "Right"))
    assert thanked.content.startswith("Thank you.")
    assert post.applied == []
    assert local.refused == []


def test_a_person_is_asked_once_by_the_author_and_nobody_else_is_pinged(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    forum: Channel,
    helpers: Role,
    asker: User,
) -> None:
    start_bot(AboutArson(span=span(before="<@&1> @everyone says ")))
    assert f"pings <@&{helpers.id}>, once" in choose(local, channel, forum, person=helpers)
    post = local.open_post(forum, asker, "How many for arson?")
    answer = answer_in(local, post)
    start_bot(SURE)
    refused = local.answer_to(local.press(answer, User("bob"), "Ask a person"))
    assert "Only the author" in refused.content

    assert "was asked." in local.answer_to(local.press(answer, asker, "Ask a person")).content
    (_, ping) = said_by_bot(local, post)
    assert ping.text.startswith(f"<@&{helpers.id}>")
    assert list(map(int, ping.sent["allowed_mentions"]["roles"])) == [helpers.id]
    assert ping.sent["allowed_mentions"]["parse"] == []
    assert "**812**" in ping.text
    assert "**77**" in ping.text
    again = local.answer_to(local.press(answer, asker, "Ask a person"))
    assert "asked before" in again.content
    assert len(said_by_bot(local, post)) == 2


def test_a_person_can_be_asked_again_where_a_restart_came_before_the_first_call(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    forum: Channel,
    helpers: Role,
    asker: User,
) -> None:
    start_bot(SURE)
    choose(local, channel, forum, person=helpers)
    post = local.open_post(forum, asker, "How many for arson?")
    answer = answer_in(local, post)
    away = local.fault("POST", f"/channels/{post.id}/messages", 503, times=100)
    local.press(answer, asker, "Ask a person")
    local.wait_for(lambda: away.times < 100, "a try to ask")
    # Meanwhile a second click asks nobody else.
    told = local.answer_to(local.press(answer, asker, "Ask a person")).content
    assert told == "A person was asked before."
    start_bot(SURE)
    away.times = 0

    assert "was asked." in local.answer_to(local.press(answer, asker, "Ask a person")).content
    assert len(said_by_bot(local, post)) == 2


def test_a_person_is_asked_under_a_long_list(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    forum: Channel,
    helpers: Role,
    asker: User,
) -> None:
    items = [span(f"Room {n}", "", "") for n in range(MAX_ITEMS)]
    listed = replace(found(*items, question="Which rooms are there?"), kind="list", confidence=0.9)
    start_bot(FixedAnswers(listed))
    choose(local, channel, forum, person=helpers)
    post = local.open_post(forum, asker, "Which rooms are there?")
    answer = answer_in(local, post)

    assert "was asked." in local.answer_to(local.press(answer, asker, "Ask a person")).content
    (_, ping) = said_by_bot(local, post)
    assert all(f"**{one.text}**" in ping.text for one in items)


def test_where_a_person_can_not_be_asked_that_is_said(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    guild: Guild,
    forum: Channel,
    helpers: Role,
    asker: User,
) -> None:
    start_bot(SURE)
    choose(local, channel, forum, person=helpers)
    post = local.open_post(forum, asker, "How many for arson?")
    answer = answer_in(local, post)

    def told() -> str:
        return local.answer_to(local.press(answer, asker, "Ask a person")).content

    post.is_locked = True
    assert told() == f"I can't write in <#{post.id}>."
    post.is_locked = False
    forum.denied = SEND_MESSAGES
    assert told() == f"I can't write in <#{post.id}>."
    assert len(said_by_bot(local, post)) == 1
    forum.denied = 0
    local.delete_role(guild, helpers)
    # The bot hears of it a moment later, and may ask the role until then.
    local.wait_for(lambda: told() == "Nobody was chosen who could be asked here.")
    said = said_by_bot(local, post)
    assert told() == "Nobody was chosen who could be asked here."
    assert said_by_bot(local, post) == said


def test_where_the_role_can_not_be_pinged_nobody_is_asked_until_it_can(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    guild: Guild,
    forum: Channel,
    asker: User,
) -> None:
    quiet = local.add_role(guild, "quiet", mentionable=False)
    start_bot(SURE)
    choose(local, channel, forum, person=quiet)
    post = local.open_post(forum, asker, "How many for arson?")
    answer = answer_in(local, post)

    def told() -> str:
        return local.answer_to(local.press(answer, asker, "Ask a person")).content

    assert f"Nobody was asked, since Discord does not let me ping <@&{quiet.id}>." in told()
    assert len(said_by_bot(local, post)) == 1
    guild.granted |= MENTION_EVERYONE
    assert told() == "A person was asked."
    assert len(said_by_bot(local, post)) == 2
    guild.granted &= ~MENTION_EVERYONE
    assert told() == "A person was asked before."


def test_the_members_that_a_title_names_are_no_part_of_its_question(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel, asker: User
) -> None:
    start_bot(SURE)
    choose(local, channel, forum)
    nobody = local.open_post(forum, asker, "<@123456789012345678>")
    post = local.open_post(forum, asker, "<@123456789012345678> how many for arson?")

    assert answer_in(local, post).question == "how many for arson?"
    assert is_silent(local, forum, channel, nobody)


def test_a_moderator_is_told_which_permissions_answers_to_posts_lack(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, forum: Channel
) -> None:
    forum.denied = SEND_IN_THREADS | READ_HISTORY
    start_bot(SURE)

    told = choose(local, channel, forum)
    lacks = "I need the permissions Read Message History, Send Messages in Threads."
    assert f"To write there {lacks}" in told


def test_a_role_that_can_not_be_pinged_and_a_closed_channel_are_told_to_moderators(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, guild: Guild, forum: Channel
) -> None:
    quiet = local.add_role(guild, "quiet", mentionable=False)
    bot = start_bot(SURE)
    assert "Discord does not let me" in choose(local, channel, forum, person=quiet)
    assert f"new posts by myself in <#{forum.id}>" in listed(local, channel)

    bot.bot.channels.set(guild.id, forum.id, is_allowed=False)
    assert "don't answer in" in choose(local, channel, forum)
    assert "new posts" not in listed(local, channel)
