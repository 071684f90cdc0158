"""Teaching from messages: quoted word for word, with consent, and gone with their message."""

import io
import sqlite3
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.discord_app import teaching
from bot.discord_app.migrations import STEPS
from bot.discord_app.taught import read_taught
from bot.serving import build_queue
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.launcher import fake_index_command
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.gateway import MESSAGE_CONTENT
from tests.discord_service.world import (
    MANAGE_GUILD,
    READ_HISTORY,
    Channel,
    Interaction,
    Message,
    Upload,
    User,
)

MENU = "Teach Quoth"
QUESTION = "Where do I renew my press card?"
TEXT = "You renew it at desk **12** in the north wing.\n\n> Bring *two* photos, @everyone."
ASKED = "where is the press card renewed at desk"


@pytest.fixture
def teacher() -> User:
    return User("teacher")


@pytest.fixture
def lesson(local: LocalDiscord, channel: Channel, teacher: User) -> Message:
    """What the teacher has written, in reply to a question."""
    asked = local.say(channel, User("newcomer"), f"Hello all. {QUESTION}")
    return local.say(channel, teacher, TEXT, reply_to=asked)


def open_form(local: LocalDiscord, lesson: Message, by: User) -> Interaction:
    opened = local.menu(lesson.channel, by, MENU, lesson, permissions=MANAGE_GUILD)
    local.form_of(opened)
    return opened


def done(local: LocalDiscord, asked: Interaction) -> str:
    """What is said in the end; until then it tells how far it is."""
    shown = local.answer_to(asked)
    local.wait_for(lambda: not shown.content.endswith("…"), "the end of a build")
    return shown.content


def teach(local: LocalDiscord, lesson: Message, by: User, question: str = QUESTION) -> str:
    opened = open_form(local, lesson, by)
    return done(local, local.submit(opened, by, question))


def use(local: LocalDiscord, channel: Channel, by: User, name: str, **options: Any) -> Interaction:
    return local.slash(channel, by, f"taught {name}", permissions=MANAGE_GUILD, **options)


def listed(local: LocalDiscord, channel: Channel, by: User) -> str:
    shown = local.answer_to(use(local, channel, by, "list"))
    text: str = shown.text
    return text


def until(happened: Callable[[], bool]) -> None:
    """Ask again and again, since what is asked for comes after a build."""
    for _ in range(600):
        if happened():
            return
        time.sleep(0.2)
    raise AssertionError("it was not forgotten")


def quoted(local: LocalDiscord, channel: Channel) -> str:
    asked = local.slash(channel, User("reader"), "ask", question=ASKED)
    return local.answer_to(asked).text


def test_a_member_teaches_their_own_message_which_is_quoted_with_its_link(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    opened = open_form(local, lesson, teacher)
    form = local.form_of(opened)
    assert form["components"][0]["component"]["value"] == QUESTION
    told = done(local, local.submit(opened, teacher, QUESTION))
    assert told.startswith("I can quote that message now. I now answer from 1 document")
    assert channel.guild is not None

    shown = quoted(local, channel)
    assert "in the north wing" in shown
    link = f"https://discord.com/channels/{channel.guild.id}/{channel.id}/{lesson.id}"
    assert "(a member’s message" in shown.replace("\\", "")
    assert link in shown
    assert link in listed(local, channel, teacher)
    # Another server sees nothing of it.
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    assert "north wing" not in quoted(local, elsewhere)


def test_somebody_elses_message_is_taught_once_its_author_agrees_also_after_a_restart(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot(cooldown_questions=1_000)
    moderator = User("moderator")
    assert "The author was asked" in teach(local, lesson, moderator)
    request = local.reply_to(lesson)
    assert request.text.startswith(f"<@{teacher.id}>")
    pinged = request.sent["allowed_mentions"]
    assert (pinged["parse"], list(map(int, pinged["users"]))) == ([], [teacher.id])
    assert "was taught nothing" in listed(local, channel, moderator)
    start_bot(cooldown_questions=1_000)
    forged = local.answer_to(local.press(request, moderator, "I agree"))
    assert "Only the author" in forged.content

    local.press(request, teacher, "I agree")
    local.wait_for(lambda: "can quote that message" in request.text, "the lesson")
    assert request.buttons == []
    assert "in the north wing" in quoted(local, channel)
    assert "its author agreed on 20" in listed(local, channel, moderator)


def test_why_an_author_can_not_be_asked_is_not_always_that_the_channel_is_closed(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message
) -> None:
    moderator = User("moderator")
    closed = "I can't write in that channel"
    for status, said in ((403, closed), (404, closed), (400, "Something went wrong")):
        local.fault("POST", "/messages", status)
        assert said in teach(local, lesson, moderator)
    channel.denied = READ_HISTORY
    assert closed in teach(local, lesson, moderator)
    channel.denied = 0

    opened = open_form(local, lesson, moderator)
    # It was deleted, and nobody has heard of it yet.
    del channel.messages[lesson.id]
    told = done(local, local.submit(opened, moderator, QUESTION))
    assert "it was deleted" in told
    assert QUESTION in told


def test_an_author_who_clicks_twice_agrees_once(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    lesson: Message,
    teacher: User,
    tmp_path: Path,
) -> None:
    moderator = User("moderator")
    teach(local, lesson, moderator)
    request = local.reply_to(lesson)
    (hold := tmp_path / "hold-build").touch()
    clicks = [local.press(request, teacher, "I agree") for _ in range(2)]
    local.wait_for(lambda: all(click.callback for click in clicks), "a word to each")
    hold.unlink()
    local.wait_for(lambda: "can quote that message" in request.text, "the lesson")

    # Nothing else is under way by then.
    (name,) = local.complete(
        channel, teacher, "taught remove", "answer", "press", permissions=MANAGE_GUILD
    )
    assert "forgotten" in done(local, use(local, channel, teacher, "remove", answer=name))
    audit = local.slash(channel, moderator, "audit", permissions=MANAGE_GUILD)
    entries = local.answer_to(audit).texts[-1].splitlines()
    assert [line.split(">", 2)[2] for line in entries] == [
        f" had me forget a message of <#{channel.id}>",
        f" taught me a message of <#{channel.id}>",
        f" asked an author whether I may quote a message of <#{channel.id}>",
    ]


@pytest.mark.parametrize("is_late", [False, True], ids=["while it is learned", "afterwards"])
def test_an_author_who_agrees_and_then_says_no_is_not_quoted(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    lesson: Message,
    teacher: User,
    tmp_path: Path,
    is_late: bool,
) -> None:
    moderator = User("moderator")
    teach(local, lesson, moderator)
    request = local.reply_to(lesson)
    # It was on its way when the buttons went.
    before = replace(request)
    (hold := tmp_path / "hold-build").touch()
    local.press(request, teacher, "I agree")
    until(lambda: QUESTION in listed(local, channel, moderator))
    if is_late:
        hold.unlink()
        local.wait_for(lambda: "can quote" in request.text, "the lesson")
    local.press(before, teacher, "No")
    local.wait_for(lambda: request.id not in channel.messages, "the request to go")
    hold.unlink(missing_ok=True)

    until(lambda: "was taught nothing" in listed(local, channel, moderator))


def test_an_author_whose_consent_comes_too_soon_can_agree_again(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot(cooldown_builds=1, cooldown_builds_s=1_000)
    other = local.say(channel, teacher, "Desk 13 is closed.")
    assert "can quote" in teach(local, other, teacher, "Which desk is closed?")
    teach(local, lesson, User("moderator"))
    request = local.reply_to(lesson)

    def told() -> str:
        agreed = local.press(request, teacher, "I agree")
        return local.wait_for(lambda: agreed.followups, "a word")[0].content

    assert "Please wait" in told()
    assert "Please wait" in told()
    assert local.labels(request) == ["I agree", "No"]


def test_what_was_typed_while_something_else_is_learned_is_learned_after_it(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    lesson: Message,
    teacher: User,
    tmp_path: Path,
) -> None:
    other = local.say(channel, teacher, "Desk 13 is closed.")
    forms = [open_form(local, each, teacher) for each in (lesson, other)]
    (hold := tmp_path / "hold-build").touch()
    sent = [local.submit(form, teacher, QUESTION) for form in forms]
    local.wait_for(lambda: all(each.callback for each in sent), "a word to each")
    hold.unlink()

    assert ["can quote" in done(local, each) for each in sent] == [True, True]


def test_what_was_typed_before_a_restart_is_taken_where_the_message_can_be_read(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    local.gateway.approved_intents = MESSAGE_CONTENT
    start_bot(message_content=True)
    opened = open_form(local, lesson, teacher)
    start_bot(message_content=True)

    assert "can quote" in done(local, local.submit(opened, teacher, QUESTION))
    (name,) = local.complete(
        channel, teacher, "taught edit", "answer", "press", permissions=MANAGE_GUILD
    )
    edited = use(local, channel, teacher, "edit", answer=name)
    local.form_of(edited)
    start_bot(message_content=True)
    assert "can quote" in done(
        local, local.submit(edited, teacher, "Where is the desk for press cards?")
    )
    assert "Where is the desk for press cards?" in listed(local, channel, teacher)


def test_what_was_typed_before_a_restart_is_given_back_where_the_message_can_not_be_read(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot()
    opened = open_form(local, lesson, teacher)
    start_bot()
    told = local.answer_to(local.submit(opened, teacher, "Where *exactly*?"))
    assert "Teach Quoth" in told.content
    assert told.content.endswith("> Where \\*exactly\\*?")

    # So it is where the message was deleted meanwhile.
    opened = open_form(local, lesson, teacher)
    local.delete(lesson)
    told = local.answer_to(local.submit(opened, teacher, QUESTION))
    assert "it was deleted" in told.content
    assert "was taught nothing" in listed(local, channel, teacher)


@pytest.mark.parametrize("kind", ["teach", "edit"])
def test_nobody_else_fills_in_the_form_of_a_teacher(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    lesson: Message,
    teacher: User,
    kind: str,
) -> None:
    opened = open_form(local, lesson, teacher)
    assert opened.modal is not None
    opened.modal["custom_id"] = opened.modal["custom_id"].replace("teach", kind)
    forger = User("forger") if kind == "teach" else teacher

    forged = local.submit(opened, forger, QUESTION)
    assert "Only the member to whom" in local.answer_to(forged).content


def test_an_author_who_says_no_is_not_quoted_and_a_deleted_message_not_taught(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    moderator = User("moderator")
    teach(local, lesson, moderator)
    request = local.reply_to(lesson)
    local.press(request, teacher, "No")
    local.wait_for(lambda: request.id not in channel.messages, "the request to go")

    other = local.say(channel, teacher, "Desk 13 is closed.")
    teach(local, other, moderator, "Which desk is closed?")
    request = local.reply_to(other)
    # Nobody hears of it.
    del channel.messages[other.id]
    local.press(request, teacher, "I agree")
    local.wait_for(lambda: request.id not in channel.messages, "the request to go")
    assert "was taught nothing" in listed(local, channel, moderator)


def test_what_an_author_was_shown_goes_with_their_message(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message
) -> None:
    kept = local.say(channel, User("other"), "Desk 13 is closed.")
    for member in ("moderator", "another"):
        teach(local, lesson, User(member))
    teach(local, kept, User("moderator"))
    assert len(local.replies(lesson)) == 2
    local.delete(lesson)

    local.wait_for(lambda: not local.replies(lesson), "the requests to go")
    assert local.replies(kept)
    # It is deleted while somebody is asked, who is heard of first.
    late = local.say(channel, User("late"), "Desk 14 is closed.")
    local.fault("GET", f"/messages/{late.id}", 404)
    teach(local, late, User("moderator"))
    local.wait_for(lambda: not local.replies(late), "the request to go")


def test_what_was_taught_is_gone_with_its_message(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)
    local.delete(lesson)

    until(lambda: "was taught nothing" in listed(local, channel, teacher))
    until(lambda: "north wing" not in quoted(local, channel))


def test_what_was_taught_is_gone_with_its_message_also_where_nobody_can_teach_any_more(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot(cooldown_questions=1_000)
    kept, late = (local.say(channel, teacher, f"Desk {n} is closed.") for n in (13, 14))
    teach(local, lesson, teacher)
    teach(local, kept, User("moderator"))
    teach(local, late, User("moderator"))
    start_bot(cooldown_questions=1_000, max_documents=0)
    assert "north wing" in quoted(local, channel)
    local.delete(lesson)
    requests = [local.reply_to(asked) for asked in (kept, late)]
    for request, choice in zip(requests, ("No", "I agree"), strict=True):
        local.press(request, teacher, choice)

    until(lambda: "north wing" not in quoted(local, channel))
    for request in requests:
        local.wait_for(lambda gone=request.id: gone not in channel.messages, "a request to go")  # type: ignore[misc]


@pytest.mark.parametrize("command", [["false"], ["no-such-command"]], ids=["fails", "no process"])
def test_what_is_deleted_is_forgotten_although_the_index_can_not_be_made_at_first(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    lesson: Message,
    teacher: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    monkeypatch.setattr(teaching, "DELETE_AGAIN_S", (0.1,))
    teach(local, lesson, teacher)
    working, broken = fake_index_command(tmp_path), iter([command])
    monkeypatch.setattr(
        build_queue, "index_command", lambda *given: next(broken, None) or working(*given)
    )
    local.delete(lesson)

    until(lambda: "north wing" not in quoted(local, channel))


@pytest.mark.parametrize("is_archived", [False, True], ids=["open", "archived"])
def test_what_was_taught_in_a_thread_is_gone_with_the_channel_of_the_thread(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, teacher: User, is_archived: bool
) -> None:
    assert channel.guild is not None
    doomed = local.add_channel(channel.guild, "doomed")
    start_bot()
    post = local.open_post(doomed, teacher, "Press cards")
    teach(local, local.say(post, teacher, TEXT), teacher)
    kept = local.say(channel, teacher, "Desk 13 is closed.")
    teach(local, kept, teacher, "Which desk is closed?")
    assert QUESTION in listed(local, channel, teacher)
    if is_archived:
        local.archive(post)
    looked_at = ("GET", f"/api/v10/channels/{channel.id}/messages/{kept.id}")
    looks = local.requests.count(looked_at)
    local.delete_channel(doomed)

    until(lambda: QUESTION not in listed(local, channel, teacher))
    assert "Which desk is closed?" in listed(local, channel, teacher)
    # A message whose channel is there is not asked for.
    assert local.requests.count(looked_at) == looks


@pytest.fixture(params=["sqlite", "postgres"])
def recorded(request: pytest.FixtureRequest) -> dict[str, str]:
    """The setting by which the records are in each kind of database."""
    if request.param == "sqlite":
        return {}
    return {"database": request.getfixturevalue("postgres_database")}


@pytest.mark.parametrize("with_channel", [False, True], ids=["alone", "with its channel"])
def test_what_is_deleted_while_it_is_being_taught_is_forgotten(
    local: LocalDiscord,
    start_bot: StartBot,
    recorded: dict[str, str],
    channel: Channel,
    lesson: Message,
    teacher: User,
    tmp_path: Path,
    with_channel: bool,
) -> None:
    """Who hears of the deletion finds no row of it yet: another change is under way."""
    start_bot(cooldown_questions=1_000, **recorded)
    assert channel.guild is not None
    elsewhere = local.add_channel(channel.guild)
    kept = local.say(elsewhere, teacher, "Desk 13 is closed.")
    moderator = User("moderator")
    teach(local, lesson, moderator)
    request = local.reply_to(lesson)
    (hold := tmp_path / "hold-build").touch()
    opened = open_form(local, kept, teacher)
    taught = local.submit(opened, teacher, "Which desk is closed?")
    until(lambda: "Which desk is closed?" in listed(local, elsewhere, moderator))
    looked_at = ("GET", f"/api/v10/channels/{channel.id}/messages/{lesson.id}")
    local.press(request, teacher, "I agree")
    local.wait_for(lambda: looked_at in local.requests, "a look for the message")
    looks = local.requests.count(looked_at)
    if with_channel:
        local.delete_channel(channel)
    else:
        local.delete(lesson)
    # It has heard of that once it answers what came after it.
    listed(local, elsewhere, moderator)
    hold.unlink()
    assert "can quote" in done(local, taught)

    local.wait_for(lambda: local.requests.count(looked_at) > looks, "another look")
    until(lambda: QUESTION not in listed(local, elsewhere, moderator))
    local.wait_for(lambda: with_channel or request.id not in channel.messages, "the request to go")
    assert "north wing" not in quoted(local, elsewhere)
    assert "Which desk is closed?" in listed(local, elsewhere, moderator)


def test_messages_that_were_deleted_meanwhile_are_forgotten_at_the_next_start(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot()
    kept = local.say(channel, teacher, "Desk 13 is closed.")
    teach(local, lesson, teacher)
    teach(local, kept, teacher, "Which desk is closed?")
    del channel.messages[lesson.id]
    start_bot()

    until(lambda: QUESTION not in listed(local, channel, teacher))
    assert "Which desk is closed?" in listed(local, channel, teacher)


def test_messages_that_were_deleted_while_a_session_was_lost_are_forgotten_with_the_next(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)
    del channel.messages[lesson.id]
    local.invalidate(resumable=False)
    local.wait_for(
        lambda: local.gateway.identified == 2 and local.gateway.connected, "another session"
    )

    until(lambda: "was taught nothing" in listed(local, channel, teacher))


def test_messages_that_were_deleted_after_a_server_removed_quoth_are_forgotten_when_it_is_back(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    assert channel.guild is not None
    teach(local, lesson, teacher)
    local.leave(channel.guild)
    local.wait_for(lambda: not bot.bot.guilds, "the server to be left")
    del channel.messages[lesson.id]
    local.join(channel.guild)
    local.wait_for(lambda: bot.bot.guilds, "the server to be joined")

    until(lambda: "was taught nothing" in listed(local, channel, teacher))


def test_the_question_is_edited_the_files_exported_and_the_answer_removed(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)
    (name,) = local.complete(
        channel, teacher, "taught edit", "answer", "press", permissions=MANAGE_GUILD
    )
    edited = use(local, channel, teacher, "edit", answer=name)
    local.form_of(edited)
    done(local, local.submit(edited, teacher, 'Press cards: "where", \\ and how?'))
    assert 'Press cards: "where"' in listed(local, channel, teacher)

    exported = local.answer_to(use(local, channel, teacher, "export"))
    ((filename, content),) = exported.files.items()
    assert filename == "taught.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (file,) = archive.namelist()
        found = read_taught(file, archive.read(file), 0.0)
    assert found is not None
    assert (found.question, found.text) == ('Press cards: "where", \\ and how?', TEXT)

    removed = done(local, use(local, channel, teacher, "remove", answer=name))
    assert "I have forgotten that message" in removed
    again = local.answer_to(use(local, channel, teacher, "remove", answer=name))
    assert "no such taught message" in again.content


def test_a_lesson_with_which_a_server_has_too_many_passages_leaves_what_was_taught_before(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    start_bot(max_server_passages=1)
    teach(local, lesson, teacher)
    lesson.content = "\n\n".join(f"Number {n}: " + "word " * 100 for n in range(3))
    assert "may make 1" in teach(local, lesson, teacher, "What is long?")
    assert QUESTION in listed(local, channel, teacher)
    assert "in the north wing" in quoted(local, channel)

    other = local.say(channel, teacher, "Desk 13 is closed.")
    assert "may make 1" in teach(local, other, teacher, "Which desk is closed?")
    assert "Which desk is closed?" not in listed(local, channel, teacher)


def test_a_taught_document_is_removed_as_others_and_none_is_added_under_its_name(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)
    assert channel.guild is not None
    name = f"taught-{channel.guild.id}-{channel.id}-{lesson.id}.md"

    def change(command: str, **options: Any) -> str:
        asked = local.slash(
            channel, teacher, f"documents {command}", permissions=MANAGE_GUILD, **options
        )
        return done(local, asked)

    assert "a name for what I am taught" in change("add", file=Upload(name, b"Forged."))
    assert "in the north wing" in quoted(local, channel)
    assert "Removed" in change("remove", name=name)
    assert "was taught nothing" in listed(local, channel, teacher)
    assert "north wing" not in quoted(local, channel)


def test_what_an_older_version_was_taught_is_there_after_an_upgrade(
    local: LocalDiscord,
    faked: Callable[..., Process],
    article: Library,
    channel: Channel,
    lesson: Message,
    teacher: User,
) -> None:
    before = faked()
    teach(local, lesson, teacher)
    before.kill()
    # As the older version has it: in a document alone.
    with closing(sqlite3.connect(article.folder / "data" / "quoth.sqlite")) as connection:
        for statement in (
            "DROP TABLE taught",
            "DELETE FROM meta WHERE name = 'taught'",
            f"PRAGMA user_version = {len(STEPS) - 1}",
        ):
            connection.execute(statement)
        connection.commit()
    faked()

    assert QUESTION in listed(local, channel, teacher)
    assert "in the north wing" in quoted(local, channel)


def test_no_name_is_offered_while_the_records_are_away(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)

    def offered() -> list[str]:
        return local.complete(
            channel, teacher, "taught edit", "answer", "press", permissions=MANAGE_GUILD
        )

    assert len(offered()) == 1
    bot.bot.records.close()
    assert offered() == []


def test_what_programs_write_and_what_has_no_text_is_not_taught(
    local: LocalDiscord, bot: RunningBot, channel: Channel, teacher: User
) -> None:
    for author, text, word in (
        (User("feed", bot=True), TEXT, "programs"),
        (teacher, "", "no text"),
    ):
        said = local.say(channel, author, text)
        opened = local.menu(channel, teacher, MENU, said, permissions=MANAGE_GUILD)
        assert word in local.answer_to(opened).content
        assert opened.is_private


def test_who_wants_to_be_forgotten_is_quoted_no_longer(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    teach(local, lesson, teacher)
    told = local.answer_to(local.slash(channel, teacher, "privacy forget-me"))

    assert "I forget 1 message of yours" in told.content
    until(lambda: "was taught nothing" in listed(local, channel, teacher))


def test_whose_author_is_forgotten_during_the_build_is_not_said_to_be_quotable(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    builder, records = bot.bot.changes._builder, bot.bot.records
    build = builder.build

    async def build_slowly(*arguments: Any, **options: Any) -> Any:
        built = await build(*arguments, **options)
        bot.bot.teaching.forget_documents(records.forget(teacher.id).taught)
        return built

    builder.build = build_slowly  # type: ignore[method-assign]
    told = teach(local, lesson, teacher)

    assert "I have learned nothing of that message" in told
    until(lambda: "north wing" not in quoted(local, channel))


def test_who_was_forgotten_while_they_were_being_taught_is_quoted_no_longer(
    local: LocalDiscord, bot: RunningBot, channel: Channel, lesson: Message, teacher: User
) -> None:
    """Another process forgets them, which found nothing of them yet."""
    unreadable, records = bot.bot.changes._intake.unreadable, bot.bot.records

    async def read_slowly(*arguments: Any) -> Any:
        records.forget(teacher.id)
        return await unreadable(*arguments)

    bot.bot.changes._intake.unreadable = read_slowly  # type: ignore[assignment, method-assign]
    told = teach(local, lesson, teacher)

    assert "I have learned nothing of that message" in told
    assert "was taught nothing" in listed(local, channel, teacher)
    assert "north wing" not in quoted(local, channel)


def test_a_document_that_only_looks_like_a_taught_one_is_none() -> None:
    assert read_taught("taught-1-2-3.md", b"Hello.", 0.0) is None
    assert read_taught("taught-1-2-3.md", b"---\ntitle: x\n---\n\nHello.\n", 0.0) is None
    assert read_taught("notes.md", b'---\ntitle: "x"\n---\n\nHello.\n', 0.0) is None
