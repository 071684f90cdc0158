"""
Questions that ask for several things, and the spans that answer them. Pure functions.

The items of a list stand in one document: a list put together from several would be Quoth's own.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from answering.calibration import Calibration
from answering.candidates import Candidate, Judged
from answering.english import ASKING_WORDS, has_number

# Of each passage, where several are asked for. Decoding more costs next to nothing.
MAX_ITEMS_PER_PASSAGE = 8

_COUNTS = {
    word: number
    for number, word in enumerate(
        (
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ),
        start=2,
    )
}
_MANY = rf"(?:{'|'.join(_COUNTS)}|\d{{1,2}})"
_PLURAL = r"[a-z'-]*(?:[a-hj-rtv-z]s|people|men|women|children)"
_GROUPS = (
    "district|country|city|state|region|type|category|department|party|province|year|age|sex|"
    "county|team|class"
)
# With none of these begins a fragment that names several things: the first begin a sentence, and
# the others are counted ("arrests on the island" asks for one number).
_SENTENCE = "|".join(sorted(ASKING_WORDS)) + (
    "|whats|whos|if|in|on|at|for|to|of|from|by|during|after|before|since|with|under|besides"
)
_COUNTED = (
    "number|amount|total|points|pts|deaths|sales|damages|arrests|cases|seats|votes|losses|takings|"
    "profits|costs|wins|goals|visitors|passengers|minutes|hours|days|years|months|weeks"
)
_FRAGMENT = rf"(?!(?:{_SENTENCE}|{_COUNTED})\b)"
_PLURAL_AUXILIARY = "are|were|have|had|do|did|does|can|will|would|should"
_SEVERAL = re.compile(
    rf"""
    ^(?:
        (?:please\ )?(?:name|list)\ (?:all|both|every|some|(?:the\ )?{_MANY})\b
      | (?:please\ )?(?:name|list)\ the\ (?:\w+\ ){{0,2}}{_PLURAL}\b
      | (?:which|what|who)\ (?:are|were)\ (?:all\ |both\ )?(?:the|his|her|its|their)\b
        (?:\ \w+){{0,2}}?\ {_PLURAL}\b
      | who\ (?:are\ the|were|have)\b
      | (?:(?:in|on|for|at|from|to|of)\ )?which\ (?:other\ )?{_PLURAL}\ \w
      | (?:(?:in|on|for|at|from|to)\ )?which\ (?!of\b)(?:\w+\ ){{1,2}}{_PLURAL}
        \ (?:{_PLURAL_AUXILIARY})\b
      | (?:(?:in|on|for|at|from)\ )?what\ (?:other\ )?{_PLURAL}
        \ (?:{_PLURAL_AUXILIARY}|could|must|may|got|get|in|of|that|on)\b
      | (?:(?:in|at|by|under|between|among)\ )?(?:which|what|the)\ {_MANY}\ \w
      | {_MANY}\ (?:things|reasons|ways)\b
      | names\ of\b
      | {_PLURAL}\ (?:of|in|by|who|that|with|won|per|mentioned|named|quoted)\b
      | {_FRAGMENT}{_PLURAL}\ (?:being|he|she|they|for|where|present|on|at|from)\b
      | {_FRAGMENT}(?:\w+\ ){{1,3}}and\ (?:\w+\ ){{1,3}}(?:of|at|in|for)\b
    )
  | ^(?!.*\b(?:besides|along\ with|apart\ from)\b).*,\s[^,]{{1,30}}\sand\s\w
  | \band\ (?:who|what|where|when|which)\b
  | \b(?:first|youngest|oldest|largest|smallest|highest|lowest|former|earlier|best)\b
    (?:,?\ \w+){{0,3}}\ and\ (?:the\ )?
    (?:second|third|last|youngest|oldest|largest|smallest|highest|lowest|present|latest|worst)\b
  | \b(?:for|in|of|at|to|from|by)\ each\b
  | \beach(?:\ (?:got|way|one))?$
  | \beach\ of\ the\b
  | \bwhat\ (?:does|did|do)\ each\b
  | \band\ (?:by\ )?how\ (?:many|much)$
  | \b(?:per|by)\ (?:{_GROUPS})\b
  | \b(?:both|all\ {_MANY}|all\ of\ them)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HOW_MANY = re.compile(r"\bhow\ (?:many|much)\b", re.IGNORECASE)
_AND_HOW_MANY = re.compile(r"\band\ how\ (?:many|much)\b", re.IGNORECASE)
_COUNT = re.compile(rf"\b(?:the|which|what|name|list|all|in)\s+(?:the\s+)?({_MANY})\b", re.I)
# How a document speaks of what it holds, by the stems that say so.
_MENTIONING = r"quot|nam|mention|list|cit|interview|describ|refer"
_MENTIONED = re.compile(rf"\b({_MENTIONING})(?:e|ed|es|s|ing|d)?\b", re.IGNORECASE)
_COUNTING = re.compile(r"\b(?:how\s+many|number\s+of)\b", re.IGNORECASE)
# A separator is looked for where its white space begins: at every place in a run of white space it
# would take the square of the run's length. The mark of a line in a list is no part of an item.
_SEPARATOR = re.compile(
    r"(?:(?<!\s)\s++)?[,;]\s++(?:(?:and|or)\s++)?"
    r"|(?<!\s)(?:\s++and\s++|[^\S\n]*+\n\s*+(?:(?:[-*•]|\d{1,2}[.)])\s++)?)"
)


def asks_for_several(question: str) -> bool:
    """Whether a question asks for several things ("which crimes", "name the two cities")."""
    asked = question.strip().rstrip("?!. ")
    first = _HOW_MANY.search(asked)
    counts_twice = first is not None and _AND_HOW_MANY.search(asked, first.end()) is not None
    return counts_twice or _SEVERAL.search(asked) is not None


def says_how_often(question: str, text: str, sentence: str) -> bool:
    """
    Whether a span may answer a question that counts what a document mentions.

    "How many people are quoted" wants somebody to count, unless the document says the number in a
    sentence about quoting. Other questions are none of that kind, and any span may answer them.

    Args:
        question: As asked.
        text: The span's.
        sentence: What it stands in.
    """
    counting = _COUNTING.search(question)
    stems = _MENTIONED.findall(question, counting.end()) if counting else []
    if not stems:
        return True
    return has_number(text) and re.search(rf"\b{stems[-1]}", sentence, re.I) is not None


def listed(question: str, judged: Sequence[Judged], calibration: Calibration) -> tuple[Judged, ...]:
    """
    Choose the items of a list: the best span, and what beats "no answer" in its document.

    Args:
        question: One that asks for several things.
        judged: All candidates, best first; at least one.
        calibration: That judged them.

    Returns:
        At least one item, in the order of the document; each one's lead is that over what is no
        item.
    """
    best = judged[0]
    items = [
        one
        for one in judged
        if one.candidate.document == best.candidate.document
        and (one is best or one.candidate.features.margin > 0)
    ]
    rival = max((one.evidence for one in judged if one not in items), default=0.0)
    split = [
        replace(one, candidate=part, gap=one.evidence - rival)
        for one in items
        for part in _parts(one.candidate)
    ]
    wanted = _count(question)
    return tuple(
        replace(one, confidence=calibration.confidence(one.evidence, one.gap))
        for one in sorted(split[:wanted], key=lambda one: one.candidate.start_char)
    )


def _count(question: str) -> int | None:
    """How many are asked for, if the question says so."""
    said = _COUNT.search(question)
    return None if said is None else _COUNTS.get(said[1].lower()) or int(said[1])


def _parts(candidate: Candidate) -> list[Candidate]:
    """A span that holds a whole enumeration, taken apart; any other as it is."""
    span = candidate.span
    bounds = []
    start = 0
    for separator in _SEPARATOR.finditer(span.text):
        bounds.append((start, separator.start()))
        start = separator.end()
    bounds.append((start, len(span.text)))
    texts = [span.text[start:end] for start, end in bounds]
    # "3 March, 2014" and "Lyon, 5" are no two things.
    if any(not any(map(str.isalpha, text)) for text in texts) and any(map(str.isalpha, span.text)):
        return [candidate]
    return [
        replace(
            candidate,
            span=replace(
                span,
                start_char=span.start_char + start,
                end_char=span.start_char + end,
                text=span.text[start:end],
            ),
        )
        for start, end in bounds
        if end > start
    ]
