"""Asking in private, and in places that only a member has added Quoth to."""

import threading
from dataclasses import replace

import pytest

from bot.discord_app.question_log import logged_questions
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.fakes import GatedAnswers
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import CARRIED_OUT
from tests.discord_service.world import (
    EPHEMERAL,
    MANAGE_GUILD,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
)

SHARE = "Show to everybody"
THEFT = "how many for theft"


@pytest.fixture
def elsewhere() -> Channel:
    """A channel of a server that Quoth was not added to."""
    return Channel("lobby", Guild("Elsewhere"))


def ask(local: LocalDiscord, channel: Channel, asker: User) -> Interaction:
    asked = local.slash(channel, asker, "ask", question=THEFT, private=True)
    local.answer_to(asked)
    return asked


def answer(local: LocalDiscord, channel: Channel, asker: User) -> Message:
    return local.answer_to(ask(local, channel, asker))


def test_a_private_answer_is_shown_to_everybody_once_by_its_asker_also_after_a_restart(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot()
    asked = ask(local, channel, asker)
    private = local.answer_to(asked)
    assert asked.is_private
    expected = ["Context", "Other answers", "Follow up", "Right", "Wrong"]
    assert local.labels(private) == [*expected, SHARE]
    start_bot()

    shared = local.press(private, asker, SHARE)
    public = local.answer_to(shared)
    assert not shared.is_private
    assert public.texts == private.texts
    assert local.labels(public) == [*expected, "Delete"]
    local.wait_for(lambda: local.labels(private) == expected, "the button to go")
    # Others see it now, and look closer.
    context = local.answer_to(local.press(public, User("bob"), "Context"))
    assert "**3,204**" in context.text


def test_a_second_click_shows_a_private_answer_no_second_time(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    private = answer(local, channel, asker)
    before = replace(private)
    is_let = threading.Event()
    local.fault("PATCH", "/messages/@original", CARRIED_OUT, is_over=is_let.is_set)
    first = local.press(private, asker, SHARE)
    local.wait_for(lambda: first.deferred, "a deferral")
    clicked = [local.press(private, asker, SHARE)]
    local.wait_for(lambda: clicked[0].callback, "a word")
    is_let.set()
    local.answer_to(first)
    local.wait_for(lambda: SHARE not in local.labels(private), "the button to go")
    # It was on its way when the button went.
    clicked.append(local.press(before, asker, SHARE))
    local.wait_for(lambda: clicked[1].callback, "a word")

    assert [click.callback for click in clicked] == [{"type": 6}, {"type": 6}]
    public = [m for m in channel.messages.values() if not m.flags & EPHEMERAL]
    assert public == [first.response]


def test_what_was_removed_meanwhile_is_shown_to_nobody_and_its_asker_told_alone(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    private = answer(local, channel, asker)
    local.answer_to(local.slash(channel, asker, "privacy forget-me"))
    for _ in range(2):
        told = local.answer_to(local.press(private, asker, SHARE))
        assert "no longer have that answer" in told.content
        assert told.flags & EPHEMERAL


def test_nobody_else_shows_a_private_answer(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    forged = local.press(answer(local, channel, asker), User("mallory"), SHARE)

    assert "Only the member who asked" in local.answer_to(forged).content
    assert forged.is_private


def test_a_private_answer_is_not_shown_in_a_channel_that_was_closed_since(
    local: LocalDiscord, bot: RunningBot, channel: Channel, guild: Guild, asker: User
) -> None:
    private = answer(local, channel, asker)
    bot.bot.channels.set(guild.id, channel.id, is_allowed=False)
    pressed = local.press(private, asker, SHARE)

    assert "don't answer in this channel" in local.answer_to(pressed).content
    assert pressed.is_private


def test_what_was_asked_in_private_is_asked_on_in_private_and_shows_in_no_public_answer(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    thread = local.add_thread(channel)
    private = answer(local, thread, asker)
    pressed = local.press(private, asker, "Follow up")
    local.form_of(pressed)
    on = local.submit(pressed, asker, "and for arson?")
    assert "understood as" in local.answer_to(on).text
    assert on.is_private

    said = local.say(thread, asker, f"<@{local.bot.id}> and for arson?", mentions=[local.bot])
    public = local.reply_to(said)
    assert "don’t have the question before" in public.title


def test_who_goes_on_from_what_was_shown_to_everybody_gets_nothing_of_what_was_asked_before_it(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    start_bot(gated, cooldown_questions=1_000)

    def go_on(shown: Message, member: User, question: str) -> Message:
        pressed = local.press(shown, member, "Follow up")
        local.form_of(pressed)
        return local.answer_to(local.submit(pressed, member, question))

    def earlier() -> list[str]:
        return [turn.question for turn in gated.asked[-1][1]]

    private = go_on(answer(local, channel, asker), asker, "and for arson?")
    assert earlier() == [THEFT]
    public = local.answer_to(local.press(private, asker, SHARE))
    go_on(private, asker, "and for fraud?")
    assert earlier() == [THEFT, "and for arson?"]
    go_on(public, User("bob"), "and for fraud?")
    assert earlier() == ["and for arson?"]
    said = local.say(
        channel, asker, f"<@{local.bot.id}> and 2020?", mentions=[local.bot], reply_to=public
    )
    local.reply_to(said)
    assert earlier() == ["and for arson?"]


def test_no_moderator_and_no_digest_shows_what_was_asked_in_private(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    bot = start_bot(log_questions=True)
    asked = local.slash(channel, asker, "ask", question="who likes the tea", private=True)
    direct = local.say(local.add_dm(asker), asker, "who likes the tea")
    for shown in (local.answer_to(asked), local.reply_to(direct)):
        assert local.answer_to(local.press(shown, asker, "Right")).content == "Thank you."

    assert logged_questions(bot.bot.records) == []
    listed = local.slash(channel, asker, "gaps list", permissions=MANAGE_GUILD)
    text = local.answer_to(listed).text
    assert "their text is not kept" in text
    assert "tea" not in text


def test_where_a_member_alone_has_added_it_the_base_answers_in_private(
    local: LocalDiscord, bot: RunningBot, elsewhere: Channel, asker: User
) -> None:
    asked = local.slash(elsewhere, asker, "ask", question=THEFT)
    found = local.answer_to(asked)

    assert asked.is_private
    assert found.title == "3,204"
    assert SHARE not in local.labels(found)
    (said,) = [m for m in elsewhere.messages.values() if m.author is local.bot]
    assert said is found
    context = local.answer_to(local.press(found, asker, "Context"))
    assert "**3,204**" in context.text
    # As that of direct messages, it is of no server.
    assert bot.bot.answers.today(None).questions == 1


def test_servers_that_are_not_served_and_direct_messages_that_are_off_stay_so_for_guests(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, elsewhere: Channel, asker: User
) -> None:
    assert channel.guild is not None
    start_bot(servers=[channel.guild.id], direct_messages=False)
    asked = local.slash(elsewhere, asker, "ask", question=THEFT)

    assert "where I was not added" in local.answer_to(asked).content
    assert asked.is_private


def test_among_members_it_answers_its_asker_who_may_show_it(
    local: LocalDiscord, bot: RunningBot, asker: User
) -> None:
    group = local.add_group(asker)
    asked = local.slash(group, asker, "ask", question=THEFT)
    private = local.answer_to(asked)
    assert asked.is_private

    shared = local.press(private, asker, SHARE)
    public = local.answer_to(shared)
    assert not shared.is_private
    # What is no server's is its asker's alone, behind the buttons too.
    bob = local.answer_to(local.press(public, User("bob"), "Context"))
    assert "no longer have" in bob.content
    refused = local.press(public, User("bob"), "Delete")
    local.wait_for(lambda: refused.followups, "a word")
    assert public.id in group.messages


def test_commands_about_a_server_are_there_where_it_has_added_the_bot(
    local: LocalDiscord, bot: RunningBot, elsewhere: Channel, asker: User
) -> None:
    everywhere = {c["name"] for c in local.commands if c["integration_types"] == [0, 1]}

    assert everywhere == {"ask", "Ask Quoth", "sources", "help", "privacy"}
    assert all(c["integration_types"] in ([0], [0, 1]) for c in local.commands)
    assert local.may_use(elsewhere, "sources", 0)
    assert not local.may_use(elsewhere, "documents", 1 << 5)
