"""
Spans that are part of what their document marks as code, and the bounds of that. Pure functions.

The reader sees no marks: it may stop within a command, or begin at the verb before it.
"""

from dataclasses import replace

from answering.cells import Bounds
from answering.english import BEFORE_CODE, words_of
from index.passages import Passage
from reader.spans import Span

# What may stand behind code and is no part of an answer.
_MARKS = " .,;:!?)]}>\"'”’"


def at_code_bounds(span: Span, passage: Passage) -> Span:
    """
    Give a span the bounds of the code that it is a part of, if it is of one piece.

    A span that reaches one end of the code reaches the other one, unless it is a value behind its
    name or option ("4" of `--workers 4`). Of what stands outside of the code, words that only
    introduce it are left out; with others, the span stays as wide, and holds the code whole.

    Args:
        span: What the reader found.
        passage: Where it stands.
    """
    touched = [
        bounds
        for bounds in passage.code
        if bounds[0] < span.end_char and span.start_char < bounds[1]
    ]
    if len(touched) != 1:
        return span
    start, end = _widened((span.start_char, span.end_char), touched[0], passage.text)
    return replace(span, start_char=start, end_char=end, text=passage.text[start:end])


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
    is_value = any(map(str.isdigit, text[slice(*span)])) or before.rstrip().endswith(("=", ":"))
    return is_value and any(map(str.isalnum, before))
