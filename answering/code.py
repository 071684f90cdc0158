"""
Spans that are part of what their document marks as code, and the bounds of that. Pure functions.

The reader sees no marks: it may stop within a command, or begin at the verb before it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from answering.english.words import BEFORE_CODE, words_of
from answering.rows import Bounds
from index.code_lines import is_line
from index.passages import Passage
from reader.spans import Span

# What may stand behind code and is no part of an answer.
_MARKS = " .,;:!?)]}>\"'”’"
_SENTENCE_ENDS = frozenset(".!?")
# What a number stands behind that is no part of a longer name, as the "0" of "stage-0" is.
_BEFORE_VALUE = (" ", "=", ":", "\t", "\n", '"', "'", "(", "[", ",")
# A setting's name, and what stands before its value: `port: 8080`, `"port": 8080`, `PORT=8080`.
_SETTING = re.compile(r"([\"']?[\w.$/@-]{1,80}[\"']?)[ \t]*[:=][ \t]*(?![\s:=])")
# What may stand around an answer in a line of a block, besides other words.
_AROUND = frozenset(" \t\"'`,;:{\\")
_COLUMNS = re.compile(r"\S(?: {2,}|\t)\S")


def at_code_bounds(span: Span, passage: Passage) -> Span:
    """
    Give a span the bounds of the code that it is a part of.

    A span that reaches one end of the code reaches the other one, unless it is a value behind its
    name or option ("4" of `--workers 4`). In a line of a block, which may be of a configuration
    file, a setting's name, a part of its value and a last word are answers, too.

    Words outside of the code that only introduce it are left out; with others, the span stays as
    wide, and holds the code whole. A span of several pieces holds all of them whole, but for one
    that runs from a piece over the end of its sentence into the next: there the piece that it says
    most of is meant.

    Args:
        span: What the reader found.
        passage: Where it stands.
    """
    touched = [
        bounds
        for bounds in passage.code
        if bounds[0] < span.end_char and span.start_char < bounds[1]
    ]
    if not touched:
        return span
    found = span.start_char, span.end_char
    if len(touched) == 1:
        start, end = _widened(found, touched[0], passage.text)
    elif _ends_between(touched, passage.text):
        start, end = max(touched, key=lambda bounds: _shared(found, bounds))
    else:
        start, end = min(found[0], touched[0][0]), max(found[1], touched[-1][1])
    return replace(span, start_char=start, end_char=end, text=passage.text[start:end])


def _ends_between(pieces: Sequence[Bounds], text: str) -> bool:
    """Whether a sentence ends between one of the pieces and the next."""
    gaps = (text[before[1] : after[0]] for before, after in pairwise(pieces))
    return any(not _SENTENCE_ENDS.isdisjoint(gap) for gap in gaps)


def _shared(span: Bounds, code: Bounds) -> int:
    return min(span[1], code[1]) - max(span[0], code[0])


def _widened(span: Bounds, code: Bounds, text: str) -> Bounds:
    is_inside = code[0] <= span[0] and span[1] <= code[1]
    if is_inside:
        return span if _is_part(span, code, text) else code
    start, end = min(span[0], code[0]), max(span[1], code[1])
    before = words_of(text[start : code[0]].lower())
    is_introduced = BEFORE_CODE.issuperset(before) and not text[code[1] : end].strip(_MARKS)
    return code if is_introduced else (start, end)


def _is_part(span: Bounds, code: Bounds, text: str) -> bool:
    """Whether a span within code is an answer by itself."""
    before, after = text[code[0] : span[0]], text[span[1] : code[1]]
    if any(map(str.isalnum, before)) and any(map(str.isalnum, after)):
        return True
    if is_line(text, code) and _is_told(before, text[slice(*span)], after):
        return True
    if not any(map(str.isalnum, before)):
        return False
    is_number = any(map(str.isdigit, text[slice(*span)])) and before.endswith(_BEFORE_VALUE)
    return is_number or before.rstrip().endswith(("=", ":"))


def _is_told(before: str, found: str, after: str) -> bool:
    """Whether what was found in a line of a block is an answer, and no piece of a command."""
    line = before + found + after
    setting = _SETTING.match(line)
    if setting and (len(before + found) <= setting.end(1) or len(before) >= setting.end()):
        return True
    if not any(map(str.isalnum, before + after)):
        return _AROUND.issuperset(before + after)
    # "Ada Holm, treasurer" is no command.
    first = line.split(maxsplit=1)[0].rstrip(":,")
    is_label = first.isalpha() and first.istitle()
    is_last_word = before[-1:].isspace() and len(found.split()) == 1
    is_value = is_last_word or found[:1].isdigit()
    return is_label or is_value or _COLUMNS.search(line) is not None
