"""The workbooks that are measured are workbooks."""

from pathlib import Path

from benchmarks.large_files import make_workbook
from index.formats import parse


def test_a_workbook_has_its_rows_and_about_its_size(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"

    rows = make_workbook(path, 0.1)
    loaded = parse(".xlsx", path.read_bytes())

    assert 0.05e6 < path.stat().st_size < 0.5e6
    assert len(loaded.places) == rows
    assert loaded.text.startswith("Order: 0\nCustomer: ")
