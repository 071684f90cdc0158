"""What the disk refuses changes none of a server's own documents."""

import errno
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from bot.serving.own_documents import Before, OwnDocuments
from index.provenance import Fetched, ProvenanceError, read_provenance

_NAME = "page.html"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "documents"


@pytest.fixture
def own(folder: Path) -> OwnDocuments:
    return OwnDocuments(folder)


def fetched(text: str) -> Fetched:
    url = "https://example.org/page"
    digest = sha256(text.encode()).hexdigest()
    return Fetched(url=url, source=url, sha256=digest, fetched=datetime.now(UTC))


def keep(own: OwnDocuments, text: str) -> Before:
    with own.incoming(_NAME, text.encode()) as path:
        return own.keep(path, _NAME, fetched(text))


def stands(folder: Path) -> dict[str, bytes]:
    """All that is in the folder, but for what the next write of the same name goes over."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".new"}


def refuse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have the disk refuse, once, to take what has a name."""
    refused = [name]

    def full(path: Path) -> None:
        if path.name in refused:
            refused.remove(path.name)
            raise OSError(errno.ENOSPC, "No space left on device")

    for module in ("index.provenance", "bot.serving.own_documents"):
        monkeypatch.setattr(f"{module}.fsync", full)


@pytest.mark.parametrize("name", ["documents", ".quoth-fetched.new"])
@pytest.mark.parametrize("older", ["", "old"])
def test_a_page_that_the_disk_refuses_leaves_what_was_there(
    own: OwnDocuments, folder: Path, monkeypatch: pytest.MonkeyPatch, older: str, name: str
) -> None:
    folder.mkdir()
    if older:
        own.settle(keep(own, older))
    before = stands(folder)
    refuse(monkeypatch, name)

    with pytest.raises(OSError, match="No space left"):
        keep(own, "new")
    assert stands(folder) == before
    keep(own, "new")
    assert (folder / _NAME).read_text() == "new"
    assert read_provenance(folder).files[_NAME].sha256 == fetched("new").sha256


def test_a_page_is_removed_where_the_disk_is_full_too(
    own: OwnDocuments, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removing is how room is made. What gets the name next is not from where the page was."""
    own.settle(keep(own, "old"))
    keep(own, "new")
    refuse(monkeypatch, ".quoth-fetched.new")

    assert own.remove(_NAME)
    assert own.names() == []
    with own.incoming(_NAME, b"another") as path:
        own.keep(path, _NAME)
    assert read_provenance(folder).files == {}


def test_nothing_is_removed_that_would_be_answered_from_all_the_same(
    own: OwnDocuments, folder: Path
) -> None:
    """No index is made where what is noted of fetched documents is damaged."""
    own.settle(keep(own, "old"))
    (folder / ".quoth-fetched.json").write_text("{")

    with pytest.raises(ProvenanceError):
        own.remove(_NAME)
    assert own.names() == [_NAME]
