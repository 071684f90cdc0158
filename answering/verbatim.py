"""
Where a span stands: its document, its place, its sentence.

Whatever leaves this module as part of an answer stands in a document, character for character.
"""

from dataclasses import replace

from answering.answer import AnswerSpan, Introduction, NearestPassage
from answering.candidates import Judged, quote_bounds
from answering.english.texts import BARE_ANSWER
from answering.rows import Bounds
from index.documents import Document
from index.errors import IndexDamagedError
from index.generation import Generation
from index.introductions import Introductions
from index.passages import Passage
from index.texts import Texts

# How far above an item what introduces its list is looked for, and how long that may be: whoever
# reads it has more room than a passage's context.
_LIST_CHARS = 4_000
_INTRODUCTION_CHARS = 240


class VerbatimError(IndexDamagedError):
    """
    A span is not what stands in the document, or there is no such document.

    Where the index is as it was written, this is a defect of Quoth; never is it the asker's.
    """


def located(judged: Judged, source: Generation) -> AnswerSpan:
    """
    Give a candidate its document and its quote.

    Args:
        judged: The candidate.
        source: The generation that its passage is of.

    Raises:
        VerbatimError: If the document says something else there.
    """
    candidate = judged.candidate
    span, passage = candidate.span, candidate.passage
    document = document_of(passage, source)
    quote_start, quote_end = sentences_around(passage, span.start_char, span.end_char)
    found = AnswerSpan(
        document_id=document.id,
        title=document.title,
        dated=document.dated,
        start_char=candidate.start_char,
        end_char=candidate.end_char,
        text=span.text,
        quote=passage.text[quote_start:quote_end],
        quote_start_char=passage.start_char + quote_start,
        place=source.texts.place(document.id, candidate.start_char),
        confidence=judged.confidence,
        collection=source.collection,
        source=document.source,
        language=document.language,
    )
    _check_verbatim(found, source.texts)
    introduction = introduction_of(document.id, found.quote_start_char, found.quote, source.texts)
    return replace(found, introduction=introduction)


def sentences_around(passage: Passage, start: int, end: int) -> Bounds:
    """The sentences that a span touches; after a bare "Yes." the next one on its line, too."""
    start, end = quote_bounds(passage.sentences, start, end)
    following = next((bounds for bounds in passage.sentences if bounds[0] >= end), None)
    if following is None or not BARE_ANSWER.search(passage.text[start:end]):
        return start, end
    return start, end if "\n" in passage.text[end : following[0]] else following[1]


def introduction_of(
    document_id: str, quote_start_char: int, quote: str, texts: Texts
) -> Introduction | None:
    """
    What introduces the list that a quote is an item of; None if nothing short does.

    Raises:
        KeyError: If there is no such document.
    """
    first = max(0, quote_start_char - _LIST_CHARS)
    # The next item tells that a letter marks this one.
    text = texts.text(document_id, first, quote_start_char + len(quote) + _LIST_CHARS)
    begins = quote_start_char - first
    line = text.rfind("\n", 0, begins) + 1
    start, end = Introductions(text).above(line) or (0, 0)
    # A piece of a document may begin within a line.
    is_whole = not first or "\n" in text[:start]
    if not is_whole or not 0 < end - start <= _INTRODUCTION_CHARS:
        return None
    return Introduction(text[start:end], first + start, is_above=not text[end:begins].strip())


def _check_verbatim(span: AnswerSpan, texts: Texts) -> None:
    quote_end = span.quote_start_char + len(span.quote)
    quote = texts.text(span.document_id, span.quote_start_char, quote_end)
    within = span.start_char - span.quote_start_char
    if quote != span.quote or quote[within : within + len(span.text)] != span.text:
        raise VerbatimError(
            f"{span.document_id}, characters {span.start_char}-{span.end_char}: "
            "the answer is not what stands there. Please report this."
        )


def document_of(passage: Passage, source: Generation) -> Document:
    """
    The document of a passage, without its text; `source` is the generation it is of.

    Raises:
        VerbatimError: If it is not there.
    """
    try:
        return source.texts.document(passage.document_id)
    except KeyError as error:
        raise VerbatimError(
            f"{passage.document_id}: is not in the index, but a passage of it."
        ) from error


def near(passage: Passage, source: Generation) -> NearestPassage:
    """Give a passage its document; `source` is the generation it is of."""
    document = document_of(passage, source)
    return NearestPassage(
        document_id=document.id,
        title=document.title,
        start_char=passage.start_char,
        end_char=passage.end_char,
        text=passage.text,
        place=source.texts.place(document.id, passage.start_char),
        collection=source.collection,
        source=document.source,
        language=document.language,
    )
