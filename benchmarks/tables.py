"""
How well the reader finds cells of tables.

    python -m benchmarks.tables [--tables 100] [--seed 1]

Asks questions of tables that are put together by chance (`training.tables`), of kinds that nothing
is trained on. Rows of a CSV file compete as the passages that they are. A cell counts as found by
the reader's words alone, and as they are placed in an answer (`answering.cells`).
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from answering.cells import at_named_cell
from answering.lists import asks_for_several
from index.passages import Passage
from reader.model import OnnxReader, PassageText, Reader, shipped_weights
from reader.spans import Span
from training.examples import Group
from training.tables import epoch_of_tables, read_kinds

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
class Figures:
    """What became of the questions."""

    cells: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    """Read as the cell that is asked for, and nothing else, by what it is asked of."""
    answered: dict[str, _Count] = field(default_factory=lambda: defaultdict(_Count))
    """The same of what an answer shows."""
    refused: _Count = field(default_factory=_Count)
    """The unanswerable questions whose every span has a margin below 0."""

    def add(self, reader: Reader, group: Group) -> None:
        """Ask a question."""
        passages = [PassageText(place, one.context) for place, one in enumerate(group)]
        best, *_ = reader.read(group[0].question, passages, 1)
        answers = [(place, *span) for place, one in enumerate(group) for span in one.spans]
        if not answers:
            self.refused.add(right=best.margin < 0)
            return
        kind, text = group[0].kind, group[best.passage_id].context
        self.cells[kind].add(right=_bounds(best) in answers)
        if not asks_for_several(group[0].question):
            passage = Passage(best.passage_id, kind, 0, len(text), text, ())
            best = at_named_cell(group[0].question, best, passage)
        self.answered[kind].add(right=_bounds(best) in answers)


def _bounds(span: Span) -> tuple[int, int, int]:
    return span.passage_id, span.start_char, span.end_char


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    reader = OnnxReader(shipped_weights())
    figures = Figures()
    for group in epoch_of_tables(read_kinds("dev"), given.tables, given.seed):
        figures.add(reader, group)
    for kind, count in sorted(figures.cells.items()):
        print(f"{kind}: {count} cells read, {figures.answered[kind]} answered")
    print(f"unanswerable: {figures.refused} refused")


if __name__ == "__main__":
    main()
