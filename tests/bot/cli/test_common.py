"""What the commands share."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.cli.common import collections_option, filter_from, settings_from
from index.processes import module_environment


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("docs/rules.md", "rules.md"),
        ("./docs/minutes/", "minutes"),
        ("../{up}/docs/rules.md", "rules.md"),
        ("{here}/docs/minutes/*.md", "minutes/*.md"),
        ("{here}/docs", "*"),
        ("rules.md", "rules.md"),
        ("*.md", "*.md"),
        ("{here}/elsewhere.md", "{here}/elsewhere.md"),
        # Too long for a file, and said to be no document later.
        ("ä" * 150, "ä" * 150),
        # There is a folder of that name among the documents, too.
        ("again/rules.md", "again/rules.md"),
    ],
)
def test_a_path_into_the_documents_folder_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("again" if typed.startswith("again") else "docs")
    (tmp_path / folder / "again").mkdir(parents=True)

    found = filter_from([typed.format(here=tmp_path, up=tmp_path.name)], None, folder)

    assert found.names == (name.format(here=tmp_path),)


def test_where_one_stands_in_the_documents_a_name_is_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "minutes").mkdir()
    monkeypatch.chdir(tmp_path / "minutes")

    assert filter_from(["*.md", "rules.md"], None, tmp_path).names == ("*.md", "rules.md")
    assert filter_from([".", ".."], None, tmp_path).names == ("minutes", "*")
    with pytest.raises(click.UsageError, match="blank"):
        filter_from([""], None, tmp_path)


def test_no_child_is_given_what_lets_people_in(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "secret" * 3
    secrets = {
        "DISCORD_TOKEN": secret,
        "QUOTH_API_TOKENS": secret,
        "QUOTH_DATABASE": f"postgresql://quoth:{secret}@db/quoth",
        "QUOTH_NODE_TOKEN": secret,
        "quoth_web_password": secret,
        # They open the storage, which only builders' own process reaches.
        "AWS_SECRET_ACCESS_KEY": secret,
        "AZURE_STORAGE_ACCOUNT_KEY": secret,
        "FSSPEC_S3_SECRET": secret,
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    # The child that builds publishes there.
    monkeypatch.setenv("QUOTH_SEARCH_DATABASE", "postgresql://quoth@db/passages")
    settings = settings_from()
    given = module_environment()

    assert settings.web_password is not None
    assert settings.web_password.get_secret_value() == secret
    assert secret not in "".join(given.values())
    assert given["QUOTH_SEARCH_DATABASE"] == "postgresql://quoth@db/passages"


def test_a_link_that_leads_to_itself_is_a_name_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")

    assert filter_from(["loop/rules.md"], None, Path("docs")).names == ("loop/rules.md",)


def test_each_collection_is_answered_from_once() -> None:
    @click.command()
    @collections_option
    def command(*, collections: tuple[str, ...]) -> None:
        click.echo(" ".join(collections))

    given = ("town", "base", "press", "town")
    arguments = [part for name in given for part in ("--collection", name)]

    assert CliRunner().invoke(command, arguments).output == "town press\n"
