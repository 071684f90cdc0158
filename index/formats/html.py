"""
HTML: the main text of a page, without its menus.

The tree is walked without recursion, so that only the parser limits how deep elements may nest.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from lxml import etree

from index.formats.base import Loaded
from index.formats.blocks import (
    CODE_BEGINS,
    CODE_ENDS,
    Blocks,
    as_code,
    before_definition,
    introduces,
)
from index.formats.html_elements import (
    BLOCKS,
    BREAKS,
    CELLS,
    CODE,
    HEADINGS,
    ITEMS,
    LISTS,
    SPACE,
    is_contents,
    is_note,
    is_silent,
    is_unread,
    names_of,
    one_line,
    text_at_start,
    text_length,
    visible_text,
)
from index.formats.html_main import (
    Paragraph,
    introduces_list,
    letters,
    main_paragraphs,
    main_text,
)
from index.formats.html_metadata import stated_date_of, title_of
from index.formats.html_parsing import parse_page
from index.formats.html_tables import bold_classes, captions, named_rows
from index.formats.nested_items import NestedItems
from index.formats.tables import BETWEEN_CELLS, Row, lines_of, numbered_lines_of

# A table's row of at most so much text is one paragraph; longer ones lay out a page.
_MAX_ROW_CHARS = 600
# A block with so many links, which are so much of its text, is a menu.
_MENU_LINKS = 3
_MENU_SHARE = 0.6
# The depths of all elements together: trafilatura's time grows with more than their number where
# they nest deep. A long page has a tenth of it.
_MAX_DEPTHS = 1_000_000
# A longer term is a sentence, and stands once, before its definitions.
_MAX_TERM_CHARS = 100
# A page of less is no page with much around its text.
_MIN_CHOSEN_CHARS = 400
# An element marked as the main one is believed if it holds this much of the page's text.
_MIN_MAIN_SHARE = 0.2
# The name of a heading has none.
_WITHOUT_MARKS = dict.fromkeys(map(ord, CODE_BEGINS + CODE_ENDS))
# The class of items that Word writes, and their marks: letters of fonts of signs, or numbers.
_WORD_LIST = "MsoList"
_WORD_MARK = re.compile(r"(?:[·o§Øüv•▪–-]|(\(?\w{1,4}[.)]))[ \xa0]++(?=\S)")
# Parts of a page that stand beside its text on a site, and are text where there is no site.
_BESIDE = frozenset({"aside", "footer", "header"})
_SIDEBAR = "sidebar"
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
# An address of mail or of a telephone is no page.
_OF_PAGES = frozenset({"http", "https"})


def load_html(_suffix: str, content: bytes) -> Loaded:
    """Read a page; its places are its headings."""
    page, root = parse_page(content)
    blocks = Blocks("heading")
    main = _main_element(root)
    is_asked = text_length(main) >= _MIN_CHOSEN_CHARS and _depths(root) <= _MAX_DEPTHS
    paragraphs = _outside_menus(main)
    every = _paragraphs(root, is_unread, _menus(root)) if is_asked else []
    found = main_text(page) if is_asked and _has_more_than_text(root, every) else None
    if found is not None:
        paragraphs = main_paragraphs(every, found, paragraphs)
    _write(blocks, paragraphs, NestedItems())
    return blocks.loaded(title_of(root), stated_date_of(root, main))


def add_main_text(blocks: Blocks, element: Any, items: NestedItems) -> None:
    """
    Add the paragraphs of a page that no site stands around, and its headings as places.

    In a book, a mail or a page in Markdown, what is in an `aside`, a header or a footer is text,
    and so is a list of links.

    Args:
        blocks: Where to.
        element: The element.
        items: Those of the document, whose budget the items of the element share.
    """
    _write(blocks, _paragraphs(element, _is_no_text), items)


def _is_no_text(element: Any) -> bool:
    is_said = element.tag in _BESIDE or _SIDEBAR in names_of(element).split()
    return is_unread(element) or (is_silent(element) and not is_said)


def _outside_menus(element: Any) -> list[Paragraph]:
    """The paragraphs of an element, but for its menus."""
    menus = _menus(element)
    paragraphs = _paragraphs(element, lambda inner: is_silent(inner) or inner in menus)
    # A page that is nothing but links says something all the same.
    return paragraphs or _paragraphs(element, is_silent)


def _write(blocks: Blocks, paragraphs: Sequence[Paragraph], items: NestedItems) -> None:
    writer = _Writer(blocks, items)
    for paragraph in paragraphs:
        writer.write(paragraph)
    writer.end()


class _Writer:
    """Writes paragraphs as those of Markdown are written."""

    def __init__(self, blocks: Blocks, items: NestedItems) -> None:
        self._blocks = blocks
        self._items = items
        self._may_join = False
        """Whether an item may stand right below what was written last."""
        self._term = ""
        """The term of the definitions that come."""
        self._is_defined = True
        """Whether it stands before one already, or there is none."""

    def write(self, paragraph: Paragraph) -> None:
        """Write a paragraph, a term with the first of its definitions."""
        text = paragraph.text
        if paragraph.role == "definition" and self._term:
            text = before_definition(self._term) + text
            self._is_defined = True
        else:
            self.end()
        if paragraph.role == "term" and len(text) <= _MAX_TERM_CHARS:
            self._term, self._is_defined = text, False
            return
        if paragraph.heading is not None:
            self._blocks.begin_section(*paragraph.heading)
        if paragraph.mark:
            names = self._items.within_budget(paragraph.names, text)
            text = paragraph.mark + names + text.replace("\n", " ")
        self._blocks.add(text, joined=bool(paragraph.mark) and self._may_join)
        self._may_join = bool(paragraph.mark) or introduces(text)

    def end(self) -> None:
        """Write a term that nothing defines; what comes is no definition of it."""
        if not self._is_defined:
            self._blocks.add(self._term)
            self._may_join = False
        self._term, self._is_defined = "", True


def _depths(root: Any) -> int:
    """The depths of all elements together."""
    depth = depths = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        depths += depth
    return depths


def _has_more_than_text(root: Any, paragraphs: Sequence[Paragraph]) -> bool:
    """
    Whether anything on a page may stand around its text.

    All is text on a page that leads to no other, such as a manual in one file, unless an element
    says by its name that it holds something else.
    """
    # One that hides all of it until a script runs has no paragraph.
    return not paragraphs or any(
        _leads_elsewhere(element)
        or (is_silent(element) and not is_unread(element) and not is_contents(element))
        for element in root.iter(etree.Element)
    )


def _main_element(root: Any) -> Any:
    body = next(root.iter("body"), root)
    whole = text_length(body)
    mains = [element for element in body.iter() if _is_main(element)]
    articles = list(body.iter("article"))
    for candidates in (mains, articles if len(articles) == 1 else []):
        if len(candidates) == 1 and text_length(candidates[0]) >= _MIN_MAIN_SHARE * whole:
            return candidates[0]
    return body


def _is_main(element: Any) -> bool:
    return "main" in (element.tag, element.get("role"))


def _menus(root: Any) -> frozenset[Any]:
    """The block elements whose text is mostly links, but for lists that the text introduces."""
    sizes: dict[Any, tuple[int, int, int]] = {}
    introduced = _introduced_lists(root)
    menus = set()
    # Children come after their parents in document order, so from the end they come first.
    for element in reversed(list(root.iter(etree.Element))):
        characters = len((element.text or "").strip())
        linked = links = 0
        for child in element:
            inner = sizes.pop(child, (0, 0, 0))
            characters += inner[0] + len((child.tail or "").strip())
            linked += inner[1]
            links += inner[2]
        if element.tag == "a":
            linked, links = characters, 1
        elif element in introduced:
            linked = links = 0
        sizes[element] = characters, linked, links
        if element.tag in BLOCKS and links >= _MENU_LINKS and linked >= _MENU_SHARE * characters:
            menus.add(element)
    return frozenset(menus)


def _introduced_lists(root: Any) -> frozenset[Any]:
    """The lists that the line right above them introduces, whatever nobody reads between them."""
    found = set()
    line: list[str] = []
    is_introduced = False
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        # Here, not at each list below it: nested lists would look at the same line again and again.
        if element.tag in BREAKS and line:
            if said := "".join(line).strip():
                is_introduced = introduces_list(said)
            line.clear()
        if event == "end":
            line.append(element.tail or "")
        elif is_silent(element):
            walk.skip_subtree()
        else:
            if is_introduced and element.tag in LISTS:
                found.add(element)
            line.append(element.text or "")
    return frozenset(found)


def _paragraphs(
    root: Any, is_left_out: Callable[[Any], bool], menus: frozenset[Any] = frozenset()
) -> list[Paragraph]:
    """The paragraphs below `root`, but for those in elements that are left out."""
    walk = _Walk(menus)
    bold = bold_classes(root)
    silent_depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            if silent_depth or is_left_out(element):
                silent_depth += 1
            elif element.tag == "table" and (rows := named_rows(element, bold)):
                walk.add_table(captions(element), rows)
                silent_depth += 1
            else:
                walk.enter(element)
            continue
        if silent_depth:
            silent_depth -= 1
        else:
            walk.leave(element)
        if not silent_depth and element is not root:
            walk.say(element.tail)
    walk.flush()
    return walk.found


_ROLES: Mapping[str, Literal["term", "definition"]] = MappingProxyType(
    {"dt": "term", "dd": "definition"}
)


class _Walk:
    """Turns what stands between block elements into paragraphs."""

    def __init__(self, menus: frozenset[Any]) -> None:
        self._menus = menus
        self._line: list[str] = []
        """The parts of the paragraph that is being read; a zero character is a line break."""
        self._linked = 0
        """How many of its letters lead to other pages."""
        self._link: Any = None
        """The link that is being read."""
        self._before_link = 0, 0
        """How many parts of the paragraph, and of its letters that lead elsewhere, come before."""
        self._silent: Any = None
        """The outermost element that is being read and is seldom part of what a page says."""
        self._note: Any = None
        """The outermost note that is being read."""
        self._row: Any = None
        """The row of a table that is one paragraph, whatever blocks are in its cells."""
        self._heading: tuple[str, int] | None = None
        """The heading that is being read: its name and level."""
        self._is_list = [False]
        """Whether each block around what is read is a list, or an item of one."""
        self._mark = ""
        """What the next paragraph begins with, if it is the first of an item."""
        self._is_listed = False
        """Whether what is read is an item as Word writes it: a paragraph with a mark of its own."""
        self._role: Literal["term", "definition"] | None = None
        """What the next paragraph is, if it is the first of a term or definition."""
        self._items: list[int | None] = [None]
        """How many items each block around has had, if it is a numbered list."""
        self._nested = NestedItems()
        self._groups: list[int] = [0]
        """The blocks that hold it, from the outermost, by their numbers."""
        self._count = 0
        self._block: int | None = None
        """The block of code that is being read."""
        self._keeps_lines = False
        """Whether the block is read line by line, as it was written."""
        self.found: list[Paragraph] = []

    def enter(self, element: Any) -> None:
        tag = element.tag
        if self._note is None and is_note(element):
            self._note = element
        if self._row is not None:
            self._line.append(" ")
        elif tag in BLOCKS:
            self.flush()
            self._count += 1
            is_list = tag in LISTS and element not in self._menus
            is_list = is_list or (tag in ITEMS and self._is_list[-1])
            if is_list and tag in ITEMS:
                self._begin_item(tag)
            self._items.append(0 if tag == "ol" else None)
            self._is_list.append(is_list)
            # What is in a list or a note stands beside the paragraphs that it stands beside.
            is_beside = is_list or self._note is not None
            self._groups.append(self._groups[-1] if is_beside else self._count)
            self._is_listed = tag == "p" and (element.get("class") or "").startswith(_WORD_LIST)
            if tag == "pre":
                self._block, self._keeps_lines = self._count, True
            elif tag == "figcaption" and self.found:
                # What stands below a table or code says what it is.
                self._block = self.found[-1].block
            if tag == "tr" and _is_row(element):
                self._row = element
        if tag in HEADINGS:
            name = visible_text(element).translate(_WITHOUT_MARKS)
            if name:
                self._heading = name, int(tag[1:])
        elif tag == "br":
            self._line.append("\0")
        elif tag in CODE and self._block is None:
            self._line.append(CODE_BEGINS)
        self._look_around(element)
        self.say(text_at_start(element, self._line[-1] if self._line else ""))

    def _look_around(self, element: Any) -> None:
        """Note whether the next text stands in a link, or in what nobody sees."""
        if self._link is None and _leads_elsewhere(element):
            self._link = element
            self._before_link = len(self._line), self._linked
        if self._silent is None and is_silent(element):
            self._silent = element

    def say(self, text: str | None) -> None:
        """Go on with a text."""
        if text:
            self._line.append(text)
            self._linked += 0 if self._link is None else len(letters(text))

    def _begin_item(self, tag: str) -> None:
        number = self._items[-1]
        if number is not None:
            self._items[-1] = number = number + 1
        self._mark = "" if tag != "li" else "- " if number is None else f"{number}. "
        self._nested.begin(len(self._is_list))
        self._role = _ROLES.get(tag)

    def leave(self, element: Any) -> None:
        if element.tag in CODE and self._block is None:
            self._line.append(CODE_ENDS)
        if self._row is not None and element is not self._row:
            self._line.append(BETWEEN_CELLS if element.tag in CELLS else " ")
        elif element.tag in BLOCKS:
            self.flush()
            self._row = None
            self._groups.pop()
            self._is_list.pop()
            self._items.pop()
            if element.tag in LISTS:
                # An item goes on in a list that stands right after it, as some pages have it.
                self._nested.end(len(self._is_list) + 1)
            elif element.tag in ITEMS:
                self._mark, self._role = "", None
            if element.tag in {"pre", "figcaption"}:
                self._block, self._keeps_lines = None, False
        if element is self._link:
            parts, linked = self._before_link
            if _is_address("".join(self._line[parts:]), element):
                self._linked = linked
            self._link = None
        if element is self._silent:
            self._silent = None
        if element is self._note:
            self._note = None

    def add_table(self, captions: Sequence[str], rows: Sequence[Row]) -> None:
        """Add a table that names its columns."""
        self._line.append(" ")
        if self._row is not None:
            lines = [*captions, *lines_of(rows)]
            self._line.extend(f"{line}{BETWEEN_CELLS}" for line in lines)
            return
        self.flush()
        group = self._groups[-1]
        self._count += 1
        block = self._count
        self.found += [Paragraph(caption, None, group, block=block) for caption in captions]
        for number, line in numbered_lines_of(rows):
            shown = " ".join(cell.text for cell in rows[number].cells)
            self.found.append(Paragraph(line, None, group, shown, block))

    def flush(self) -> None:
        written = "".join(self._line)
        self._line.clear()
        linked, self._linked = self._linked, 0
        self._before_link = 0, 0
        mark = self._mark if self._heading is None else ""
        if self._keeps_lines and not mark:
            text = as_code(_in_lines(written).strip())
        else:
            text = "\n".join(map(one_line, written.split("\0"))).strip(" |\n")
        if text:
            # A paragraph stands beside others, not in itself.
            group = self._groups[max(0, len(self._groups) - 2)]
            is_item = self._is_list[-1]
            if self._is_listed and (shown := _WORD_MARK.match(text)):
                mark, text = f"{shown[1] or '-'} ", text[shown.end() :]
            is_name = self._block is None and self._row is None
            names = self._nested.names_before(text, is_name=is_name) if mark else ""
            self.found.append(
                Paragraph(
                    text,
                    self._heading,
                    group,
                    block=self._block,
                    is_item=is_item,
                    mark=mark,
                    names=names,
                    role=self._role,
                    linked=linked,
                    is_silent=self._silent is not None,
                )
            )
            self._mark, self._role = "", None
        self._heading = None
        self._is_listed = False


def _in_lines(block: str) -> str:
    """A block of code with its lines as they stand."""
    return "\n".join(map(str.rstrip, block.replace("\0", "\n").split("\n")))


def _leads_elsewhere(element: Any) -> bool:
    """Whether an element is a link to another page, and not within its own."""
    address = _address(element) if element.tag == "a" else ""
    scheme = _SCHEME.match(address)
    is_page = scheme is None or scheme[1].lower() in _OF_PAGES
    return is_page and not (address or "#").startswith("#")


def _is_row(element: Any) -> bool:
    """Whether a row of a table is one paragraph, and not one cell that lays out a part of mail."""
    is_alone = sum(child.tag in CELLS for child in element) == 1
    has_parts = next(element.iter(*HEADINGS, *LISTS, "table"), None) is not None
    is_part = is_alone and (has_parts or sum(1 for _ in element.iter("p")) > 1)
    return not is_part and text_length(element) <= _MAX_ROW_CHARS


def _address(link: Any) -> str:
    return (link.get("href") or "").strip()


def _is_address(text: str, link: Any) -> bool:
    """Whether what a link says is the address that it leads to, or the beginning of that."""
    said = text.strip().rstrip("./…")
    return "." in said and SPACE.search(said) is None and letters(said) in letters(_address(link))
