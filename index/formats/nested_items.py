"""
Lists within lists: an item is written after the items that it stands in.

    - Linux                  - Linux
      - kernel 5.13          - Linux: kernel 5.13

Apart from them, "kernel 5.13" says nothing of whose it is: neither to whoever reads a quote nor to
a search, and a tokenizer drops what an indent says. (`index.formats.tables` does so with cells.)
"""

from dataclasses import dataclass

from index.formats.blocks import without_marks

BETWEEN_ITEMS = ": "
# A longer one is a sentence, and would be said again with each item that stands in it.
_MAX_NAME_CHARS = 60
# Of all that is written before an item.
_MAX_CHARS = 100
_ENDS_A_SENTENCE = (".", "!", "?", ";")


@dataclass(slots=True)
class _Item:
    level: int
    name: str = ""
    """What is written of it before the items in it, with the marks of its code; "" for nothing."""


class NestedItems:
    """The items that are open while the lists of a document are read."""

    def __init__(self) -> None:
        """Begin outside of all lists."""
        self._open: list[_Item] = []

    def begin(self, level: int) -> None:
        """
        Begin an item.

        Args:
            level: How deep its list stands in others; those as deep or deeper have ended.
        """
        self.end(level)
        self._open.append(_Item(level))

    def end(self, level: int = 0) -> None:
        """End all items of lists that are as deep as this, or deeper."""
        while self._open and self._open[-1].level >= level:
            self._open.pop()

    def names_before(self, text: str) -> str:
        """What is written before the first paragraph of the item that began last."""
        *above, item = self._open
        item.name = _name(text)
        before: list[str] = []
        room = _MAX_CHARS
        said = without_marks(text).lower()
        for outer in reversed(above):
            name = without_marks(outer.name)
            room -= len(name) + len(BETWEEN_ITEMS)
            if not name or room < 0:
                break
            if name.lower() not in said:
                before.append(outer.name)
        return "".join(f"{each}{BETWEEN_ITEMS}" for each in reversed(before))


def _name(text: str) -> str:
    """What stands for an item before those in it: its text, unless that is a sentence."""
    name = text.rstrip().removesuffix(BETWEEN_ITEMS.rstrip()).rstrip()
    is_sentence = name.endswith(_ENDS_A_SENTENCE) or "\n" in name
    return "" if is_sentence or len(without_marks(name)) > _MAX_NAME_CHARS else name
