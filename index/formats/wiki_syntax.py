"""
What the notes of a wiki add to Markdown: links such as `[[rules/Fees|the fees]]`, and hidden lines.

What stands behind the bar is shown, as Obsidian and MediaWiki show it, also where it looks like an
address: "24/7" and "C#" do, too.
"""

import re

from markdown_it.common.utils import normalizeReference
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# What it puts in has a mark before it, but not one that ends a sentence. It is neither a link that
# shows a number in brackets (`[[1]](page)`) nor an index in code (`rows[[1]]`). That TOML's
# `[[package]]` and C++'s `[[nodiscard]]` look like one is accepted: in code they are left alone.
_LINK = re.compile(
    r"((?<!\S)!|(?<![\w\[]))\[\[(?!\s)([^\[\]\n]{1,500})(?<!\s)\]\](?![\](]|\[(?!\[))"
)
# In a table, a backslash stands before the bar.
_BAR = re.compile(r"\\?\|")
# A comment, and the name of what stands above, each alone on its line. `^C` and `^2` are no names.
_COMMENT = re.compile(r"%%[^%\n]+%%")
_NAME = re.compile(r"\^[A-Za-z][A-Za-z0-9-]+")


def wiki_link(state: StateInline, silent: bool) -> bool:
    """Take a link for what it shows; a note or a picture that it puts in stands elsewhere."""
    found = _LINK.match(state.src, state.pos, state.posMax)
    if found is None or not any(map(str.isalpha, found[2])):
        return False
    puts_in, shown = bool(found[1]), _shown(found[2])
    # What the text itself defines is a link in brackets.
    is_defined = normalizeReference(found[2]) in state.env.get("references", ())
    if is_defined or not (puts_in or shown):
        return False
    if not silent and not puts_in:
        if state.pending:
            state.pushPending()
        state.tokens += state.md.inline.parse(shown, state.md, state.env, [])
    state.pos = found.end()
    return True


def hidden_line(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Pass over a line that is shown to nobody, unless it would part what stands around it."""
    begins = state.bMarks[start] + state.tShift[start]
    line = state.src[begins : state.eMarks[start]].rstrip()
    if state.is_code_block(start):
        return False
    is_last = start + 1 >= end or state.isEmpty(start + 1)
    is_hidden = (is_last and _NAME.fullmatch(line)) or (
        # Where it is asked silently, a paragraph stands above.
        (is_last or not silent) and _COMMENT.fullmatch(line)
    )
    if not is_hidden:
        return False
    if not silent:
        state.line = start + 1
    return True


def _shown(link: str) -> str:
    """What is read of a link: its text, else the name of its page and the heading there."""
    address, *text = _BAR.split(link, maxsplit=1)
    if text and text[0].strip():
        return text[0].strip()
    page, _, heading = address.strip().partition("#")
    name = page.rpartition("/")[2].removesuffix(".md")
    return " > ".join(filter(None, (name, heading)))
