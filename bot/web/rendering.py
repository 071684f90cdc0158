"""`Answer` and pieces of documents -> the values of the page's templates. Pure functions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

from answering.answer import Answer, AnswerSpan, NearestPassage, Quotable, Quoted, quoted
from bot.collection_names import BASE_COLLECTION
from bot.links import place_path
from bot.serving.quote_status import QuoteStatus
from bot.serving.served_documents import Stretch
from index.documents import has_title
from index.formats.base import PAGES
from index.shortening import ELLIPSIS, shorten
from prompts.printing import one_line

# On either side of an answer within its sentence; a longer sentence is cut between words.
QUOTE_CHARS = 300
NEAREST_CHARS = 600
# A number stays whole, whatever stands between its digits.
_WORD = re.compile(r"\w+(?:[.,]\w+)*|\W+")


def answer_values(
    answer: Answer,
    *,
    with_links: bool = True,
    statuses: Mapping[Quotable, QuoteStatus] = MappingProxyType({}),
) -> dict[str, Any]:
    """
    An answer for the macro `answer_of`.

    Args:
        answer: What to show.
        with_links: Whether its places are links to pages of documents.
        statuses: What became of `pieces_of` the answer since it was given, if that is shown.
    """
    others = quoted(answer.others)
    here = _Here(with_links, statuses)
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
        "quotes": [here.quote(one) for one in quoted(answer.shown)],
        "nearest": [here.nearest(one) for one in answer.nearest],
        "others": [here.quote(one) for one in others],
        "others_count": len(answer.others),
    }


def pieces_of(answer: Answer) -> list[Quotable]:
    """The pieces of documents that an answer shows: of each quote, its first span."""
    quotes = [*quoted(answer.shown), *quoted(answer.others)]
    return [*(quote.spans[0] for quote in quotes), *answer.nearest]


def said(answer: Answer) -> str:
    """What was answered before, in one line; "" where nothing was."""
    return "; ".join(one_line(span.text) for span in answer.spans)


def name_of(title: str, document_id: str) -> str:
    """What a document is called: its title, or its file if that has none but its first line."""
    return one_line(title if has_title(title, document_id) else document_id)


def asking_path(question: str, earlier: Sequence[str], path: str = "/") -> str:
    """The address of a question after others."""
    query = urlencode([("q", question), *(("after", one) for one in earlier)])
    return f"{path}?{query}"


@dataclass(frozen=True, slots=True)
class _Here:
    """How pieces of documents are shown on one page; see `answer_values`."""

    with_links: bool
    statuses: Mapping[Quotable, QuoteStatus]

    def quote(self, quote: Quoted) -> dict[str, Any]:
        before, *others = _shortened(quote.pieces)
        return {
            **self._where(quote.spans[0], quote.spans[-1].end_char),
            "pieces": [f"{quote.lead}{before}", *others],
            "dated": quote.spans[0].dated,
            "confidence": max(span.confidence for span in quote.spans),
        }

    def nearest(self, passage: NearestPassage) -> dict[str, Any]:
        return {
            **self._where(passage, passage.end_char),
            "text": shorten(one_line(passage.text), NEAREST_CHARS),
            "dated": None,
        }

    def _where(self, found: Quotable, end_char: int) -> dict[str, Any]:
        status = self.statuses.get(found)
        moved = status.start_char - found.start_char if status and status.stands else 0
        is_shown = self.with_links and found.collection == BASE_COLLECTION
        words = found.text if end_char == found.end_char else None
        start, end = found.start_char + moved, end_char + moved
        return {
            "name": name_of(found.title, found.document_id),
            "file": one_line(found.document_id),
            "href": place_path(found.document_id, start, end, words)
            if is_shown and not (status and status.is_gone)
            else None,
            "place": found.place,
            "fetched_from": found.source,
            "language": found.language,
            "start_char": start,
            "end_char": end,
            "status": status and _status_values(found, status),
        }


def _status_values(found: Quotable, status: QuoteStatus) -> dict[str, Any]:
    values: dict[str, Any] = {"stands": status.stands, "is_gone": status.is_gone, "now": []}
    if status.now is not None:
        before = found.quote if isinstance(found, AnswerSpan) else found.text
        end = status.start_char + len(status.now)
        values["now"] = _compared(one_line(before), one_line(status.now))
        values["href"] = place_path(found.document_id, status.start_char, end)
    return values


def _compared(before: str, now: str) -> list[str]:
    """A text in pieces, of which every second one is not in the text before it."""
    old, new = _WORD.findall(before), _WORD.findall(now)
    pieces = [""]
    for kind, _, _, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        text = "".join(new[first:last])
        if text and (kind == "equal") is not bool(len(pieces) % 2):
            pieces.append("")
        pieces[-1] += text
    return pieces


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


def segments(piece: Stretch) -> list[Segment]:
    """Cut a piece of a document into segments: labels, headings, marked words and the rest."""
    whole = piece.before + piece.text + piece.after
    first = piece.first_char
    headings = dict(_headings(piece, whole))
    labels = {
        place.start_char: f"{'page' if place.kind in PAGES else 'row'} {one_line(place.name)}"
        for place in piece.places
        if place.kind in PAGES | {"row"}
    }
    bounds = {first, piece.start_char, piece.end_char, piece.last_char, *labels}
    bounds |= {*headings, *headings.values()}
    cuts = sorted(cut for cut in bounds if first <= cut <= piece.last_char)
    found: list[Segment] = []
    is_marked_yet = False
    heading_ends = first
    for start, end in zip(cuts, [*cuts[1:], piece.last_char], strict=True):
        if start in labels:
            found.append(Segment("label", labels[start]))
        heading_ends = max(heading_ends, headings.get(start, first))
        if start == end:
            continue
        is_marked = piece.start_char <= start < piece.end_char
        found.append(
            Segment(
                "text",
                whole[start - first : end - first],
                is_marked=is_marked,
                is_heading=start < heading_ends,
                is_first_mark=is_marked and not is_marked_yet,
            )
        )
        is_marked_yet |= is_marked
    return found


def _headings(piece: Stretch, whole: str) -> Iterator[tuple[int, int]]:
    """Where the lines that are headings begin and end, in the document's text."""
    for place in piece.places:
        if place.kind != "heading":
            continue
        start = place.start_char - piece.first_char
        line = whole[start : start + len(place.name)]
        if line == place.name:
            yield place.start_char, place.start_char + len(line)
