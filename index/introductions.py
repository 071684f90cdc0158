"""The lines that introduce lists: "Your machine needs at least:"."""

import re

from index.formats.nested_items import begins_another_list, is_deeper, item_mark, lettered


class Introductions:
    """The introductions of a text, which are asked for in order."""

    def __init__(self, text: str) -> None:
        """Begin before the first line."""
        self._text = text
        self._letters = lettered(text)
        self._reached = 0
        """Where the line begins that is looked at next."""
        self._searched = 0
        """Up to where its end was looked for: a line may be the whole document."""
        self._introduction: tuple[int, int] | None = None
        """What introduces the items that may come."""
        self._indent: int | None = None
        """How far the item that is open is indented; None if none is."""
        self._last: re.Match[str] | None = None
        """The mark of the last item of the list that stands in no other."""
        self._is_parted = False
        """Whether a blank line stands below the last item."""

    def above(self, start_char: int) -> tuple[int, int] | None:
        """
        Find the line that introduces the item that begins at a character.

        It is the nearest line above that is no item and no part of one, if it ends with a colon;
        blank lines may stand between them, but below one, other marks begin another list.
        After an item that itself ends with one, nobody can tell what the next is an item of.

        Args:
            start_char: Not before the one that was asked for last.

        Returns:
            Start and end (exclusive) of the line in the text, without the white space around it;
            None if no item begins there, or nothing introduces it.
        """
        while (end := self._text.find("\n", self._searched, start_char)) >= 0:
            self._pass(self._reached, end)
            self._reached = self._searched = end + 1
        self._searched = max(self._searched, start_char)
        mark = item_mark(self._text, start_char, self._letters)
        return None if mark is None or self._begins_another_list(mark) else self._introduction

    def _pass(self, start: int, end: int) -> None:
        line = self._text[start:end]
        said = line.strip()
        if not said:
            self._is_parted = True
            return
        indent = len(line) - len(line.lstrip())
        has_colon = said.endswith(":")
        if mark := item_mark(self._text, start, self._letters):
            if self._begins_another_list(mark):
                self._introduction = None
            if self._last is None or not is_deeper(mark, self._last):
                self._last = mark
            self._indent = indent
            self._is_parted = False
        elif self._indent is None or indent <= self._indent:
            # One that is indented more than an item goes on with that.
            self._indent = self._last = None
            self._is_parted = False
            at = start + indent
            self._introduction = (at, at + len(said)) if has_colon else None
            return
        if has_colon:
            self._introduction = None

    def _begins_another_list(self, mark: re.Match[str]) -> bool:
        """Whether an item below a blank line is marked unlike those above it, and is in none."""
        if not self._is_parted or self._last is None:
            return False
        return begins_another_list(mark, self._last)
