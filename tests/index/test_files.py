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


def test_a_file_keeps_its_permissions_and_the_links_to_it(tmp_path: Path) -> None:
    path, link = tmp_path / "calibration.json", tmp_path / "link.json"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)

    replace_text(link, "after")

    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "after"
    assert path.stat().st_mode & 0o777 == 0o640
