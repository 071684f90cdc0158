"""`quoth build` says what it lacks before it begins."""

from pathlib import Path

import click
import pytest

from bot.cli.build import only_builder
from tests.commands import quoth

DATABASE = "postgresql://quoth@127.0.0.1:1/quoth"


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({}, 2, "QUOTH_STORAGE is not set"),
        ({"QUOTH_STORAGE": "shared"}, 2, "listed in QUOTH_DATABASE, which is not"),
        ({"QUOTH_STORAGE": "nowhere", "QUOTH_DATABASE": DATABASE}, 1, "Make it, or mount it"),
        ({"QUOTH_STORAGE": "shared", "QUOTH_DATABASE": DATABASE}, 1, "can't be reached"),
        (
            {"QUOTH_STORAGE": "shared", "QUOTH_DATABASE": DATABASE, "QUOTH_DATA": "seeds/data"},
            2,
            "one of them holds the other",
        ),
    ],
)
def test_what_is_missing_is_said(
    environment: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "seeds").mkdir()

    asked = quoth("build", cwd=tmp_path, is_real=False, **environment)

    assert asked.returncode == code
    assert said in " ".join(asked.stderr.split())


def test_two_builders_in_one_data_folder_are_refused(tmp_path: Path) -> None:
    with (
        only_builder(tmp_path),
        pytest.raises(click.ClickException, match=r"Give each a data folder of its own"),
        only_builder(tmp_path),
    ):
        pass

    with only_builder(tmp_path):
        pass
