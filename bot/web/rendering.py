"""`Answer` and pieces of documents -> the values of the page's templates. Pure functions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from answering.answer import Answer, AnswerSpan, NearestPassage, Quoted, quoted
from bot.collection_names import BASE_COLLECTION
from bot.links import place_path
from bot.serving.base_documents import Piece
from index.documents import ELLIPSIS, shorten
from index.formats.base import PAGES
from prompts.printing import one_line

# On either side of an answer within its sentence; a longer sentence is cut between words.
QUOTE_CHARS = 300
NEAREST_CHARS = 600
# Other answers that are less likely are not shown: as a percentage they would be none.
MIN_OTHER_CONFIDENCE = 0.005
# Of files without a title of their own.
_UNTITLED = (".txt",)


def answer_values(answer: Answer, *, with_links: bool = True) -> dict[str, Any]:
    """
    An answer for the macro `answer_of`.

    Args:
        answer: What to show.
        with_links: Whether its places are links to pages of documents.
    """
    others = [one for one in answer.alternatives if one.confidence >= MIN_OTHER_CONFIDENCE]
    return {
        "outcome": answer.outcome,
        "goes_on": answer.goes_on,
        "kind": answer.kind,
        "is_by_date": answer.is_by_date,
        "is_partial": answer.is_partial,
        "is_sure": answer.is_sure,
        "is_in_sentence": answer.is_in_sentence,
        "understood": one_line(answer.understood) if answer.understood else None,
        "spans": [one_line(span.text) for span in answer.spans],
        "quotes": [_quote(one, with_links=with_links) for one in quoted(answer.shown)],
        "nearest": [_nearest(one, with_links=with_links) for one in answer.nearest],
        "others": [_quote(one, with_links=with_links) for one in quoted(others)],
        "others_count": len(others),
    }


def said(answer: Answer) -> str:
    """What was answered before, in one line; "" where nothing was."""
    return "; ".join(one_line(span.text) for span in answer.spans)


def name_of(title: str, document_id: str) -> str:
    """What a document is called: its title, or its file if that has none but its first line."""
    has_title = bool(title.strip()) and not document_id.lower().endswith(_UNTITLED)
    return one_line(title if has_title else document_id)


def asking_path(question: str, earlier: Sequence[str], path: str = "/") -> str:
    """The address of a question after others."""
    query = urlencode([("q", question), *(("after", one) for one in earlier)])
    return f"{path}?{query}"


def _quote(quote: Quoted, *, with_links: bool) -> dict[str, Any]:
    return {
        **_where(quote.spans[0], quote.spans[-1].end_char, with_links=with_links),
        "pieces": _shortened(quote.pieces),
        "dated": quote.spans[0].dated,
        "confidence": max(span.confidence for span in quote.spans),
    }


def _nearest(passage: NearestPassage, *, with_links: bool) -> dict[str, Any]:
    return {
        **_where(passage, passage.end_char, with_links=with_links),
        "text": shorten(one_line(passage.text), NEAREST_CHARS),
        "dated": None,
    }


def _where(
    found: AnswerSpan | NearestPassage, end_char: int, *, with_links: bool
) -> dict[str, Any]:
    is_shown = with_links and found.collection == BASE_COLLECTION
    words = found.text if end_char == found.end_char else None
    return {
        "name": name_of(found.title, found.document_id),
        "file": one_line(found.document_id),
        "href": place_path(found.document_id, found.start_char, end_char, words)
        if is_shown
        else None,
        "place": found.place,
        "start_char": found.start_char,
        "end_char": end_char,
    }


def _shortened(pieces: Sequence[str]) -> list[str]:
    """Pieces of a quote, every second one whole, and those beside and between them shortened."""
    last = len(pieces) - 1
    return [
        piece
        if place % 2
        else _ends(piece, QUOTE_CHARS if place else 0, QUOTE_CHARS if place < last else 0)
        for place, piece in enumerate(pieces)
    ]


def _ends(text: str, first_chars: int, last_chars: int) -> str:
    """The first and the last words of a text."""
    if len(text) <= first_chars + last_chars:
        return text
    first = text[:first_chars].rpartition(" ")[0]
    last = text[len(text) - last_chars :].partition(" ")[2]
    return f"{first} {ELLIPSIS} {last}".strip(" ") if first else f"{ELLIPSIS} {last}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a document that looks the same throughout."""

    kind: Literal["text", "label"]
    """A label stands in no document: it says which page or row begins."""
    text: str
    is_marked: bool = False
    is_heading: bool = False
    is_first_mark: bool = False


def segments(piece: Piece) -> list[Segment]:
    """A piece of a document with its labels, its headings and what is marked in it."""
    whole = piece.before + piece.text + piece.after
    first = piece.first_char
    headings = list(_headings(piece, whole))
    labels = {
        place.start_char: f"{'page' if place.kind in PAGES else 'row'} {one_line(place.name)}"
        for place in piece.places
        if place.kind in PAGES | {"row"}
    }
    bounds = {first, piece.start_char, piece.end_char, piece.last_char, *labels}
    bounds |= {bound for heading in headings for bound in heading}
    cuts = sorted(cut for cut in bounds if first <= cut <= piece.last_char)
    found: list[Segment] = []
    is_marked_yet = False
    for start, end in zip(cuts, [*cuts[1:], piece.last_char], strict=True):
        if start in labels:
            found.append(Segment("label", labels[start]))
        if start == end:
            continue
        is_marked = piece.start_char <= start < piece.end_char
        found.append(
            Segment(
                "text",
                whole[start - first : end - first],
                is_marked=is_marked,
                is_heading=any(begin <= start < close for begin, close in headings),
                is_first_mark=is_marked and not is_marked_yet,
            )
        )
        is_marked_yet |= is_marked
    return found


def _headings(piece: Piece, whole: str) -> Iterator[tuple[int, int]]:
    """Where the lines that are headings begin and end, in the document's text."""
    for place in piece.places:
        if place.kind != "heading":
            continue
        start = place.start_char - piece.first_char
        line = whole[start : start + len(place.name)]
        if line == place.name:
            yield place.start_char, place.start_char + len(line)
