"""
The Markdown that is read: CommonMark with what documentation adds to it, parsed by markdown-it-py.

Tables, definition lists, footnotes and admonitions come from the library. Added here are the tags
of HTML, of components (`<Info>`) and of a site's templates (`{% endraw %}`), which are no text, the
imports and comments of MDX, and what the notes of a wiki add (`index.formats.wiki_syntax`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from markdown_it import MarkdownIt, helpers
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from index.formats.blocks import raised
from index.formats.markdown_extras import drawn_table
from index.formats.templates import template_address, template_tag
from index.formats.wiki_syntax import hidden_line, wiki_link

# Quotations and lists within each other. The library leaves out what is deeper.
_MAX_BLOCK_NESTING = 100
# Brackets within each other, for each of which it looks ahead; deeper ones are text.
_MAX_INLINE_NESTING = 10
# A tag that is longer is text: what looks like one that never ends is read this far each time.
_MAX_TAG_CHARS = 2_000
_MAX_COMMENT_CHARS = 20_000
# The lines of an `export`, which end with a blank line outside of its braces.
_MAX_EXPORT_LINES = 500

# Up to two pairs of braces within a pair, as in `style={{ color: "red" }}`.
_BRACES = r"\{(?:[^{}]++|\{(?:[^{}]++|\{[^{}]*+\})*+\})*+\}"
_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][\w.-]*+)"
    rf"(?P<attributes>(?:[\s/](?:[^<>\"'{{}}]++|\"[^\"]*+\"|'[^']*+'|{_BRACES})*+)?)>"
)
_FRAGMENT = re.compile(r"</?>")
_RAISED = re.compile(r"<sup>([-\u2212]?\d{1,9})</sup>", re.IGNORECASE)
# The names of HTML's elements, those that are no longer written among them.
_ELEMENTS = frozenset(
    [
        *("a", "abbr", "acronym", "address", "applet", "area", "article", "aside", "audio", "b"),
        *("base", "basefont", "bdo", "big", "blink", "blockquote", "body", "br", "button"),
        *("canvas", "caption", "center", "cite", "code", "col", "colgroup", "command", "datalist"),
        *("dd", "del", "details", "dfn", "dir", "div", "dl", "dt", "em", "embed", "fieldset"),
        *("figcaption", "figure", "font", "footer", "form", "frameset", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "img", "input"),
        *("ins", "isindex", "kbd", "keygen", "label", "legend", "li", "link", "map", "mark"),
        *("marquee", "math", "menu", "meta", "meter", "nav", "noscript", "object", "ol"),
        *("optgroup", "option", "output", "p", "param", "pre", "progress", "q", "rp", "rt", "ruby"),
        *("s", "samp", "script", "section", "select", "small", "source", "span", "strike"),
        *("strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td", "textarea"),
        *("tfoot", "th", "thead", "time", "title", "tr", "track", "tt", "u", "ul", "var", "video"),
        *("wbr",),
    ]
)
_COMMENTS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>", "{/*": "*/}"}
# What a component shows above what it holds.
_SHOWN_ATTRIBUTE = re.compile(r"\stitle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Nothing of these needs a space behind it.
_OPENING = " \t\n([{\"'“‘"
_IMPORT = re.compile(
    r"import\s(?:\s*[\"'{*]|[\w\s,{}*$]*\sfrom\s*[\"'])"
    r"|export\s+(?:const|default|let|var|(?:async\s+)?function|class|[{*])"
)
# `:::note`, `::: {.tip}`, `:::` around a piece of text; a title may follow the name.
_COLONS = re.compile(r":{3,}+[ \t]*+(?:\{[^{}\n]*+\}|[\w-]*+)[ \t]*+(?P<title>.*+)")

# The rules for blocks that begin with one of a few characters, for which each of these rules looks
# first. Most lines begin with another one, and are tried with the other rules alone.
_FIRST_CHARACTERS = {
    "heading": "#",
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*-+0123456789",
    "footnote_def": "[",
    "reference": "[",
    "component": "<",
    "html_block": "<",
    "colons": ":",
    "hidden_line": "%^",
}
_MARKS = frozenset("".join(_FIRST_CHARACTERS.values()))
# Where none of these is, a text holds no marks, breaks or character references.
_MARKED = re.compile(r"[^\w \t,.;'\"()?/]|_")
# In the place of every other character; no line begins with it.
_OTHER = " "

_Environment = dict[str, Any]
_Rule = Callable[[StateBlock, int, int, bool], bool]


class Markdown:
    """A parser of Markdown or of MDX; it keeps nothing of what it has parsed."""

    def __init__(self, *, is_mdx: bool) -> None:
        """Set up the rules, with those of MDX or without."""
        options: Mapping[str, Any] = {"maxNesting": _MAX_BLOCK_NESTING}
        self._parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
        self._parser.use(deflist_plugin).use(footnote_plugin, inline=False).use(admon_plugin)
        blocks, inline = self._parser.block.ruler, self._parser.inline.ruler
        interrupting: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
        blocks.before("html_block", "component", _component_block, interrupting)
        blocks.before("html_block", "colons", _colons_block, interrupting)
        blocks.before("table", "hidden_line", hidden_line, interrupting)
        blocks.before("table", "drawn_table", drawn_table)
        inline.at("html_inline", _tag)
        inline.before("link", "template", _template_tag)
        inline.before("link", "wiki_link", wiki_link)
        if is_mdx:
            blocks.before("html_block", "import", _import_block)
            inline.before("html_inline", "comment", _comment)
        self._inline = MarkdownIt("commonmark", {"maxNesting": _MAX_INLINE_NESTING})
        link_helpers: Any = SimpleNamespace(
            parseLinkLabel=helpers.parseLinkLabel,
            parseLinkDestination=_link_destination,
            parseLinkTitle=helpers.parseLinkTitle,
        )
        self._parser.helpers = self._inline.helpers = link_helpers
        names = blocks.get_active_rules()
        self._rules: dict[str, tuple[_Rule, ...]] = {
            mark: tuple(
                rule
                for name, rule in zip(names, blocks.getRules(""), strict=True)
                if mark in _FIRST_CHARACTERS.get(name, mark)
            )
            for mark in (_OTHER, *_MARKS)
        }

    def blocks(self, text: str) -> Iterator[list[Token]]:
        """
        Parse a text block by block, so that the tokens of one alone are held at a time.

        Yields:
            The tokens of each block outside of all others, such as a list with all its items.
        """
        environment: _Environment = {}
        # A link may name a target that only follows it, and is text if there is none.
        if "]:" in text:
            for _ in self._blocks(text, environment):
                pass
        for tokens in self._blocks(text, environment):
            for token in tokens:
                if token.type == "inline":
                    token.children = self._children(token.content, environment)
            yield tokens

    def _children(self, text: str, environment: _Environment) -> list[Token]:
        """What is within a line or a paragraph."""
        if not _MARKED.search(text):
            return [Token("text", "", 0, content=text)]
        children: list[Token] = []
        self._parser.inline.parse(text, self._inline, environment, children)
        return children

    def _blocks(self, text: str, environment: _Environment) -> Iterator[list[Token]]:
        state = StateBlock(text, self._parser, environment, [])
        while (line := state.skipEmptyLines(state.line)) < state.lineMax:
            state.line = line
            first = state.src[state.bMarks[line] + state.tShift[line]]
            for rule in self._rules[first if first in _MARKS else _OTHER]:
                # The last rule, a paragraph, takes whatever comes.
                if rule(state, line, state.lineMax, False):
                    break
            tokens, state.tokens = state.tokens, []
            yield tokens


@cache
def markdown(*, is_mdx: bool) -> Markdown:
    """The parser of Markdown, or of MDX."""
    return Markdown(is_mdx=is_mdx)


def _tag(state: StateInline, silent: bool) -> bool:
    """Pass over a tag of HTML or of a component; a line break is one, and a power stays raised."""
    source, start, end = state.src, state.pos, state.posMax
    if source[start] != "<":
        return False
    if _comment(state, silent):
        return True
    if power := _RAISED.match(source, start, end):
        # Marks of emphasis end what is pending: **10**<sup>3</sup>.
        before = state.pending or source[max(0, start - 4) : start].rstrip("*_")
        state.pending += "" if silent else raised(power[1], before)
        state.pos = power.end()
        return True
    match = _TAG.match(source, start, min(end, start + _MAX_TAG_CHARS))
    if match is None:
        match = _FRAGMENT.match(source, start, end)
    elif not _is_markup(match):
        return False
    if match is None:
        return False
    if not silent and match.re is _TAG and match["name"].lower() == "br":
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    return True


def _is_markup(match: re.Match[str]) -> bool:
    """Whether a match is a tag, and not a word in angle brackets for the reader to replace."""
    name = match["name"]
    is_component = name[0].isupper() and not name.isupper()
    is_written_as_tag = bool(match["close"]) or match["attributes"].endswith("/")
    is_element = name.lower() in _ELEMENTS
    return is_component or is_written_as_tag or "=" in match["attributes"] or is_element


def _comment(state: StateInline, silent: bool) -> bool:  # noqa: ARG001 - as above
    """Pass over a comment, of HTML or of MDX."""
    for opening, closing in _COMMENTS.items():
        if state.src.startswith(opening, state.pos):
            limit = min(state.posMax, state.pos + _MAX_COMMENT_CHARS)
            end = state.src.find(closing, state.pos + len(opening), limit)
            if end >= 0:
                state.pos = end + len(closing)
                return True
    return False


def _template_tag(state: StateInline, silent: bool) -> bool:
    """Pass over a tag of a template; its words are text where it shows them."""
    source, start = state.src, state.pos
    if source[start] != "{":
        return False
    tag = template_tag(source, start, state.posMax)
    if tag is None:
        return False
    if not silent:
        # What stands right beside it on the page is another element.
        before, after = source[max(0, start - 1) : start], source[tag.end : tag.end + 1]
        begins = tag.shown or after
        left = " " if begins[:1].isalnum() and before.strip(_OPENING) else ""
        right = " " if tag.shown and after.isalnum() else ""
        state.pending += f"{left}{tag.shown}{right}"
    state.pos = tag.end
    return True


def _link_destination(source: str, start: int, end: int) -> Any:
    """Where a link leads; an address that a template makes may have spaces."""
    found = template_address(source, start, end)
    if found is None:
        return helpers.parseLinkDestination(source, start, end)
    return SimpleNamespace(ok=True, pos=found, str="")


def _component_block(
    state: StateBlock,
    start: int,
    end: int,
    silent: bool,
) -> bool:
    """
    Pass over lines that hold nothing but components' tags, and keep the titles they show.

    By CommonMark, what follows up to a blank line would be HTML, with its marks.
    """
    position = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith("<", position):
        return False
    last = start
    titles = []
    while True:
        limit = min(len(state.src), position + _MAX_TAG_CHARS)
        match = _TAG.match(state.src, position, limit)
        match = match or _FRAGMENT.match(state.src, position, limit)
        if match is None or (match.re is _TAG and not match["name"][0].isupper()):
            return False
        if match.re is _TAG:
            titles += [one or other for one, other in _SHOWN_ATTRIBUTE.findall(match["attributes"])]
        position = match.end()
        while last < end and state.eMarks[last] < position:
            last += 1
        if last == end:
            return False
        position = state.skipSpaces(position)
        if position >= state.eMarks[last]:
            break
    if not silent:
        for title in titles:
            _push_line(state, start, title)
        state.line = last + 1
    return True


def _colons_block(
    state: StateBlock,
    start: int,
    _end: int,
    silent: bool,
) -> bool:
    """Pass over the lines of colons around a note, and keep its title."""
    position = state.bMarks[start] + state.tShift[start]
    if state.is_code_block(start) or not state.src.startswith(":::", position):
        return False
    match = _COLONS.fullmatch(state.src, position, state.eMarks[start])
    if match is None:
        return False
    if not silent:
        _push_line(state, start, match["title"])
        state.line = start + 1
    return True


def _import_block(
    state: StateBlock,
    start: int,
    end: int,
    silent: bool,
) -> bool:
    """Pass over the imports and exports of a component's file."""
    begins = state.bMarks[start]
    if state.level or not _IMPORT.match(state.src, begins, begins + _MAX_TAG_CHARS):
        return False
    first_blank = None
    depth = 0
    for line in range(start, min(end, start + _MAX_EXPORT_LINES)):
        written = state.src[state.bMarks[line] : state.eMarks[line]]
        if not written.strip():
            first_blank = line if first_blank is None else first_blank
            if depth <= 0:
                break
        depth += sum(written.count(mark) for mark in "{([")
        depth -= sum(written.count(mark) for mark in "})]")
    else:
        line = end if depth <= 0 or first_blank is None else first_blank
    if not silent:
        state.line = line
    return True


def _push_line(state: StateBlock, line: int, text: str) -> None:
    """Add a paragraph of one line."""
    if text.strip():
        state.push("paragraph_open", "p", 1).map = [line, line + 1]
        token = state.push("inline", "", 0)
        token.map, token.content = [line, line + 1], text.strip()
        state.push("paragraph_close", "p", -1)
