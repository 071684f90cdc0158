"""/gaps: moderators see what their own server asks and the documents don't say."""

import time
from contextlib import closing

import pytest

from bot.database import DatabaseError
from bot.discord_app.cards import MessageCard
from bot.discord_app.cogs.gaps import Gaps
from bot.discord_app.digests import Digest, Digests, next_due
from bot.discord_app.records import DAY_S
from bot.postgres import PostgresDatabase
from tests import postgres
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, User

MANAGE_GUILD = 1 << 5


def ask(local: LocalDiscord, channel: Channel, asker: User, question: str) -> None:
    local.answer_to(local.slash(channel, asker, "ask", question=question))


def shown(local: LocalDiscord, channel: Channel, moderator: User) -> str:
    asked = local.slash(channel, moderator, "gaps list", permissions=MANAGE_GUILD)
    text: str = local.answer_to(asked).text
    assert asked.is_private
    return text


def test_a_server_sees_its_own_questions_by_meaning_and_no_others(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    start_bot(log_questions=True, cooldown_questions=1_000)
    ask(local, channel, asker, "who likes the tea")
    ask(local, channel, asker, "who likes this tea")
    ask(local, channel, asker, "how many for arson")
    ask(local, elsewhere, asker, "where is the *secret* harbour")

    here = shown(local, channel, asker)
    assert "**2 questions** (0 in as many days before) · 2 unanswered" in here
    assert "who likes th" in here
    assert "figures.txt" in here
    assert "> The agency published" in here
    assert "arson" not in here.partition(">")[0]
    assert "harbour" not in here
    there = shown(local, elsewhere, asker)
    assert "where is the \\*secret\\* harbour" in there
    assert "tea" not in there
    assert local.may_use(channel, "gaps", MANAGE_GUILD)
    assert not local.may_use(channel, "gaps", 0)


def test_without_a_log_the_nearest_passage_stands_for_questions(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    ask(local, channel, asker, "who likes the tea")

    text = shown(local, channel, asker)
    assert "their text is not kept" in text
    assert "> The agency published" in text
    assert "tea" not in text


def test_a_passage_that_left_its_document_is_not_shown_again(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    ask(local, channel, asker, "who likes the tea")
    library.write("figures.txt", "Nothing of it is left.")
    library.build()
    bot.bot.service.refresh()

    text = shown(local, channel, asker)
    assert "figures.txt · has changed since" in text
    assert "The agency" not in text


def test_where_all_was_answered_it_says_so(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    ask(local, channel, asker, "how many for arson")

    assert "answered all that was asked here" in shown(local, channel, asker)


def test_pages_are_turned_by_whom_they_were_shown_to(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    bot = start_bot(log_questions=True, cooldown_questions=1_000)
    for word in ("apples", "bridges", "candles", "dragons", "engines"):
        ask(local, channel, asker, f"{word} {word} {word}")
    asked = local.slash(channel, asker, "gaps list", permissions=MANAGE_GUILD)
    page = local.answer_to(asked)
    assert "Page 1 of 2" in page.text
    first = page.text
    local.press(page, asker, "Later")
    local.wait_for(lambda: "Page 2 of 2" in page.text, "page 2")
    assert page.text != first

    # A click that Discord offers to nobody else, since the message is private.
    forged = local.press(page, User("mallory"), "Earlier")
    refused = local.answer_to(forged)
    assert "Only the member who asked for this list" in refused.content
    assert forged.is_private

    # What a member deletes is gone from the next page on.
    bot.bot.records.forget(asker.id)
    local.press(page, asker, "Earlier")
    local.wait_for(lambda: "Page 1 of 1" in page.text, "nothing left")
    assert "answered all that was asked here" in page.text


def test_what_members_write_stays_within_discords_limits(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(log_questions=True, cooldown_questions=1_000)
    for word in "abc":
        ask(local, channel, asker, f"{word} " + f"*{word}_" * 1_000)

    text = shown(local, channel, asker)
    assert text.count("**1 question**") == 3
    assert len(text) <= 4_096


@pytest.mark.parametrize("complaint", ["outdated", "incomplete"])
def test_what_is_said_against_an_answer_is_counted(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, complaint: str
) -> None:
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))
    pressed = local.press(answer, asker, "Wrong")
    local.form_of(pressed)
    local.answer_to(local.submit(pressed, asker, "900 since May", chosen=complaint))

    text = shown(local, channel, asker)
    assert f"1 called {complaint}" in text
    assert "Members expect: 900 since May" in text


def test_old_documents_that_answer_are_listed_by_how_often_they_do(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    library.write("2019-03-01 parking.txt", "For parking 40 were counted.")
    library.write("2021-03-01 noise.txt", "For noise 50 were counted.")
    library.build()
    bot.bot.service.refresh()
    for word in ("parking", "noise", "noise", "noise", "arson"):
        ask(local, channel, asker, f"how many were counted for {word}")
    stale = local.slash(channel, asker, "gaps stale", permissions=MANAGE_GUILD)
    text = local.answer_to(stale).text

    assert stale.is_private
    assert text.index("noise") < text.index("parking")
    assert "3 answers · dated 2021-03-01" in text
    assert "figures" not in text


def look(bot: RunningBot) -> None:
    """Look for digests that are due, as the bot does each minute."""
    cog = bot.bot.get_cog("Gaps")
    assert isinstance(cog, Gaps)
    bot.do(cog.send_due())


def digests_in(local: LocalDiscord, channel: Channel) -> list[str]:
    said = [message.text for message in channel.messages.values() if message.author is local.bot]
    return [text for text in said if "This week" in text]


def test_a_digest_is_posted_once_when_it_is_due_whatever_is_restarted(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    assert channel.guild is not None
    news = local.add_channel(channel.guild, "news")
    bot = start_bot(log_questions=True)
    chosen = local.slash(channel, asker, "gaps digest", permissions=MANAGE_GUILD, channel=news)
    assert f"<#{news.id}> each week" in local.answer_to(chosen).content
    ask(local, channel, asker, "who likes the tea")
    look(bot)
    assert digests_in(local, news) == []

    due = time.time() - 1.0
    Digests(bot.bot.records).choose(channel.guild.id, news.id, due)
    look(bot)
    (text,) = digests_in(local, news)
    assert "1 question, 0 answered." in text
    assert "who likes the tea" in text
    look(bot)
    # Killed after it was sent and before that was noted; then before it was sent.
    for month_s in (0.0, 28 * 24 * 60 * 60.0):
        digests = Digests(bot.bot.records)
        digests.choose(channel.guild.id, news.id, due - month_s)
        digests.begin(Digest(channel.guild.id, news.id, due - month_s, was_begun=False))
        bot = start_bot(log_questions=True)
        look(bot)
    assert len(digests_in(local, news)) == 2

    stopped = local.slash(channel, asker, "gaps digest", permissions=MANAGE_GUILD)
    assert "no weekly digest" in local.answer_to(stopped).content
    assert Digests(bot.bot.records).due(time.time() + 1e9) == []


def test_a_digest_that_can_not_be_made_keeps_no_other_back(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = local.add_channel(local.add_guild("Elsewhere"))
    bot = start_bot()
    cog = bot.bot.get_cog("Gaps")
    assert isinstance(cog, Gaps)
    make = cog._digest

    def make_others(digest: Digest) -> MessageCard:
        if digest.channel_id == channel.id:
            raise ValueError("broken rows")
        return make(digest)

    monkeypatch.setattr(cog, "_digest", make_others)
    digests = Digests(bot.bot.records)
    for each in (channel, other):
        assert each.guild is not None
        digests.choose(each.guild.id, each.id, 1.0)
    look(bot)

    assert [len(digests_in(local, each)) for each in (channel, other)] == [0, 1]
    assert "broken rows" in caplog.text
    # It is tried again.
    assert [one.channel_id for one in digests.due(1.0)] == [channel.id]


def test_all_go_by_the_databases_clock(
    local: LocalDiscord,
    start_bot: StartBot,
    channel: Channel,
    asker: User,
    postgres_database: str,
) -> None:
    assert channel.guild is not None
    with closing(PostgresDatabase(postgres_database)) as database:
        postgres.set_clock(database, -90 * DAY_S)
    bot = start_bot(database=postgres_database)
    ask(local, channel, asker, "who likes the tea")
    assert "1 unanswered" in shown(local, channel, asker)

    now, digests = bot.bot.records.clock(), Digests(bot.bot.records)
    digests.choose(channel.guild.id, channel.id, now + DAY_S)
    look(bot)
    assert digests_in(local, channel) == []
    digests.choose(channel.guild.id, channel.id, now)
    look(bot)
    (text,) = digests_in(local, channel)
    assert "1 question, 0 answered." in text
    (settled,) = digests.due(now + 8 * DAY_S)
    chosen = local.slash(channel, asker, "gaps digest", permissions=MANAGE_GUILD, channel=channel)
    local.answer_to(chosen)
    assert digests.due(now + 8 * DAY_S) == [settled]


def test_the_next_digest_is_due_on_monday_however_long_nobody_looked() -> None:
    monday = 1_780_300_800.0  # 2026-06-01, 08:00 UTC
    week = 7 * 24 * 60 * 60.0

    assert next_due(monday - 1) == monday
    assert next_due(monday) == monday + week
    assert next_due(monday + 5 * week + 1) == monday + 6 * week


def test_digests_that_can_not_be_looked_for_are_one_line_of_the_log(
    start_bot: StartBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot = start_bot()
    cog = bot.bot.get_cog("Gaps")
    assert isinstance(cog, Gaps)

    async def away() -> None:
        raise DatabaseError(OSError())

    async def look_once() -> None:
        # A bot that has just become ready looks by itself as well.
        cog._look.cancel()
        monkeypatch.setattr(cog, "send_due", away)
        await cog._look.coro(cog)

    bot.do(look_once())

    (record,) = [one for one in caplog.records if one.name == "bot.discord_app.cogs.gaps"]
    assert record.getMessage() == "digests_not_sent"
    assert record.exc_info is None
