"""The lines that introduce lists: "Your machine needs at least:"."""

from index.formats.nested_items import ITEM_MARK


class Introductions:
    """The introductions of a text, which are asked for in order."""

    def __init__(self, text: str) -> None:
        """Begin before the first line."""
        self._text = text
        self._reached = 0
        """Where the line begins that is looked at next."""
        self._searched = 0
        """Up to where its end was looked for: a line may be the whole document."""
        self._introduction: tuple[int, int] | None = None
        """What introduces the items that may come."""
        self._indent: int | None = None
        """How far the item that is open is indented; None if none is."""

    def above(self, start_char: int) -> tuple[int, int] | None:
        """
        Find the line that introduces the item that begins at a character.

        It is the nearest line above that is no item and no part of one, if it ends with a colon;
        blank lines may stand between them.
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
        return self._introduction if ITEM_MARK.match(self._text, start_char) else None

    def _pass(self, start: int, end: int) -> None:
        line = self._text[start:end]
        said = line.strip()
        if not said:
            return
        indent = len(line) - len(line.lstrip())
        has_colon = said.endswith(":")
        if ITEM_MARK.match(line):
            self._indent = indent
        elif self._indent is None or indent <= self._indent:
            # One that is indented more than an item goes on with that.
            self._indent = None
            at = start + indent
            self._introduction = (at, at + len(said)) if has_colon else None
            return
        if has_colon:
            self._introduction = None
