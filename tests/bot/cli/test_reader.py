"""`quoth reader`, but for the making of one, which `tests/bot/readers` shows."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.added_readers import CARD_NAME, AddedReaders
from bot.cli.exits import Exit
from bot.cli.reader import _name_of, command
from tests.bot.test_added_readers import CARD


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one added reader."""
    with AddedReaders(tmp_path / "data" / "readers").making("large") as folder:
        (folder / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")
    return tmp_path / "data"


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--data", str(data)])


@pytest.mark.parametrize(
    ("folder", "name"), [("me@work/Model-X", "model-x"), ("models/x@2", "x-2")]
)
def test_a_reader_is_called_like_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    """Whatever marks a commit in the name of a model on the hub."""
    (tmp_path / folder).mkdir(parents=True)

    assert _name_of(str(tmp_path / folder)) == name
    assert _name_of(f"owner/Model.X@{'a1' * 20}") == "model-x"


def test_readers_are_listed_with_the_one_that_answers(data: Path) -> None:
    before = run(data, "list").stdout.splitlines()
    assert run(data, "use", "large").stdout.startswith("From now on large answers")
    after = run(data, "list").stdout.splitlines()

    assert [line.split()[1] for line in before if line.startswith("* ") and "int8" in line] == [
        "quoth"
    ]
    assert [line.split()[1] for line in after if line.startswith("* ") and "int8" in line] == [
        "large"
    ]
    assert any("81.5" in line and CARD.origin in line for line in after)


def test_the_list_for_programs(data: Path) -> None:
    listed = run(data, "list", "--json")

    assert '"used": "quoth"' in listed.stdout
    assert '"f1": 81.5' in listed.stdout


def test_one_that_answers_can_be_removed(data: Path) -> None:
    run(data, "use", "large")

    removed = run(data, "remove", "large")

    assert "The one that comes with Quoth answers now" in removed.stdout
    assert AddedReaders(data / "readers").names() == []


def test_a_choice_that_is_gone_is_named(data: Path) -> None:
    run(data, "use", "large")
    shutil.rmtree(data / "readers" / "large")

    assert "large was chosen and is gone" in run(data, "list").stdout
    assert run(data, "use", "quoth").exit_code == 0


def test_what_is_set_is_what_answers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_READER", "large")

    listed = run(data, "list")
    assert "* large" in listed.stdout
    assert "* quoth" not in listed.stdout
    assert "QUOTH_READER names large" in listed.stdout
    assert '"used": "large"' in run(data, "list", "--json").stdout
    assert "QUOTH_READER names large, which counts more until" in run(data, "use", "quoth").stdout
    assert run(data, "use", "large").stdout.startswith("From now on large answers")
    assert "QUOTH_READER still names it" in run(data, "remove", "large").stdout


def test_a_chosen_reader_that_is_removed_says_nothing_of_what_is_set(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(data, "use", "large")
    monkeypatch.setenv("QUOTH_READER", "another")

    assert run(data, "remove", "large").stdout == "Removed the reader large.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["use", "small"], 'no added reader "small". Added are large'),
        (["remove", "small"], 'no added reader "small"'),
        (["add", "nowhere"], "there is no such folder"),
        (["add", "nowhere", "--name", "large"], "was added before"),
        (["add", "nowhere", "--name", "A b"], "lower-case letters"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], said: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)

    refused = run(data, *arguments)

    assert refused.exit_code == Exit.FAILURE
    assert said in refused.stderr
    assert AddedReaders(data / "readers").names() == ["large"]
