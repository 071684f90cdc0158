"""Where everything is printed: what comes from outside steers no terminal."""

import codecs
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import click

from prompts.printing import Shown, escape, json_text, printable

# How a stream writes what it has no character for, by the name that Python knows it by.
_ESCAPED = "quoth-escaped"


class OutputError(OSError):
    """Standard output or error is closed or full."""


def say(text: str, *, err: bool = False) -> None:
    """Print a text and a newline: `Shown` as it stands, any other text made `printable`."""
    click.echo(Shown(f"{_harmless(text)}\n"), nl=False, err=err)


def say_json(values: object, *, err: bool = False) -> None:
    """Print one JSON value on a line."""
    say(json_text(values), err=err)


def guard_streams() -> None:
    """
    Let nothing but `Shown` through standard output and error as it stands, from now on.

    So errors of click, warnings, logs and tracebacks are harmless too, whatever they name. What a
    stream has no character for, as in Latin-1, is written out as JSON writes it.
    """
    sys.stdout = cast("TextIO", _GuardedStream(sys.stdout))
    sys.stderr = cast("TextIO", _GuardedStream(sys.stderr))


def unguarded(stream: TextIO) -> TextIO:
    """The stream itself, for a library that draws: it is given nothing that came from outside."""
    return stream._stream if isinstance(stream, _GuardedStream) else stream


class _GuardedStream:
    """A text stream that makes harmless what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        shown = _harmless(text)
        with _failures_told():
            try:
                self._stream.write(shown)
            except UnicodeEncodeError as error:
                written_out = shown.encode(error.encoding, _ESCAPED)
                self._stream.write(written_out.decode(error.encoding))
        return len(text)

    def flush(self) -> None:
        with _failures_told():
            self._stream.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error.errno, error.strerror) from error


def _written_out(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 - nothing is decoded with it
    return "".join(map(escape, error.object[error.start : error.end])), error.end


codecs.register_error(_ESCAPED, _written_out)


def _harmless(text: str) -> str:
    return text if isinstance(text, Shown) else printable(text)
