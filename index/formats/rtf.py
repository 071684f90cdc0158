"""RTF: paragraphs, lists, tables and notes in order."""

import codecs
import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces
from index.formats.tables import Cell, Row, lines_of

_MARK = b"{\\rtf"
_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<symbol>.)|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
# What a group is for, by its first word; a group of another word that says `\*` is skipped.
_Use = Literal["text", "skip", "title", "created", "styles", "fonts", "note", "mark"]
_USES: dict[str, _Use] = {
    "stylesheet": "styles",
    "fonttbl": "fonts",
    "title": "title",
    "creatim": "created",
    "footnote": "note",
    "listtext": "mark",
    "pntext": "mark",
}
_UNWRITTEN: frozenset[_Use] = frozenset({"skip", "fonts", "created"})
_SKIPPED = frozenset(
    [
        *("author", "annotation", "atnauthor", "atnid", "bkmkend", "bkmkstart", "buptim"),
        *("colortbl", "comment", "company", "datastore", "doccomm", "filetbl", "fldinst"),
        *("footer", "footerf", "footerl", "footerr", "header", "headerf", "headerl", "headerr"),
        *("generator", "keywords", "latentstyles", "listoverridetable", "listtable", "manager"),
        *("nonshppict", "objdata", "operator", "pict", "printim", "private", "revtbl", "revtim"),
        *("rsidtbl", "rxe", "subject", "tc", "themedata", "userprops", "xe", "xmlnstbl", "falt"),
        *("objclass", "objname", "panose", "upr", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc"),
        *("category", "hlinkbase", "sp"),
    ]
)
_SYMBOLS = {"~": "\u00a0", "-": "", "_": "\u2011", "\n": "\n", "\r": "\n", "\t": " "}
_WORDS = {
    "tab": " ",
    "line": "\n",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
    "nestcell": " ",
}
_PARAGRAPH_ENDS = frozenset({"par", "sect", "page", "column"})
# The charset of a font says what its bytes mean.
_CHARSETS = {
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gbk",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}
# The charset of a whole file, where neither a font nor a code page says another one.
_DOCUMENT_CHARSETS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Python knows it by its name alone.
_MAC_CODE_PAGE = "cp10000"
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)
_MAX_LEVEL = 9
# As LibreOffice calls the style in files.
_TABLE_HEADING = "Table Heading"


@dataclass
class _Paragraph:
    r"""What holds for a paragraph until the next `\pard`."""

    style: int = 0
    outline_level: int | None = None
    is_in_table: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds for a group, and for those in it."""

    use: _Use = "text"
    unicode_skip: int = 1
    """How many characters after one of Unicode are there for programs that don't know Unicode."""
    charset: str = "cp1252"
    is_hidden: bool = False
    is_deleted: bool = False
    """Whether it is a change that took something out."""
    around: _Paragraph | None = None
    """The paragraph that the box stands in whose text is read."""


def load_rtf(_suffix: str, content: bytes) -> Loaded:
    """Read an RTF file; its places are its headings."""
    if not content.lstrip().startswith(_MARK):
        raise DocumentError("it is no RTF document")
    reader = _Reader()
    reader.read(content.decode("latin-1"))
    return reader.blocks.loaded(reader.title, reader.dated)


@dataclass
class _Reader:
    """Reads tokens, and writes paragraphs and places."""

    blocks: Blocks = field(default_factory=lambda: Blocks("heading"))
    _group: _Group = field(default_factory=_Group)
    _outer: list[_Group] = field(default_factory=list)
    _paragraph: _Paragraph = field(default_factory=_Paragraph)
    _parts: dict[_Use, list[str]] = field(default_factory=dict)
    _bytes: bytearray = field(default_factory=bytearray)
    _to_skip: int = 0
    _is_optional: bool = False
    """Whether the group has said that who doesn't know its word skips it."""
    _styles: dict[int, str] = field(default_factory=dict)
    _fonts: dict[int, str] = field(default_factory=dict)
    _font: int = 0
    _default: str = "cp1252"
    _created: dict[str, int] = field(default_factory=dict)
    _cells: list[str] = field(default_factory=list)
    _cell: list[str] = field(default_factory=list)
    _is_header: bool = False
    """Whether the row is repeated on each page."""
    _is_heading: bool = True
    """Whether each of its cells is written as names are."""
    _rows: list[Row] = field(default_factory=list)
    _may_join: bool = False

    @property
    def title(self) -> str | None:
        """The title, as the file states it."""
        return " ".join("".join(self._parts.get("title", [])).split()) or None

    @property
    def dated(self) -> date | None:
        """The date of creation, as the file states it."""
        try:
            return date(*(self._created[name] for name in ("yr", "mo", "dy")))
        except (KeyError, ValueError):
            return None

    def read(self, text: str) -> None:
        """Read a whole file."""
        at = 0
        while match := _TOKEN.match(text, at):
            at = match.end()
            if match["byte"] is not None:
                self._byte(int(match["byte"], 16))
                continue
            if match["text"] and not self._to_skip:
                # Eight bits may stand as they are, and the second half of a character as a letter.
                self._bytes += match["text"].encode("latin-1")
                continue
            self._settle_bytes()
            if match["brace"]:
                self._brace(match["brace"])
            elif match["word"]:
                number = None if match["number"] is None else int(match["number"])
                if match["word"] == "bin":
                    at += max(0, number or 0)
                else:
                    self._word(match["word"], number)
            elif match["symbol"]:
                self._symbol(match["symbol"])
            elif match["text"]:
                self._text(match["text"])
        self._settle_bytes()
        self._end_paragraph()
        self._end_table()
        self._write_notes()

    def _brace(self, brace: str) -> None:
        self._to_skip = 0
        self._is_optional = False
        if brace == "{":
            self._outer.append(self._group)
            return
        ended = self._group
        if self._outer:
            self._group = self._outer.pop()
        if ended.around is not None and self._group.around is not ended.around:
            self._paragraph = ended.around
        if ended.use == "note" and self._group.use != "note":
            self._parts.setdefault("note", []).append("\0")
        if ended.use == "styles" and self._group.use == "styles":
            name = "".join(self._parts.pop("styles", [])).strip().rstrip(";")
            self._styles[self._paragraph.style] = name

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._is_optional = True
        elif symbol in "\r\n":
            self._word("par", None)
        else:
            self._text(_SYMBOLS.get(symbol, symbol if symbol in "\\{}" else ""))

    def _word(self, word: str, number: int | None) -> None:
        is_optional, self._is_optional = self._is_optional, False
        if word in _USES and self._group.use != "skip":
            self._begin(_USES[word])
        elif word in _SKIPPED or (is_optional and word not in {"shppict", "shpinst", "shptxt"}):
            self._begin("skip")
        elif word == "u" and number is not None:
            self._text(chr(number % 0x10000))
            self._to_skip = self._group.unicode_skip
        elif word in {"uc", "v", "deleted", "plain", "shptxt"}:
            self._group = self._changed(word, number)
        elif word in _WORDS:
            self._text(_WORDS[word])
        elif self._group.use == "created":
            self._created.setdefault(word, number or 0)
        elif word in {"ansicpg", "f", "fcharset", *_DOCUMENT_CHARSETS}:
            self._charset(word, number or 0)
        else:
            self._layout(word, number)

    def _begin(self, use: _Use) -> None:
        self._group = replace(self._group, use=use)

    def _changed(self, word: str, number: int | None) -> _Group:
        """The group as it is from a word on."""
        if word == "uc":
            return replace(self._group, unicode_skip=max(0, number or 0))
        if word == "v":
            return replace(self._group, is_hidden=number != 0)
        if word == "deleted":
            return replace(self._group, is_deleted=number != 0)
        if word == "plain":
            return replace(self._group, is_hidden=False, is_deleted=False)
        return replace(self._group, around=replace(self._paragraph))

    def _charset(self, word: str, number: int) -> None:
        if word == "ansicpg" or word in _DOCUMENT_CHARSETS:
            self._default = _DOCUMENT_CHARSETS.get(word) or _known(f"cp{number}")
            charset = self._default
        elif word == "fcharset":
            if self._group.use == "fonts" and number in _CHARSETS:
                self._fonts[self._font] = _CHARSETS[number]
            return
        else:
            self._font = number
            charset = self._fonts.get(number, self._default)
        self._group = replace(self._group, charset=charset)

    def _layout(self, word: str, number: int | None) -> None:
        """Follow a word that says how paragraphs and tables are made up."""
        if word == "s" and self._group.use in {"text", "styles"}:
            self._paragraph.style = number or 0
        elif self._group.use != "text":
            if word in _PARAGRAPH_ENDS:
                self._text(" ")
        elif word == "pard":
            self._paragraph = _Paragraph()
        elif word == "outlinelevel":
            self._paragraph.outline_level = number
        elif word == "intbl":
            self._paragraph.is_in_table = True
        elif word in _PARAGRAPH_ENDS:
            self._end_paragraph()
        elif word == "cell":
            self._end_cell()
        elif word == "trowd":
            self._is_header = False
        elif word == "trhdr":
            self._is_header = True
        elif word == "row":
            self._end_row()

    def _byte(self, value: int) -> None:
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._bytes.append(value)

    def _settle_bytes(self) -> None:
        """Decode the bytes that stand in a row, of which a character may have several."""
        if self._bytes:
            text = self._bytes.decode(self._group.charset, "replace")
            self._bytes.clear()
            self._text(text)

    def _text(self, text: str) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        use = self._group.use
        is_hidden = use in _UNWRITTEN or (use == "text" and self._group.is_hidden)
        if text and not (is_hidden or self._group.is_deleted):
            self._parts.setdefault(use, []).append(text)

    def _taken(self, use: _Use) -> str:
        lines = "".join(self._parts.pop(use, [])).split("\n")
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

    def _end_paragraph(self) -> None:
        mark = self._taken("mark")
        if self._paragraph.is_in_table:
            self._cell.append(self._taken("text"))
            return
        self._end_table()
        text = self._taken("text")
        if text and (level := self._level()):
            self.blocks.begin(" ".join(text.split()), level)
        if mark and text:
            shown = mark if any(map(str.isalnum, mark)) else "-"
            self.blocks.add(f"{shown} {' '.join(text.split())}", joined=self._may_join)
            self._may_join = True
        elif text:
            self.blocks.add(text)
            self._may_join = introduces(text)
        self._write_notes()

    def _write_notes(self) -> None:
        for note in "".join(self._parts.pop("note", [])).split("\0"):
            self.blocks.add(" ".join(note.split()))

    def _level(self) -> int:
        """The level of a heading, from 1; 0 if it is none."""
        stated = self._paragraph.outline_level
        if stated is not None and 0 <= stated < _MAX_LEVEL:
            return stated + 1
        style = self._styles.get(self._paragraph.style, "")
        if found := _HEADING.match(style):
            return int(found[1])
        return int(style.lower() == "title")

    def _end_cell(self) -> None:
        self._cell.append(self._taken("text"))
        self._cells.append(" ".join(" ".join(self._cell).split()))
        self._is_heading &= self._styles.get(self._paragraph.style) == _TABLE_HEADING
        self._cell = []

    def _end_row(self) -> None:
        if self._cells:
            cells = tuple(map(Cell, self._cells))
            is_header = self._is_header or self._is_heading
            self._rows.append(Row(cells, is_header=is_header, is_in_head=self._is_header))
        self._cells = []
        self._is_heading = True

    def _end_table(self) -> None:
        if self._cell or self._cells:
            # It was cut off.
            self._end_cell()
            self._end_row()
        for line in lines_of(self._rows):
            self.blocks.add(line)
        self._rows = []


def _known(charset: str) -> str:
    if charset == _MAC_CODE_PAGE:
        return _DOCUMENT_CHARSETS["mac"]
    try:
        codecs.lookup(charset)
    except LookupError:
        return "cp1252"
    return charset
