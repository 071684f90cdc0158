"""Pictures, and why there may be none."""

import sys
from pathlib import Path

import pytest

from bot.evaluation.errors import PlotError
from bot.evaluation.plot import check_plotting, plot
from tests.bot.evaluation.test_report import SOME


def test_a_picture_is_written(tmp_path: Path) -> None:
    path = tmp_path / "p.png"

    check_plotting(path)
    plot({"reader": SOME, "open": SOME}, path)

    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "message"), [("p.txt", "ends in one of"), ("missing/p.png", "there is no folder")]
)
def test_a_picture_that_could_not_be_written_is_refused_first(
    tmp_path: Path, path: str, message: str
) -> None:
    with pytest.raises(PlotError, match=message):
        check_plotting(tmp_path / path)


def test_without_matplotlib_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)

    with pytest.raises(PlotError, match=r"quoth\[plot\]"):
        check_plotting(tmp_path / "p.png")
