"""`quoth chat`: questions that follow from each other, at a prompt or through a pipe."""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    collections_option,
    failures_shown,
    filter_from,
    filter_options,
    look_of,
    open_documents,
    open_others,
    say_notice,
    settings_from,
    settings_options,
)
from bot.cli.output import say, unguarded
from prompts import render

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

    from answering.answerer import Answers
    from bot.assembly import Answering, OpenIndex
    from bot.cli.talk import OutputForm, Sources
    from bot.settings import Settings

# Longer files of history are cut to the newer half, so that they don't grow for ever.
MAX_HISTORY_BYTES = 1_000_000
# An endless line is refused as too long a question, like any other; its rest is left unread.
MAX_LINE_CHARS = 100_000


@click.command("chat")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON Lines: one object for each question."
)
@filter_options
@collections_option
@settings_options("seeds", "data", "encoder")
def command(
    *,
    as_json: bool,
    names: tuple[str, ...],
    since: str | None,
    collections: tuple[str, ...],
    **given: object,
) -> None:
    """
    Answer questions that follow from each other.

    At a terminal, a prompt remembers what was asked, also from one run to the next. Through a pipe,
    each line is a question, and each answer a line.

    Exit codes: 0 the end was reached, 2 wrong usage, 1 failure.
    """
    settings = settings_from(**given)
    within = filter_from(names, since, settings.seeds)
    with failures_shown():
        from bot.cli.talk import Talk
        from index.filters import EVERYTHING
        from index.retrieve import narrow

        sources = _CurrentSources(settings, collections)
        if within != EVERYTHING:
            # What leaves no document is refused now, not at each question.
            narrow(sources().generations, within)
        say_notice(sources.answering.notice)
        at_terminal = sys.stdin.isatty()
        form: OutputForm = "json" if as_json else "text" if at_terminal else "line"
        look, most = look_of(settings), settings.max_question_chars
        talk = Talk(sources, look, most, within, form=form, is_piped=not at_terminal)
        answer = functools.partial(_answer_repaired, talk.say, sources)
        _converse(answer, _typed(settings) if at_terminal else _piped())


def _answer_repaired(
    answer: Callable[[str], str | None], sources: "_CurrentSources", line: str
) -> str | None:
    """Answer a line; where the index turns out damaged, from one that is made anew."""
    from index.errors import IndexDamagedError

    try:
        return answer(line)
    except IndexDamagedError:
        if not sources.repair():
            raise
        return answer(line)


def _converse(answer: Callable[[str], str | None], lines: Iterator[str]) -> None:
    from bot.cli.talk import CommandError, QuitError

    for line in lines:
        try:
            said = answer(line)
        except QuitError:
            return
        except CommandError as error:
            say(str(error), err=True)
            continue
        if said is not None:
            say(said)
            # Whoever reads the pipe waits for this line before writing the next.
            sys.stdout.flush()


class _CurrentSources:
    """The indexes that are published, opened again when one is another."""

    def __init__(self, settings: "Settings", names: Sequence[str]) -> None:
        self._settings = settings
        self._names = names
        self._open()

    def _open(self) -> None:
        from bot.assembly import open_answering

        self.answering: Answering = open_answering(self._settings, open_documents)
        self._others = open_others(self._settings, self._names)
        self._take(self.answering.index)

    def repair(self) -> bool:
        """Open all again, what is damaged built anew; False if all is what was written."""
        from bot.assembly import found_damaged

        if not found_damaged(self._settings, self._names):
            return False
        before = (self._generation, *self._others)
        self._open()
        for generation in before:
            generation.close()
        return True

    def _take(self, index: "OpenIndex") -> None:
        self._generation = index.generation
        self._answerer: Answers = self.answering.caching_answerer(index, self._others)

    def __call__(self) -> "Sources":
        from bot.assembly import open_index
        from bot.cli.talk import Sources
        from index.store import Collection

        before = (self._generation, *self._others)
        published = [Collection(self._settings.collection(one.collection)) for one in before]
        if [one.current() for one in published] != [one.id for one in before]:
            index = open_index(self._settings)
            self._others = open_others(self._settings, self._names)
            self._take(index)
            for generation in before:
                generation.close()
        return Sources((self._generation, *self._others), self._answerer)


def _piped() -> Iterator[str]:
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE_CHARS):
        end = line
        while end and not end.endswith(b"\n"):
            end = stream.readline(MAX_LINE_CHARS)
            # Blanks are no part of a question, however many there are before it.
            line = (line.lstrip() + end)[:MAX_LINE_CHARS]
        yield line.decode("utf-8", "replace")


def _typed(settings: "Settings") -> Iterator[str]:
    """Lines typed at a prompt, until Ctrl-D."""
    session = _session(settings.data / "chat-history")
    say(render("chat_welcome.txt", seeds=settings.seeds), err=True)
    while True:
        try:
            yield session.prompt("> ")
        except KeyboardInterrupt:
            # As in a shell: the line is given up, the conversation is not.
            continue
        except EOFError:
            return


def _session(history: Path) -> "PromptSession[str]":
    # Imported here: no other command should wait for it.
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.output import create_output

    from bot.cli.talk import COMMANDS

    class Kept(FileHistory):
        """A history that goes on where its file can't be written to any more."""

        def store_string(self, string: str) -> None:
            with contextlib.suppress(OSError):
                super().store_string(string)

    kept: History
    try:
        _make_room(history)
        kept = Kept(str(history))
    except OSError:
        # Where nothing can be written, it is remembered until the end.
        kept = InMemoryHistory()
    return PromptSession(
        history=kept,
        completer=WordCompleter(list(COMMANDS), sentence=True),
        complete_while_typing=False,
        # It draws what is typed, and shows control characters by itself.
        output=create_output(unguarded(sys.stdout)),
    )


def _make_room(history: Path) -> None:
    """Make the file of what was typed, for its owner alone, or cut it to its newer half."""
    history.parent.mkdir(parents=True, exist_ok=True)
    history.touch(mode=0o600)
    content = history.read_bytes()
    if len(content) > MAX_HISTORY_BYTES:
        # Entries begin with a blank line.
        _, _, newer = content[-MAX_HISTORY_BYTES // 2 :].partition(b"\n\n")
        history.write_bytes(b"\n" + newer)
