"""
reStructuredText: what its reader sees, as docutils understands it.

Nothing outside of the file is read. Directives and roles that docutils doesn't know, such as those
of Sphinx, are taken for what stands in them.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en as english

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
from index.formats.nested_items import BETWEEN_ITEMS, NestedItems
from index.formats.tables import MAX_CELL_CHARS, Cell, Row, numbered_lines_of

_SETTINGS: dict[str, Any] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "input_encoding": "unicode",
    "doctitle_xform": False,
    # The fields that a file begins with are read as fields.
    "docinfo_xform": False,
    "line_length_limit": 10_000_000,
    # Else it is imported, and styles code that nobody sees here.
    "syntax_highlight": "none",
}
_DIRECTIVE = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]{1,80}\|[ \t]+)?([\w.:+-]{1,80})::", re.MULTILINE
)
_ROLE = re.compile(r":([\w.:+-]{1,80}):`|`:([\w.:+-]{1,80}):")
# Roles of Sphinx whose text is code as it stands, and those, whatever the domain before them, whose
# text is the name of something in a program and may be written for a link.
_CODE_ROLES = frozenset({"command", "file", "kbd", "makevar", "program", "regexp", "samp"})
_NAME_ROLES = frozenset(
    [
        *("attr", "class", "confval", "const", "data", "envvar", "exc", "func", "meth", "mod"),
        *("obj", "option", "type", "var"),
    ]
)
# Directives of Sphinx, whatever the domain before them, that describe what their argument names.
_DESCRIBING = _NAME_ROLES | {
    *("attribute", "cmdoption", "describe", "exception", "function", "method", "object"),
}
# What Sphinx writes for those that name a version.
_VERSIONS = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
# Directives that say nothing to a reader.
_CODE = ("code", "code-block", "sourcecode")
_SILENT_DIRECTIVES = frozenset(
    [
        *("toctree", "index", "highlight", "currentmodule", "py:currentmodule", "module"),
        *("automodule", "autoclass", "autofunction", "literalinclude", "tabularcolumns"),
    ]
)
# What stands in it is for some kinds of output alone.
_ONLY = "only"
_BETWEEN_WORDS = str.maketrans("_()", "   ")
_SILENT = (
    nodes.comment,
    nodes.substitution_definition,
    nodes.target,
    nodes.image,
    nodes.raw,
    nodes.pending,
    nodes.Invisible,
)
_TEXTS = (
    nodes.paragraph,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.line,
    nodes.caption,
    nodes.rubric,
    nodes.attribution,
    nodes.subtitle,
    nodes.term,
    nodes.classifier,
    nodes.option_group,
    nodes.math_block,
)
_DATES = frozenset({"date", "published", "created"})
_MAX_TERM_CHARS = 100
# What each item begins with, of numbered lists, too.
_MARK = "- "
# The level of a remark on what docutils could not read.
_ERROR = 3
_WRONG_TABLE = "Malformed table"
# What stands for the number of a footnote, with the space before it.
_REFERENCE = re.compile(r"(?<!\s)\s*+\0")


class _AnyOption(dict[str, Any]):
    """Options of any name, each with any value or none."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _AnyDirective(Directive):  # type: ignore[misc] # docutils has no types
    """A directive that docutils doesn't know: its arguments, and what stands in it."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    # Empty, it would mean that there are no options.
    option_spec: ClassVar[Any] = _AnyOption(name=directives.unchanged)

    def run(self) -> list[Any]:
        """See `Directive`."""
        if self.name in _SILENT_DIRECTIVES or (self.name == _ONLY and not self._is_for_pages()):
            return []
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        if not self.arguments or self.name == _ONLY:
            return list(container.children)
        named = " ".join(self.arguments[0].split())
        if self.name.rpartition(":")[2] in _DESCRIBING:
            description = nodes.definition("", *container.children)
            return [self._begun(nodes.definition_list_item("", nodes.term("", named), description))]
        if self.name in _VERSIONS:
            version, _, what = named.partition(" ")
            named = f"{_VERSIONS[self.name]} {version}{f': {what}' if what else '.'}"
        return [self._begun(nodes.paragraph("", named)), *container.children]

    def _begun(self, node: Any) -> Any:
        """A node with the line of the file on which the directive begins."""
        node.line = self.lineno
        return node

    def _is_for_pages(self) -> bool:
        """Whether Sphinx shows what stands here on the pages of a site."""
        written = "".join(self.arguments).translate(_BETWEEN_WORDS)
        words = written.split()
        # Other outputs are told apart by their names alone, and what is for none of them is shown.
        return "not html" not in " ".join(words) if "html" in words else "not" in words


class _Code(_AnyDirective):
    """Code in a language, with the options that Sphinx adds."""

    def run(self) -> list[Any]:
        """See `Directive`."""
        block = nodes.literal_block("", "\n".join(self.content))
        block.line = self.content_offset + 1
        return [block]


def _any_role(
    name: str, _raw: str, text: str, *_others: Any, **_options: Any
) -> tuple[list[Any], list[Any]]:
    if name in _CODE_ROLES:
        return [nodes.literal("", text)], []
    # It may name its target, which is not shown.
    shown = text.rpartition("<")[0].rstrip() if text.endswith(">") else ""
    kind = nodes.literal if name.rpartition(":")[2] in _NAME_ROLES else nodes.inline
    return [kind("", (shown or text).lstrip("~!"))], []


def load_rst(_suffix: str, content: bytes) -> Loaded:
    """Read a file; its places are its headings, with the lines of what stands under them."""
    text = decode(content)
    # The limit of its tables in CSV; what was read before may have set another one.
    csv.field_size_limit(MAX_CELL_CHARS)
    with _knowing(text):
        document = publish_doctree(text, settings_overrides=_SETTINGS)
    _without_remarks(document, text)
    writer = _Writer(Blocks("heading"))
    writer.write(document)
    return titled(writer.blocks.loaded(None, writer.dated), None)


def _without_remarks(document: Any, text: str) -> None:
    """
    Take out what docutils remarks, which stands beside it at whatever level is reported.

    A table that is drawn or marked up wrongly stands in a remark alone, as it was written.
    """
    lines = [line.strip() for line in text.split("\n")]
    parents = [remark.parent for remark in document.findall(nodes.system_message)]
    # Each once, since a text may be remarked on everywhere.
    for parent in {id(parent): parent for parent in parents}.values():
        parent.children = [said for child in parent.children for said in _said_by(child, lines)]


def _said_by(node: Any, lines: Sequence[str]) -> list[Any]:
    """What a file of these lines says in a node: the node itself, unless it is a remark."""
    if not isinstance(node, nodes.system_message):
        return [node]
    is_about_table = node["level"] >= _ERROR and node.children[0].astext().startswith(_WRONG_TABLE)
    written = [each for each in node.children[1:] if is_about_table]
    for each in written:
        # The remark names a line in the midst of it.
        said = [line.strip() for line in each.astext().split("\n")]
        at = min(node.get("line", 0), len(lines))
        first = max(0, at - len(said))
        around = "\n".join(["", *lines[first : at + len(said)], ""])
        begin = around.find("\n".join(["", *said, ""]))
        each.line = at if begin < 0 else first + 1 + around.count("\n", 0, begin)
    return written


@contextmanager
def _knowing(text: str) -> Iterator[None]:
    """
    Give docutils a directive and a role for each name that it would stumble over, for a while.

    Roles that the text defines itself are forgotten with them: the next file's are its own.
    """
    registries = (directives._directives, roles._roles)
    before = [dict(registry) for registry in registries]
    try:
        _know(text)
        yield
    finally:
        for registry, was in zip(registries, before, strict=True):
            registry.clear()
            registry.update(was)


def _know(text: str) -> None:
    for name in _CODE:
        directives.register_directive(name, _Code)
    for name in {match[1] for match in _DIRECTIVE.finditer(text)}:
        if name.lower() not in english.directives and name not in _CODE:
            directives.register_directive(name, _AnyDirective)
    for name in {match[1] or match[2] for match in _ROLE.finditer(text)}:
        if name.lower() not in english.roles:
            roles.register_local_role(name.lower(), _any_role)


class _Writer:
    """Writes nodes as paragraphs and places."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.dated: Any = None
        self._items = NestedItems()
        self._may_join = False
        """Whether an item may stand right below what was written last."""

    def write(self, document: Any) -> None:
        """Write all that stands in a document, walking without recursion."""
        # Each with the level of its section, and what its first paragraph begins with.
        waiting: list[tuple[Any, int, str]] = [(document, 0, "")]
        while waiting:
            node, level, before = waiting.pop()
            self._go_to(node)
            if isinstance(node, nodes.title):
                self._title(node, level)
            elif isinstance(node, _TEXTS):
                self._add(before, node)
            elif isinstance(node, nodes.table):
                self._table(node)
            elif isinstance(node, nodes.field):
                self._field(node)
            elif not isinstance(node, _SILENT):
                inner = self._inner(node, level, before)
                waiting += reversed(inner)

    def _inner(self, node: Any, level: int, before: str) -> list[tuple[Any, int, str]]:
        deeper = level + isinstance(node, nodes.section)
        children = [(child, deeper, "") for child in node.children]
        if isinstance(node, nodes.list_item):
            self._items.begin(_depth(node))
            return _beginning_with(children, _MARK)
        if isinstance(node, nodes.definition_list_item | nodes.option_list_item):
            term = _term(node)
            said = [each for each in node.children[-1].children if not isinstance(each, _SILENT)]
            first = next(iter(said), None)
            if len(term) > _MAX_TERM_CHARS or not isinstance(first, _TEXTS):
                return children
            # What begins it then is the term, on a line above.
            first.line = node.line or first.line
            return [
                each
                for child in node.children[1:]
                for each in _beginning_with(
                    [(one, level, "") for one in child.children], before_definition(term)
                )
            ]
        return _beginning_with(children, before) if before else children

    def _go_to(self, node: Any) -> None:
        if getattr(node, "line", None):
            self.blocks.line = node.line

    def _title(self, node: Any, level: int) -> None:
        name = _one_line(node)
        self._may_join = False
        if isinstance(node.parent, nodes.section) and name:
            # What is underlined is counted by its underline.
            self.blocks.line = max(1, (node.line or 2) - 1)
            self.blocks.begin(name, level)
        self.blocks.add(name)

    def _add(self, before: str, node: Any) -> None:
        is_code = isinstance(node, nodes.literal_block | nodes.doctest_block)
        text = as_code(node.astext()) if is_code else _one_line(node)
        if not text.strip():
            return
        is_item = before == _MARK
        if is_item:
            before += self._items.names_before(text, is_name=not is_code)
        self.blocks.add(before + text, joined=is_item and self._may_join)
        self._may_join = is_item or introduces(text)

    def _field(self, node: Any) -> None:
        name, body = (_one_line(child) for child in node.children[:2])
        if name.lower() in _DATES and self.dated is None:
            self.dated = parse_date(body)
        self.blocks.add(f"{name}: {body}" if body else "")
        self._may_join = False

    def _table(self, table: Any) -> None:
        self._may_join = False
        rows: list[Row] = []
        lines: list[int | None] = []
        for row in table.findall(nodes.row):
            is_head = isinstance(row.parent, nodes.thead)
            cells = tuple(
                Cell(_one_line(entry), entry.get("morecols", 0) + 1, entry.get("morerows", 0) + 1)
                for entry in row.children
            )
            rows.append(Row(cells, is_header=is_head, is_in_head=is_head, group=int(is_head)))
            lines.append(next((each.line for each in row.findall() if each.line), None))
        for title in table.findall(nodes.title):
            self.blocks.add(_one_line(title))
        for number, line in numbered_lines_of(rows):
            self.blocks.line = lines[number] or self.blocks.line
            self.blocks.add(line)


def _term(item: Any) -> str:
    """What an item of a list defines: a term with what classifies it, or an option's spellings."""
    *parts, _ = item.children
    if isinstance(item, nodes.option_list_item):
        return ", ".join(option.astext() for option in parts[0].children)
    return BETWEEN_ITEMS.join(map(_one_line, parts))


def _depth(item: Any) -> int:
    """How many items of lists an item stands in."""
    depth = 0
    while (item := item.parent) is not None:
        depth += isinstance(item, nodes.list_item)
    return depth


def _beginning_with(
    children: Sequence[tuple[Any, int, str]], before: str
) -> list[tuple[Any, int, str]]:
    """Let the first of them that is read begin with a mark or a term."""
    said = (number for number, each in enumerate(children) if not isinstance(each[0], _SILENT))
    first = next(said, None)
    return [
        (node, level, before if number == first else "")
        for number, (node, level, _) in enumerate(children)
    ]


def _words(node: Any) -> Iterator[str]:
    block = None
    for text in node.findall(nodes.Text):
        before, block = block, _block_of(text)
        yield "" if block is before else " "
        if isinstance(text.parent, nodes.footnote_reference | nodes.citation_reference):
            yield "\0"
            continue
        is_code = isinstance(text.parent, nodes.literal)
        yield as_code(text.astext()) if is_code else text.astext()


def _block_of(text: Any) -> Any:
    """What a text stands in but for marks: a paragraph, a line, a term."""
    block = text.parent
    while isinstance(block, nodes.Inline):
        block = block.parent
    return block


def _one_line(node: Any) -> str:
    return " ".join(_REFERENCE.sub("", "".join(_words(node))).split())
