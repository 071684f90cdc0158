"""
How far questions of one meaning lie apart: `python -m benchmarks.grouping`.

The questions in `grouping.txt` were written for this, as members of one server might ask them. For
each distance it prints how many of the pairs that are put together mean the same (precision), and
how many of the pairs that mean the same are put together (recall). `bot.evaluation.gaps` takes the
largest distance with a precision above nine tenths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks import parser_of
from bot.assembly import open_index
from bot.evaluation.gaps import MAX_DISTANCE, together
from bot.settings import load_settings
from index.encoder import Vectors

QUESTIONS = Path(__file__).with_name("grouping.txt")
DISTANCES = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)


@dataclass(frozen=True, slots=True)
class Pairs:
    """How well pairs were put together."""

    precision: float
    recall: float
    groups: int


def questions() -> list[list[str]]:
    """The questions, those that mean the same together."""
    text = QUESTIONS.read_text(encoding="utf-8")
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [[line for line in block if not line.startswith("#")] for block in blocks]


def pairs(vectors: Vectors, meanings: Sequence[int], max_distance: float) -> Pairs:
    """Group vectors, and compare with which meaning each has."""
    groups = together(vectors, max_distance)
    found = {pair for group in groups for pair in combinations(sorted(group), 2)}
    right = {
        (one, other)
        for one, other in combinations(range(len(meanings)), 2)
        if meanings[one] == meanings[other]
    }
    both = len(found & right)
    return Pairs(both / max(1, len(found)), both / len(right), len(groups))


def main() -> None:
    """Print a line for each distance."""
    parser = parser_of("grouping", __doc__)
    parser.add_argument("--data", type=Path, help="a data folder with an index")
    arguments = parser.parse_args()
    opened = open_index(load_settings(data=arguments.data))
    alike = questions()
    vectors = np.stack([opened.encoder.encode_question(one) for block in alike for one in block])
    meanings = [meaning for meaning, block in enumerate(alike) for _ in block]
    opened.generation.close()
    print(f"{len(meanings)} questions of {len(alike)} meanings")
    for distance in DISTANCES:
        figures = pairs(vectors, meanings, distance)
        print(
            f"{distance:.2f}  precision {figures.precision:.2f}  recall {figures.recall:.2f}  "
            f"groups {figures.groups}{'  <- in use' if distance == MAX_DISTANCE else ''}"
        )


if __name__ == "__main__":
    main()
