"""A text put together from blocks, with the places that they stand in."""

from datetime import date
from typing import Literal

from index.documents import MAX_TITLE_CHARS, Loaded, Place, first_line, shorten
from index.formats.dates import stated_date

_SEPARATOR = "\n\n"


class Blocks:
    """Collects a document's paragraphs in order."""

    def __init__(self, kind: Literal["page", "heading", "row"]) -> None:
        """Begin a text whose places are of one kind."""
        self._kind = kind
        self._blocks: list[str] = []
        self._length = 0
        self._marks: list[tuple[int, str]] = []

    def begin(self, name: str) -> None:
        """What is added from here on stands in the place of this name."""
        self._marks.append((self._length, _storable(name)))

    def add(self, text: str) -> None:
        """Add a paragraph; one without text is left out."""
        text = _storable(text).strip()
        if text:
            self._blocks.append(text)
            self._length += len(text) + len(_SEPARATOR)

    def loaded(self, title: str | None = None, dated: date | None = None) -> Loaded:
        """
        Join the paragraphs.

        Args:
            title: From the file's metadata; else it is the first place's name or the first line.
            dated: From the file's metadata; else it is what the text states.
        """
        text = _SEPARATOR.join(self._blocks)
        ends = [start for start, _ in self._marks[1:]] + [len(text)]
        places = tuple(
            Place(start, min(end, len(text)), self._kind, name)
            for (start, name), end in zip(self._marks, ends, strict=False)
            if start < min(end, len(text))
        )
        if not (title or "").strip() and self._kind == "heading" and places:
            title = places[0].name
        title = shorten(_storable(title or ""), MAX_TITLE_CHARS) or first_line(text)
        return Loaded(text, title, dated or stated_date(text), places)


def _storable(text: str) -> str:
    """Without zeros, and with a mark for each half of a character, of which UTF-8 has none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Two halves that belong together become their character.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")
