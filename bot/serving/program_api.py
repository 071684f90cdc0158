"""What programs can ask for, whichever way they ask."""

import asyncio
from dataclasses import dataclass

from answering.question import Question
from bot import __version__
from bot.answer_json import AnswerJson, answer_json
from bot.serving.linked_answers import LinkedAnswers
from bot.serving.program_requests import AskBody, ContextBody, DocumentsQuery, SearchBody
from bot.serving.queue import AnswerQueue
from bot.serving.served_documents import ServedDocuments
from bot.serving.served_json import (
    ContextJson,
    DocumentsJson,
    SearchJson,
    StatusJson,
    context_json,
    documents_json,
    search_json,
    status_json,
)
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class ProgramApi:
    """
    Answers, passages and pieces of documents, as JSON.

    Each method raises one of `bot.serving.excuses.EXCUSED` where there is no result.
    """

    settings: Settings
    queue: AnswerQueue
    documents: ServedDocuments
    linked_answers: LinkedAnswers | None = None
    """Where answers are kept, if they are."""
    scope: str | None = None
    """The collection that is open to whoever asks, beside the base."""

    async def ask(self, sent: AskBody, limit_s: float | None = None) -> AnswerJson:
        """Answer a question; the result is wanted for `limit_s` seconds at most."""
        earlier = tuple(one.turn() for one in sent.earlier)
        answer = await self.queue.ask(
            self._question(sent), earlier, sent.alternatives, self.scope, limit_s
        )
        kept_id = None
        # Whoever has its link may read an answer that is kept.
        if self.linked_answers is not None and self.scope is None:
            kept_id = await asyncio.to_thread(self.linked_answers.keep, answer)
        return answer_json(answer, self.settings.links, kept_id)

    async def search(self, sent: SearchBody, limit_s: float | None = None) -> SearchJson:
        """Find passages; the result is wanted for `limit_s` seconds at most."""
        question = self._question(sent)
        found = await self.queue.do(lambda: self._here.search(question, sent.count), limit_s)
        return search_json(question.text, found, self.settings.links)

    async def context(self, sent: ContextBody) -> ContextJson:
        """Read what stands around a piece of a document."""
        piece = await asyncio.to_thread(
            self._here.piece,
            sent.document,
            sent.start_char,
            sent.end_char,
            before=sent.chars,
            after=sent.chars,
            collection=sent.collection,
        )
        return context_json(piece)

    async def list_documents(self, sent: DocumentsQuery) -> DocumentsJson:
        """List documents."""
        listing = await asyncio.to_thread(self._here.listing, sent.name, sent.start, sent.count)
        return documents_json(listing, sent.start, self.scope)

    async def status(self) -> StatusJson:
        """Say what is answered from."""
        status = await asyncio.to_thread(self._here.status)
        return status_json(status, __version__, self.queue.taken)

    @property
    def _here(self) -> ServedDocuments:
        return self.documents.within(self.scope)

    def _question(self, sent: AskBody | SearchBody) -> Question:
        return Question.typed(sent.question, self.settings.max_question_chars, sent.filter)
