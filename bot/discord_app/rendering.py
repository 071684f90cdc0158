"""`Answer` -> what Discord shows. Pure functions, within Discord's limits."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import discord

from answering.answer import Answer, AnswerSpan, NearestPassage, Outcome, Quoted, quoted
from bot.discord_app.cards import (
    ANSWERED,
    DOUBTFUL,
    UNANSWERED,
    UNSURE,
    MessageCard,
    heading,
    ruled,
    small,
)
from bot.discord_app.limits import MAX_LAYOUT_TEXT
from bot.discord_app.markdown import end_of, escape, fit, in_link, start_of
from bot.discord_app.stored_answers import AnswerContents
from bot.discord_app.taught import message_of
from bot.links import NO_LINKS, Links
from bot.serving.scope_documents import Surroundings
from index.documents import has_title
from index.formats.base import Place
from index.shortening import shorten
from prompts import render
from prompts.printing import one_line

QUESTION_CHARS = 256
TITLE_CHARS = 256
# On either side of an answer within its sentence; a longer sentence is cut between words.
QUOTE_CHARS = 300
ANSWER_CHARS = 400
# A sentence as it is shown, escaped: one that would be longer is cut shorter, again and again.
_MAX_QUOTE = 1_400
_CUTS = 4
NEAREST_CHARS = 600
SOURCE_CHARS = 150
# The title and the file of a document, escaped.
_NAME_CHARS = 320
PLACE_CHARS = 100
UNDERSTOOD_CHARS = 200
# What sentences and their places may fill of a message: the rest is for the question, the title,
# how the question was understood, what stands small below, and a word about the conversation.
ROOM = 2_600
# A longer one, to a file whose name has many letters that an address writes as codes, is left out.
MAX_LINK_CHARS = 600
# On either side of an answer in its context. Escaped, twice as much still fits a message.
CONTEXT_CHARS = 600
_COLOURS: dict[Outcome, discord.Colour] = {
    "answered": ANSWERED,
    "unsure": UNSURE,
    "unanswered": UNANSWERED,
}


def notice(kind: str, **values: object) -> str:
    """One of the short sentences in `notices.txt`."""
    return render("discord/notices.txt", notice=kind, **values)


def refused_question(error: Exception) -> str:
    """Why a question can't be asked, which may name documents."""
    return notice("question", detail=fit(str(error)))


def label(name: str) -> str:
    """What stands on a button or a form."""
    return render("discord/labels.txt", label=name)


def answer_card(answer: Answer, links: Links = NO_LINKS) -> MessageCard:
    """
    The question, the answer large, its sentence, where it stands; or sentences that may hold it; or
    that the documents don't say.

    Args:
        answer: What to show.
        links: Where people find the page of documents, if they do.
    """
    above = [fit(one_line(answer.question), QUESTION_CHARS)]
    if answer.understood:
        understood = fit(answer.understood, UNDERSTOOD_CHARS)
        above.append(render("discord/understood.md", understood=understood))
    title, texts = _title_and_texts(answer, links)
    above.append(heading(title))
    is_doubtful = answer.answered and not answer.is_sure
    if is_doubtful:
        above.append(render("discord/doubtful.md", confidence=answer.confidence))
    footer = render(
        "discord/footer.txt",
        confidence=answer.confidence if answer.outcome != "unanswered" else None,
        milliseconds=1e3 * answer.timings.total_s,
        narrowed=answer.narrowed,
    )
    colour = DOUBTFUL if is_doubtful else _COLOURS[answer.outcome]
    return MessageCard((*above, *texts, small(footer)), colour)


def _title_and_texts(answer: Answer, links: Links) -> tuple[str, tuple[str, ...]]:
    if answer.outcome == "unanswered":
        return label("goes_on" if answer.goes_on else "no_answer"), (_nearest(answer, links),)
    if answer.outcome == "unsure":
        # The title says that none of them is the answer.
        return label("unsure"), ruled(_sentences(answer.candidates, links))
    if len(answer.spans) == 1:
        sentences = _sentences(answer.spans, links)
        if answer.is_in_sentence:
            return label("in_sentence"), (*sentences, render("discord/no_judgement.md"))
        return fit(answer.spans[0].text, TITLE_CHARS), sentences
    title = render(
        "discord/spans_title.txt",
        kind=answer.kind,
        count=len(answer.spans),
        is_by_date=answer.is_by_date,
        is_partial=answer.is_partial,
    )
    if answer.kind == "list":
        return title, ("\n\n".join(_together(answer.spans, links)),)
    return title, ruled(_sentences(answer.spans, links))


def _sentences(spans: Sequence[AnswerSpan], links: Links) -> tuple[str, ...]:
    """The sentences of spans, each once, and where it stands."""
    return _as_many_as_fit([_sentence(_quote(one), one, links) for one in quoted(spans)])


def _sentence(shown: str, quote: Quoted, links: Links) -> str:
    text = _standing(shown, quote, links)
    # Its link is left out before a sentence is.
    return text if len(text) <= ROOM or links is NO_LINKS else _sentence(shown, quote, NO_LINKS)


def _together(spans: Sequence[AnswerSpan], links: Links) -> Iterator[str]:
    """The sentences of spans, where they stand said once for all that stand in the same place."""
    quotes = quoted(spans)
    shown = [_quote(one) for one in quotes]
    sentences = _as_many_as_fit([_sentence(*one, links) for one in zip(shown, quotes, strict=True)])
    # There may be fewer sentences than quotes.
    items = zip(sentences, shown, quotes, strict=False)
    for _, group in groupby(items, lambda item: _standing("", item[2], links)):
        *others, (last, _, _) = group
        yield "\n".join((*(quote for _, quote, _ in others), last))


def _standing(shown: str, quote: Quoted, links: Links) -> str:
    """What is shown of a quote, and where it stands."""
    first = quote.spans[0]
    return render("discord/answer.md", quote=shown, dated=first.dated, **_where(first, links))


def _as_many_as_fit(texts: Sequence[str]) -> tuple[str, ...]:
    """As many of the first of some texts as there is room for."""
    shown: list[str] = []
    for text in texts:
        if sum(map(len, shown)) + len(text) + 2 * len(shown) > ROOM:
            break
        shown.append(text)
    return tuple(shown)


def _nearest(answer: Answer, links: Links) -> str:
    nearest = answer.nearest[0] if answer.nearest else None
    return render(
        "discord/no_answer.md",
        passage=fit(nearest.text, NEAREST_CHARS) if nearest else None,
        **(_where(nearest, links) if nearest else {}),
    )


def document_name(title: str, document_id: str) -> str:
    """
    What a document is called: its title and its file, told apart.

    A plain text has no title but its first line, which is no name.
    """
    if message_of(document_id) is not None:
        title = shorten(one_line(title), SOURCE_CHARS)
        return render("discord/document.txt", title=title, file=label("taught_file"))
    file = shorten(one_line(document_id), SOURCE_CHARS)
    is_named = has_title(title, document_id) and title != document_id
    shown = shorten(one_line(title), SOURCE_CHARS) if is_named else None
    return render("discord/document.txt", title=shown, file=file)


def _where(found: AnswerSpan | NearestPassage, links: Links = NO_LINKS) -> dict[str, Any]:
    # A line of the file that a message became tells nobody anything.
    place: Place | None = found.place if message_of(found.document_id) is None else None
    if place and (place.kind, place.name, place.within) == ("heading", found.title, None):
        # The document is called that already.
        place = None
    link = links.to(found)
    return {
        "link": link if link and len(link) <= MAX_LINK_CHARS else None,
        "source": source_of(found),
        "place": place,
        "place_name": fit(place.name, PLACE_CHARS) if place else None,
        "place_within": fit(place.within, PLACE_CHARS) if place and place.within else None,
        "fetched_from": in_link(found.source) if found.source else None,
        "language": found.language,
    }


def where_in_short(found: AnswerSpan | NearestPassage) -> dict[str, Any]:
    """As `_where`, with less room for the name of the document."""
    name = fit(document_name(found.title, found.document_id), SOURCE_CHARS)
    return _where(found) | {"source": name}


def _quote(quote: Quoted) -> str:
    """A sentence with its spans in bold; what stands beside and between them is shortened."""
    for cut in range(_CUTS):
        shown = _cut(quote, QUOTE_CHARS >> cut, ANSWER_CHARS >> cut)
        if len(shown) <= _MAX_QUOTE:
            return shown
    return fit("".join((quote.lead, *quote.pieces)), _MAX_QUOTE)


def _cut(quote: Quoted, around: int, answer: int) -> str:
    first, *others = quote.pieces
    *between, last = others
    shown = [f"{quote.lead}{end_of(first, around)}"]
    for place, piece in enumerate(between):
        shown.append(_middle_of(piece, around) if place % 2 else shorten(piece, answer))
    return _marked(*shown, start_of(last, around))


def _middle_of(text: str, around: int) -> str:
    """What stands between two spans: its first and its last words, if it is long."""
    if len(text) <= 2 * around:
        return text
    return start_of(text, around) + end_of(text, around).removeprefix("…")


def _marked(*pieces: str) -> str:
    """Pieces in a row, every second one in bold, as one paragraph."""
    shown = []
    for place, piece in enumerate(pieces):
        text = escape(" ".join(piece.split()))
        lead = " " if piece[:1].isspace() and text else ""
        trail = " " if piece[-1:].isspace() else ""
        shown.append(f"**{text}**" if place % 2 else f"{lead}{text}{trail}")
    return "".join(shown).strip()


def context_cards(pieces: Sequence[Surroundings]) -> list[MessageCard]:
    """Pieces of documents, what was quoted in bold; several share the room that one would have."""
    return [_context_card(around, len(pieces)) for around in pieces]


def _context_card(around: Surroundings, pieces: int) -> MessageCard:
    title = heading(fit(around.title, TITLE_CHARS))
    changed = (notice("document_changed"),) if around.document_changed else ()
    room = MAX_LAYOUT_TEXT // pieces - len("".join((title, *changed)))
    for cut in range(_CUTS):
        shown = _marked(
            end_of(around.before, (CONTEXT_CHARS >> cut) // pieces),
            shorten(around.text, ANSWER_CHARS // pieces),
            start_of(around.after, (CONTEXT_CHARS >> cut) // pieces),
        )
        if len(shown) <= room:
            break
    return MessageCard((title, *changed, shown))


def others_card(spans: Sequence[AnswerSpan], links: Links = NO_LINKS) -> MessageCard:
    """Other answers, each in its sentence."""
    shown = [
        render(
            "discord/other.md",
            quote=_quote(one),
            **_where(one.spans[0], links),
            confidence=max(span.confidence for span in one.spans),
        )
        for one in quoted(spans)
    ]
    return MessageCard((heading(label("others_title")), *ruled(_as_many_as_fit(shown))))


def passages_card(found: AnswerContents) -> MessageCard:
    """What the documents have near a question, for a person who is asked in place of Quoth."""
    shown = [
        render("discord/other.md", quote=_quote(one), **_where(one.spans[0]))
        for one in quoted((*found.shown, *found.alternatives))
    ]
    shown += [
        render("discord/other.md", quote=fit(one.text, NEAREST_CHARS), **_where(one))
        for one in found.nearest
    ]
    # One text: a long list has more items than a message may have components.
    text = "\n\n".join(_as_many_as_fit(shown))
    return MessageCard(tuple(filter(None, (heading(label("passages_title")), text))))


def source_of(found: AnswerSpan | NearestPassage) -> str:
    """What the document of a piece is called; a message that was taught is linked."""
    name = fit(document_name(found.title, found.document_id), _NAME_CHARS)
    message = message_of(found.document_id)
    return f"[{name}]({message.link})" if message is not None else name
