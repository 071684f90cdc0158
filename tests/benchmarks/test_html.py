"""How the pages of an annotated corpus are counted."""

import json
from pathlib import Path

import pytest

from benchmarks.html import main


def test_pieces_that_are_kept_lost_or_wrongly_kept_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "eval/a.html").write_text("<nav>Home</nav><p>A loaf\ncosts 4.</p><p>Sale!</p>")
    (tmp_path / "cache/b.html").write_text("")
    pages = {
        "https://a.example": {"file": "a.html", "with": ["loaf costs 4"], "without": ["Sale!"]},
        "https://b.example": {"file": "b.html", "with": ["a roll"], "without": ["Home"]},
        "https://c.example": {"file": "missing.html", "with": ["cake"], "without": []},
    }
    (tmp_path / "evaldata.json").write_text(json.dumps(pages))

    main([str(tmp_path)])

    assert capsys.readouterr().out == (
        "quoth: precision 0.500, recall 0.500, F1 0.500, 1 pages without text\n"
    )
