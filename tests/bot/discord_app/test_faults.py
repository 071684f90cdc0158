"""Whatever goes wrong at Discord: no answer is lost that it still takes, and none comes twice."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.crowd import ARSON, SLOW_DOWN, VIA, Asked, ask, check, places
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import HUNG_UP
from tests.discord_service.world import (
    MANAGE_GUILD,
    SEND_MESSAGES,
    Channel,
    Interaction,
    Upload,
    User,
)

# discord.py tries again after the others by itself, and not after 503.
STATUSES = [503, *(pytest.param(status, marks=pytest.mark.stress) for status in (500, 502, 504))]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ...]]:
    """One bot in a process of its own, for all of these tests."""
    library = Library(tmp_path_factory.mktemp("faults"))
    library.write("figures.txt", ARTICLE)
    library.build()
    (library.folder / "open").touch()
    service = LocalDiscord()
    service.start()
    process = Process(
        service,
        ("--data", str(library.folder / "data")),
        library=library.folder,
        settings={"QUOTH_COOLDOWN_QUESTIONS": "100000"},
    )
    process.until_ready()
    yield service, process, library
    process.kill()
    service.stop()


@pytest.fixture
def local(shared: tuple[Any, ...]) -> Iterator[LocalDiscord]:
    service: LocalDiscord = shared[0]
    service.faults.clear()
    service.refused.clear()
    yield service
    assert service.problems == []
    assert service.late == []


@pytest.fixture
def library(shared: tuple[Any, ...]) -> Library:
    found: Library = shared[2]
    return found


@pytest.fixture
def channel(local: LocalDiscord) -> Channel:
    """A channel in a server of its own."""
    (made,) = places(local, 1)
    assert made.guild is not None
    local.join(made.guild)
    return made


@pytest.fixture
def bot(shared: tuple[Any, ...]) -> Process:
    process: Process = shared[1]
    process.logged = ""
    return process


def by_mention(local: LocalDiscord, channel: Channel) -> None:
    check(local, ask(local, channel, User("ada"), ARSON, mention=True))


def by_typing(local: LocalDiscord, channel: Channel) -> None:
    """No answer waits until Quoth is seen typing: where it comes first, it is asked for again."""
    for _ in range(5):
        by_mention(local, channel)
        if not any(fault.times for fault in local.faults):
            return


def by_command(local: LocalDiscord, channel: Channel) -> None:
    check(local, ask(local, channel, User("ada"), ARSON, mention=False))


def press(local: LocalDiscord, channel: Channel, label: str, user: User) -> Interaction:
    local.faults, faults = [], local.faults
    asked = ask(local, channel, User("ada"), ARSON, mention=True)
    answer = asked.answer(local)
    local.faults = faults
    return local.press(answer, user, label)


def by_context(local: LocalDiscord, channel: Channel) -> None:
    pressed = press(local, channel, "Context", User("bob"))
    assert "**812**" in local.answer_to(pressed).text
    assert pressed.followups == []


def by_form(local: LocalDiscord, channel: Channel) -> None:
    bob = User("bob")
    pressed = press(local, channel, "Follow up", bob)
    local.form_of(pressed)
    assert local.answer_to(local.submit(pressed, bob, ARSON)).title == "812"


def by_delete(local: LocalDiscord, channel: Channel) -> None:
    ada = User("ada")
    answer = local.reply_to(
        local.say(channel, ada, f"<@{local.bot.id}> {ARSON}", mentions=[local.bot])
    )
    local.press(answer, ada, "Delete")
    local.wait_for(lambda: answer.id not in channel.messages, "the deletion")


def by_refused_delete(local: LocalDiscord, channel: Channel) -> None:
    pressed = press(local, channel, "Delete", User("bob"))
    told = local.wait_for(lambda: pressed.followups, "a word")
    assert "Only the member who asked" in told[0].content


def by_sources(local: LocalDiscord, channel: Channel) -> None:
    asked = local.slash(channel, User("ada"), "sources")
    assert "figures.txt" in local.answer_to(asked).text


def by_upload(local: LocalDiscord, channel: Channel) -> None:
    note = Upload("note.txt", b"For fraud 55 were counted.")
    asked = local.slash(channel, User("mod"), "documents add", permissions=MANAGE_GUILD, file=note)
    local.wait_for(
        lambda: asked.answered and asked.response and "I now" in asked.response.content, "an end"
    )
    assert asked.followups == []


# By endpoint: what makes the bot call it. Where a receipt is lost, a word to one member alone may
# come twice, and a file is fetched without one.
ENDPOINTS: dict[tuple[str, str], tuple[Callable[[LocalDiscord, Channel], None], ...]] = {
    ("POST", "/messages"): (by_mention,),
    ("POST", "/typing"): (by_typing,),
    ("POST", "/callback"): (by_command, by_context, by_form, by_sources),
    ("PATCH", "/messages/@original"): (by_command, by_context, by_sources, by_upload),
    ("DELETE", "/messages/@original"): (by_delete,),
}
CALLS = [
    pytest.param(method, path, call, after, id=f"{method} {path} {call.__name__} {after}")
    for (method, path), calls in ENDPOINTS.items()
    for call in calls
    for after in (False, True)
] + [pytest.param("POST", "/webhooks", by_refused_delete, False, id="POST /webhooks")]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("method", "path", "call", "after"), CALLS)
def test_a_server_error_at_any_endpoint_loses_and_doubles_nothing(
    local: LocalDiscord,
    bot: Process,
    channel: Channel,
    method: str,
    path: str,
    call: Callable[[LocalDiscord, Channel], None],
    after: bool,
    status: int,
) -> None:
    """`after`: what was asked for is done, and its receipt lost."""
    fault = local.fault(method, path, status, after=after)
    call(local, channel)

    assert fault.times == 0
    by_command(local, channel)
    assert "Traceback" not in bot.logged


def test_an_answer_is_given_although_the_receipt_of_its_acknowledgement_is_lost_twice(
    local: LocalDiscord, bot: Process, channel: Channel
) -> None:
    """discord.py tries a third time after the seconds within which it has to be acknowledged."""
    fault = local.fault("POST", "/callback", 500, times=2, after=True)

    check(local, ask(local, channel, User("ada"), ARSON, mention=False))
    assert fault.times == 0
    assert "Traceback" not in bot.logged


def test_an_answer_is_given_although_the_connection_is_lost_while_quoth_types(
    local: LocalDiscord, channel: Channel, library: Library
) -> None:
    (library.folder / "open").unlink()
    fault = local.fault("POST", "/typing", HUNG_UP)
    asked = ask(local, channel, User("ada"), f"typing: {ARSON}", mention=True)
    local.wait_for(lambda: not fault.times, "typing")
    (library.folder / "open").touch()

    check(local, asked)


@pytest.mark.parametrize("status", STATUSES)
def test_a_file_that_can_not_be_fetched_is_said_to_be(
    local: LocalDiscord, bot: Process, channel: Channel, status: int
) -> None:
    local.fault("GET", "/attachments/", status)
    note = Upload("note.txt", b"For fraud 55 were counted.")
    asked = local.slash(channel, User("mod"), "documents add", permissions=MANAGE_GUILD, file=note)

    local.wait_for(
        lambda: asked.answered and asked.response and "could not get" in asked.response.content
    )


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        ("POST", "/messages", 12),
        ("POST", "/callback", 12),
        ("PATCH", "/messages/@original", 12),
        ("*", "*", 30),
        pytest.param("*", "*", 100, marks=pytest.mark.stress),
    ],
)
def test_a_storm_of_rate_limits_is_waited_out(
    local: LocalDiscord, bot: Process, channel: Channel, method: str, path: str, times: int
) -> None:
    storm = local.fault(method, path, 429, times, headers=VIA, body=SLOW_DOWN)
    asked = [
        ask(local, channel, User(f"u{n}"), f"{n}: {ARSON}", mention=n % 2 == 0)
        for n in range(max(4, times // 5))
    ]

    check(local, *asked)
    local.wait_for(lambda: storm.times == 0, "the end of the storm")
    assert "Traceback" not in bot.logged


def waiting(local: LocalDiscord, library: Library, channel: Channel, *, mention: bool) -> Asked:
    """A question that is being read until `open` is there."""
    (library.folder / "open").unlink()
    # Nobody has asked it before: an answer that is kept would be there at once.
    question = f"in {channel.id}: {ARSON}"
    asked = ask(local, channel, User("ada"), question, mention=mention)
    if isinstance(asked.asked, Interaction):
        interaction = asked.asked
        local.wait_for(lambda: interaction.deferred, "a deferral")
    else:
        local.wait_for(lambda: channel.typing, "typing")
    return asked


def test_a_message_deleted_meanwhile_ends_quietly(
    local: LocalDiscord, bot: Process, channel: Channel, library: Library
) -> None:
    asked = waiting(local, library, channel, mention=False)
    assert isinstance(asked.asked, Interaction)
    assert asked.asked.response is not None
    local.delete(asked.asked.response)
    (library.folder / "open").touch()

    local.wait_for(lambda: (404, 10008) in [r[:2] for r in local.refused], "a refusal")
    by_command(local, channel)
    assert asked.asked.followups == []
    assert "Traceback" not in bot.logged


@pytest.mark.parametrize("mention", [True, False])
def test_a_channel_deleted_meanwhile_ends_quietly(
    local: LocalDiscord, bot: Process, channel: Channel, library: Library, mention: bool
) -> None:
    assert channel.guild is not None
    doomed = local.add_channel(channel.guild, "doomed")
    local.join(channel.guild)
    waiting(local, library, doomed, mention=mention)
    local.delete_channel(doomed)
    (library.folder / "open").touch()

    local.wait_for(lambda: [r for r in local.refused if r[0] == 404], "a refusal")
    by_command(local, channel)
    by_mention(local, channel)
    assert "Traceback" not in bot.logged


def test_a_permission_lost_meanwhile_ends_quietly(
    local: LocalDiscord, bot: Process, channel: Channel, library: Library
) -> None:
    waiting(local, library, channel, mention=True)
    channel.denied = SEND_MESSAGES
    (library.folder / "open").touch()

    local.wait_for(lambda: (403, 50013) in [r[:2] for r in local.refused], "a refusal")
    by_command(local, channel)
    channel.denied = 0
    by_mention(local, channel)
    assert "Traceback" not in bot.logged
