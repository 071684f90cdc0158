"""
The page: ask, read a document at a place, find a document.

All of it is read by GET, and no request changes anything that another one sees, so there is nothing
that another site could have a browser do here: an answer is kept, under an id that only its asker
is told. What was asked before stands in the address: it is the whole conversation, and outlives a
restart.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from answering.answer import OTHER_ANSWERS, Answer, whose_context
from answering.english.questions import small_talk
from answering.followups.turns import Turn, turn_of
from answering.question import Question
from bot.links import PLACE_ID, answer_path, document_path, mark_of
from bot.serving.page_pictures import has_picture
from bot.serving.queue import ScopedAnswers
from bot.serving.scope_documents import surroundings
from bot.serving.served_documents import Stretch
from bot.web.refusals import RefusedRequest, failures_refused
from bot.web.rendering import answer_values, asking_path, name_of, said, segments
from bot.web.share_page import share_page
from bot.web.site import SITE, Site, number_in, page
from prompts import render

# Questions that a follow-up may lean on. Each is answered again if its answer is not kept any more,
# so that one request costs at most so many answers; and an address must not grow for ever.
MAX_EARLIER = 5
# What one page shows of a document: some thirty printed pages, which every browser shows at once.
TEXT_CHARS = 60_000
# Before a place that is shown, so that its surroundings are there.
BEFORE_CHARS = 6_000
# What is marked at most: what an answer quotes is far shorter.
MAX_MARKED_CHARS = 5_000
LISTED = 100
MAX_NAME_CHARS = 200
# A file's name may hold ends of lines.
_DOCUMENT = "{document:(?s:.+)}"


def add_pages(app: web.Application) -> None:
    """Give an application the pages."""
    app.router.add_get("/", _ask)
    app.router.add_get("/answer.html", _share)
    app.router.add_get("/documents", _documents)
    app.router.add_get(f"/d/{_DOCUMENT}", _document)
    app.router.add_get(f"/picture/{_DOCUMENT}", _picture)


@dataclass(frozen=True, slots=True)
class AnsweredTurns:
    """A question, the questions before it, and their answers."""

    earlier: tuple[Answer, ...]
    answer: Answer


async def _ask(request: web.Request) -> web.Response:
    site = request.app[SITE]
    typed = request.query.get("q", "")
    earlier = _earlier(request)
    common = {"max_question_chars": site.settings.max_question_chars}
    if not typed.strip():
        status = await site.read(site.documents.status)
        return page("ask", "ask", question="", documents=status.documents, **common)
    values: dict[str, Any] = {
        "question": typed,
        "turns": [],
        "notice": None,
        "is_refused": False,
        "answer": None,
        "earlier": earlier,
        "earlier_before": earlier,
    }
    status_code = 200
    headers: dict[str, str] = {}
    try:
        with failures_refused():
            question = Question.typed(typed, site.settings.max_question_chars)
            values["question"] = question.text
            kind = small_talk(question.text)
            if kind is not None:
                values["notice"] = render("small_talk.txt", kind=kind)
            else:
                asked = await ask(site, question, earlier)
                kept_id = await asyncio.to_thread(site.linked_answers.keep, asked.answer)
                values |= _asked_values(asked, earlier, kept_id)
    except RefusedRequest as refused:
        values |= {"notice": refused.message, "is_refused": True}
        status_code, headers = refused.status, dict(refused.headers)
    response = page("ask", "ask", **common, **values)
    response.set_status(status_code)
    response.headers.update(headers)
    return response


def _asked_values(
    asked: AnsweredTurns, earlier: Sequence[str], kept_id: str | None
) -> dict[str, Any]:
    question = asked.answer.question
    return {
        "answer": answer_values(asked.answer),
        "turns": [
            {
                "question": one.question,
                "said": said(one) or render("web/nothing_said.txt", outcome=one.outcome),
                "href": asking_path(one.question, earlier[:place]),
            }
            for place, one in enumerate(asked.earlier)
        ],
        "earlier": [*earlier, question][-MAX_EARLIER:],
        "permalink": answer_path(kept_id) if kept_id else None,
        "share": asking_path(question, earlier, "/answer.html"),
    }


async def ask(site: Site, question: Question, earlier: Sequence[str]) -> AnsweredTurns:
    """
    Answer a question after others, whose answers are found again.

    Raises:
        RefusedRequest: If Quoth is about to stop.
        QuestionError: If one of them can't be asked.
        BusyError: See `AnswerQueue.do`, as for other errors.
    """
    site.take_questions()
    before = [Question.typed(one, site.settings.max_question_chars) for one in earlier]
    if not before:
        # Others may wait for the same.
        return AnsweredTurns((), await site.queue.ask(question, (), OTHER_ANSWERS, None))
    return await site.queue.do(lambda: answer_all(site.answers, before, question))


def answer_all(
    answers: ScopedAnswers, before: Sequence[Question], question: Question
) -> AnsweredTurns:
    """Answer questions that follow from each other; those that were asked before are kept."""
    turns: tuple[Turn, ...] = ()
    found = []
    for one in (*before, question):
        answer = answers.answer(one, turns, OTHER_ANSWERS, None)
        turns = (*turns, turn_of(answer))
        found.append(answer)
    return AnsweredTurns(tuple(found[:-1]), found[-1])


async def _share(request: web.Request) -> web.Response:
    """The page of an answer, to be kept: a copy that needs nothing of Quoth's."""
    site = request.app[SITE]
    with failures_refused():
        question = Question.typed(request.query.get("q", ""), site.settings.max_question_chars)
        earlier = _earlier(request)
        answer = (await ask(site, question, earlier)).answer
    kept_id = await asyncio.to_thread(site.linked_answers.keep, answer)
    places = await site.read(
        lambda: [
            surroundings(site.service, None, found, name_of(found.title, found.document_id))
            for found in whose_context(answer.shown, answer.nearest)
        ]
    )
    return web.Response(
        text=share_page(answer, places, datetime.now(UTC), site.settings.links.to_answer(kept_id)),
        content_type="text/html",
        headers={"Content-Disposition": 'attachment; filename="answer.html"'},
    )


async def _documents(request: web.Request) -> web.Response:
    site = request.app[SITE]
    name = request.query.get("name", "").strip()[:MAX_NAME_CHARS]
    start = number_in(request, "from")
    listing = await site.read(lambda: site.documents.listing(_sayable(name), start, LISTED))
    status = await site.read(site.documents.status)

    def stretch(first: int) -> str:
        return f"/documents?{urlencode({'name': name, 'from': first})}"

    return page(
        "documents",
        "documents",
        name=name,
        max_name_chars=MAX_NAME_CHARS,
        start=start,
        total=listing.total,
        built=status.built.strftime("%Y-%m-%d %H:%M"),
        lines=[
            {
                "id": line.id,
                "title": name_of(line.title, line.id),
                "size": line.size,
                "dated": line.dated,
                "href": document_path(line.id),
            }
            for line in listing.lines
        ],
        earlier=stretch(max(0, min(start, listing.total) - LISTED)) if start else None,
        later=stretch(start + LISTED) if start + LISTED < listing.total else None,
    )


async def _document(request: web.Request) -> web.Response:
    site = request.app[SITE]
    document = _sayable(request.match_info["document"])
    start, end = number_in(request, "start"), number_in(request, "end")
    first = number_in(request, "from")
    end = min(end, start + MAX_MARKED_CHARS)
    has_mark = start < end
    if not has_mark:
        start = end = first
    before = min(start, BEFORE_CHARS) if has_mark else 0
    piece = await site.read(
        lambda: site.documents.piece(
            document, start, end, before=before, after=TEXT_CHARS - before - (end - start)
        )
    )
    words = request.query.get("words")
    is_changed = has_mark and words is not None and words != mark_of(piece.text)

    def stretch(begin: int) -> str:
        return f"{document_path(piece.document)}?{urlencode({'from': begin})}"

    return page(
        "document",
        "documents",
        title=name_of(piece.title, piece.document),
        document=piece.document,
        document_chars=piece.document_chars,
        dated=piece.dated,
        is_changed=is_changed,
        has_mark=has_mark and bool(piece.text),
        place_id=PLACE_ID,
        place=piece.place,
        start_char=piece.start_char,
        end_char=piece.end_char,
        segments=segments(piece),
        picture=_picture_path(piece) if has_mark and has_picture(document, piece.place) else None,
        earlier=stretch(max(0, piece.first_char - TEXT_CHARS)) if piece.first_char else None,
        later=stretch(piece.last_char) if piece.last_char < piece.document_chars else None,
        max_question_chars=site.settings.max_question_chars,
    )


async def _picture(request: web.Request) -> web.Response:
    """The page on which a place is, drawn as it looks, with the words marked."""
    site = request.app[SITE]
    document = _sayable(request.match_info["document"])
    start, end = number_in(request, "start"), number_in(request, "end")
    end = min(end, start + MAX_MARKED_CHARS)
    site.take_questions()
    with failures_refused():
        # It takes as long as a question, and waits in its turn like one.
        drawn = await site.queue.do(lambda: site.pictures.draw(document, start, end))
    return web.Response(body=drawn, content_type="image/png")


def _picture_path(piece: Stretch) -> str:
    query = urlencode({"start": piece.start_char, "end": piece.end_char})
    return f"/picture/{document_path(piece.document).removeprefix('/d/')}?{query}"


def _earlier(request: web.Request) -> list[str]:
    """The questions before one, as its address has them, oldest first."""
    return [one for one in request.query.getall("after", []) if one.strip()][-MAX_EARLIER:]


def _sayable(text: str) -> str:
    """A text of an address as SQLite takes it: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
