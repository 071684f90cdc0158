"""Pictures, and why there may be none."""

import sys
from pathlib import Path

import pytest

from bot.evaluation.errors import PlotError
from bot.evaluation.plot import check_plotting, plot
from tests.bot.evaluation.test_report import SOME


@pytest.mark.parametrize(
    ("name", "start"),
    [("p.png", b"\x89PNG"), ("p.svg", b"<?xml"), ("p.pdf", b"%PDF"), ("p.JPG", b"\xff\xd8")],
)
def test_a_picture_is_written(tmp_path: Path, name: str, start: bytes) -> None:
    path = tmp_path / name

    check_plotting(path)
    plot({"reader": SOME, "open": SOME}, path)

    assert path.read_bytes().startswith(start)


def test_a_folder_that_takes_no_file_is_told_first() -> None:
    with pytest.raises(PlotError, match="can't be written"):
        check_plotting(Path("/proc/p.png"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("p.txt", "ends in one of"),
        ("p.pgf", r"ends in one of \.png, \.svg, \.pdf, \.jpg"),
        ("missing/p.png", "there is no folder"),
    ],
)
def test_a_picture_that_could_not_be_written_is_refused_first(
    tmp_path: Path, path: str, message: str
) -> None:
    with pytest.raises(PlotError, match=message):
        check_plotting(tmp_path / path)


def test_without_matplotlib_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(PlotError, match=r"quoth\[plot\]"):
        check_plotting(tmp_path / "p.png")
