"""Readers that were added are kept, chosen and removed."""

import os
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.added_readers import CARD_NAME, AddedReaders, Card, Measured
from reader import SHIPPED_READER
from reader.errors import ReaderError

CARD = Card(
    origin="owner/model@" + "a1" * 20,
    architecture="roberta",
    precision="int8",
    added=datetime(2026, 1, 2, tzinfo=UTC),
    questions=300,
    measured=Measured(f1=81.5, milliseconds=90.0, bytes=130_000_000),
    shipped=Measured(f1=73.0, milliseconds=9.0, bytes=23_000_000),
)


@pytest.fixture
def added(tmp_path: Path) -> AddedReaders:
    return AddedReaders(tmp_path / "readers")


def add(added: AddedReaders, name: str) -> None:
    with added.making(name) as folder:
        (folder / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")


def test_nothing_is_added_at_first(added: AddedReaders) -> None:
    assert added.names() == []
    assert added.used is None
    with pytest.raises(ReaderError, match=r'no added reader "large"\. None was added yet'):
        added.folder("large")


def test_an_added_reader_can_be_used_and_removed(added: AddedReaders) -> None:
    add(added, "large")
    add(added, "base")

    assert added.names() == ["base", "large"]
    assert added.card("large") == CARD
    added.use("large")
    assert added.used == "large"
    added.remove("base")
    assert added.used == "large"
    added.remove("large")
    assert [added.used, *added.names()] == [None]


def test_the_shipped_reader_can_be_chosen_again(added: AddedReaders) -> None:
    add(added, "large")
    added.use("large")

    added.use(SHIPPED_READER)

    assert added.used is None


@pytest.mark.parametrize("name", ["", "Large", "a b", "../a", "a/b", "used", SHIPPED_READER])
def test_a_name_that_could_be_something_else_is_refused(added: AddedReaders, name: str) -> None:
    with pytest.raises(ReaderError, match="Choose another with --name"):
        added.check_free(name)


def test_a_name_is_given_once(added: AddedReaders) -> None:
    add(added, "large")

    with pytest.raises(ReaderError, match="was added before"):
        add(added, "large")
    assert added.card("large") == CARD


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OSError("No space left on device")]
)
def test_what_is_cut_half_way_is_no_reader_and_can_be_made_again(
    added: AddedReaders, error: OSError
) -> None:
    with (  # noqa: PT012 - the second statement is the cut
        pytest.raises(ReaderError, match="No space left on device"),
        added.making("large") as folder,
    ):
        (folder / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")
        raise error

    assert added.names() == []
    add(added, "large")
    assert added.names() == ["large"]


def test_a_deletion_that_fails_is_told_and_changes_nothing(
    added: AddedReaders, tmp_path: Path
) -> None:
    add(added, "large")
    added.use("large")
    in_the_way = tmp_path / "readers" / f".large.{os.getpid()}.new"
    in_the_way.write_text("no folder")

    with pytest.raises(ReaderError, match="large: can't be written"):
        added.remove("large")

    assert [added.used, *added.names()] == ["large", "large"]
    in_the_way.unlink()
    added.remove("large")
    assert [added.used, *added.names()] == [None]
    assert list((tmp_path / "readers").iterdir()) == []


def test_a_reader_may_be_added_under_a_name_while_the_one_before_is_deleted(
    added: AddedReaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(added, "large")
    made: list[Path] = []
    rmtree = shutil.rmtree

    with ExitStack() as adding:

        def slow(folder: Path, **options: Any) -> None:
            if folder.exists() and not made:
                made.append(folder)
                made.append(adding.enter_context(added.making("large")))
            rmtree(folder, **options)

        monkeypatch.setattr(shutil, "rmtree", slow)
        added.remove("large")
        (made[1] / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")

    assert added.card("large") == CARD


def test_of_a_reader_that_is_kept_elsewhere_the_link_is_removed(
    added: AddedReaders, tmp_path: Path
) -> None:
    add(added, "large")
    elsewhere = added.folder("large").rename(tmp_path / "elsewhere")
    (tmp_path / "readers" / "large").symlink_to(elsewhere)
    added.use("large")

    added.remove("large")

    assert [added.used, *added.names()] == [None]
    assert list((tmp_path / "readers").iterdir()) == []
    assert (elsewhere / CARD_NAME).is_file()


@pytest.mark.parametrize("what", ["folder", "file", "link to nothing"])
def test_what_is_in_the_way_is_named_before_a_reader_is_made(
    added: AddedReaders, tmp_path: Path, what: str
) -> None:
    in_the_way = tmp_path / "readers" / "large"
    in_the_way.parent.mkdir()
    if what == "folder":
        in_the_way.mkdir()
        (in_the_way / "reader.onnx").touch()
    elif what == "file":
        in_the_way.touch()
    else:
        in_the_way.symlink_to(tmp_path / "nowhere")

    with pytest.raises(ReaderError, match="large: is in the way"):
        added.check_free("large")


@pytest.mark.parametrize("name", [".large.new", ".other.new"])
def test_what_was_killed_is_tidied_up(added: AddedReaders, tmp_path: Path, name: str) -> None:
    left = tmp_path / "readers" / name
    left.mkdir(parents=True)
    (left / CARD_NAME).write_text("{", encoding="utf-8")
    (left.parent / ".linked.new").symlink_to(tmp_path)

    assert added.names() == []
    add(added, "large")
    assert [path.name for path in left.parent.iterdir()] == ["large"]


def test_two_can_not_be_made_at_once(added: AddedReaders) -> None:
    with added.making("large") as folder:
        with pytest.raises(ReaderError, match="another reader is being added"):
            add(added, "base")
        (folder / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")

    assert added.card("large") == CARD
    add(added, "base")
    assert added.names() == ["base", "large"]


def test_one_that_is_gone_can_not_be_used(added: AddedReaders) -> None:
    add(added, "base")

    with pytest.raises(ReaderError, match=r'no added reader "large"\. Added are base'):
        added.use("large")


def test_a_damaged_card_is_named(added: AddedReaders) -> None:
    add(added, "large")
    (added.folder("large") / CARD_NAME).write_text("{}", encoding="utf-8")

    with pytest.raises(ReaderError, match=r"card\.json: can't be read"):
        added.card("large")
