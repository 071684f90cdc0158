"""What a Markdown file says of itself before its text: YAML between `---`, TOML between `+++`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from index.formats.blocks import storable
from index.formats.dates import parse_date

_ENDS = {"---": ("---", "..."), "+++": ("+++",)}
# Longer "front matter" is a document that begins with a rule.
_MAX_CHARS = 10_000
# A line of what is not quite YAML, such as `title: Rules: the short form`.
_ENTRY = re.compile(r"([\w-]+)[ \t]*:[ \t]+(\S.*)")
# The time that the YAML parser takes grows with the square of the depth of lists.
_MAX_BRACKETS = 200
_DATES = ("date", "published", "pubdate", "created")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What is known of a document before its text."""

    title: str | None = None
    dated: date | None = None
    description: str | None = None
    description_line: int = 1
    lines: int = 0
    """How many of the file's lines it takes."""


def read_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Take the front matter from a file's text, if it begins with any; the rest comes with it."""
    head = text[:_MAX_CHARS].split("\n")
    opening = head[0].rstrip()
    ends = _ENDS.get(opening, ())
    last = next((n for n, line in enumerate(head[1:], 1) if line.rstrip() in ends), None)
    if last is None:
        return FrontMatter(), text
    entries = _entries(opening, head[1:last])
    if not entries:
        return FrontMatter(), text
    length = sum(len(line) + 1 for line in head[: last + 1])
    described = (n for n, line in enumerate(head, 1) if line.lower().startswith("description"))
    matter = FrontMatter(
        title=_text(entries.get("title")),
        dated=next(filter(None, (_date(entries.get(name)) for name in _DATES)), None),
        description=_text(entries.get("description")),
        description_line=next(described, 1),
        lines=last + 1,
    )
    return matter, text[length:]


def _entries(opening: str, lines: list[str]) -> dict[str, Any]:
    """The entries by their names in lower case; none if it is something else."""
    written = "\n".join(lines)
    try:
        entries = tomllib.loads(written) if opening == "+++" else _yaml(written)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError):
        found = map(_ENTRY.fullmatch, map(str.rstrip, lines))
        entries = {match[1]: match[2].strip("\"'") for match in found if match}
    if not isinstance(entries, Mapping):
        return {}
    return {str(name).lower(): value for name, value in entries.items()}


def _yaml(written: str) -> Any:
    """YAML whose values are all left as texts."""
    if sum(map(written.count, "[{")) > _MAX_BRACKETS:
        raise yaml.YAMLError("it has too many brackets")
    # This loader merges nothing: a few merged keys can stand for more than any memory holds.
    return yaml.BaseLoader(written).get_single_data()


def _text(value: object) -> str | None:
    # JSON writes an emoji as two halves, which YAML does not join.
    return " ".join(storable(value).split()) or None if isinstance(value, str) else None


def _date(value: object) -> date | None:
    # TOML has dates of its own.
    return parse_date(str(value)) if isinstance(value, str | date) else None
