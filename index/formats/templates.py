"""
The tags of a site's templates that stand in text: Liquid's, Nunjucks' and Hugo's. Pure functions.

Jekyll, Eleventy and Hugo write `{% note "Closed" %}` and `{{< ref "fees.md" >}}`. What a page shows
of a tag are its own words at most. Where a value is put in from elsewhere, as by `{{ name }}` and
`{% data limits.max %}`, the tag stays: it says that something stands there.
"""

import re
from typing import NamedTuple

# A tag, or an address, that is longer is text: what never ends is read this far each time.
_MAX_CHARS = 2_000
# None holds a brace, so that each is read up to the next one at most.
_QUOTED = r"\"[^\"{}]*+\"|'[^'{}]*+'"
_INSIDE = rf"(?P<name>[\w./]*+)(?P<arguments>(?:{_QUOTED}|[^{{}}%>]|[%>](?!\}}))*+)[%>]"
_TAG = re.compile(rf"\{{%[-+~]?\s*+{_INSIDE}\}}")
_HUGO_TAG = re.compile(rf"\{{\{{[%<]\s*+{_INSIDE}\}}\}}")
_ARGUMENT = re.compile(rf"(?:(?<![\w-])(?P<key>[\w-]++)\s*+[=:]\s*+)?+(?P<quoted>{_QUOTED})")
_PIECE = r"\{\{[^{}]*+\}\}|\{%(?:[^{}%]|%(?!\}))*+%\}"
_TEMPLATE_ADDRESS = re.compile(rf"[^\s(){{}}<]*+(?:(?:{_PIECE})[^\s(){{}}]*+)++")
_COMMENT = "comment"
_END_OF_COMMENT = re.compile(r"\{%[-+~]?\s*+endcomment\s*+[-+~]?%\}")
# Those that choose what is shown, or name a place, and show no words of their own.
_SILENT = frozenset(
    {"assign", "block", "capture", "case", "elif", "else", "elseif", "elsif", "extends", "for"}
    | {"from", "if", "ifversion", "import", "layout", "paginate", "raw", "set", "tablerow"}
    | {"unless", "verbatim", "when"}
    | {
        "gist",
        "highlight",
        "link",
        "post_url",
        "ref",
        "relref",
        "static",
        "url",
        "vimeo",
        "youtube",
    }
)
# They name a file first.
_INCLUDING = frozenset({"include", "partial", "render"})
_SHOWN_KEYS = frozenset(
    {"alt", "body", "caption", "content", "description", "header", "label", "summary", "text"}
    | {"title"}
)
# A name of a file, an address, an option or a number.
_NO_WORDS = re.compile(r"(?=[^\s/._=#]*+[/._=#])\S++|\d++")


class TemplateTag(NamedTuple):
    """A tag, and what a page shows of it."""

    end: int
    """Where it ends, exclusive; a comment ends with its closing tag."""
    shown: str
    """"" where it shows nothing."""


def template_tag(source: str, start: int, end: int) -> TemplateTag | None:
    """
    Find the tag that begins at a character.

    Args:
        source: The text.
        start: Where the tag begins.
        end: Where the text ends that may hold it, exclusive.

    Returns:
        None where no tag begins there, or one of which the text has to be kept.
    """
    limit = min(end, start + _MAX_CHARS)
    match = _TAG.match(source, start, limit) or _HUGO_TAG.match(source, start, limit)
    if match is None:
        return None
    name, arguments = match["name"], match["arguments"].strip(" \t\n-+~/")
    if name == _COMMENT:
        limit = min(end, match.end() + _MAX_CHARS)
        closing = _END_OF_COMMENT.search(source, match.end(), limit)
        return None if closing is None else TemplateTag(closing.end(), "")
    if name == f"end{_COMMENT}":
        return None
    if not arguments or name in _SILENT or name.startswith(("end", "/")):
        return TemplateTag(match.end(), "")
    found = list(_ARGUMENT.finditer(arguments))
    if not found and name not in _INCLUDING:
        return None
    return TemplateTag(match.end(), _shown(found, takes_unnamed=name not in _INCLUDING))


def _shown(arguments: list[re.Match[str]], *, takes_unnamed: bool) -> str:
    """The words of a tag: the arguments that a page shows by their names, and the first unnamed."""
    unnamed = [one["quoted"][1:-1] for one in arguments if one["key"] is None]
    said = [words for words in unnamed if not _NO_WORDS.fullmatch(words)][:takes_unnamed]
    said += [one["quoted"][1:-1] for one in arguments if one["key"] in _SHOWN_KEYS]
    return " ".join(said)


def template_address(source: str, start: int, end: int) -> int | None:
    """
    Find the end of an address that begins at a character, and that a template makes.

    Args:
        source: The text.
        start: Where the address begins.
        end: Where the text ends that may hold it, exclusive.

    Returns:
        None where no such address begins there.
    """
    match = _TEMPLATE_ADDRESS.match(source, start, min(end, start + _MAX_CHARS))
    return None if match is None else match.end()
