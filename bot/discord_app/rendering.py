"""`Answer` -> what Discord shows. Pure functions, within Discord's limits."""

from collections.abc import Sequence
from typing import Any

import discord

from answering.answer import Answer, AnswerSpan, NearestPassage
from bot.discord_app.limits import (
    MAX_CONTENT,
    MAX_EMBED_AUTHOR,
    MAX_EMBED_DESCRIPTION,
    MAX_EMBED_FOOTER,
    MAX_EMBED_TITLE,
    MAX_EMBED_TOTAL,
)
from bot.discord_app.markdown import end_of, escape, fit, start_of
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
PLACE_CHARS = 100
UNDERSTOOD_CHARS = 200
# Of a description, what several texts may fill: how the question was understood stands above.
_ROOM = MAX_EMBED_DESCRIPTION - 2 * UNDERSTOOD_CHARS - 100
# On either side of an answer in its context. Escaped, twice as much still fits a description.
CONTEXT_CHARS = 700

ANSWERED = discord.Colour(0x2D7D46)
UNANSWERED = discord.Colour(0x80848E)
INFORMATION = discord.Colour(0x4752C4)


def notice(kind: str, **values: object) -> str:
    """One of the short sentences in `notices.txt`."""
    return render("discord/notices.txt", notice=kind, **values)


def label(name: str) -> str:
    """What stands on a button or a form."""
    return render("discord/labels.txt", label=name)


def answer_embed(answer: Answer) -> discord.Embed:
    """The answer large, its sentence below, where it stands; or that the documents don't say."""
    if not answer.spans:
        embed = _not_found(answer)
    elif len(answer.spans) == 1:
        embed = _found(answer.spans[0])
    else:
        embed = _several(answer)
    if answer.understood:
        line = render("discord/understood.md", understood=fit(answer.understood, UNDERSTOOD_CHARS))
        embed.description = f"{line}\n\n{embed.description}"[:MAX_EMBED_DESCRIPTION]
    # A question stands in a place that knows no formatting and no mentions.
    embed.set_author(name=shorten(one_line(answer.question), MAX_EMBED_AUTHOR))
    footer = render(
        "discord/footer.txt",
        confidence=answer.confidence if answer.spans else None,
        milliseconds=1e3 * answer.timings.total_s,
    )
    return embed.set_footer(text=footer)


def _found(span: AnswerSpan) -> discord.Embed:
    description = render("discord/answer.md", quote=_quote(span), dated=span.dated, **_where(span))
    title = fit(span.text, MAX_EMBED_TITLE)
    return discord.Embed(title=title, description=description, colour=ANSWERED)


def _several(answer: Answer) -> discord.Embed:
    """The items of a list, or what documents say instead of each other, each in its sentence."""
    title = render(
        "discord/several_title.txt",
        kind=answer.kind,
        count=len(answer.spans),
        is_by_date=answer.is_by_date,
    )
    shown = [
        render("discord/answer.md", quote=_quote(span), dated=span.dated, **_where(span))
        for span in answer.spans
    ]
    return discord.Embed(title=title, description=_as_many_as_fit(shown), colour=ANSWERED)


def _as_many_as_fit(texts: Sequence[str]) -> str:
    """Texts under each other, as many of the first as a description holds."""
    shown: list[str] = []
    for text in texts:
        if sum(map(len, shown)) + len(text) + 2 * len(shown) > _ROOM:
            break
        shown.append(text)
    return "\n\n".join(shown)


def _not_found(answer: Answer) -> discord.Embed:
    nearest = answer.nearest[0] if answer.nearest else None
    description = render(
        "discord/no_answer.md",
        passage=fit(nearest.text, NEAREST_CHARS) if nearest else None,
        **(_where(nearest) if nearest else {}),
    )
    return discord.Embed(title=label("no_answer"), description=description, colour=UNANSWERED)


def _where(found: AnswerSpan | NearestPassage) -> dict[str, Any]:
    place: Place | None = found.place
    return {
        "source": fit(found.title or found.document_id, SOURCE_CHARS),
        "place": place,
        "place_name": fit(place.name, PLACE_CHARS) if place else None,
    }


def _quote(span: AnswerSpan) -> str:
    start = span.start_char - span.quote_start_char
    end = start + len(span.text)
    return _marked(
        end_of(span.quote[:start], QUOTE_CHARS),
        shorten(span.text, ANSWER_CHARS),
        start_of(span.quote[end:], QUOTE_CHARS),
    )


def _marked(before: str, text: str, after: str) -> str:
    """The three in a row, the middle one in bold, as one paragraph."""
    lead = " " if before[-1:].isspace() else ""
    trail = " " if after[:1].isspace() else ""
    before, text, after = (" ".join(part.split()) for part in (before, text, after))
    return f"{escape(before)}{lead}**{escape(text)}**{trail}{escape(after)}".strip()


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


def others_embed(spans: Sequence[AnswerSpan]) -> discord.Embed:
    """Other answers, each in its sentence."""
    shown = [
        render(
            "discord/other.md",
            quote=_quote(span),
            source=fit(span.title or span.document_id, SOURCE_CHARS),
            confidence=span.confidence,
        )
        for span in spans
    ]
    return discord.Embed(
        title=label("others_title"), description=_as_many_as_fit(shown), colour=INFORMATION
    )


def sources_embed(
    lines: Sequence[DocumentLine], page: int, pages: int, documents: int
) -> discord.Embed:
    """One page of the documents; `page` counts from 0."""
    shown = [
        render(
            "discord/source.md",
            title=fit(line.title or line.id, SOURCE_CHARS),
            id=fit(line.id, SOURCE_CHARS),
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
