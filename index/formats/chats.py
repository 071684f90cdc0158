"""
Chats in plain text whose messages stand below the line that says who writes, and when.

    [18/04/2026 07:14] lotte            lotte (18/04/2026 07:14): on the hook
    on the hook

On a line of its own, a name reads as the first line of what is said. Where it stands before the
time, the reader tells the three apart; and nothing of a text gets lost that is no chat after all.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

# Lines by which a chat is told.
_SAMPLED_LINES = 2_000
_MIN_MESSAGES = 3
# So large a share of the lines from the first message on belongs to messages; blank ones don't
# count.
_MIN_SHARE = 0.8
# So many people write more than once.
_MIN_REPEATED = 2

_DAY = r"\d{1,4}[./-](?:\d{1,2}|[A-Z][a-z]{2})[./-]\d{1,4}"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,6})?Z?(?:\s?[AaPp]\.?[Mm]\.?)?"
# Without a day, it is the time of a programme that somebody writes about.
_WHEN = rf"(?P<when>(?:{_DAY}(?:,?\s|T)|(?:Today|Yesterday) at ){_TIME}|{_TIME},? {_DAY})(?: UTC)?"
_NAME = r"(?P<name>[^\s:<>\[\]][^:<>\[\]]{0,59}?)"
_FORMS = tuple(
    re.compile(line)
    for line in (
        # DiscordChatExporter, Teams
        rf"\[{_WHEN}\] {_NAME}",
        # Telegram, Slack
        rf"{_NAME},? {{1,2}}\[{_WHEN}\]",
        # Discord
        rf"{_NAME}\s?[—–]\s?{_WHEN}",
    )
)
# A message or an entry of a log in one line; on IRC, the day stands elsewhere.
_STAMPED = re.compile(rf"\W?{_WHEN}|\W?{_TIME}\W? <")
_LEVEL = re.compile(r"\b(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b")
# The times of a programme are round.
_ROUND = re.compile(r"(?<![\d:])\d{1,2}:\d[05](?::00)?(?![\d:])")
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")
_Form = re.Pattern[str]


def chat_form(text: str) -> _Form | None:
    """The form of the lines that say who writes and when, if nearly all of a text is a chat."""
    lines = [line[0] for line in islice(_LINE.finditer(text), _SAMPLED_LINES)]
    return next((form for form in _FORMS if _is_chat(form, lines)), None)


def begins_with_message(text: str) -> bool:
    """Whether a text begins with a message or an entry of a log, and another one follows."""
    lines = [line[0] for line in islice(_LINE.finditer(text), _SAMPLED_LINES) if line[0].strip()]
    stamped = list(filter(_STAMPED.match, lines))
    # The times of a programme are round, and so is that of a meeting in the title of its minutes.
    is_log = len(stamped) > 1 and not all(map(_ROUND.search, stamped))
    forms = (_STAMPED if is_log else None, chat_form(text))
    return any(form is not None and form.match(lines[0]) for form in forms)


def with_names_first(text: str, form: _Form) -> str:
    """Put each message behind who writes it and when; each paragraph stays on its line."""
    lines = _LINE.findall(text)
    parts: list[str] = []
    at = 0
    for begins, ends, said in _messages(form, lines):
        name, when = (" ".join(said[part].split()) for part in ("name", "when"))
        message = "".join(lines[begins + 1 : ends])
        parts += ["".join(lines[at:begins]), f"{name} ({when}): {message}\n"]
        at = ends
    return "".join([*parts, *lines[at:]])


def _is_chat(form: _Form, lines: Sequence[str]) -> bool:
    messages = list(_messages(form, lines))
    if len(messages) < _MIN_MESSAGES or all(_ROUND.search(said["when"]) for *_, said in messages):
        return False
    names = Counter(said["name"] for *_, said in messages)
    own = sum(ends - begins for begins, ends, _ in messages)
    below = sum(1 for line in lines[messages[0][0] :] if line.strip())
    repeated = sum(1 for count in names.values() if count > 1)
    return repeated >= _MIN_REPEATED and own >= _MIN_SHARE * below


def _messages(form: _Form, lines: Sequence[str]) -> Iterator[tuple[int, int, re.Match[str]]]:
    """Where messages begin and end, up to a blank line or the next one, and what says whose."""
    begins = 0
    head: re.Match[str] | None = None
    for at, line in enumerate([*lines, ""]):
        found = form.fullmatch(line.rstrip())
        is_head = found is not None and not _LEVEL.search(found["name"])
        if head is not None and (is_head or not line.strip()):
            if begins + 1 < at:
                yield begins, at, head
            head = None
        if is_head:
            begins, head = at, found
