"""
Where a span stands: its document, its place, its sentence.

Whatever leaves this module as part of an answer stands in a document, character for character.
"""

from answering.answer import AnswerSpan, NearestPassage
from answering.candidates import Judged, quote_bounds
from index.documents import Document
from index.errors import IndexDamagedError
from index.generation import Generation
from index.passages import Passage
from index.texts import Texts


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
    document = _document(passage, source)
    quote_start, quote_end = quote_bounds(passage.sentences, span.start_char, span.end_char)
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
    return found


def _check_verbatim(span: AnswerSpan, texts: Texts) -> None:
    quote_end = span.quote_start_char + len(span.quote)
    quote = texts.text(span.document_id, span.quote_start_char, quote_end)
    within = span.start_char - span.quote_start_char
    if quote != span.quote or quote[within : within + len(span.text)] != span.text:
        raise VerbatimError(
            f"{span.document_id}, characters {span.start_char}-{span.end_char}: "
            "the answer is not what stands there. Please report this."
        )


def _document(passage: Passage, source: Generation) -> Document:
    try:
        return source.texts.document(passage.document_id)
    except KeyError as error:
        raise VerbatimError(
            f"{passage.document_id}: is not in the index, but a passage of it."
        ) from error


def near(passage: Passage, source: Generation) -> NearestPassage:
    """Give a passage its document; `source` is the generation it is of."""
    document = _document(passage, source)
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
