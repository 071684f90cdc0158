"""
How well the reader finds cells of tables.

    python -m benchmarks.tables [--tables 100]

Asks questions of tables that are put together by chance (`training.tables`), of kinds that nothing
is trained on. Rows of a CSV file compete as the passages that they are.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from reader.model import OnnxReader, PassageText, Reader, shipped_weights
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
    """Answered with the cell that is asked for, and nothing else, by what it is asked of."""
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
        found = (best.passage_id, best.start_char, best.end_char)
        self.cells[group[0].kind].add(right=found in answers)


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tables", type=int, default=100)
    given = parser.parse_args(arguments)
    reader = OnnxReader(shipped_weights())
    figures = Figures()
    for group in epoch_of_tables(read_kinds("dev"), given.tables, SEED):
        figures.add(reader, group)
    for kind, count in sorted(figures.cells.items()):
        print(f"{kind}: {count} cells found")
    print(f"unanswerable: {figures.refused} refused")


if __name__ == "__main__":
    main()
