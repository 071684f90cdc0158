"""Which paragraphs of a page are its main text, as trafilatura sees it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.formats.blocks import introduces

# trafilatura looks at a page again and again; of a larger one it would take minutes.
_MAX_PAGE_CHARS = 3_000_000
# Pieces of a paragraph that are looked for one by one, since trafilatura leaves out some words.
_PIECE_CHARS = 40
# A paragraph is kept if so much of it is found.
_MIN_FOUND_SHARE = 0.5
# A shorter text stands somewhere by chance, and has to be a line of its own.
_MIN_CHARS = 25
# With less than this of what stands outside of the page's menus, trafilatura has lost its way.
_MIN_SHARE = 0.1
# With less of what trafilatura has found among the page's paragraphs, they are made up otherwise.
_MIN_COVERED_SHARE = 0.6
_WHOLE_PAGE = -1
# A shorter line is a label, such as "Tags:".
_MIN_INTRODUCING_WORDS = 3
_WORD = re.compile(r"\w+")
# What a heading begins with in a document whose sections are numbered.
_NUMBER = re.compile(r"^\d[\d.]*+[ \xa0]")
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a page, before anybody knows whether it belongs to the main text."""

    text: str
    heading: tuple[str, int] | None = None
    """Its name and level, if it is a heading."""
    group: int = 0
    """Which element holds it: paragraphs of the same one stand together."""
    shown: str = ""
    """What the page shows of it, if that differs, as it does of a table's row."""
    block: int | None = None
    """Which table, or block of code, it is a part of, if it is of one."""
    is_item: bool = False
    """Whether it stands in a list that is no menu."""
    mark: str = ""
    """What an item of such a list begins with, as "- "; its other paragraphs begin with nothing."""
    names: str = ""
    """What is written between the mark and the text: the items that this one stands in."""
    role: Literal["term", "definition"] | None = None
    """What it is in a list of definitions, whose other paragraphs are nothing in it."""
    linked: int = 0
    """How many of its letters lead to other pages."""
    is_silent: bool = False
    """Whether it stands in an element that is seldom part of what a page says."""

    @property
    def may_be_around(self) -> bool:
        """Whether the paragraph is left out unless it is surely part of the main text."""
        is_link = 0 < self.linked == len(letters(self.text)) and not self.is_item
        return self.is_silent or is_link

    @property
    def names_a_page(self) -> bool:
        """Whether it only says where to read on: "See also: How the harbour was built"."""
        label, _, title = self.text.partition(":")
        return letters(label) in _FURTHER_READING and 0 < self.linked == len(letters(title))


class MainText:
    """What trafilatura has found on a page."""

    def __init__(self, text: str) -> None:
        """Take its text, a paragraph in each line."""
        self.lines = text.split("\n")
        self._lines = frozenset(map(letters, self.lines))
        self._letters = letters(text)

    def __len__(self) -> int:
        """How many letters it has."""
        return len(self._letters)

    def holds(self, paragraph: Paragraph) -> bool:
        """Whether a paragraph is part of it."""
        wanted = letters(paragraph.shown or paragraph.text)
        if len(wanted) < _MIN_CHARS:
            return wanted in self._lines
        pieces = [wanted[at : at + _PIECE_CHARS] for at in range(0, len(wanted), _PIECE_CHARS)]
        found = sum(len(piece) for piece in pieces if piece in self._letters)
        return found >= _MIN_FOUND_SHARE * len(wanted)


def main_text(page: str) -> MainText | None:
    """Let trafilatura look at a page; none if it finds nothing, or the page is too large for it."""
    if len(page) > _MAX_PAGE_CHARS:
        return None
    # It takes a second to import, and only pages need it.
    import trafilatura

    try:
        text = trafilatura.extract(page, include_comments=False, deduplicate=False)
    # Whatever it trips over, the page can still be read whole.
    except Exception:
        return None
    return MainText(text) if text else None


def main_paragraphs(
    paragraphs: Sequence[Paragraph], main: MainText, outside_menus: Sequence[Paragraph]
) -> list[Paragraph]:
    """
    The paragraphs that belong to the main text, in their order.

    Headings stay if something right below them stays. What trafilatura gives otherwise or not at
    all stays, too: tables and code in the midst of the main text or that it has a part of, and what
    stands among kept paragraphs of the same element. If the text that it has found stands on the
    page in no such paragraphs, its own are taken.

    Args:
        paragraphs: Those of the whole page.
        main: What trafilatura has found.
        outside_menus: The paragraphs to take if it has lost its way.
    """
    contents = _contents(paragraphs)
    kept = [
        main.holds(one)
        and not one.names_a_page
        and not (one.is_silent and one.heading is None and letters(one.text) in contents)
        for one in paragraphs
    ]
    if _length(paragraphs, kept) < _MIN_COVERED_SHARE * len(main):
        return [Paragraph(line) for line in main.lines]
    _fill(paragraphs, kept)
    below = False
    for at in reversed(range(len(paragraphs))):
        if paragraphs[at].heading is not None:
            kept[at] = kept[at] or (below and not paragraphs[at].is_silent)
        below = kept[at] and paragraphs[at].heading is None
    if _length(paragraphs, kept) < _MIN_SHARE * _length(outside_menus, [True] * len(outside_menus)):
        return [*outside_menus]
    return [paragraph for paragraph, is_kept in zip(paragraphs, kept, strict=True) if is_kept]


def _contents(paragraphs: Sequence[Paragraph]) -> frozenset[str]:
    """What a page's table of contents says: its headings, with their numbers or without."""
    names = [one.heading[0] for one in paragraphs if one.heading is not None]
    return frozenset(letters(said) for name in names for said in (name, _NUMBER.sub("", name)))


def _fill(paragraphs: Sequence[Paragraph], kept: list[bool]) -> None:
    """
    Keep what stands between kept paragraphs, if it belongs together with them.

    A list goes on to its end, and follows the kept paragraph that introduces it.
    """
    ends: dict[int, list[int]] = {}
    blocks = set()
    for at, paragraph in enumerate(paragraphs):
        if kept[at]:
            ends.setdefault(paragraph.group, [at, at])[1] = at
            ends.setdefault(_WHOLE_PAGE, [at, at])[1] = at
            blocks.add(paragraph.block)
    for at, paragraph in enumerate(paragraphs):
        if paragraph.may_be_around or paragraph.names_a_page:
            continue
        is_in_block = paragraph.block is not None
        first, last = ends.get(_WHOLE_PAGE if is_in_block else paragraph.group, (at, at))
        kept[at] |= first < at < last or (is_in_block and paragraph.block in blocks)
        if at and paragraph.is_item and kept[at - 1]:
            before = paragraphs[at - 1]
            is_beside = paragraph.group == before.group
            follows = is_beside and (before.is_item or introduces(before.text))
            kept[at] |= follows or introduces_list(before.text)


def _length(paragraphs: Sequence[Paragraph], kept: Sequence[bool]) -> int:
    """The letters of the paragraphs that are kept."""
    return sum(
        len(letters(paragraph.shown or paragraph.text))
        for paragraph, is_kept in zip(paragraphs, kept, strict=True)
        if is_kept
    )


def introduces_list(line: str) -> bool:
    """Whether links below a line belong to what it says: "You need these tools:"."""
    sentence = " ".join(line.split()).rpartition(". ")[2]
    if not introduces(sentence) or letters(sentence) in _FURTHER_READING:
        return False
    words = _WORD.findall(sentence.casefold())
    said = f" {' '.join(words)} "
    is_about_site = any(f" {about} " in said for about in _ABOUT_THE_SITE)
    return len(words) >= _MIN_INTRODUCING_WORDS and not is_about_site


def letters(text: str) -> str:
    """The letters of a text, by which texts are compared."""
    return _NOT_A_LETTER.sub("", text).casefold()


# Behind another label a link may be what the page says: "Form: Application for a permit".
_FURTHER_READING = frozenset(
    map(
        letters,
        [
            *("see also", "read also", "also read", "read more", "more on this", "read next"),
            *("related", "related article", "related story", "further reading", "recommended"),
            *("lea", "lea más", "lea también", "le puede interesar", "puedes ver", "ver también"),
            *("lesen Sie auch", "lies auch", "mehr lesen", "weiterlesen", "siehe auch"),
            *("lire aussi", "à lire aussi", "voir aussi", "leggi anche", "vedi anche"),
            *("leia mais", "leia também", "veja também", "lees ook", "zie ook"),
            *("czytaj też", "czytaj także", "zobacz też", "läs också", "se även"),
        ],
    )
)
# A sentence with one of these speaks of the site, and links below it are no part of the text.
_ABOUT_THE_SITE = (
    *("page", "pages", "site", "website", "contents", "articles", "related"),
    *("this article", "this chapter", "this post", "this section", "this story", "to section"),
    *("share it", "share on", "share this", "share via", "follow me", "follow on", "follow us"),
    *("also enjoy", "also like", "also read", "also see", "see also", "jump to", "skip to"),
    *("learn more", "read more", "read next", "read on", "filed under", "tagged with"),
    *("further articles", "further information", "further links", "further reading"),
    *("more about", "more from", "more in", "more like", "more on", "more posts", "more stories"),
    *("artikel", "seite", "seiten", "teilen", "weitere", "auch interessieren", "zum thema"),
    *("folge uns", "folgen sie", "mehr lesen", "springe direkt", "springe zu"),
    *("cet article", "partager", "la rédaction", "suivez nous", "vous aimerez"),
    *("artículo", "artículos", "compartir", "síguenos", "te puede interesar", "página"),
)
