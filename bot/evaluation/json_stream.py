"""One large JSON object, read without holding more of it than one element of its inner lists."""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

_BLOCK_BYTES = 1 << 20
_SPACE = " \t\r\n"
_AFTER_VALUE = frozenset(_SPACE + ",:]}")


class JsonStreamError(Exception):
    """The file is not such an object."""

    def __init__(self, message: str, line: int) -> None:
        """Say what is wrong, and in which line, from 1."""
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the list."""

    value: Any
    line: int
    """Where it begins, from 1."""
    places: tuple[int, ...]
    """Which one it is of each list on the way to it, from 0."""
    beside: dict[str, Any] = field(default_factory=dict)
    """What stands before its list in the same object."""


def elements(file: BinaryIO, *keys: str) -> Iterator[Element]:
    """
    Read the list that stands under a key of the object that a file holds.

    With more keys, its elements are objects, and each element of the lists that they hold under the
    next key is read by itself.

    Raises:
        JsonStreamError: If the file holds no such object, or isn't UTF-8; what was before the fault
            has been yielded by then.
    """
    source = _Source(file)
    yield from _in_object(source, keys, ())
    if source.peek():
        raise source.error("something follows the object")


def _in_object(
    source: "_Source", keys: tuple[str, ...], places: tuple[int, ...]
) -> Iterator[Element]:
    source.expect("{", "an object")
    line = source.line
    beside: dict[str, Any] = {}
    found = False
    closed = source.take("}")
    while not closed:
        name = source.value()
        source.expect(":", '":"')
        if name == keys[0] and not found:
            found = True
            yield from _in_list(source, keys, places, beside)
        else:
            value = source.value()
            if not found:
                beside[str(name)] = value
        closed = source.take("}")
        if not closed:
            source.expect(",", '"," or "}"')
    if not found:
        raise JsonStreamError(f'there is no "{keys[0]}" in the object', line)


def _in_list(
    source: "_Source", keys: tuple[str, ...], places: tuple[int, ...], beside: dict[str, Any]
) -> Iterator[Element]:
    source.expect("[", f'a list under "{keys[0]}"')
    closed = source.take("]")
    place = 0
    while not closed:
        source.peek()
        if keys[1:]:
            yield from _in_object(source, keys[1:], (*places, place))
        else:
            line = source.line
            yield Element(source.value(), line, (*places, place), beside)
        place += 1
        closed = source.take("]")
        if not closed:
            source.expect(",", '"," or "]"')


class _Source:
    """Text that is decoded, parsed and forgotten block by block."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._parse = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._ended = False
        self.line = 1

    def error(self, message: str) -> JsonStreamError:
        return JsonStreamError(message, self.line)

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        while True:
            start = self._at
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            self.line += self._text.count("\n", start, self._at)
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def take(self, character: str) -> bool:
        """Whether it comes next; it is passed then."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def expect(self, character: str, described: str) -> None:
        if not self.take(character):
            found = f'"{self.peek()}"' if self.peek() else "the end of the file"
            raise self.error(f"is not the JSON expected: {described}, but there is {found}")

    def value(self) -> Any:
        """Parse one whole value."""
        self.peek()
        while True:
            try:
                value, end = self._parse(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._ended:
                    self._more()
                    continue
                self.line += self._text.count("\n", self._at, error.pos)
                raise self.error(f"is not JSON ({error.msg})") from error
            except RecursionError as error:
                raise self.error("is nested too deeply") from error
            # The start of a number is a number too; what follows a value says that it is whole.
            if self._ended or self._text[end : end + 1] in _AFTER_VALUE:
                break
            self._more()
        self.line += self._text.count("\n", self._at, end)
        self._at = end
        return value

    def _more(self) -> bool:
        """Read as much again as is waiting, so that a long value isn't parsed once a block."""
        if self._ended:
            return False
        waiting = self._text[self._at :]
        block = self._file.read(max(_BLOCK_BYTES, len(waiting)))
        self._ended = not block
        try:
            self._text = waiting + self._decode(block, final=self._ended)
        except UnicodeDecodeError as error:
            raise self.error(f"is not UTF-8 ({error.reason})") from error
        self._at = 0
        return not self._ended
