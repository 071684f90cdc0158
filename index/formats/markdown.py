"""
Markdown: what its reader sees, without its marks.

A place is where a block begins: it names the heading above, and the file's line. A list is lines
below each other, right below the line that ends with a colon and introduces it; a table's row is a
paragraph, as in the other formats; a term stands before each of its definitions.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from markdown_it.token import Token

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import (
    Blocks,
    as_code,
    before_definition,
    introduces,
    titled,
)
from index.formats.charsets import decode
from index.formats.embedded_html import add_html
from index.formats.front_matter import read_front_matter
from index.formats.markdown_syntax import markdown
from index.formats.nested_items import NestedItems
from index.formats.plain_tables import with_rows
from index.formats.tables import Cell, Row, numbered_lines_of
from index.lines_apart import labelled
from index.passages import MIN_WRAPPED_CHARS

_MDX = ".mdx"
# The name of a callout on GitHub, alone on the first line of its quotation.
_CALLOUT = re.compile(r"\[!\w+\][+-]?\s*")
# A heading's own name for links: `# Fees {#fees}`.
_ATTRIBUTES = re.compile(r"\{\s*[#.:][^{}]*\}")
_ANY_TAG = re.compile(r"<[^<>]*>")
# A longer term is a sentence, and stands once, before its definitions.
_MAX_TERM_CHARS = 100
# The end of a line that is broken on purpose, until soft breaks are settled: no text holds it.
_HARD_BREAK = "\0"


def load_markdown(suffix: str, content: bytes) -> Loaded:
    """Read Markdown or MDX; its title is the front matter's, else its first heading."""
    matter, text = read_front_matter(decode(content))
    blocks = Blocks("heading")
    blocks.line = matter.description_line
    blocks.add(matter.description or "")
    writer = _Writer(blocks, matter.lines + 1)
    for tokens in markdown(is_mdx=suffix == _MDX).blocks(text):
        writer.write(tokens)
    return titled(blocks.loaded(matter.title, matter.dated), matter.title)


class _Writer:
    """Writes tokens as paragraphs and places."""

    def __init__(self, blocks: Blocks, first_line: int) -> None:
        """Write to `blocks`; the tokens' line 0 is the file's line `first_line`."""
        self._blocks = blocks
        self._first_line = first_line
        self._before = ""
        """What the next paragraph begins with: the mark of an item, or a term."""
        self._is_item = False
        """Whether the next paragraph is the first one of an item."""
        self._items = NestedItems()
        self._may_join = False
        """Whether an item may stand right below what was written last."""
        self._defined = ""
        """The term of the definitions that come, as it stands before each of them."""
        self._term_line: int | None = None
        """The file's line of that term, if it stands right above the definition that comes."""

    def write(self, tokens: Sequence[Token]) -> None:
        """Write a block, with all that stands in it."""
        waiting = iter(tokens)
        for token in waiting:
            self._go_to(token)
            if token.type == "heading_open":
                self._heading(int(token.tag[1:]), _one_line(next(waiting)))
            elif token.type == "table_open":
                self._table(waiting)
            elif token.type == "dt_open":
                self._term(_one_line(next(waiting)))
            elif token.type == "admonition_title_open":
                self._admonition_title(token, next(waiting))
            elif token.type == "inline":
                self._paragraph(_text(token))
            elif token.type in {"code_block", "fence"}:
                self._code(token.content, is_named=bool(token.info.strip()))
            elif token.type == "html_block":
                self._html(_without_comments(token.content))
            else:
                self._begin_or_end(token)

    def _go_to(self, token: Token) -> None:
        if token.map is not None:
            self._blocks.line = self._first_line + token.map[0]

    def _begin_or_end(self, token: Token) -> None:
        """Note that an item or a definition begins, or that an item ends."""
        if token.type == "list_item_open":
            self._before = f"{token.info}{token.markup} " if token.info else "- "
            self._is_item = True
            self._items.begin(token.level)
        elif token.type == "list_item_close":
            self._items.end(token.level)
            # An item without text, or with a picture alone, leaves nothing to what follows it.
            self._before, self._is_item = "", False
        elif token.type == "dd_open":
            self._before = self._defined
        elif token.type == "dd_close":
            self._term_line = None

    def _add(self, text: str, *, is_name: bool = True) -> None:
        """
        Add a paragraph; what it should begin with goes with it, or is left out with nothing.

        Args:
            text: The paragraph.
            is_name: Whether it may name the item that it begins; code and tables don't.
        """
        if not text.strip():
            return
        if self._is_item:
            text = text.replace("\n", " ")
            before = self._before + self._items.names_before(text, is_name=is_name)
            self._blocks.add(before + text, joined=self._may_join)
            self._may_join = True
        else:
            if self._before and self._term_line is not None:
                self._blocks.line = self._term_line
            self._blocks.add(self._before + text)
            self._may_join = introduces(text)
        self._before, self._is_item = "", False

    def _paragraph(self, text: str) -> None:
        if match := _CALLOUT.match(text):
            text = text[match.end() :]
        self._add(text)

    def _code(self, written: str, *, is_named: bool) -> None:
        # Where no language is named, it may be a table, put there to be aligned.
        rows = written if is_named else with_rows(written)
        # At the beginning of an item, all of it becomes one line.
        is_in_line = self._is_item and "\n" in written.strip()
        is_code = rows == written and not is_in_line
        self._add(as_code(written) if is_code else rows, is_name=False)

    def _heading(self, level: int, name: str) -> None:
        self._before, self._is_item = "", False
        attributes = name.rfind("{")
        if attributes > 0 and _ATTRIBUTES.fullmatch(name, attributes):
            name = name[:attributes].rstrip()
        if name:
            self._blocks.begin(name, level)
            self._add(name)

    def _term(self, term: str) -> None:
        is_sentence = len(term) > _MAX_TERM_CHARS
        if is_sentence:
            self._add(term)
        self._defined = "" if is_sentence else before_definition(term)
        self._term_line = None if is_sentence else self._blocks.line

    def _admonition_title(self, opening: Token, title: Token) -> None:
        """Write the title of a note where it has one, and not just its kind."""
        if title.content.lower() != opening.markup.rpartition(" ")[2]:
            self._paragraph(_text(title))

    def _table(self, waiting: Iterator[Token]) -> None:
        rows: list[Row] = []
        lines: list[int] = []
        cells: list[Cell] = []
        is_head = False
        for token in waiting:
            if token.type == "table_close":
                break
            if token.type in {"thead_open", "thead_close"}:
                is_head = token.type == "thead_open"
            elif token.type == "tr_open":
                self._go_to(token)
                lines.append(self._blocks.line or self._first_line)
                cells = []
            elif token.type == "inline":
                cells.append(Cell(_one_line(token)))
            elif token.type == "tr_close":
                rows.append(Row(tuple(cells), is_header=is_head, is_in_head=is_head))
        for number, row in numbered_lines_of(rows):
            self._blocks.line = lines[number]
            self._add(row, is_name=False)

    def _html(self, written: str) -> None:
        if not _ANY_TAG.sub("", written).strip():
            return
        self._before, self._is_item, self._may_join = "", False, False
        try:
            add_html(self._blocks, written, self._items)
        except DocumentError:
            self._add(_ANY_TAG.sub("", written))


def _text(token: Token) -> str:
    """The text of a piece without its marks; lines of wrapped prose are joined, unless labelled."""
    parts = [_part(child) for child in token.children or []]
    lines = "".join(parts).split(_HARD_BREAK)
    return "\n".join(filter(None, map(_unwrapped, lines)))


def _part(token: Token) -> str:
    if token.type in {"text", "text_special"}:
        return token.content
    if token.type == "code_inline":
        return as_code(token.content)
    return {"softbreak": "\n", "hardbreak": _HARD_BREAK}.get(token.type, "")


def _unwrapped(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = list(filter(None, lines))
    is_wrapped = sum(map(len, lines[:-1])) >= MIN_WRAPPED_CHARS * (len(lines) - 1)
    if not is_wrapped:
        return "\n".join(lines)
    marks = ("\n" if is_apart else " " for is_apart in labelled(lines))
    return "".join(chain.from_iterable(zip(marks, lines, strict=True))).strip()


def _one_line(token: Token) -> str:
    return " ".join(_text(token).split())


def _without_comments(written: str) -> str:
    head, *others = written.split("<!--")
    return head + "".join(other.partition("-->")[2] for other in others)
