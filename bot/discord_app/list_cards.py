"""Lists and overviews -> what Discord shows. Pure functions, within Discord's limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.discord_app.cards import MessageCard, heading, ruled, small
from bot.discord_app.markdown import fit
from bot.discord_app.rendering import (
    SOURCE_CHARS,
    document_name,
    label,
    notice,
    where_in_short,
)
from bot.discord_app.stored_answers import AnswerCounts
from bot.discord_app.taught import Taught
from bot.evaluation.gaps import Gap, passage_text
from bot.evaluation.stale import Stale, years
from bot.serving.scope_documents import DocumentLine
from prompts import render

# Ten documents fit a message.
_NAME_CHARS = 300
# Three groups of questions do.
GAP_CHARS = 250
EXPECTED_CHARS = 100
MAX_EXPECTED = 2
# Ten taught messages do.
TAUGHT_QUESTION_CHARS = 120
TAUGHT_CHARS = 80


@dataclass(frozen=True, slots=True)
class ShownGap:
    """A group of questions for /gaps."""

    gap: Gap
    has_changed: bool
    """Whether its passage stands in its document no longer."""


def _page(title: str, texts: Iterable[str], footer: str) -> MessageCard:
    """A page of a list; an empty list has a text as well."""
    return MessageCard((heading(label(title)), *texts, small(footer)))


def sources_card(
    lines: Sequence[DocumentLine], page: int, pages: int, documents: int
) -> MessageCard:
    """One page of the documents; `page` counts from 0."""
    shown = [
        render(
            "discord/source.md",
            name=fit(document_name(line.title, line.id), _NAME_CHARS),
            dated=line.dated,
            size=line.size,
            is_own=line.is_own,
        )
        for line in lines
    ]
    return _page(
        "sources_title",
        ["\n".join(shown) or notice("no_documents")],
        render("discord/sources_footer.txt", page=page + 1, pages=pages, documents=documents),
    )


def taught_card(taught: Sequence[Taught], page: int, pages: int, count: int) -> MessageCard:
    """One page of what was taught; `page` counts from 0."""
    shown = [
        render(
            "discord/taught.md",
            question=fit(one.question, TAUGHT_QUESTION_CHARS),
            text=fit(one.text, TAUGHT_CHARS),
            link=one.message.link,
            written=one.written,
            consent=one.consent,
        )
        for one in taught
    ]
    return _page(
        "taught_title",
        ["\n\n".join(shown) or notice("nothing_taught")],
        render("discord/taught_footer.txt", page=page + 1, pages=pages, count=count),
    )


def gaps_card(shown: Sequence[ShownGap], page: int, pages: int, days: int) -> MessageCard:
    """One page of what the documents should say; `page` counts from 0."""
    return _page(
        "gaps_title",
        ruled(map(_gap, shown)) or [notice("no_gaps", days=days)],
        render("discord/gaps_footer.txt", page=page + 1, pages=pages, days=days),
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
        **(where_in_short(gap.nearest) if gap.nearest else {"source": None}),
    )


def digest_card(
    shown: Sequence[ShownGap], asked: AnswerCounts, more: int, mark: str
) -> MessageCard:
    """A digest of what the documents should say, and a mark by which it is found again."""
    opening = render(
        "discord/digest.md", questions=asked.questions, answered=asked.answered, more=more
    )
    return _page("digest_title", ruled((opening, *map(_gap, shown))), mark)


def stale_card(
    shown: Sequence[Stale], today: date, page: int, pages: int, days: int
) -> MessageCard:
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
    return _page(
        "stale_title",
        ["\n".join(texts) or notice("nothing_stale", days=days)],
        render("discord/gaps_footer.txt", page=page + 1, pages=pages, days=days),
    )


def information_card(title: str, template: str, **values: object) -> MessageCard:
    """A card whose text is a template of trusted values."""
    return MessageCard((heading(label(title)), render(template, **values)))
