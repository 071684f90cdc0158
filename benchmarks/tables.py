"""
How well cells of tables are found, in the kinds of files that people write tables in.

    python -m benchmarks.tables [--tables 100] [--seed 1] [--only "Markdown" ...] [--each]
                                [--missed]

Asks questions of tables that are put together by chance (`training.tables`), of things that nothing
is trained on. Each table is written into files, which are read and split as an index does it; all
passages of a file are read. In training each table has one layout, and is written into the kinds of
files that have it; with --each, into those of every kind. A cell counts as found by the reader's
words alone, and as they are placed in an answer (`answering.cells`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tokenizers import Tokenizer

from answering.answerer import SPANS_PER_PASSAGE
from answering.cells import at_named_cell
from answering.lists import asks_for_several
from benchmarks import parser_of
from benchmarks.table_files import KINDS, Table, document_of, table_of
from index.encoder_files import DEFAULT_ENCODER, find_encoder
from index.passages import Passage, Splitting, TokenOffsets, offsets_by, split
from reader.model import TOKENIZER_NAME, OnnxReader, PassageText, Reader, shipped_weights
from reader.spans import Span
from training.tables import epoch_of_tables, kind_of, read_kinds

SEED = 1


@dataclass
class _Count:
    asked: int = 0
    right: int = 0

    def add(self, *, right: bool) -> None:
        self.asked += 1
        self.right += right

    def __str__(self) -> str:
        return f"{100 * self.right / self.asked:.1f} % of {self.asked}" if self.asked else "none"


@dataclass
class CellFigures:
    """What became of the questions about one kind of file."""

    cells: _Count = field(default_factory=_Count)
    """Read as the cell that is asked for, and nothing else."""
    answered: _Count = field(default_factory=_Count)
    """The same of what an answer shows."""
    refused: _Count = field(default_factory=_Count)
    """The unanswerable questions whose every span has a margin below 0."""
    missed: list[str] = field(default_factory=list)
    """What was answered otherwise than it should be."""

    def add(self, reader: Reader, token_offsets: TokenOffsets, table: Table, kind: str) -> None:
        """Ask a question of a file of the kind, unless it names a column that has no name there."""
        said = table.question.lower()
        if not KINDS[kind].has_header and any(name.lower() in said for name in table.header[1:]):
            return
        document, places = document_of(table, KINDS[kind])
        passages = list(split(document, Splitting(), token_offsets))
        texts = [PassageText(one.id, one.text, context=one.context) for one in passages]
        best, *others = reader.read(table.question, texts, SPANS_PER_PASSAGE)
        if not table.answers:
            self.refused.add(right=best.margin < 0)
            return
        answers = {places[cell] for cell in table.answers if cell in places}
        self.cells.add(right=_bounds(best, passages) in answers)
        shown: Span | None = best
        if not asks_for_several(table.question):
            passage = passages[best.passage_id]
            shown = at_named_cell(table.question, best, passage, passages, others)
        is_right = shown is not None and _bounds(shown, passages) in answers
        self.answered.add(right=is_right)
        if not is_right:
            expected = [document.text[slice(*one)] for one in sorted(answers)]
            self.missed.append(
                f"{kind}: {table.question!r}: {expected}, read {best.text!r} ({best.margin:.1f}), "
                f"answered {shown and shown.text!r}\n{document.text}\n"
            )


def _bounds(span: Span, passages: Sequence[Passage]) -> tuple[int, int]:
    passage = passages[span.passage_id]
    return passage.start_char + span.start_char, passage.start_char + span.end_char


def _token_offsets() -> TokenOffsets:
    """The encoder's own, by which an index splits."""
    tokenizer = Tokenizer.from_file(str(find_encoder(DEFAULT_ENCODER) / TOKENIZER_NAME))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return offsets_by(tokenizer)


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print."""
    parser = parser_of("tables", __doc__)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, metavar="KIND", help="some of the kinds of files"
    )
    parser.add_argument(
        "--each", action="store_true", help="write each table into files of every kind"
    )
    parser.add_argument("--missed", action="store_true", help="show what was answered wrongly")
    given = parser.parse_args(arguments)
    reader, token_offsets = OnnxReader(shipped_weights()), _token_offsets()
    figures: defaultdict[str, CellFigures] = defaultdict(CellFigures)
    for group in epoch_of_tables(read_kinds("dev"), given.tables, given.seed):
        table = table_of(group)
        for kind in given.only or KINDS:
            if given.each or group[0].kind == kind_of(KINDS[kind].layout):
                figures[kind].add(reader, token_offsets, table, kind)
    if given.missed:
        print("\n".join(line for found in figures.values() for line in found.missed))
    for kind, found in figures.items():
        print(
            f"{kind}: {found.cells} cells read, {found.answered} answered; "
            f"{found.refused} refused that have no answer"
        )


if __name__ == "__main__":
    main()
