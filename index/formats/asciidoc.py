"""
AsciiDoc: what its reader sees, without its marks.

Nothing outside of the file is read. Lists, terms and tables are written as those of Markdown are;
what stands around a block, such as an example's frame, is left out, and the block stays.
"""

import re

from index.errors import DocumentError
from index.formats.asciidoc_inline import Inline, style_of
from index.formats.asciidoc_tables import table_lines
from index.formats.base import Loaded
from index.formats.blocks import (
    Blocks,
    as_code,
    before_definition,
    introduces,
    titled,
)
from index.formats.charsets import decode
from index.formats.dates import parse_date
from index.formats.embedded_html import add_html
from index.formats.front_matter import read_front_matter
from index.formats.nested_items import NestedItems

_ENTRY = re.compile(r":(!?)([\w-]{1,60})(!?):(?:[ \t]++(.*))?")
_PREPROCESSED = re.compile(r"(ifdef|ifndef|ifeval|endif|include)::([^\s\[\]]{0,300})\[(.*)\]")
_VERBATIM = re.compile(r"-{4,}|\.{4,}|`{3,}[\w,+-]{0,40}|\+{4,}|/{4,}")
_FRAME = re.compile(r"={4,}|\*{4,}|_{4,}|--")
_TABLE = re.compile(r"([|,:])={3,}")
_RULE = re.compile(r"'{3,}|<{3,}|-{3}|\*{3}|- - -|\* \* \*")
_SECTION = re.compile(r"(={1,6}|#{1,6})[ \t]+(?=\S)")
_UNDERLINE = re.compile(r"=+|-+|~+|\^+|\++")
_LEVELS = {"=": 1, "-": 2, "~": 3, "^": 4, "+": 5}
_ITEM = re.compile(r"[ \t]*(\*{1,6}|-|\.{1,6}|\d{1,4}\.|[a-z]\.|<(?:\d{1,3}|\.)>)[ \t]+(?=\S)")
# What differs in the mark of one item and of the next.
_NUMBER, _LETTER = re.compile(r"\d+"), re.compile(r"[a-z]")
_CHECK_BOX = re.compile(r"\[[ x*]\][ \t]+")
_TERM_END = re.compile(r"(?::{2,4}|;;)(?=[ \t]|$)")
_BLOCK_MACRO = re.compile(r"(?:image|video|audio|toc)::[^\[]*\[.*\]")
_BLOCK_TITLE = re.compile(r"\.(?=[^\s.])")
_ADMONITION = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+")
_CALLOUTS = re.compile(r"(?:(?<![ \t])[ \t]*+<(?:\d{1,3}|\.)>){1,9}$", re.MULTILINE)
_REVISION = re.compile(r"(?:v[\w.-]{1,30},?[ \t]*)?(\d{4}-\d\d-\d\d)?(?:[:,].*)?")
_AUTHOR = re.compile(r"[^\W\d_][\w.'’-]{0,40}(?: [\w.'’-]{1,40}){0,3}")
_ADDRESS = re.compile(r"(?<![ \t])[ \t]*+<[^<>]{0,200}>")
_DATES = ("revdate", "date", "docdate")
# Every use of a name repeats its value.
_MAX_VALUE_CHARS = 200
# A longer term is a sentence, and stands once, before its definitions.
_MAX_TERM_CHARS = 100
_COMMENT = "//"


def load_asciidoc(_suffix: str, content: bytes) -> Loaded:
    """Read a file; its places are its headings, with the lines of what stands under them."""
    matter, text = read_front_matter(decode(content))
    reader = _Reader(Blocks("heading"), text, matter.lines + 1)
    reader.read()
    dates = (parse_date(reader.inline.values.get(name, "")) for name in _DATES)
    dated = matter.dated or next(filter(None, dates), None)
    return titled(reader.blocks.loaded(matter.title, dated), matter.title)


class _Lines:
    """The lines of a file that count, one after the other."""

    def __init__(self, text: str, first_line: int, values: dict[str, str]) -> None:
        """Read from a text whose first line is the file's line `first_line`."""
        self._lines = [line.rstrip() for line in text.split("\n")]
        self._first_line = first_line
        self._at = 0
        self._values = values
        self._conditions: list[bool] = []
        self._failed = 0
        """How many of the conditions do not hold."""

    @property
    def number(self) -> int:
        """The file's line that comes next."""
        return self._first_line + self._at

    def peek(self) -> str | None:
        """The next line; none at the end."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.startswith(("if", "endif", "include")) and (
                match := _PREPROCESSED.fullmatch(line)
            ):
                self._follow(match)
            elif not self._failed:
                return line
            self._at += 1
        return None

    def after(self) -> str:
        """The line after the next one."""
        return self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""

    def take(self) -> str:
        """Take the line that `peek` has shown."""
        self._at += 1
        return self._lines[self._at - 1]

    def until(self, delimiter: str) -> list[str]:
        """Take what stands between two delimiters, of which the first one comes next."""
        self.take()
        inside: list[str] = []
        while (line := self.peek()) is not None and line != delimiter:
            inside.append(self.take())
        if line is not None:
            self.take()
        return inside

    def _follow(self, directive: re.Match[str]) -> None:
        kind, names, inside = directive.groups()
        if kind == "endif":
            self._failed -= bool(self._conditions) and not self._conditions.pop()
        elif kind != "include":
            known = any(name in self._values for name in re.split("[,+]", names))
            holds = kind == "ifeval" or known == (kind == "ifdef")
            if inside and kind != "ifeval":
                # It is about the rest of its own line, which is looked at once more.
                self._lines[self._at] = inside if holds else ""
                self._at -= 1
            else:
                self._conditions.append(holds)
                self._failed += not holds


class _Reader:
    """Writes what stands in a file as paragraphs and places."""

    def __init__(self, blocks: Blocks, text: str, first_line: int) -> None:
        """Write to `blocks` what a text says that begins on the file's line `first_line`."""
        self.blocks = blocks
        self.inline = Inline()
        self._lines = _Lines(text, first_line, self.inline.values)
        self._style: dict[str, str] = {}
        """What is said of the next block, by names; "" names the first word."""
        self._before = ""
        """What the next paragraph begins with: a term."""
        self._may_join = False
        """Whether an item may stand right below what was written last."""
        self._items = NestedItems()
        self._marks: list[str] = []
        """The marks of the lists that are open, the outermost first."""
        self._is_below_blank = False
        """Whether a blank line stands before what comes."""
        self._numbers: dict[str, int] = {}
        """The numbers of the items that came last, by their marks."""
        self._is_attached = False
        """Whether the next block belongs to the item before it."""
        self._has_title = False

    def read(self) -> None:
        """Read all."""
        while (line := self._lines.peek()) is not None:
            self.blocks.line = self._lines.number
            self._block(line)

    def _block(self, line: str) -> None:
        if not line or (line.startswith(_COMMENT) and not _VERBATIM.fullmatch(line)):
            self._is_below_blank |= not line
            self._lines.take()
        elif self._is_said_of_next(line):
            return
        elif match := _VERBATIM.fullmatch(line):
            self._verbatim(line, match[0][0])
        elif match := _TABLE.fullmatch(line):
            self._table(line, match[1])
        elif _FRAME.fullmatch(line) or _RULE.fullmatch(line) or _BLOCK_MACRO.fullmatch(line):
            self._lines.take()
        elif match := _SECTION.match(line):
            self._lines.take()
            name = line[match.end() :].removesuffix(match[1]).rstrip()
            self._heading(name, len(match[1]))
        elif self._is_underlined(line):
            level = _LEVELS[self._lines.after()[0]]
            self._lines.take()
            self._lines.take()
            self._heading(line, level)
        elif match := _ITEM.match(line):
            self._item(match)
        elif (match := _TERM_END.search(line)) and line[: match.start()].strip():
            self._term(line, match)
        elif line[0] in " \t":
            self._add(as_code(_dedented(self._paragraph())))
        else:
            self._prose()
        self._add_notes()

    def _is_said_of_next(self, line: str) -> bool:
        """Take a line that says something of what follows, or that names a value."""
        if line == "+":
            self._is_attached = True
        elif match := _ENTRY.fullmatch(line):
            self._name_value(match)
            return True
        elif line[0] == "[" and line[-1] == "]":
            self._style |= style_of(line[1:-1])
        elif match := _BLOCK_TITLE.match(line):
            self.blocks.add(self.inline.one_line(line[match.end() :]))
        else:
            return False
        self._lines.take()
        return True

    def _name_value(self, entry: re.Match[str]) -> None:
        self._lines.take()
        value = entry[4] or ""
        while value.endswith(" \\") and self._lines.peek():
            value = f"{value[:-2]} {self._lines.take().strip()}"
        name = entry[2].lower()
        if entry[1] or entry[3]:
            self.inline.values.pop(name, None)
        else:
            self.inline.values[name] = self.inline.filled(value)[:_MAX_VALUE_CHARS]

    def _is_underlined(self, line: str) -> bool:
        below = self._lines.after()
        is_alike = abs(len(below) - len(line)) <= 1 and len(below) > 1
        return is_alike and any(map(str.isalnum, line)) and bool(_UNDERLINE.fullmatch(below))

    def _heading(self, written: str, level: int) -> None:
        self._style.clear()
        self._begin_block()
        name = self.inline.one_line(written)
        if name:
            self.blocks.begin(name, level)
            self.blocks.add(name)
        if level == 1 and not self._has_title:
            self._authors()
        self._has_title = True

    def _authors(self) -> None:
        """Read the lines below a document's title: who wrote it, and when."""
        line = self._lines.peek() or ""
        names = [_ADDRESS.sub("", part).strip() for part in line.split(";")]
        if not all(map(_AUTHOR.fullmatch, names)):
            return
        self.blocks.line = self._lines.number
        self._lines.take()
        self.blocks.add(f"Author: {', '.join(names)}")
        line = self._lines.peek() or ""
        if line and (revision := _REVISION.fullmatch(line)):
            self._lines.take()
            self.inline.values.setdefault("revdate", revision[1] or "")

    def _verbatim(self, delimiter: str, mark: str) -> None:
        inside = "\n".join(self._lines.until("```" if mark == "`" else delimiter))
        if mark == "+":
            self._html(inside)
        elif mark != "/":
            self._add(as_code(_CALLOUTS.sub("", inside)))

    def _html(self, written: str) -> None:
        self._begin_block()
        try:
            add_html(self.blocks, written, self._items)
        except DocumentError:
            self.blocks.add(written)

    def _table(self, delimiter: str, mark: str) -> None:
        first = self._lines.number + 1
        style, self._style = self._style, {}
        self._begin_block()
        inside = self._lines.until(delimiter)
        for number, row in table_lines(inside, mark, style, self.inline.one_line):
            self.blocks.line = first + number
            self.blocks.add(row)

    def _item(self, match: re.Match[str]) -> None:
        mark, end = match[1], match.end()
        written = "\n".join(self._paragraph())[end:]
        if box := _CHECK_BOX.match(written):
            written = written[box.end() :]
        if self._before:
            self.blocks.add(self._before.rstrip())
            self._before, self._may_join = "", True
        self._items.begin(self._depth(mark))
        text = self.inline.one_line(written)
        text = self._items.names_before(text) + text
        self.blocks.add(f"{self._numbered(mark)} {text}", joined=self._may_join)
        self._may_join = True
        self._style.clear()

    def _depth(self, mark: str) -> int:
        """
        How deep a list stands in others: in all, unless one of those has its mark.

        Marks of one kind tell by their length, and below a blank line, too. One of another kind is
        seldom meant to stand in what is above such a line.
        """
        name = _LETTER.sub("a", _NUMBER.sub("1", mark))
        alike = [at for at, other in enumerate(self._marks) if other[0] == name[0]]
        as_deep = next((at for at in alike if len(self._marks[at]) >= len(name)), None)
        if as_deep is not None:
            del self._marks[as_deep:]
        elif self._is_below_blank and not alike:
            self._marks.clear()
        self._marks.append(name)
        self._is_below_blank = False
        return len(self._marks)

    def _numbered(self, mark: str) -> str:
        """What an item begins with, for its mark in the file."""
        if mark[0] != ".":
            return mark if mark[0].isalnum() else "-"
        for deeper in [other for other in self._numbers if len(other) > len(mark)]:
            del self._numbers[deeper]
        self._numbers[mark] = self._numbers.get(mark, 0) + 1
        return f"{self._numbers[mark]}."

    def _term(self, line: str, end: re.Match[str]) -> None:
        if self._before:
            self.blocks.add(self._before.rstrip())
        term = self.inline.one_line(line[: end.start()])
        self._before = before_definition(term) if len(term) <= _MAX_TERM_CHARS else ""
        if not self._before:
            self.blocks.add(term)
        self._may_join = False
        written = "\n".join(self._paragraph())[end.end() :]
        if written.strip():
            self._add(self.inline.shown(written))

    def _prose(self) -> None:
        kind = self._style.get("", "")
        lines = self._paragraph()
        if kind in {"source", "listing", "literal"}:
            self._add(as_code(_CALLOUTS.sub("", "\n".join(lines))))
            return
        if kind == "verse" or "hardbreaks" in self._style.get("options", ""):
            text = "\n".join(map(self.inline.one_line, lines))
        else:
            text = self.inline.shown("\n".join(lines))
        if match := _ADMONITION.match(text):
            text = text[match.end() :]
        self._add(text)

    def _paragraph(self) -> list[str]:
        """Take the lines up to where something else begins."""
        lines = [self._lines.take()]
        ends_at_item = self._is_attached or _is_listed(lines[0])
        while line := self._lines.peek():
            if line.startswith(_COMMENT) and not _VERBATIM.fullmatch(line):
                self._lines.take()
            elif line == "+" or _begins_block(line) or (ends_at_item and _is_listed(line)):
                break
            else:
                lines.append(self._lines.take())
        return lines

    def _add(self, text: str) -> None:
        """Add a paragraph, after the term that it defines."""
        style, self._style = self._style, {}
        before, self._before = self._before, ""
        is_attached = self._is_attached or bool(before)
        if text.strip():
            self._begin_block(is_attached=is_attached)
            self.blocks.add(before + text)
            said_by = [style[name] for name in ("attribution", "citetitle") if style.get(name)]
            self.blocks.add(self.inline.one_line(", ".join(said_by)))
            self._may_join = introduces(text)

    def _begin_block(self, *, is_attached: bool = False) -> None:
        """Note that something begins that is no item; unless it belongs to one, the list ends."""
        if not (is_attached or self._is_attached):
            self._numbers.clear()
            self._marks.clear()
        self._may_join = self._is_attached = self._is_below_blank = False

    def _add_notes(self) -> None:
        for note in self.inline.notes:
            self.blocks.add(note)
            self._may_join = False
        self.inline.notes.clear()


def _begins_block(line: str) -> bool:
    is_delimiter = any(kind.fullmatch(line) for kind in (_VERBATIM, _TABLE, _FRAME))
    return is_delimiter or (line[0] == "[" and line[-1] == "]")


def _is_listed(line: str) -> bool:
    return bool(_ITEM.match(line) or _TERM_END.search(line))


def _dedented(lines: list[str]) -> str:
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    return "\n".join(line[indent:] for line in lines)
