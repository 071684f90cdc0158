"""
Chats as they are exported or copied to plain text: who says what, and when.

The name of whoever speaks stands before a message, as in subtitles, and its time is its place,
which has the name where the message is a question.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise

from index.formats.base import Loaded, Place
from index.formats.blocks import Blocks

# Lines by which a chat is told, wherever it begins in them.
_SAMPLED_LINES = 2_000
_MIN_MESSAGES = 3
# Of the lines from the first message on that are not blank; messages may be long.
_MIN_SHARE = 0.1
# Where other texts look alike, several people take turns, and say little at once.
_MIN_TURNS = 2
_MIN_UNSURE_SHARE = 0.3

_DAY = r"\d{1,4}[./-](?:\d{1,2}|[A-Z][a-z]{2})[./-]\d{1,4}"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,6})?Z?(?:\s?[AaPp]\.?\s?[Mm]\.?)?"
_WHEN = (
    rf"(?P<when>(?:{_DAY}(?:,?\s|T)|(?:Today|Yesterday)\sat\s)?{_TIME}|{_TIME},?\s{_DAY})(?:\sUTC)?"
)
_NAME = r"(?P<name>[^\s:<>\[\]][^:<>\[\]]{0,59}?)"
# WhatsApp begins lines with a mark of direction.
_MARK = r"[\u200e\u200f]?"
# A message that is one question and nothing else.
_QUESTION = re.compile(r"[^.!?\n]*+\?+")
# The times of a programme are round.
_ROUND = re.compile(r"(?<![\d:])\d{1,2}:\d[05](?::00)?(?![\d:])")
_HAS_DAY = re.compile(_DAY)
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")


# How programs write the first line of a message: `when` and `name`, of which either may miss, and
# `said`, unless it stands below. Hardly anything else is written so if it says the day.
_SURE = tuple(
    re.compile(line)
    for line in (
        # DiscordChatExporter, Teams
        rf"\[{_WHEN}\] {_NAME}",
        # Telegram, Slack
        rf"{_NAME},? {{1,2}}\[{_WHEN}\]",
        rf"> {_NAME} \[\w{{1,20}}\] @ {_WHEN} ?Z?:",
        # WhatsApp, and what it says itself, without a name
        rf"{_MARK}(?P<when>{_DAY},\s{_TIME}) - (?:{_NAME}: )?(?P<said>.+)",
        rf"{_MARK}\[{_WHEN}\] ?(?:{_NAME}: )?(?P<said>.+)",
    )
)
# The days of a programme look alike, and the options of a command.
_UNSURE = tuple(
    re.compile(line)
    for line in (
        # Discord
        rf"{_NAME}\s?[—–]\s?{_WHEN}",
        # IRC, and who comes and goes there
        rf"(?:\[?{_WHEN}\]? {{1,2}})?(?:<[ @+%&~]?{_NAME}>|-!-|\*{{1,3}}|-->|<--) (?P<said>.+)",
    )
)
_Form = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Message:
    line: int
    """The line of the text on which it begins, from 0."""
    when: str
    name: str
    said: str
    """What stands on that line."""


def read_chat(text: str) -> tuple[int, Loaded] | None:
    """
    Read a text that is a chat from some line on; none if it is no chat.

    Returns:
        Where the chat begins, in characters, and what is read of it from there.
    """
    form = _form([line[0].rstrip() for line in islice(_LINE.finditer(text), _SAMPLED_LINES)])
    if form is None:
        return None
    lines = text.split("\n")
    messages = list(_messages(form, lines))
    blocks = Blocks("time")
    ends = [*(message.line for message in messages[1:]), len(lines)]
    for message, end in zip(messages, ends, strict=True):
        said = "\n".join([message.said, *lines[message.line + 1 : end]]).strip()
        if said:
            blocks.add_whole(_placed(message, said))
    begins = sum(len(line) + 1 for line in lines[: messages[0].line])
    return begins, blocks.loaded()


def _placed(message: _Message, said: str) -> Loaded:
    """A message after the name of whoever speaks, and its place."""
    # "Ann: who has the key?" would answer its own question.
    name, asker = ("", message.name) if _QUESTION.fullmatch(said) else (message.name, "")
    text = f"{name}: {said}" if name else said
    number = message.line + 1
    place = Place(0, len(text), "line", f"{number}", line=number)
    if message.when:
        place = replace(place, kind="time", name=", ".join(filter(None, (message.when, asker))))
    return Loaded(text, places=(place,))


def _messages(form: _Form, lines: Sequence[str]) -> Iterator[_Message]:
    """The messages of a chat, by their first lines; the first one has a name or a time."""
    has_begun = False
    for number, line in enumerate(lines):
        found = form.fullmatch(line.rstrip())
        if found is None:
            continue
        parts = found.groupdict(default="")
        when, name = (" ".join(parts[part].split()) for part in ("when", "name"))
        has_begun = has_begun or bool(when or name)
        if has_begun:
            yield _Message(number, when, name, parts.get("said", ""))


def _form(lines: Sequence[str]) -> _Form | None:
    """The form that the messages among lines have, if these are a chat."""
    found = [
        (form, [one for one in _messages(form, lines) if one.name]) for form in (*_SURE, *_UNSURE)
    ]
    form, messages = max(found, key=lambda each: len(each[1]))
    return form if _is_chat(form, messages, lines) else None


def _is_chat(form: _Form, messages: Sequence[_Message], lines: Sequence[str]) -> bool:
    # Programs write their logs so: "[2026-04-18 07:14] ERROR: ...".
    if len(messages) < _MIN_MESSAGES or all(message.name.isupper() for message in messages):
        return False
    share = len(messages) / sum(map(bool, lines[messages[0].line :]))
    has_text = [
        any(lines[message.line + 1 : following.line]) for message, following in pairwise(messages)
    ]
    if all(_ROUND.search(message.when) for message in messages):
        return False
    is_above = "said" not in form.groupindex
    if is_above and sum(has_text) <= len(has_text) / 2:
        return False
    has_day = [_HAS_DAY.search(message.when) is not None for message in messages]
    if form in _SURE and all(has_day):
        return share >= _MIN_SHARE
    turns = Counter(name for name, _ in groupby(message.name for message in messages))
    has_turns = sum(times > 1 for times in turns.values()) >= _MIN_TURNS
    return has_turns and share >= _MIN_UNSURE_SHARE and (any(has_day) or not is_above)
