"""EML and MBOX: messages with what their headers say, and attachments that can be read."""

import email
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from typing import Any

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.charsets import decode, decode_as
from index.formats.html import add_main_text
from index.formats.html_parsing import parse_html
from index.formats.nested_items import NestedItems
from index.formats.parts import ARCHIVES, MAIL, MAX_PARTS, is_read, read_part
from index.formats.plain_tables import with_rows

# In the order in which they are written.
_HEADERS = ("Subject", "From", "To", "Cc", "Date")
# A longer one is no header that anybody wrote.
_MAX_HEADER_CHARS = 2_000
_MAX_NAME_CHARS = 100
# A header follows; a paragraph may begin so, too, where a program does not mark that. Only behind a
# time with seconds, which no paragraph gives, any name is one of a header.
_SEPARATOR = re.compile(
    rb"\AFrom [^\r\n]*+\r?\n"
    rb"|(?:(?<=\n\n)|(?<=\r\n\r\n))From (?:"
    rb"(?=[^\r\n]*\d\d:\d\d:\d\d)[^\r\n]*+\r?\n(?=[!-9;-~]{1,80}:|>From )"
    rb"|[^\r\n]*+\r?\n(?=(?i:subject|from|to|cc|date|received|[a-z]{1,20}-[!-9;-~]{1,60}):|>From ))"
)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)
# What a mail program puts before the lines that it quotes.
_QUOTED = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)
# A line of flowed text that goes on in the next one; "-- " is none, but stands over a signature.
_FLOWED = re.compile(r"(?<!\n--)(?<!\A--) \n")
_CLOSED = ARCHIVES | MAIL
_TEXTS = frozenset({"text/plain", "text/html"})
_PLAIN = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
_PART = re.compile(r"^Content-(?:Type|Transfer-Encoding):", re.MULTILINE | re.IGNORECASE)


class _Policy(Compat32):
    """Has headers in letters beyond ASCII as they are written; Python makes question marks."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - as in the base
        """See `Compat32`."""
        written = value.encode("utf-8", "surrogateescape")
        try:
            return written.decode("utf-8")
        except UnicodeDecodeError:
            return written.decode("cp1252", "replace")


_POLICY = _Policy()


def load_eml(_suffix: str, content: bytes) -> Loaded:
    """Read a message; an attachment of its is a place."""
    message = email.message_from_bytes(content, policy=_POLICY)
    if not any(message.get(name) for name in _HEADERS):
        raise DocumentError("it is no message (it has no subject, sender or date)")
    blocks = Blocks("message")
    _add(blocks, message, NestedItems(), within="")
    return blocks.loaded(_header(message, "Subject"), _dated(message))


def load_mbox(_suffix: str, content: bytes) -> Loaded:
    """Read a file of messages; each is a place, and so are its attachments."""
    begins = list(_SEPARATOR.finditer(content))
    if not begins or begins[0].start() != 0:
        raise DocumentError('it is no mailbox (it does not begin with "From ")')
    blocks = Blocks("message")
    items = NestedItems()
    ends = [*(each.start() for each in begins[1:]), len(content)]
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True), start=1):
        written = _ESCAPED.sub(rb"\1", content[begin.end() : end])
        message = email.message_from_bytes(written, policy=_POLICY)
        subject = _header(message, "Subject")
        blocks.line = number
        blocks.begin(subject)
        _add(blocks, message, items, within=f"{subject[:_MAX_NAME_CHARS]}/")
    # Each message has its own.
    return replace(blocks.loaded(), title=None, dated=None)


def _add(blocks: Blocks, message: Message, items: NestedItems, within: str) -> None:
    """Add a message; attachments come last, in a file whose name begins with `within`."""
    attached: list[tuple[str, Message]] = []
    bodies: list[Message] = []
    for part in _parts(message):
        name = _one_line(_stated(part.get_filename))
        # A message that is nothing but a text may have a name, as a file has.
        is_beside = bool(name) and part is not message and _is_beside(part, name)
        if is_beside:
            attached.append((name, part))
        # The headers of a message that has a name say whose words those are that follow.
        if not is_beside or part.get_content_maintype() == "message":
            bodies.append(part)
    lines = [f"{name}: {said}" for name in _HEADERS if (said := _header(message, name))]
    if attached:
        lines.append(f"Attachments: {', '.join(name for name, _ in attached)}")
    blocks.add("\n".join(lines))
    for body in bodies:
        _add_body(blocks, body, items)
    for name, part in attached:
        if is_read(name, without=_CLOSED):
            try:
                blocks.add_whole(read_part(name, _content(part)), f"{within}{name}")
            except DocumentError:
                # Its name is among the headers; who sent it can't be asked to mend it.
                continue


def _is_beside(part: Message, name: str) -> bool:
    """
    Whether a part of this name is a file beside the message's text.

    What is to be shown within it is a file only if it is no text and no picture.
    """
    if part.get_content_disposition() != "inline":
        return True
    return part.get_content_type() not in _TEXTS and is_read(name, without=_CLOSED)


def _is_file(part: Message) -> bool:
    """Whether a part of a version that is not read is a file; its text may have a name, too."""
    is_text = part.get_content_type() in _TEXTS
    is_attached = not is_text or part.get_content_disposition() == "attachment"
    return is_attached and is_read(_stated(part.get_filename), without=_CLOSED)


def _parts(message: Message) -> Iterator[Message]:
    """The texts and files of a message, of two versions of a text the plain one."""
    waiting = [(message, False)]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part, has_only_files = waiting.pop()
        payload = part.get_payload()
        if not isinstance(payload, list):
            if not has_only_files or _is_file(part):
                yield part
            continue
        inner = [each for each in payload if isinstance(each, Message)]
        if not inner:
            continue
        if part.get_content_type() == "multipart/alternative":
            best = _best(inner)
            # Apple's Mail puts the files that stand between paragraphs into the rich version alone.
            waiting += [(each, has_only_files or each is not best) for each in reversed(inner)]
        else:
            is_inner = part is not message and part.get_content_maintype() == "message"
            if is_inner and not has_only_files:
                yield part
            waiting += [(each, has_only_files) for each in reversed(inner)]


def _best(versions: list[Message]) -> Message:
    """The version of a text that is read: plain, if it says anything, else the richest."""
    plain = [each for each in versions if each.get_content_type() == "text/plain"]
    # Behind the text of an invitation stands an entry for a calendar.
    shown = [one for one in versions if one.is_multipart() or one.get_content_type() in _TEXTS]
    return next((each for each in plain if _content(each).strip()), (shown or versions)[-1])


def _add_body(blocks: Blocks, part: Message, items: NestedItems) -> None:
    kind = part.get_content_type()
    if part.get_content_maintype() == "message":
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            lines = [f"{name}: {said}" for name in _HEADERS if (said := _header(inner[0], name))]
            blocks.add("\n".join(lines))
    elif kind == "text/html":
        # Where the message states no charset, the page may state its own.
        page = (
            _text(part).encode(errors="replace")
            if _stated(part.get_content_charset)
            else _content(part)
        )
        add_main_text(blocks, parse_html(page), items)
    elif kind in _PLAIN or (part.get_content_maintype() == "multipart" and not _has_parts(part)):
        text = _QUOTED.sub("", _text(part))
        if _stated(lambda: part.get_param("format")) == "flowed":
            text = _FLOWED.sub(" ", text)
        for paragraph in with_rows(text).split("\n\n"):
            blocks.add(paragraph)


def _has_parts(part: Message) -> bool:
    """Whether there are parts in what should have some, though no border parts them."""
    return part.is_multipart() or _PART.search(_text(part)) is not None


def _text(part: Message) -> str:
    content = _content(part)
    charset = _stated(part.get_content_charset)
    if charset:
        try:
            return decode_as(content, charset).replace("\r\n", "\n")
        except (LookupError, ValueError):
            pass
    return decode(content)


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _stated(get: Callable[[], Any]) -> str:
    """What a part states of itself; nothing where Python trips over it, as over two names."""
    try:
        return str(get() or "")
    except TypeError:
        return ""


def _header(message: Message, name: str) -> str:
    stated = str(message.get(name, ""))[:_MAX_HEADER_CHARS]
    try:
        return _one_line(str(make_header(decode_header(stated))))
    except (LookupError, ValueError, MessageError):
        return _one_line(stated)


def _dated(message: Message) -> date | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date()
    except (ValueError, OverflowError):
        return None


def _one_line(text: str) -> str:
    return " ".join(text.split())
