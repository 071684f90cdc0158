"""Many members who ask at once, and what may become of their questions."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle

from bot.discord_app.asking import ASK_AGAIN
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, Interaction, Message, User

ARSON = "how many for arson"
# A rate limit as Discord words it.
SLOW_DOWN = {"message": "slow down", "retry_after": 0.02, "global": False}
VIA = {"Via": "1.1 google"}


@dataclass(frozen=True)
class Load:
    """So many ask so often, within so many seconds."""

    questions: int
    members: int
    servers: int
    seconds: float


# What one installation must stand, and a small one of its kind.
FULL = Load(questions=300, members=100, servers=10, seconds=10)
SMALL = Load(questions=30, members=10, servers=3, seconds=0.5)


@dataclass
class Asked:
    """A question, where it was asked, and how."""

    question: str
    channel: Channel
    asked: Interaction | Message

    def answer(self, local: LocalDiscord) -> Message:
        """Wait for what comes of it."""
        if isinstance(self.asked, Interaction):
            return local.answer_to(self.asked)
        return local.reply_to(self.asked)

    def is_put_off(self, local: LocalDiscord) -> bool:
        """
        Wait for what comes of it, and say whether it is to be asked again.

        On a slow machine one that has begun may take too long, too.
        """
        if isinstance(self.asked, Interaction):
            told = local.answer_to(self.asked)
            is_overload = "too many questions" in told.content or "took too long" in told.content
            assert not is_overload or self.asked.is_private
            return is_overload
        asked = self.asked
        local.wait_for(lambda: asked.reactions or local.replies(asked), "a word or a sign")
        return asked.reactions == [ASK_AGAIN]

    def answers(self, local: LocalDiscord) -> int:
        """How many messages came of it."""
        if isinstance(self.asked, Interaction):
            return len(self.asked.followups) + (self.asked.response is not None)
        return len(local.replies(self.asked)) + len(self.asked.reactions)


def ask(
    local: LocalDiscord, channel: Channel, member: User, question: str, *, mention: bool
) -> Asked:
    """Ask by command or by mention."""
    if mention:
        text = f"<@{local.bot.id}> {question}"
        said = local.say(channel, member, text, mentions=[local.bot])
        return Asked(question, channel, said)
    return Asked(question, channel, local.slash(channel, member, "ask", question=question))


def places(local: LocalDiscord, servers: int) -> list[Channel]:
    """A channel in each of some servers."""
    return [local.add_channel(local.add_guild(f"Server {n}")) for n in range(servers)]


def told_apart(question: str, number: int) -> str:
    """
    Write a question so that no two numbers look alike, and all mean the same.

    The number's bits are the case of the letters, which neither search nor reader sees.
    """
    letters = []
    for letter in question:
        is_upper = letter.isalpha() and number % 2
        number = number // 2 if letter.isalpha() else number
        letters.append(letter.upper() if is_upper else letter)
    return "".join(letters)


def ask_all(
    local: LocalDiscord,
    channels: Sequence[Channel],
    load: Load,
    question: str,
    expected: Callable[[Channel], str] | None = None,
) -> tuple[int, int]:
    """
    Ask by turns with commands and mentions, and check what becomes of each.

    Every question, told from the others by how it is written, is answered or refused because Quoth
    is busy: once, in its channel, and acknowledged in time.

    Args:
        local: The local Discord.
        channels: Asked in by turns; nobody else speaks there.
        load: How much.
        question: What all ask.
        expected: The right answer by channel, where it is known.

    Returns:
        How many were answered, and how many refused.
    """
    members = [User(f"member {n}") for n in range(load.members)]
    before = {channel.id: own_messages(local, channel) for channel in channels}
    all_asked: list[Asked] = []
    started = time.monotonic()
    for number, channel in zip(range(load.questions), cycle(channels)):
        member = members[number % load.members]
        text = told_apart(question, number)
        all_asked.append(ask(local, channel, member, text, mention=number % 3 == 0))
        due = started + load.seconds * number / load.questions
        time.sleep(max(0.0, due - time.monotonic()))

    answered = 0
    signs: Counter[int] = Counter()
    for each in all_asked:
        if each.is_put_off(local):
            signs[each.channel.id] += isinstance(each.asked, Message)
            continue
        message = each.answer(local)
        answered += 1
        assert message.channel is each.channel
        assert message.question == each.question
        if expected is not None:
            assert message.title == expected(each.channel)
    assert [each.answers(local) for each in all_asked] == [1] * len(all_asked)
    # Nothing was said beside that, in any of the channels.
    here = Counter(each.channel.id for each in all_asked) - signs
    assert {
        channel.id: own_messages(local, channel) - before[channel.id] for channel in channels
    } == {channel.id: here[channel.id] for channel in channels}
    assert local.late == []
    return answered, len(all_asked) - answered


def own_messages(local: LocalDiscord, channel: Channel) -> int:
    """How many messages of the bot's stand in a channel."""
    return sum(message.author is local.bot for message in list(channel.messages.values()))


def check(local: LocalDiscord, *asked: Asked) -> None:
    """Each question about arson was answered, in its channel, and once."""
    for each in asked:
        message = each.answer(local)
        assert message.title == "812"
        assert message.channel is each.channel
        assert message.question == each.question
    assert [each.answers(local) for each in asked] == [1] * len(asked)
