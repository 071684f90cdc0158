"""
What the notes of a wiki add to Markdown: links such as `[[rules/Fees|the fees]]`, and hidden lines.

Wikis disagree on which side of the bar the address is: it is the side that looks like one, else the
left one.
"""

import re

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# Neither a link that shows a number in brackets (`[[1]](page)`) nor an index in code (`rows[[1]]`).
_LINK = re.compile(r"(?<![\w\[])\[\[(?!\s)([^\[\]\n]{1,500})(?<!\s)\]\](?![\](])")
# In a table, a backslash stands before the bar.
_BAR = re.compile(r"\\?\|")
# A comment, and the name of the paragraph or of the table above, each alone on its line.
_HIDDEN_LINE = re.compile(r"%%[^\n]*%%|\^[A-Za-z0-9-]+")


def wiki_link(state: StateInline, silent: bool) -> bool:
    """Take a link for what it shows; a note or a picture that it puts in stands elsewhere."""
    puts_in = state.src[state.pos] == "!"
    found = _LINK.match(state.src, state.pos + puts_in, state.posMax)
    if found is None or not any(map(str.isalpha, found[1])):
        return False
    if not silent and not puts_in:
        state.pending += _shown(found[1])
    state.pos = found.end()
    return True


def hidden_line(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Pass over a line that is shown to nobody."""
    begins = state.bMarks[start] + state.tShift[start]
    line = state.src[begins : state.eMarks[start]].rstrip()
    if state.is_code_block(start) or not _HIDDEN_LINE.fullmatch(line):
        return False
    if not silent:
        state.line = start + 1
    return True


def _shown(link: str) -> str:
    """What is read of a link: its text, else the name of its page and the heading there."""
    first, *others = _BAR.split(link)
    if others:
        is_reversed = _is_address(others[-1]) and not _is_address(first)
        return (first if is_reversed else others[-1]).strip()
    page, _, heading = first.partition("#")
    name = page.rpartition("/")[2].removesuffix(".md")
    return " > ".join(filter(None, (name, heading)))


def _is_address(side: str) -> bool:
    """Whether a side of a link looks like the path of a page, and not like words."""
    is_path = "/" in side or "#" in side or side.endswith(".md")
    return is_path and len(side.split()) == 1
