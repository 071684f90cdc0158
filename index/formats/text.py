"""Plain text and Markdown."""

import re
from collections.abc import Iterator

from index.documents import MAX_TITLE_CHARS, Loaded, Place, decode, first_line, shorten
from index.formats.dates import parse_date, stated_date

_ATX_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
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
    """Start and name of each `#` heading outside of code fences."""
    start = 0
    fence: str | None = None
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence in (None, mark[1]):
            fence = None if fence else mark[1]
        elif fence is None and _ATX_HEADING.match(line):
            name = line.strip().lstrip("#").rstrip("#").strip()
            if name:
                yield start, name
        start += len(line) + 1
