"""
How much of the main text of web pages is kept, and how much of the rest.

    python -m benchmarks.html FOLDER [--against trafilatura]

FOLDER holds an annotated corpus in the form of trafilatura's own (its repository's `tests/`):
`evaldata.json` names for each page a file in `eval/` or `cache/`, pieces that belong to its main
text (`with`), and pieces that don't (`without`).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import parser_of
from index.errors import DocumentError
from index.formats import parse

_PAGES = ("eval", "cache")


@dataclass
class PieceFigures:
    """What became of the pieces."""

    kept: int = 0
    lost: int = 0
    wrongly_kept: int = 0
    refused: int = 0
    """Pages of which nothing was read; all their pieces are lost."""

    @property
    def precision(self) -> float:
        """The share of what belongs there in all that was kept."""
        return self.kept / (self.kept + self.wrongly_kept)

    @property
    def recall(self) -> float:
        """The share of what was kept in all that belongs there."""
        return self.kept / (self.kept + self.lost)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)

    def add(self, text: str, wanted: Sequence[str], unwanted: Sequence[str]) -> None:
        """Look for the pieces of a page in what was read of it."""
        text = _one_line(text)
        found = sum(_one_line(piece) in text for piece in wanted)
        self.kept += found
        self.lost += len(wanted) - found
        self.wrongly_kept += sum(_one_line(piece) in text for piece in unwanted)


def read_by_quoth(content: bytes) -> str:
    """What Quoth reads of a page."""
    return parse(".html", content).text


def read_by_trafilatura(content: bytes) -> str:
    """What trafilatura reads of a page, left to itself."""
    import trafilatura

    return trafilatura.extract(content, include_comments=False) or ""


READERS: dict[str, Callable[[bytes], str]] = {
    "quoth": read_by_quoth,
    "trafilatura": read_by_trafilatura,
}


def measure(folder: Path, read: Callable[[bytes], str]) -> PieceFigures:
    """Read all pages of a corpus."""
    figures = PieceFigures()
    annotated = json.loads((folder / "evaldata.json").read_text(encoding="utf-8"))
    for page in annotated.values():
        paths = (folder / name / page["file"] for name in _PAGES)
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            continue
        try:
            text = read(path.read_bytes())
        except DocumentError:
            text = ""
        figures.refused += not text
        figures.add(text, page["with"], page["without"])
    return figures


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = parser_of("html", __doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", choices=["trafilatura"])
    given = parser.parse_args(arguments)
    for name in filter(None, ("quoth", given.against)):
        figures = measure(given.folder, READERS[name])
        print(
            f"{name}: precision {figures.precision:.3f}, recall {figures.recall:.3f}, "
            f"F1 {figures.f1:.3f}, {figures.refused} pages without text"
        )


if __name__ == "__main__":
    main()
