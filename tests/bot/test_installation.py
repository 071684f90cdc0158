"""The id of an installation."""

import secrets
from pathlib import Path

import pytest

from bot.database import RecordsError
from bot.installation import INSTALLATION_NAME, installation_of
from bot.settings import load_settings
from tests import postgres


def test_an_installation_has_one_id_in_its_folder_or_in_its_database(
    tmp_path: Path, postgres_database: str
) -> None:
    alone = load_settings(data=tmp_path / "one")
    first = installation_of(alone)
    assert installation_of(alone) == first
    assert installation_of(load_settings(data=tmp_path / "two")) != first

    both = [
        load_settings(data=tmp_path / name, database=postgres_database) for name in ("one", "two")
    ]
    assert [installation_of(one) for one in both] == [first, first]
    with postgres.away(postgres_database):
        assert installation_of(both[1]) == first


def test_a_file_that_holds_no_id_is_named(tmp_path: Path) -> None:
    (tmp_path / INSTALLATION_NAME).write_text("what?\n")

    with pytest.raises(RecordsError, match="installation: holds no id of an installation"):
        installation_of(load_settings(data=tmp_path))


def test_two_that_begin_at_once_have_one_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(data=tmp_path / "data")
    others: list[str] = []
    made = secrets.token_hex

    def while_another_begins(size: int) -> str:
        if not others:
            others.append("")
            others[0] = installation_of(settings)
        return made(size)

    monkeypatch.setattr(secrets, "token_hex", while_another_begins)

    assert [installation_of(settings), installation_of(settings)] == 2 * others
    assert [one.name for one in settings.data.iterdir()] == [INSTALLATION_NAME]
