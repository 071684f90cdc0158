"""`Answer` -> what the terminal shows. Pure functions."""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from answering.answer import Answer, AnswerSpan, NearestPassage, Quoted, quoted
from bot.collection_names import BASE_COLLECTION
from bot.links import NO_LINKS, Links
from index.formats.base import ROWS
from index.formats.tables import BETWEEN_CELLS
from index.shortening import shorten
from prompts import Style, render
from prompts.printing import Shown, one_line, printable

INDENT = "  "
# Longer lines are hard to read, however wide the terminal.
MAX_WIDTH = 100
# On either side of the answer; a longer sentence is cut between words.
QUOTE_CHARS = 200
NEAREST_CHARS = 240
# On either side of an answer in its context.
CONTEXT_CHARS = 700

# Stand for the answer's bounds while lines are broken. `printable` lets no text bring its own.
_OPEN, _CLOSE = "\ue000", "\ue001"
_BOUNDED = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_BLANK_LINES = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Look:
    """How to print."""

    seeds: Path
    """The documents folder; it goes before each document's id."""
    bold: Style
    """Marks the answer in its sentence."""
    dim: Style
    """Marks what matters less."""
    width: int
    """Columns of the terminal."""
    links: Links = NO_LINKS
    """Where each place is shown, if it is."""


def styles(*, colour: bool) -> tuple[Style, Style]:
    """How to mark what is bold and what is dim: in colour, or so that it survives a pipe."""
    if colour:
        return (
            lambda text: Shown(click.style(printable(text), bold=True)),
            lambda text: Shown(click.style(printable(text), dim=True)),
        )
    return lambda text: f"**{text}**", lambda text: text


def answer_text(answer: Answer, look: Look) -> str:
    """Render an answer for people."""
    text = _answer_text(answer, look)
    if answer.narrowed is None:
        return text
    return f"{text}\n\n{look.dim(render('narrowed.txt', narrowed=answer.narrowed))}"


def _answer_text(answer: Answer, look: Look) -> str:
    others = others_text(answer.alternatives, look)
    understood = one_line(answer.understood) if answer.understood else None
    if answer.outcome == "unsure":
        return render(
            "unsure.txt",
            dim=look.dim,
            understood=understood,
            quotes=_quotes(answer.candidates, look),
            others=others,
        )
    if answer.outcome == "unanswered":
        return render(
            "no_answer.txt",
            dim=look.dim,
            goes_on=answer.goes_on,
            understood=understood,
            nearest=[_nearest_values(passage, look) for passage in answer.nearest],
        )
    return render(
        "answer.txt",
        dim=look.dim,
        answer=answer,
        understood=understood,
        spans=[_span_values(span, look.seeds) for span in answer.spans],
        quotes=_quotes(answer.spans, look),
        others=others,
    )


def others_text(spans: Sequence[AnswerSpan], look: Look) -> str:
    """Render other answers, each in its sentence; nothing where there are none."""
    return render("other_answers.txt", dim=look.dim, alternatives=_quotes(spans, look))


def _quotes(spans: Sequence[AnswerSpan], look: Look) -> list[dict[str, Any]]:
    """The sentences of spans, each once, and where they stand, once for all in the same place."""
    return [
        _quote_values(tuple(together), look) for _, together in groupby(quoted(spans), _standing)
    ]


def _quote_values(together: Sequence[Quoted], look: Look) -> dict[str, Any]:
    first = together[0].spans[0]
    shown = (_wrap(_on_one_line(one), look.width) for one in together)
    return {
        **_span_values(first, look.seeds),
        "quote": _with_marks("\n".join(shown), look.bold),
        "sentences": len(together),
        "start_char": min(one.spans[0].start_char for one in together),
        "end_char": max(one.spans[-1].end_char for one in together),
        "confidence": _confidence(together[0]),
        "link": look.links.to(first),
    }


def _standing(quote: Quoted) -> tuple[object, ...]:
    """What the places of sentences have in common if one place stands below all of them."""
    first = quote.spans[0]
    # Each line of a text has a place of its own, and items of a list stand in many.
    place = first.place and replace(
        first.place,
        start_char=0,
        end_char=0,
        line=None if first.place.kind in ("heading", "line") else first.place.line,
    )
    return first.collection, first.document_id, place, _confidence(quote)


def _confidence(quote: Quoted) -> float:
    return max(span.confidence for span in quote.spans)


def context_text(found: AnswerSpan | NearestPassage, around: str, start: int, look: Look) -> str:
    """
    Render what stands around a span, in the paragraphs or the rows of its document.

    Args:
        found: The span.
        around: A piece of its document: more than `CONTEXT_CHARS` to either side where there are
            more, so that words which are cut can be left out.
        start: Where the span begins in that piece.
        look: How to print.
    """
    before, after = around[:start], around[start + len(found.text) :]
    if len(before) > CONTEXT_CHARS:
        before = f"… {''.join(before.split(maxsplit=1)[1:])}"
    if len(after) > CONTEXT_CHARS:
        after = f"{''.join(after.rsplit(maxsplit=1)[:-1])} …"
    # A passage is its own context; as a whole in bold it would be hard to read.
    mark: Style = look.bold if isinstance(found, AnswerSpan) else str
    before, text, after = map(printable, (before, found.text, after))
    between_lines, between_paragraphs = (BETWEEN_CELLS, "\n") if _is_row(found) else (" ", "\n\n")
    paragraphs = _BLANK_LINES.split(f"{before}{_OPEN}{text}{_CLOSE}{after}".strip())
    lines = ([" ".join(line.split()) for line in each.split("\n")] for each in paragraphs)
    shown = (_wrap(between_lines.join(each), look.width) for each in lines)
    return _with_marks(between_paragraphs.join(shown), mark)


def answer_line(answer: Answer, seeds: Path) -> str:
    """Render an answer as one line, for programs that read lines."""
    return render(
        "answer_line.txt",
        answer=answer,
        spans=[_span_values(span, seeds) for span in answer.spans],
        quotes=_quotes_in_line(answer.shown, seeds),
        languages=sorted({span.language for span in answer.shown if span.language}),
    )


def _quotes_in_line(spans: Sequence[AnswerSpan], seeds: Path) -> list[dict[str, Any]]:
    mark, _ = styles(colour=False)
    return [
        {
            "source": _source(one.spans[0], seeds),
            "quote": _with_marks(_on_one_line(one), mark),
        }
        for one in quoted(spans)
    ]


def _span_values(span: AnswerSpan, seeds: Path) -> dict[str, Any]:
    return {
        "answer": one_line(span.text),
        "source": _source(span, seeds),
        "start_char": span.start_char,
        "end_char": span.end_char,
        "place": span.place,
        "dated": span.dated,
        "fetched_from": span.source,
        "language": span.language,
        "confidence": span.confidence,
    }


def _nearest_values(passage: NearestPassage, look: Look) -> dict[str, Any]:
    text = passage.text.replace("\n", BETWEEN_CELLS) if _is_row(passage) else passage.text
    return {
        "text": _wrap(shorten(one_line(text), NEAREST_CHARS), look.width),
        "source": _source(passage, look.seeds),
        "start_char": passage.start_char,
        "end_char": passage.end_char,
        "place": passage.place,
        "fetched_from": passage.source,
        "language": passage.language,
        "link": look.links.to(passage),
    }


def source_of(collection: str, document_id: str, seeds: Path) -> str:
    """How a document is called: with the folder it is in, or else its collection."""
    folder = seeds if collection == BASE_COLLECTION else Path(collection)
    return one_line(str(folder / document_id))


def _is_row(found: AnswerSpan | NearestPassage) -> bool:
    return found.place is not None and found.place.kind in ROWS


def _source(found: AnswerSpan | NearestPassage, seeds: Path) -> str:
    return source_of(found.collection, found.document_id, seeds)


def _with_marks(text: str, mark: Style) -> Shown:
    return Shown(_BOUNDED.sub(lambda bounded: mark(bounded[1]), text))


def _on_one_line(quote: Quoted) -> str:
    """A quote, its spans within bounds, and what stands beside and between them shortened."""
    last = len(quote.pieces) - 1
    shown = (
        f"{_OPEN}{one_line(piece)}{_CLOSE}"
        if place % 2
        else _shortened(piece, QUOTE_CHARS if place else 0, QUOTE_CHARS if place < last else 0)
        for place, piece in enumerate(quote.pieces)
    )
    return " ".join(filter(None, (one_line(quote.lead), "".join(shown).strip())))


def _shortened(text: str, first_chars: int, last_chars: int) -> str:
    """The first and the last words of a text on one line; space before or after it is kept."""
    # A mark that can't be seen may stand before or after that space.
    text = printable(text)
    line = " ".join(text.split())
    if len(line) > first_chars + last_chars:
        first = line[:first_chars].rpartition(" ")[0]
        last = line[len(line) - last_chars :].partition(" ")[2]
        line = f"{first} … {last}".strip()
    lead = " " if text[:1].isspace() else ""
    trail = " " if text[-1:].isspace() else ""
    return f"{lead}{line}{trail}" if line else lead or trail


def _wrap(text: str, width: int) -> Shown:
    """Lines of `text`, which is `printable` already."""
    lines = textwrap.fill(
        text,
        min(width, MAX_WIDTH),
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_on_hyphens=False,
    )
    return Shown(lines)
