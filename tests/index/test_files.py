"""Files are written whole, or not at all."""

from pathlib import Path

import pytest

from index.files import replace_text


def test_what_can_not_be_written_leaves_the_file_before(tmp_path: Path) -> None:
    """Half a character can't be, as a disk may be full."""
    path = tmp_path / "calibration.json"
    replace_text(path, "before")

    with pytest.raises(UnicodeEncodeError):
        replace_text(path, "after" * 9_999 + "\ud800")

    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]
    replace_text(path, "after")
    assert path.read_text(encoding="utf-8") == "after"
