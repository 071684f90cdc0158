"""What commands show of a build while it runs: to people a bar or lines, to programs JSON."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from bot.build_pauses import BuildPauses
from bot.cli.output import say, say_json, unguarded
from prompts import render

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

# Where no bar can move, a build says so often how far it is.
_BETWEEN_LINES_S = 30.0
# Stages that take seconds and have nothing to count; one that counts to nothing is not said.
_WITHOUT_STEPS = frozenset({"export", "ocr", "write", "convert", "quantise"})


class JsonReporter:
    """Writes each step of a build to standard error, as one JSON object a line, for programs."""

    def __init__(self) -> None:
        """Start without a stage, ready to make way for another build."""
        self._stage: dict[str, str | int] = {}
        self._pauses = BuildPauses()

    def waiting(self, holder: str) -> None:
        """Say that another build is running."""
        self._write({"waiting": holder})

    def stage(self, name: str, total: int) -> None:
        """Begin a stage."""
        self._stage = {"stage": name, "done": 0, "total": total}
        self._write(self._stage)

    def advance(self, steps: int) -> None:
        """Count what is done."""
        self._stage["done"] = int(self._stage["done"]) + steps
        self._write(self._stage)
        self._pauses.wait()

    def too_many(self, passages: int, most: int) -> None:
        """Say that there would be more passages than may be."""
        self._write({"passages": passages, "most": most})

    def finish(self) -> None:
        """Nothing is left to end."""

    def _write(self, values: dict[str, str | int]) -> None:
        say_json(values, err=True)


class ConsoleReporter:
    """Shows a build on standard error: as a bar where that is a terminal, else line by line."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Start without a stage.

        Args:
            clock: Gives seconds, from any beginning.
        """
        self._clock = clock
        self._bar: ProgressBar[int] | None = None
        self._lines: _Lines | None = None

    def waiting(self, holder: str) -> None:
        """Say that another build is running."""
        say(render("waiting.txt", holder=holder), err=True)

    def stage(self, name: str, total: int) -> None:
        """Begin a bar, or say what begins; a stage without steps is said in one line."""
        self.finish()
        label = render("stage.txt", name=name)
        if total and sys.stderr.isatty():
            self._bar = _bar(label, total)
        elif total:
            self._lines = _Lines(label, total, self._clock)
        elif name in _WITHOUT_STEPS:
            say(label, err=True)

    def advance(self, steps: int) -> None:
        """Move on."""
        if self._bar is not None:
            self._bar.update(steps)
        if self._lines is not None:
            self._lines.advance(steps)

    def too_many(self, passages: int, most: int) -> None:
        """Leave it to the error, which says so in words."""

    def finish(self) -> None:
        """End the bar's line."""
        if self._bar is not None:
            self._bar.render_finish()
        self._bar = self._lines = None


def _bar(label: str, total: int) -> "ProgressBar[int]":
    bar: ProgressBar[int] = click.progressbar(
        length=total,
        label=label,
        file=unguarded(sys.stderr),
        # As much as the terminal has room for: a longer line would go on in the next one each time.
        width=0,
        show_pos=True,
        # After the time that it will take.
        item_show_func=lambda _: "left" if bar.eta_known and not bar.finished else None,
    )
    bar.render_progress()
    return bar


class _Lines:
    """How far a stage is, for a log: said at its beginning, and every now and then."""

    def __init__(self, label: str, total: int, clock: Callable[[], float]) -> None:
        self._label = label
        self._total = total
        self._clock = clock
        self._done = 0
        self._began = self._said = clock()
        self._say(None)

    def advance(self, steps: int) -> None:
        self._done += steps
        now = self._clock()
        if now - self._said >= _BETWEEN_LINES_S and 0 < self._done < self._total:
            self._said = now
            self._say((now - self._began) / self._done * (self._total - self._done))

    def _say(self, left_s: float | None) -> None:
        text = render(
            "progress.txt", label=self._label, done=self._done, total=self._total, left_s=left_s
        )
        say(text, err=True)
