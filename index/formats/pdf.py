"""
PDF: the text of each page, its lines joined to paragraphs.

The items of a list stand right below each other and the line that introduces them; without such a
line they are paragraphs, as numbered clauses are.
A page that is a picture has no text; it is read by OCR where that is installed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from heapq import merge
from itertools import compress, groupby
from operator import itemgetter
from typing import NamedTuple

from pypdfium2 import PdfDocument, PdfiumError, PdfPage, raw

from index.errors import DocumentError
from index.formats import ocr
from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces
from index.formats.dates import parse_date
from index.formats.nested_items import ITEM_MARK, POSSIBLE_MARK
from index.formats.pdf_headings import Heading, find_headings, running_lines
from index.formats.pdf_layout import BROKEN, Line, arranged, is_side_by_side, pieces
from index.formats.pdf_looks import Looks, bookmarks, ends_of_lines, has_tags
from index.lines_apart import labelled

# A line that is this much shorter than the page's longest ends its paragraph.
_FULL_LINE_SHARE = 0.75
# From one line up to the next one that was written, in sizes of its letters, from which on this is
# no raised letter.
_MIN_UP = 1.0
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_BEGINS_PARAGRAPH = re.compile(
    rf"{ITEM_MARK.pattern}|(?:[·–—]|\(?(?:\d{{1,3}}|[a-z]|[ivx]{{2,5}})[.)]|(?:\d{{1,3}}\.){{2,}})\s"
)
# Contracts say a number twice, "seventy-two (72)", which is no mark of an item.
_REPEATED_NUMBER = re.compile(r"\(\d{1,3}\)\s")
_NUMBER_WORD = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundred|thousand)$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
# What no paragraph ends with, however short its last line is.
_GOES_ON = re.compile(r"[-\u00ad\u2010–—,(/&+=]$")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2}[\u00ad\u2010-]$")
# What PDFium gives for letters that are drawn as one, and for the hyphen of a word that a line
# breaks and the end of that line.
_CHARACTERS = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufb05": "st",
        "\ufb06": "st",
        "\r": None,
        **dict.fromkeys(BROKEN, "\u00ad\n"),
    }
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Looked for where a word begins: at each of its letters, a long one would take the square of it.
_BROKEN_BY_LINE = re.compile(r"(?<![^\W\d_])([^\W\d_]++)\u00ad\s*+([^\W\d_]++)")
# Lines at the top and at the bottom of a page, of which a header or a footer is made.
_MARGIN_LINES = 2
# A header stands on so many pages at least; odd and even pages, and chapters, have their own.
_MIN_PAGES = 3
# Dots that lead to the number of a page, and in how many lines of a page they do at least.
_LEADER = re.compile(r"(?:[ \xa0]?+\.){5,}+")
_MIN_ENTRIES = 3
_AT_PAGE = re.compile(r"\.\s*(\d{1,4})\s*$")
_PAGE = re.compile(r"\bpage\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,5}")
_MAX_NUMBERS = 4
_MAX_NAMED_RUNS = 10
_NO_TEXT = "it holds no text"
_INSTALL_OCR = "its pages are pictures; install quoth[ocr] and index with --rebuild"


@dataclass(frozen=True, slots=True)
class _Page:
    lines: tuple[Line, ...]
    is_scan: bool


def load_pdf(_suffix: str, content: bytes) -> Loaded:
    """Read a PDF; its places are its pages, counted from 1 as a viewer does."""
    try:
        document = PdfDocument(content)
        outline = bookmarks(document)
        # One with an entry for each page names the headings; to read the tags takes its time.
        is_tagged = len(outline) < len(document) and has_tags(document)
        found = [_lines(document, number, is_tagged=is_tagged) for number in range(len(document))]
        stated = document.get_metadata_dict()
    except PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentError("it is protected by a password; save it without") from error
        raise DocumentError(f"it is no sound PDF ({str(error).rstrip('.')})") from error
    kept = _without_contents(without_running_lines(page.lines for page in found))
    headings = find_headings(kept, outline, running_lines(page.lines for page in found))
    pages = [
        list(_written(lines, [headings.get((page, at)) for at in range(len(lines))]))
        for page, lines in enumerate(kept)
    ]
    # How long the lines of a page are tells paragraphs apart: words are made whole after that.
    texts = iter(whole_words([part.text for page in pages for part in page]))
    blocks = Blocks("page")
    for number, (written, page) in enumerate(zip(pages, found, strict=True), start=1):
        blocks.begin(f"{number}", kind="scan" if page.is_scan else "page")
        before, is_list = "", False
        for part in written:
            text, is_row = next(texts), part.is_row
            if part.heading is not None:
                name = part.heading.name if part.heading.is_run_in else text
                blocks.add_heading(name, part.heading.level)
            # An item belongs right below the line that introduces its list, or the item before; a
            # heading with a number is none.
            may_be_item = part.heading is None and not is_row
            is_marked = may_be_item and POSSIBLE_MARK.match(text) is not None
            is_list = is_marked and (is_list or introduces(before))
            blocks.add(text, joined=is_list)
            before = "" if is_row else text
    loaded = blocks.loaded(stated.get("Title"), _dated(stated.get("CreationDate", "")))
    if ocr.is_installed():
        unread = []
    else:
        unread = [number for number, page in enumerate(found, start=1) if page.is_scan]
    if not loaded.text:
        raise DocumentError(f"{_NO_TEXT}; {_INSTALL_OCR}" if unread else _NO_TEXT)
    return replace(loaded, unread=_named_pages(unread))


class _Paragraph(NamedTuple):
    text: str
    is_row: bool
    """Whether it is a row of a table, or a note."""
    heading: Heading | None
    """The one that it is, or begins with."""


def _written(lines: Sequence[Line], headings: Sequence[Heading | None]) -> Iterator[_Paragraph]:
    """The paragraphs of a page, where the heading is given that each line is, if any."""
    pairs = zip(lines, headings, strict=True)
    for (_, is_row), part in groupby(pairs, lambda pair: (pair[0].part, pair[0].is_row)):
        together = list(part)
        longest = max(len(line.text.strip()) for line, _ in together)
        for heading, texts in _parted(together):
            if heading is not None and not heading.is_run_in:
                yield _Paragraph(" ".join(map(str.strip, texts)), is_row, heading)
                continue
            found = texts if is_row else paragraphs("\n".join(texts), longest)
            for number, text in enumerate(found):
                yield _Paragraph(text, is_row, None if number else heading)


def _parted(
    lines: Iterable[tuple[Line, Heading | None]],
) -> Iterator[tuple[Heading | None, list[str]]]:
    """The texts of lines, with the heading that they are, or begin with."""
    begun: Heading | None = None
    texts: list[str] = []
    for line, heading in lines:
        goes_on = heading is begun or (heading is None and begun is not None and begun.is_run_in)
        if texts and not goes_on:
            yield begun, texts
            texts = []
        begun = begun if texts else heading
        texts.append(line.text)
    if texts:
        yield begun, texts


def _named_pages(numbers: Sequence[int]) -> str | None:
    """Name pages, in order, as in "pages 2-5 and 7"; None if there are none."""
    # The numbers of a run are as far from each other as their places are.
    found = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    runs = [[number for _, number in run] for _, run in found]
    names = [f"{run[0]}-{run[-1]}" if run[1:] else f"{run[0]}" for run in runs]
    if len(names) > _MAX_NAMED_RUNS:
        names = [*names[:_MAX_NAMED_RUNS], "others"]
    *others, last = names or [""]
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"{'pages' if numbers[1:] else 'page'} {listed}" if last else None


def _lines(document: PdfDocument, number: int, *, is_tagged: bool) -> _Page:
    """The lines of a page in the order in which people read them."""
    page = document[number]
    found = page.get_textpage()
    looks = Looks(page, found, is_tagged=is_tagged)
    # On a page that is turned, lines go up and down.
    if page.get_rotation() == 0 and is_side_by_side(found):
        lines = [_looked(line, looks) for line in arranged(pieces(found))]
    else:
        texts = found.get_text_bounded().splitlines()
        ends = ends_of_lines(found, texts)
        lines = _downwards(
            [_looked(Line(text, ends=each), looks) for text, each in zip(texts, ends, strict=True)]
        )
    is_scan = not any(line.text.strip() for line in lines) and _is_picture(page)
    if is_scan and ocr.is_installed():
        lines = ocr.read_page(page)
    # Freed here, since the pages of a large file hold more than its text.
    found.close()
    page.close()
    translated = (replace(line, text=text) for line in lines for text in _translated(line))
    return _Page(tuple(translated), is_scan)


def _looked(line: Line, looks: Looks) -> Line:
    return line if line.ends is None else replace(line, look=looks.look(*line.ends))


def _downwards(lines: list[Line]) -> list[Line]:
    """
    The lines of a page from its top, where all of them are known to stand below each other.

    Some programs write the headings of a page before its text, or its header last.
    """
    runs: list[list[tuple[float, Line]]] = [[]]
    last = 0.0
    for line in lines:
        look = line.look
        if look is not None:
            if runs[-1] and look.bottom > last + _MIN_UP * look.size:
                runs.append([])
            last = look.bottom
        elif line.text.strip():
            return lines
        # A blank line stays below the one that was written before it.
        runs[-1].append((-last, line))
    return [line for _, line in merge(*runs, key=itemgetter(0))] if runs[1:] else lines


def _translated(line: Line) -> list[str]:
    """The lines that one is which PDFium does not break after a hyphen; a row of a table is one."""
    text = line.text.translate(_CHARACTERS)
    return [text.replace("\n", "")] if line.is_row else text.removesuffix("\n").split("\n")


def _is_picture(page: PdfPage) -> bool:
    return next(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]), None) is not None


def _dated(created: str) -> date | None:
    # Read by hand: programs write its end, the time zone, in more ways than libraries expect.
    found = _CREATED.match(created)
    return parse_date("-".join(found.groups())) if found else None


def whole_words(texts: Sequence[str]) -> list[str]:
    """
    Join words that a line has broken, whose hyphen is a soft one by now.

    Whether the hyphen belongs to the word, the rest of the document tells: it says the word with a
    hyphen, or both parts as words but never the whole. Else the hyphen is the line's.
    """
    unbroken = (_BROKEN_BY_LINE.sub(" ", text).lower() for text in texts)
    words = {word for text in unbroken for word in _WORD.findall(text)}

    def joined(match: re.Match[str]) -> str:
        before, after = match.groups()
        whole = f"{before}{after}".lower()
        parts = {before.lower(), after.lower()}
        has_hyphen = f"{before}-{after}".lower() in words or (whole not in words and parts <= words)
        return f"{before}-{after}" if has_hyphen else f"{before}{after}"

    return [_BROKEN_BY_LINE.sub(joined, text) for text in texts]


def without_running_lines(pages: Iterable[Sequence[Line]]) -> list[list[Line]]:
    """
    Leave out headers and footers, but for the first time that each stands there.

    They are lines in a page's margins that stand on several pages in the same words. Where a line
    names a page, its number may count with the pages; where it is nothing else, it is left out
    everywhere.
    """
    pages = list(pages)
    margins = [set(_margins(lines)) for lines in pages]
    seen: Counter[tuple[str, int]] = Counter()
    for number, lines in enumerate(pages):
        seen.update({key for at in margins[number] for key in _keys(lines[at].text, number)})
    running = {key for key, count in seen.items() if count >= _MIN_PAGES}
    shown: set[tuple[str, int]] = set()
    kept: list[list[Line]] = []
    for number, lines in enumerate(pages):
        kept.append([])
        for at, line in enumerate(lines):
            is_margin = at in margins[number]
            keys = running.intersection(_keys(line.text, number)) if is_margin else set()
            if not keys or (shown.isdisjoint(keys) and any(map(str.isalpha, line.text))):
                kept[-1].append(line)
            shown |= keys
    return kept


def _without_contents(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """
    Leave out the lines of a table of contents, in which dots lead from a heading to its page.

    They say what other lines of the document say. Dots also lead to prices, in a list of them.
    """
    said = Counter(
        _letters(line.text) for lines in pages for line in lines if not _LEADER.search(line.text)
    )
    left: list[list[Line]] = []
    for lines in pages:
        entries = [_is_entry(line.text, said) for line in lines]
        is_contents = _are_contents(list(compress(lines, entries)), len(pages))
        left.append(
            [
                line
                for line, is_entry in zip(lines, entries, strict=True)
                # On their page, the entries of chapters may have no dots, and other headings that
                # dots lead from are broken over two lines where they stand.
                if not is_contents
                or not (
                    is_entry
                    or _leads_to_page(line.text)
                    or _is_bare_entry(line.text, said, len(pages))
                )
            ]
        )
    return left


def _are_contents(entries: Sequence[Line], pages: int) -> bool:
    """Whether what dots lead to is, in order, the numbers of pages, and not prices."""
    found = [_AT_PAGE.search(line.text) for line in entries]
    numbers = [int(one[1]) for one in found if one is not None]
    return (
        _MIN_ENTRIES <= len(numbers) == len(entries)
        and numbers == sorted(numbers)
        and numbers[-1] <= pages
    )


def _is_entry(text: str, said: Mapping[str, int]) -> bool:
    names = list(filter(None, map(_letters, _LEADER.split(text))))
    return _LEADER.search(text) is not None and bool(names) and all(said[name] for name in names)


def _leads_to_page(text: str) -> bool:
    leader = _LEADER.search(text)
    return leader is not None and text[leader.end() :].strip().isdigit()


def _is_bare_entry(text: str, said: Mapping[str, int], pages: int) -> bool:
    _, _, number = text.rstrip().rpartition(" ")
    return number.isdigit() and int(number) <= pages and said[_letters(text)] > 1


def _letters(text: str) -> str:
    """A line without what differs between a heading and its entry in a table of contents."""
    return "".join(filter(str.isalpha, text)).casefold()


def _margins(lines: Sequence[Line]) -> list[int]:
    """Which lines of a page are the first and the last ones that are not blank."""
    written = [at for at, line in enumerate(lines) if line.text.strip()]
    # A page of a few lines, such as a slide, has no margins; a form says much the same on each.
    if len(written) <= 2 * _MARGIN_LINES:
        return [at for at in written if not any(map(str.isalpha, lines[at].text))]
    return [*written[:_MARGIN_LINES], *written[-_MARGIN_LINES:]]


def _keys(line: str, page: int) -> Iterator[tuple[str, int]]:
    """What a line has in common with the same one on another page."""
    words = " ".join(line.split())
    yield words, 0
    if any(map(str.isalpha, words)) and not _PAGE.search(words):
        return
    for number in list(_NUMBER.finditer(words))[:_MAX_NUMBERS]:
        yield f"{words[: number.start()]}\0{words[number.end() :]}", int(number[0]) - page


def paragraphs(page: str, longest: int) -> list[str]:
    """
    Join the lines of a page, the longest of which has so many characters.

    A line break in a PDF is where the line was full; a sentence goes on over it. A paragraph ends
    at a blank line, before a list item, between lines that begin with labels, and after a line that
    ends a sentence or is far from full; one that ends with a bracket or the like goes on with a
    small letter.
    """
    lines = [line.strip() for line in page.split("\n")]
    full = _FULL_LINE_SHARE * longest
    joined: list[str] = []
    goes_on = may_go_on = False
    for line in lines:
        if not line:
            goes_on = may_go_on = False
            continue
        if (
            (goes_on or (may_go_on and line[0].islower() and not joined[-1][0].islower()))
            and (not _BEGINS_PARAGRAPH.match(line) or _repeats_number(joined[-1], line))
            and not _is_heading(joined[-1], line, full)
            and not all(labelled([joined[-1], line]))
        ):
            joined[-1] = _join(joined[-1], line)
        else:
            joined.append(line)
        goes_on = len(line) >= full or _GOES_ON.search(line) is not None
        may_go_on = not line[-1].isalnum() and _SENTENCE_END.search(line) is None
    return joined


def _repeats_number(before: str, line: str) -> bool:
    """Whether a line begins with the figures of the number that the line before ends with."""
    return bool(_REPEATED_NUMBER.match(line) and _NUMBER_WORD.search(before))


def _is_heading(before: str, line: str, full: float) -> bool:
    """Whether a line stands alone after a full one: it is short and no sentence on either side."""
    is_short = len(line) < full / 2 and not _SENTENCE_END.search(line)
    return is_short and line[0].isupper() and _SENTENCE_END.search(before) is not None


def _join(before: str, after: str) -> str:
    # `whole_words` tells whether a soft hyphen stays; other hyphens do, since nobody can tell.
    is_broken = before[-1] == "\u00ad" or after[:1].islower()
    return before + after if is_broken and _BROKEN_WORD.search(before) else f"{before} {after}"
