"""A conversation in a terminal: a line in, what to print out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from answering.answer import OTHER_ANSWERS, Answer, AnswerSpan, NearestPassage, whose_context
from answering.answerer import Answers
from answering.english.questions import small_talk
from answering.followups.turns import MAX_TURNS, Turn, turn_of
from answering.question import Question, QuestionError
from bot.answer_json import answer_json
from bot.cli.rendering import (
    CONTEXT_CHARS,
    Look,
    answer_line,
    answer_text,
    context_text,
    others_text,
    source_of,
)
from bot.serving.quote_status import place_now
from index.filters import EVERYTHING, Filter, FilterError
from index.generation import Generation
from prompts import render
from prompts.printing import json_text

COMMANDS = ("/context", "/more", "/sources", "/new", "/help", "/quit")
# These are commands also where programs write the lines, if they are the whole line.
_FOR_PROGRAMS = ("/new", "/quit")
# Documents that are listed at most.
MAX_SOURCES = 50

OutputForm = Literal["text", "line", "json"]
"""For people, for programs that read lines, or as JSON Lines."""


class QuitError(Exception):
    """Whoever talks wants to end."""


class CommandError(Exception):
    """There is no such command here."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is answered from."""

    generations: tuple[Generation, ...]
    """The generation of the base, then those of other collections."""
    answerer: Answers


class Talk:
    """One conversation after the other."""

    def __init__(
        self,
        sources: Callable[[], Sources],
        look: Look,
        max_question_chars: int,
        within: Filter = EVERYTHING,
        *,
        form: OutputForm = "text",
        is_piped: bool = False,
    ) -> None:
        """
        Begin the first conversation.

        Args:
            sources: Gives what is answered from now; asked before each line.
            look: How to print.
            max_question_chars: Longer questions are refused.
            within: Which documents every question is answered from.
            form: For whom to print.
            is_piped: Whether programs write the lines.
        """
        self._within = within
        self._current = sources
        self._max_question_chars = max_question_chars
        self._look = look
        self._form = form
        self._is_piped = is_piped
        self._turns: tuple[Turn, ...] = ()
        self._last: Answer | None = None

    def say(self, line: str) -> str | None:
        """
        Answer a line.

        Args:
            line: A question, or a command.

        Returns:
            What to print; None for a blank line, and for a command that has nothing to say.

        Raises:
            QuitError: If the line says so.
            CommandError: If it is a command that there is not.
        """
        line = line.strip()
        if not line:
            return None
        if self._is_piped:
            # Programs count on a result for each question, whatever that begins with.
            is_command, name = line.lower() in _FOR_PROGRAMS, line.lower()
        else:
            is_command, name = line.startswith("/"), line.split()[0].lower()
        return self._command(name) if is_command else self._ask(line)

    def _ask(self, question: str) -> str:
        form = self._form
        try:
            asked = Question.typed(question, self._max_question_chars, self._within)
        except QuestionError as error:
            return self._refused(question, error)
        kind = small_talk(asked.text)
        if kind is not None:
            reply = render("small_talk.txt", kind=kind)
            return json_text({"question": asked.text, "reply": reply}) if form == "json" else reply
        try:
            answer = self._current().answerer.answer(asked, self._turns, OTHER_ANSWERS)
        except FilterError as error:
            return self._refused(question, error)
        self._turns = (*self._turns, turn_of(answer))[-MAX_TURNS:]
        self._last = answer
        if form == "json":
            return json_text(answer_json(answer, self._look.links))
        if form == "line":
            return answer_line(answer, self._look.seeds)
        # Other answers are there for /more.
        return answer_text(replace(answer, alternatives=()), self._look)

    def _refused(self, question: str, error: Exception) -> str:
        if self._form == "json":
            return json_text({"question": question, "error": str(error)})
        return str(error)

    def _command(self, name: str) -> str | None:
        if name not in COMMANDS:
            raise CommandError(render("chat_unknown.txt", name=name, known=COMMANDS))
        if name == "/quit":
            raise QuitError
        if name == "/help":
            return render("chat_help.txt")
        if name == "/sources":
            return self._listed()
        if name == "/new":
            self._turns, self._last = (), None
            return render("chat_notice.txt", notice="new") if self._form == "text" else None
        if self._last is None:
            return render("chat_notice.txt", notice="nothing_yet")
        return self._context(self._last) if name == "/context" else self._more(self._last)

    def _context(self, answer: Answer) -> str:
        places = whose_context(answer.shown, answer.nearest)
        if not places:
            return render("chat_notice.txt", notice="nothing_near")
        if len(places) == 1 and answer.spans:
            # Its document was named with it.
            return self._around(places[0])
        shown = [
            {
                "source": source_of(one.collection, one.document_id, self._look.seeds),
                "around": self._around(one),
            }
            for one in places
        ]
        return render("chat_contexts.txt", places=shown)

    def _around(self, found: AnswerSpan | NearestPassage) -> str:
        (texts,) = (
            one.texts for one in self._current().generations if one.collection == found.collection
        )
        # The index may be newer than the answer.
        try:
            start = place_now(texts, found)
        except KeyError:
            start = None
        if start is None:
            return render("chat_notice.txt", notice="changed")
        first, end = max(0, start - CONTEXT_CHARS - 1), start + len(found.text)
        around = texts.text(found.document_id, first, end + CONTEXT_CHARS + 1)
        return context_text(found, around, start - first, self._look)

    def _more(self, answer: Answer) -> str:
        if not answer.alternatives:
            return render("chat_notice.txt", notice="no_more")
        return others_text(answer.alternatives, self._look)

    def _listed(self) -> str:
        generations = self._current().generations
        names = [
            source_of(one.collection, name, self._look.seeds)
            for one in generations
            for name, *_ in one.texts.listed(0, MAX_SOURCES)
        ]
        total = sum(one.manifest.documents for one in generations)
        return render("chat_sources.txt", documents=names[:MAX_SOURCES], total=total)
