"""All processes that share a bot keep in one folder what servers add."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bot.database import RecordsError
from bot.discord_app.one_folder import FILE_NAME, share_folder
from bot.postgres import PostgresDatabase
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.discord_service import LocalDiscord


def test_who_has_another_folder_is_refused_until_it_is_said_that_it_is_the_one(
    tmp_path: Path, database: PostgresDatabase, postgres_database: str
) -> None:
    one, other = tmp_path / "one" / "data", tmp_path / "other"
    with closing(PostgresDatabase(postgres_database)) as second, ThreadPoolExecutor() as threads:
        # At the same time.
        for each in [threads.submit(share_folder, one, opened) for opened in (database, second)]:
            each.result()
        with pytest.raises(RecordsError, match="other: is not the data folder"):
            share_folder(other, second)
        assert not other.exists()

        other.mkdir()
        (other / FILE_NAME).write_text((one / FILE_NAME).read_text())
        share_folder(other, second)


def test_a_folder_stays_the_same_where_its_database_is_a_new_one(
    tmp_path: Path, database: PostgresDatabase
) -> None:
    (tmp_path / FILE_NAME).write_text("of before\n")
    share_folder(tmp_path, database)

    assert (tmp_path / FILE_NAME).read_text() == "of before\n"
    with pytest.raises(RecordsError, match=f"write of before into .*{FILE_NAME}"):
        share_folder(tmp_path / "other", database)


def test_a_file_that_can_not_be_written_is_named(
    tmp_path: Path, database: PostgresDatabase
) -> None:
    (tmp_path / "data").write_text("no folder")

    with pytest.raises(RecordsError, match=f"{FILE_NAME}: can't be used"):
        share_folder(tmp_path / "data", database)


def test_one_of_several_bots_with_a_folder_of_its_own_ends_with_a_word(
    local: LocalDiscord,
    article: Library,
    tmp_path: Path,
    database: PostgresDatabase,
    postgres_database: str,
) -> None:
    share_folder(article.folder / "data", database)
    settings = {"QUOTH_DATABASE": postgres_database, "QUOTH_SHARDS": "2"}
    data = ("--data", str(tmp_path / "its own"))
    process = Process(local, data, library=article.folder, settings=settings)

    assert process.code() == 1
    assert "is not the data folder in which the others" in process.logged
    assert "Traceback" not in process.logged
    assert local.requests == []
