"""
`Document` -> passages.

A passage is a run of whole sentences that fits the encoder's and the reader's window, and begins
with the last sentence of the passage before it, so that no answer is lost at a border.
"""

import itertools
import re
from collections import deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from index.abbreviations import ABBREVIATIONS, is_abbreviation
from index.code_lines import CodeLines
from index.contexts import Contexts, searched_text
from index.documents import Document
from index.formats.base import ROWS, Place
from index.formats.nested_items import ITEM_MARK, lettered
from index.formats.tables import BETWEEN_CELLS
from index.lines_apart import cut_apart

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer
    from tokenizers import Tokenizer

# A sentence splitter's time grows with what it is given at once, so one endless paragraph
# (a log, a minified file) is cut before it.
MAX_BLOCK_CHARS = 20_000
# Sentences whose tokens are counted at once, and their characters: a token takes some 250 bytes
# while it is counted, and a text of dots has one for each character.
SENTENCES_AT_ONCE = 512
CHARS_AT_ONCE = 100_000

# A word of so many characters is none: an address with data in it, or a file without spaces. Of its
# middle no sentence is made, which the sentence splitter would take the square of its length for.
_ENDLESS_WORD = re.compile(r"(?<!\S)(\S{20})(\S{160,})(\S{20})")

# Lines that are this long on average were broken because the page was full.
MIN_WRAPPED_CHARS = 30

# A row of a table is one sentence if it has at most so many characters: a cell alone, "Seats: 87",
# does not say whose it is. A longer one holds sentences of its own.
MAX_ROW_CHARS = 300

_APART = ROWS | {"message", "file"}

# A line that begins a heading, a list item or a table row.
_MARKED_LINE = re.compile(r"^[ \t]*(?:[-*+•|#]|\(?\w{1,3}[.)][ \t])", re.MULTILINE)
# Blank lines are taken out here: of a run of them the sentence splitter's time grows with the
# square. A message of a chat, "[14/01/2026, 18:22] Ann: ...", stands apart as well.
_BLOCK_END = re.compile(
    r"\n(?=[ \t]*\n"
    r"|(?:\[[\d./, -]{0,20}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d?)\d:\d\d(?::\d\d)?(?:\s[AP]M)?"
    r"(?:,[\d./ -]{1,12})?(?:\]| -) (?![a-z\d])[^\n:]{1,60}: )"
)
# A line in which nothing ends a sentence before its end: a heading, an item. Looking for more in it
# takes the sentence splitter as long as a paragraph does.
_ONE_SENTENCE = re.compile(r"\s*+[^\n.!?…]*+[.!?…]?\s*+")
# The first letter of a sentence, after marks that may open it; a list item's dash is not one. That
# of "iPhone" and "macOS" tells nothing.
_FIRST_LETTER = re.compile(r"[\"'“‘«(\[]*+(?![a-z]{1,3}[A-Z])([^\W\d_])")
# What a line ends with before the item of a list, also with a short word: "the papers; and". After
# other words, "(a)" may be a reference that is wrapped: "section 5\n(a) or (b)".
_BEFORE_ITEM = re.compile(r"[.!?:;,](?:[ \t]\w{2,3})?[ \t]*+\n[ \t]*+\Z")
_BEFORE_ITEM_CHARS = 40
# The number of a clause, whose last full stop ends no sentence.
_CLAUSE_NUMBER = re.compile(r"(?:\d{1,3}\.){2,}\d{0,3}")
# Where a block that is too long is cut: in a line only if it is all of what fits.
_LAST_SPACE = re.compile(r".*\n|.*\s", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document that is embedded and searched."""

    id: int
    """Its row in the generation, from 0."""
    document_id: str
    start_char: int
    end_char: int
    """Exclusive; `document.text[start_char:end_char] == text`."""
    text: str
    sentences: tuple[tuple[int, int], ...]
    """Start and end of each sentence, in characters of the passage; of one that was too long for a
    passage, of each part. A short row of a table is one."""
    context: str = ""
    """Where it stands, searched and read with it, never quoted; see `index.contexts`."""
    code: tuple[tuple[int, int], ...] = ()
    """Start and end of each piece of code within a line, and of each line of a block, in characters
    of the passage; see `index.code_lines`."""

    @property
    def searched(self) -> str:
        """What is embedded and searched of the passage."""
        return searched_text(self.context, self.text)


@dataclass(frozen=True, slots=True)
class Splitting:
    """How documents are split."""

    max_tokens: int = 160
    """Tokens of the encoder: with a question of 32 tokens the reader sees under 200."""
    max_chars: int = 2_000
    """Per passage: text that the tokenizer takes as one unknown word is cut all the same."""


class TokenOffsets(Protocol):
    """Where a tokenizer's tokens begin and end."""

    def __call__(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """Start and end character of each token of each text, special tokens left out."""
        ...


def offsets_by(tokenizer: "Tokenizer") -> TokenOffsets:
    """Make a function that finds the tokens of texts by a tokenizer."""

    def token_offsets(texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    return token_offsets


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, or a part of one that is too long for a passage."""

    start: int
    end: int
    tokens: int


def split(
    document: Document, splitting: Splitting, token_offsets: TokenOffsets, first_id: int = 0
) -> Iterator[Passage]:
    """
    Split one document.

    Every character of the document that is not white space is in at least one passage. Neighbours
    share one sentence wherever that sentence and the next fit a passage together. No passage holds
    two rows of a table, as a file of rows or a sheet has them, or of two files or messages inside
    of the document.

    Args:
        document: What to split.
        splitting: The limits.
        token_offsets: The encoder's tokenizer.
        first_id: The id of the first passage; the others count up from it.

    Yields:
        Passages in order of their place.
    """
    window = _Window(splitting)
    ids = itertools.count(first_id)
    row_ends = {place.start_char: place.end_char for place in document.places if place.kind in ROWS}
    borders = _borders(document.places)
    contexts = Contexts(document)
    code = CodeLines(document.text, document.code)

    def passage() -> Passage:
        start, end = window.pieces[0].start, window.pieces[-1].end
        text = document.text[start:end]
        sentences = tuple((piece.start - start, piece.end - start) for piece in window.pieces)
        is_row = start in row_ends and not document.text[end : row_ends[start]].strip()
        if is_row and len(text) <= MAX_ROW_CHARS:
            sentences = ((0, len(text)),)
        return Passage(
            id=next(ids),
            document_id=document.id,
            start_char=start,
            end_char=end,
            text=text,
            sentences=sentences,
            context=contexts.context(start, text),
            code=tuple((at - start, until - start) for at, until in code.within(start, end)),
        )

    for piece in _pieces(document.text, splitting, token_offsets):
        if borders and piece.start >= borders[0]:
            while borders and piece.start >= borders[0]:
                borders.popleft()
            if window.pieces:
                yield passage()
                window.clear()
        if window.pieces and not window.has_room_for(piece):
            yield passage()
            window.keep_last()
            if not window.has_room_for(piece):
                window.clear()
        window.add(piece)
    if window.pieces:
        yield passage()


class _Window:
    """The pieces of the passage that is being made."""

    def __init__(self, splitting: Splitting) -> None:
        """Begin without any."""
        self._splitting = splitting
        self.pieces: list[_Piece] = []
        self._tokens = 0

    def has_room_for(self, piece: _Piece) -> bool:
        """Whether a passage may hold another piece beside those that are there."""
        return (
            self._tokens + piece.tokens <= self._splitting.max_tokens
            and piece.end - self.pieces[0].start <= self._splitting.max_chars
        )

    def add(self, piece: _Piece) -> None:
        self.pieces.append(piece)
        self._tokens += piece.tokens

    def keep_last(self) -> None:
        """Go on with the last piece alone."""
        del self.pieces[:-1]
        self._tokens = self.pieces[0].tokens

    def clear(self) -> None:
        """Go on with none."""
        self.pieces.clear()
        self._tokens = 0


def _borders(places: Sequence[Place]) -> deque[int]:
    """Where no passage goes on: at rows, messages, and files inside of the document."""
    return deque(
        place.start_char
        for before, place in itertools.pairwise((None, *places))
        if place is not None
        and (
            place.kind in _APART
            or (before is not None and (before.kind in ROWS or before.within != place.within))
        )
    )


def _pieces(text: str, splitting: Splitting, token_offsets: TokenOffsets) -> Iterator[_Piece]:
    for batch in _batches(sentences(text)):
        offsets = token_offsets([text[start:end] for start, end in batch])
        for (start, end), tokens in zip(batch, offsets, strict=True):
            if len(tokens) <= splitting.max_tokens and end - start <= splitting.max_chars:
                yield _Piece(start, end, len(tokens))
            else:
                yield from _cut(text, start, end, tokens, splitting)


def _batches(spans: Iterator[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """As many neighbours as are counted at once; each of them has `MAX_BLOCK_CHARS` at most."""
    batch: list[tuple[int, int]] = []
    characters = 0
    for start, end in spans:
        batch.append((start, end))
        characters += end - start
        if len(batch) == SENTENCES_AT_ONCE or characters >= CHARS_AT_ONCE:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _cut(
    text: str, start: int, end: int, tokens: Sequence[tuple[int, int]], splitting: Splitting
) -> Iterator[_Piece]:
    """Cut a sentence that is too long, at tokens that begin a word where there are such."""
    # A third of a passage each, so that the overlap of one piece is worth having.
    max_tokens = max(1, splitting.max_tokens // 3)
    max_chars = max(1, splitting.max_chars // 3)
    bounds = [start + token_start for token_start, _ in tokens] + [end]
    first = 0
    piece_start = start
    while piece_start < end:
        last = min(first + max_tokens, len(tokens))
        while last > first and bounds[last] - piece_start > max_chars:
            last -= 1
        if last < len(tokens):
            whole_word = last
            while whole_word > first and not _begins_word(text, bounds[whole_word]):
                whole_word -= 1
            last = whole_word if whole_word > first else last
        if last > first:
            piece_end, count, first = bounds[last], last - first, last
        else:
            # One token longer than a piece may be: cut inside of it.
            piece_end, count = min(piece_start + max_chars, end), 1
            while first < len(tokens) and bounds[first] < piece_end:
                first += 1
        trimmed = _trim(text, piece_start, piece_end)
        if trimmed is not None:
            yield _Piece(*trimmed, count)
        piece_start = piece_end


def _begins_word(text: str, position: int) -> bool:
    return position == 0 or text[position - 1].isspace()


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """
    Find the sentences of a text.

    A sentence never begins with a lower-case letter, unless a blank line stands before it or a
    capital follows ("iPhone"). It never runs over a blank line, into a list item or into the next
    message of a chat, nor into a line with a label in a paragraph that begins with one, and holds
    the number that stands before it. A short row of a table is one sentence. A question that begins
    a paragraph, a line with such a label or an item is one with what follows it on its line, or
    right below it: what answers it says little without it.

    Yields:
        Start and end character of each, in order, without the white space around it. All other
        characters belong to exactly one sentence.
    """
    # Whether lines are wrapped shows in all of a block: in their length, and in items among them.
    blocks = ((block, _is_wrapped(text[slice(*block)])) for block in _blocks(text))
    parts = (
        (*part, is_wrapped) for block, is_wrapped in blocks for part in cut_apart(text, *block)
    )
    for block_start, block_end, is_wrapped in parts:
        pending: tuple[int, int] | None = None
        items = {block_start + at for at in lettered(text[block_start:block_end])}
        is_first = True
        for start, end in _sentence_spans(text[block_start:block_end], is_wrapped=is_wrapped):
            trimmed = _trim(text, block_start + start, block_start + end)
            if trimmed is None:
                continue
            if pending is None:
                pending = trimmed
            elif (
                (_starts_lower(text, *trimmed) and trimmed[0] not in items)
                or _is_numbered(text, *pending, trimmed[0])
                or _is_in_row(text, pending[1], trimmed[0])
                or _is_answered(
                    text, pending, trimmed, items, is_first=is_first or pending[0] in items
                )
            ):
                pending = (pending[0], trimmed[1])
            else:
                yield pending
                pending, is_first = trimmed, False
        if pending is not None:
            yield pending


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in itertools.chain(_BLOCK_END.finditer(text), [None]):
        end = len(text) if match is None else match.start()
        while end - start > MAX_BLOCK_CHARS:
            space = _LAST_SPACE.match(text, start, start + MAX_BLOCK_CHARS)
            cut = space.end() if space else start + MAX_BLOCK_CHARS
            yield start, cut
            start = cut
        if end > start:
            yield start, end
        start = end


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _starts_lower(text: str, start: int, end: int) -> bool:
    """Whether a piece begins with a lower-case letter that is not the mark of an item."""
    first = _FIRST_LETTER.match(text, start, end)
    return first is not None and first[1].islower() and not _is_item(text, start)


def _is_item(text: str, start: int) -> bool:
    """Whether the item of a list begins at a character, with no more than an indent before it."""
    has_mark = ITEM_MARK.match(text, start) is not None
    above = text[max(0, start - _BEFORE_ITEM_CHARS) : start]
    return has_mark and _BEFORE_ITEM.search(above) is not None


def _is_numbered(text: str, start: int, end: int, next_start: int) -> bool:
    """Whether a piece is the number of the clause that begins behind it, on the same line."""
    is_number = _CLAUSE_NUMBER.fullmatch(text, start, end) is not None
    return is_number and "\n" not in text[end:next_start]


def _is_in_row(text: str, end: int, next_start: int) -> bool:
    """Whether two pieces stand in one short row of a table."""
    first, last = max(0, end - MAX_ROW_CHARS), end + MAX_ROW_CHARS
    start, line_end = text.rfind("\n", first, end) + 1, text.find("\n", end, last)
    start, line_end = start or first, min(last, len(text)) if line_end < 0 else line_end
    line = text[start:line_end]
    if not next_start < line_end <= start + MAX_ROW_CHARS or BETWEEN_CELLS not in line:
        return False
    # A bar may also stand in prose: in a line that names no columns, and has another one right
    # below it or ends as a sentence does.
    first_named, *named = (": " in cell for cell in line.split(BETWEEN_CELLS))
    is_alone = text[line_end : line_end + 2] in {"", "\n\n"} and line[-1] not in ".!?"
    return is_alone or (all(named) and first_named + len(named) > 1)


def _is_answered(
    text: str,
    piece: tuple[int, int],
    following: tuple[int, int],
    items: Container[int],
    *,
    is_first: bool,
) -> bool:
    """Whether a piece is a question that begins a block or an item, and its answer comes."""
    (start, end), (next_start, next_end) = piece, following
    if text[end - 1] != "?" or not (is_first or _is_item(text, start)):
        return False
    # No question answers another one above it.
    is_new = text[next_end - 1] == "?" or next_start in items or _is_item(text, next_start)
    return not is_new or "\n" not in text[end:next_start]


def _sentence_spans(block: str, *, is_wrapped: bool) -> list[tuple[int, int]]:
    if _ONE_SENTENCE.fullmatch(block):
        return [(0, len(block))]
    # `line_breaks`: headings, list items and table rows are sentences of their own. In wrapped
    # prose it would take a line with few words for a heading and cut a sentence there.
    plain = _ENDLESS_WORD.sub(lambda word: word[1] + "x" * len(word[2]) + word[3], block)
    return _punkt().spans(plain, paragraph_breaks=False, line_breaks=not is_wrapped)


def _is_wrapped(block: str) -> bool:
    *lines, _ = block.strip().split("\n")
    return (
        bool(lines)
        and not _MARKED_LINE.search(block)
        and sum(map(len, lines)) / len(lines) >= MIN_WRAPPED_CHARS
    )


@cache
def _punkt() -> "PunktSentenceTokenizer":
    import nupunkt

    tokenizer = nupunkt.load("default")
    for word in tokenizer.abbreviations:
        if not is_abbreviation(word):
            tokenizer.remove_abbreviation(word)
    tokenizer.add_abbreviations(sorted(ABBREVIATIONS))
    return tokenizer
