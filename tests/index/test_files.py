"""Files are written whole, or not at all."""

import os
from pathlib import Path

import pytest

from index import files
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


def test_a_pipe_or_a_device_takes_what_is_written_and_stays(tmp_path: Path) -> None:
    """Root may replace /dev/null, and would."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        replace_text(link, "after")

        assert os.read(reading, 100) == b"after"
    finally:
        os.close(reading)
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe]


def test_a_link_that_leads_to_itself_gives_way_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.symlink_to(path)

    replace_text(path, "after")

    assert path.read_text(encoding="utf-8") == "after"


def test_what_is_written_is_on_the_disk_before_it_has_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "calibration.json"
    on_disk: list[str] = []

    def note(written: Path) -> None:
        on_disk.append(written.read_text(encoding="utf-8"))
        assert not path.exists()

    monkeypatch.setattr(files, "fsync", note)

    replace_text(path, "after")

    assert on_disk == ["after"]
