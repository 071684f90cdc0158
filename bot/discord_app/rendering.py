"""`Answer` -> what Discord shows. Pure functions, within Discord's limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import discord

from answering.answer import Answer, AnswerSpan, NearestPassage, Quoted, quoted
from bot.discord_app.limits import (
    MAX_CONTENT,
    MAX_EMBED_AUTHOR,
    MAX_EMBED_DESCRIPTION,
    MAX_EMBED_FOOTER,
    MAX_EMBED_TITLE,
    MAX_EMBED_TOTAL,
)
from bot.discord_app.markdown import end_of, escape, fit, in_link, start_of
from bot.discord_app.stored_answers import AnswerContents, Today
from bot.discord_app.taught import Taught, message_of
from bot.evaluation.gaps import Gap, passage_text
from bot.evaluation.stale import Stale, years
from bot.links import NO_LINKS, Links
from bot.serving.service import DocumentLine, Surroundings
from index.documents import shorten
from index.formats.base import Place
from prompts import render
from prompts.printing import one_line

# On either side of an answer within its sentence; a longer sentence is cut between words.
QUOTE_CHARS = 300
ANSWER_CHARS = 800
NEAREST_CHARS = 600
SOURCE_CHARS = 150
# Of files without a title of their own.
_UNTITLED = (".txt",)
PLACE_CHARS = 100
UNDERSTOOD_CHARS = 200
# Of a description, what several texts may fill: how the question was understood stands above.
_ROOM = MAX_EMBED_DESCRIPTION - 2 * UNDERSTOOD_CHARS - 100
# A longer one, to a file whose name has many letters that an address writes as codes, is left out.
MAX_LINK_CHARS = 600
# On either side of an answer in its context. Escaped, twice as much still fits a description.
CONTEXT_CHARS = 700

# Three groups of questions fit a description.
GAP_CHARS = 300
# Ten taught messages do.
TAUGHT_CHARS = 120
EXPECTED_CHARS = 100
MAX_EXPECTED = 2

ANSWERED = discord.Colour(0x2D7D46)
# An answer below `answering.calibration.SURE_FROM`, and no answer but candidates.
DOUBTFUL = discord.Colour(0x8A9A3B)
UNSURE = discord.Colour(0xD9A21B)
UNANSWERED = discord.Colour(0x80848E)
INFORMATION = discord.Colour(0x4752C4)


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A group of questions for /gaps."""

    gap: Gap
    has_changed: bool
    """Whether its passage stands in its document no longer."""


def notice(kind: str, **values: object) -> str:
    """One of the short sentences in `notices.txt`."""
    return render("discord/notices.txt", notice=kind, **values)


def label(name: str) -> str:
    """What stands on a button or a form."""
    return render("discord/labels.txt", label=name)


def answer_embed(answer: Answer, links: Links = NO_LINKS) -> discord.Embed:
    """
    The answer large, its sentence below, where it stands; or sentences that may hold it; or that
    the documents don't say.

    Args:
        answer: What to show.
        links: Where people find the page of documents, if they do.
    """
    if answer.outcome == "unanswered":
        embed = _not_found(answer, links)
    elif answer.outcome == "unsure":
        embed = _unsure(answer, links)
    elif len(answer.spans) == 1:
        embed = _found(answer.spans[0], links, is_in_sentence=answer.is_in_sentence)
    else:
        embed = _several(answer, links)
    if answer.answered and not answer.is_sure:
        embed.colour = DOUBTFUL
        line = render("discord/doubtful.md", confidence=answer.confidence)
        embed.description = f"{line}\n\n{embed.description}"[:MAX_EMBED_DESCRIPTION]
    if answer.understood:
        line = render("discord/understood.md", understood=fit(answer.understood, UNDERSTOOD_CHARS))
        embed.description = f"{line}\n\n{embed.description}"[:MAX_EMBED_DESCRIPTION]
    # A question stands in a place that knows no formatting and no mentions.
    embed.set_author(name=shorten(one_line(answer.question), MAX_EMBED_AUTHOR))
    footer = render(
        "discord/footer.txt",
        confidence=answer.confidence if answer.outcome != "unanswered" else None,
        milliseconds=1e3 * answer.timings.total_s,
        narrowed=answer.narrowed,
    )
    return embed.set_footer(text=footer)


def _found(span: AnswerSpan, links: Links, *, is_in_sentence: bool) -> discord.Embed:
    description = _sentences((span,), links)
    if is_in_sentence:
        title = label("in_sentence")
        description = f"{description}\n\n{render('discord/no_judgement.md')}"
    else:
        title = fit(span.text, MAX_EMBED_TITLE)
    return discord.Embed(title=title, description=description, colour=ANSWERED)


def _several(answer: Answer, links: Links) -> discord.Embed:
    """The items of a list, or what documents say instead of each other, each in its sentence."""
    title = render(
        "discord/several_title.txt",
        kind=answer.kind,
        count=len(answer.spans),
        is_by_date=answer.is_by_date,
        is_partial=answer.is_partial,
    )
    return discord.Embed(title=title, description=_sentences(answer.spans, links), colour=ANSWERED)


def _unsure(answer: Answer, links: Links) -> discord.Embed:
    """What may be the answer, each in its sentence; the title says that it is none."""
    description = _sentences(answer.candidates, links)
    return discord.Embed(title=label("unsure"), description=description, colour=UNSURE)


def _sentences(spans: Sequence[AnswerSpan], links: Links) -> str:
    """The sentences of spans, each once, and where it stands."""
    return _as_many_as_fit([_sentence(one, links) for one in quoted(spans)])


def _sentence(quote: Quoted, links: Links) -> str:
    first = quote.spans[0]
    text = render(
        "discord/answer.md", quote=_quote(quote), dated=first.dated, **_where(first, links)
    )
    # Its link is left out before a sentence is.
    return text if len(text) <= _ROOM or links is NO_LINKS else _sentence(quote, NO_LINKS)


def _as_many_as_fit(texts: Sequence[str]) -> str:
    """Texts under each other, as many of the first as a description holds."""
    shown: list[str] = []
    for text in texts:
        if sum(map(len, shown)) + len(text) + 2 * len(shown) > _ROOM:
            break
        shown.append(text)
    return "\n\n".join(shown)


def _not_found(answer: Answer, links: Links) -> discord.Embed:
    nearest = answer.nearest[0] if answer.nearest else None
    description = render(
        "discord/no_answer.md",
        passage=fit(nearest.text, NEAREST_CHARS) if nearest else None,
        **(_where(nearest, links) if nearest else {}),
    )
    title = label("goes_on" if answer.goes_on else "no_answer")
    return discord.Embed(title=title, description=description, colour=UNANSWERED)


def document_name(title: str, document_id: str) -> str:
    """
    What a document is called: its title and its file, told apart.

    A plain text has no title but its first line, which is no name.
    """
    if message_of(document_id) is not None:
        title = shorten(one_line(title), SOURCE_CHARS)
        return render("discord/document.txt", title=title, file=label("taught_file"))
    file = shorten(one_line(document_id), SOURCE_CHARS)
    has_title = bool(title) and not document_id.lower().endswith(_UNTITLED)
    is_named = has_title and title != document_id
    shown = shorten(one_line(title), SOURCE_CHARS) if is_named else None
    return render("discord/document.txt", title=shown, file=file)


def _where(found: AnswerSpan | NearestPassage, links: Links = NO_LINKS) -> dict[str, Any]:
    # A line of the file that a message became tells nobody anything.
    place: Place | None = found.place if message_of(found.document_id) is None else None
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


def _place(found: AnswerSpan | NearestPassage) -> dict[str, Any]:
    """As `_where`, with less room for the name of the document."""
    name = fit(document_name(found.title, found.document_id), SOURCE_CHARS)
    return _where(found) | {"source": name}


def _quote(quote: Quoted) -> str:
    """A sentence with its spans in bold; what stands beside and between them is shortened."""
    first, *others = quote.pieces
    *between, last = others
    shown = [end_of(first, QUOTE_CHARS)]
    for place, piece in enumerate(between):
        if place % 2:
            shown.append(_middle_of(piece))
        else:
            shown.append(shorten(piece, ANSWER_CHARS))
    return _marked(*shown, start_of(last, QUOTE_CHARS))


def _middle_of(text: str) -> str:
    """What stands between two spans: its first and its last words, if it is long."""
    if len(text) <= 2 * QUOTE_CHARS:
        return text
    return start_of(text, QUOTE_CHARS) + end_of(text, QUOTE_CHARS).removeprefix("…")


def _marked(*pieces: str) -> str:
    """Pieces in a row, every second one in bold, as one paragraph."""
    shown = []
    for place, piece in enumerate(pieces):
        text = escape(" ".join(piece.split()))
        lead = " " if piece[:1].isspace() and text else ""
        trail = " " if piece[-1:].isspace() else ""
        shown.append(f"**{text}**" if place % 2 else f"{lead}{text}{trail}")
    return "".join(shown).strip()


def context_embeds(pieces: Sequence[Surroundings]) -> list[discord.Embed]:
    """Pieces of documents, what was quoted in bold; several share the room that one would have."""
    return [_context_embed(around, len(pieces)) for around in pieces]


def _context_embed(around: Surroundings, pieces: int) -> discord.Embed:
    shown = _marked(
        end_of(around.before, CONTEXT_CHARS // pieces),
        shorten(around.text, ANSWER_CHARS // pieces),
        start_of(around.after, CONTEXT_CHARS // pieces),
    )
    if around.document_changed:
        shown = f"{notice('document_changed')}\n\n{shown}"
    title = fit(around.title, MAX_EMBED_TITLE)
    room = min(MAX_EMBED_DESCRIPTION, MAX_EMBED_TOTAL // pieces - len(title))
    return discord.Embed(title=title, description=shown[:room], colour=INFORMATION)


def others_embed(spans: Sequence[AnswerSpan], links: Links = NO_LINKS) -> discord.Embed:
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
    return discord.Embed(
        title=label("others_title"), description=_as_many_as_fit(shown), colour=INFORMATION
    )


def passages_embed(found: AnswerContents) -> discord.Embed:
    """What the documents have near a question, for a person who is asked in place of Quoth."""
    shown = [
        render("discord/other.md", quote=_quote(one), **_where(one.spans[0]))
        for one in quoted((*found.shown, *found.alternatives))
    ]
    shown += [
        render("discord/other.md", quote=fit(one.text, NEAREST_CHARS), **_where(one))
        for one in found.nearest
    ]
    return discord.Embed(
        title=label("passages_title"), description=_as_many_as_fit(shown), colour=INFORMATION
    )


def source_of(found: AnswerSpan | NearestPassage) -> str:
    """What the document of a piece is called; a message that was taught is linked."""
    name = escape(document_name(found.title, found.document_id))
    message = message_of(found.document_id)
    return f"[{name}]({message.link})" if message is not None else name


def sources_embed(
    lines: Sequence[DocumentLine], page: int, pages: int, documents: int
) -> discord.Embed:
    """One page of the documents; `page` counts from 0."""
    shown = [
        render(
            "discord/source.md",
            name=escape(document_name(line.title, line.id)),
            dated=line.dated,
            size=line.size,
            is_own=line.is_own,
        )
        for line in lines
    ]
    embed = discord.Embed(
        title=label("sources_title"),
        description="\n".join(shown) or notice("no_documents"),
        colour=INFORMATION,
    )
    footer = render("discord/sources_footer.txt", page=page + 1, pages=pages, documents=documents)
    return embed.set_footer(text=footer[:MAX_EMBED_FOOTER])


def taught_embed(taught: Sequence[Taught], page: int, pages: int, count: int) -> discord.Embed:
    """One page of what was taught; `page` counts from 0."""
    shown = [
        render(
            "discord/taught.md",
            question=fit(one.question, SOURCE_CHARS),
            text=fit(one.text, TAUGHT_CHARS),
            link=one.message.link,
            written=one.written,
            consent=one.consent,
        )
        for one in taught
    ]
    embed = discord.Embed(
        title=label("taught_title"),
        description="\n\n".join(shown) or notice("nothing_taught"),
        colour=INFORMATION,
    )
    return embed.set_footer(
        text=render("discord/taught_footer.txt", page=page + 1, pages=pages, count=count)
    )


def gaps_embed(shown: Sequence[ShownGap], page: int, pages: int, days: int) -> discord.Embed:
    """One page of what the documents should say; `page` counts from 0."""
    embed = discord.Embed(
        title=label("gaps_title"),
        description="\n\n".join(map(_gap, shown)) or notice("no_gaps", days=days),
        colour=INFORMATION,
    )
    return embed.set_footer(
        text=render("discord/gaps_footer.txt", page=page + 1, pages=pages, days=days)
    )


def _gap(shown: ShownGap) -> str:
    gap = shown.gap
    # What has left the document is not shown again.
    passage = gap.nearest if not shown.has_changed else None
    return render(
        "discord/gap.md",
        count=gap.count,
        before=gap.before,
        reasons=gap.reasons,
        example=fit(gap.example, GAP_CHARS) if gap.example else None,
        expected=[fit(words, EXPECTED_CHARS) for words in gap.expected[:MAX_EXPECTED]],
        passage=fit(passage_text(passage), GAP_CHARS) if passage else None,
        **(_place(gap.nearest) if gap.nearest else {"source": None}),
    )


def digest_embed(shown: Sequence[ShownGap], asked: Today, more: int, mark: str) -> discord.Embed:
    """What the documents should say, for a channel, with a mark that tells it from others."""
    opening = render(
        "discord/digest.md", questions=asked.questions, answered=asked.answered, more=more
    )
    return discord.Embed(
        title=label("digest_title"),
        description="\n\n".join((opening, *map(_gap, shown))),
        colour=INFORMATION,
    ).set_footer(text=mark)


def stale_embed(
    shown: Sequence[Stale], today: date, page: int, pages: int, days: int
) -> discord.Embed:
    """One page of old documents that answer; `page` counts from 0."""
    texts = [
        render(
            "discord/stale.md",
            name=fit(document_name(one.title, one.document_id), SOURCE_CHARS),
            answers=one.answers,
            outdated=one.outdated,
            dated=one.dated,
            years=years(one.age_days(today)),
        )
        for one in shown
    ]
    embed = discord.Embed(
        title=label("stale_title"),
        description="\n".join(texts) or notice("nothing_stale", days=days),
        colour=INFORMATION,
    )
    return embed.set_footer(
        text=render("discord/gaps_footer.txt", page=page + 1, pages=pages, days=days)
    )


def information_embed(title: str, template: str, **values: object) -> discord.Embed:
    """An embed whose text is a template of trusted values."""
    description = render(template, **values)
    return discord.Embed(title=label(title), description=description, colour=INFORMATION)


def text_of(embed: discord.Embed) -> str:
    """An embed as a plain message, for channels in which embeds are not shown."""
    title = f"**{embed.title}**" if embed.title else ""
    footer = f"-# {escape(embed.footer.text)}" if embed.footer.text else ""
    description = embed.description or ""
    room = MAX_CONTENT - len(f"{title}\n\n\n\n{footer}")
    if len(description) > room:
        # So many of its paragraphs.
        description = description[: max(0, room) + 2].rpartition("\n\n")[0]
    return "\n\n".join(part for part in (title, description, footer) if part)


def uptime(seconds: float) -> str:
    """`3 d 4 h`, `4 h 7 min`, `7 min`: the two largest units."""
    minutes = int(seconds // 60)
    days, hours = minutes // 1_440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min"
