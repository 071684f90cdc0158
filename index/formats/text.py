"""Plain text and Markdown."""

import re
from collections.abc import Iterator

from index.documents import MAX_TITLE_CHARS, Loaded, Place, decode, first_line, shorten
from index.formats.dates import parse_date, stated_date

_ATX_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
# Text, and then a line of these: a heading too.
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
# What an underline makes no heading of: an indented line, a quotation, a list.
_NO_HEADING = re.compile(r" {4}|\t| {0,3}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])")
_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<body>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_ENTRY = re.compile(r"^(\w+)[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
# Longer "front matter" is a document that begins with a rule.
_MAX_FRONT_MATTER_CHARS = 10_000


def load_text(_suffix: str, content: bytes) -> Loaded:
    """Read plain text, in any encoding that can be told."""
    text = decode(content)
    return Loaded(text, first_line(text), stated_date(text))


def load_markdown(_suffix: str, content: bytes) -> Loaded:
    """Read Markdown as it stands, less its front matter; its places are its headings."""
    matter, text = _split_front_matter(decode(content))
    headings = list(_headings(text))
    ends = [start for start, _ in headings[1:]] + [len(text)]
    places = tuple(
        Place(start, end, "heading", name)
        for (start, name), end in zip(headings, ends, strict=False)
    )
    title = matter.get("title") or (headings[0][1] if headings else None)
    return Loaded(
        text,
        shorten(title, MAX_TITLE_CHARS) if title else first_line(text),
        parse_date(matter.get("date", "")) or stated_date(text),
        places,
    )


def _split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """The entries of one line each, in lower case and without quotes, and the text after them."""
    match = _FRONT_MATTER.match(text[:_MAX_FRONT_MATTER_CHARS])
    if match is None or not _ENTRY.search(match["body"]):
        return {}, text
    entries = _ENTRY.findall(match["body"])
    return {name.lower(): value.strip("\"'") for name, value in entries}, text[match.end() :]


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """Start and name of each heading outside of code fences, marked by `#` or underlined."""
    start = 0
    fence: str | None = None
    # Of the paragraph so far: its number of lines, and the last one with its start.
    lines = 0
    above = (0, "")
    for line in text.split("\n"):
        is_paragraph = False
        mark = _FENCE.match(line)
        if fence is not None:
            if mark and mark["mark"].startswith(fence) and not mark["info"].strip():
                fence = None
        elif mark:
            fence = mark["mark"]
        elif _ATX_HEADING.match(line):
            name = line.strip().lstrip("#").rstrip("#").strip()
            if name:
                yield start, name
        elif lines == 1 and _UNDERLINE.match(line) and not _NO_HEADING.match(above[1]):
            yield above[0], above[1].strip()
        else:
            is_paragraph = bool(line.strip())
        lines = lines + 1 if is_paragraph else 0
        above = (start, line)
        start += len(line) + 1
