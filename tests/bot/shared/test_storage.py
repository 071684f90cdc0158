"""Parts lie in a folder or behind a URL, and what is wrong with either is said."""

import hashlib
import sys
import time
import uuid
from pathlib import Path

import pytest

from bot.shared.storage import FolderStorage, Storage, open_storage
from index.errors import PartError, SharedError
from tests import s3

CONTENT = b"For theft 3,204 were counted."
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "memory":
        return open_storage(f"memory://{uuid.uuid4()}")
    if request.param == "file":
        return open_storage((tmp_path / "storage").as_uri())
    (tmp_path / "storage").mkdir()
    return open_storage(str(tmp_path / "storage"))


def check_contract(storage: Storage, folder: Path) -> None:
    """Store a part, look at it, overwrite it, fetch it and delete it."""
    written, fetched = folder / "written", folder / "fetched"
    written.write_bytes(CONTENT)

    assert storage.marked() is None
    storage.mark("0123456789abcdef")
    assert storage.marked() == "0123456789abcdef"
    assert not storage.has(SHA256, len(CONTENT))
    with pytest.raises(PartError, match=f"{SHA256} is not in storage"):
        storage.get(SHA256, fetched)
    storage.put(SHA256, written)
    storage.put(SHA256, written)
    assert storage.has(SHA256, len(CONTENT))
    assert not storage.has(SHA256, 1)
    storage.get(SHA256, fetched)
    assert fetched.read_bytes() == CONTENT
    assert storage.written_before(time.time() - 60) == []
    assert storage.written_before(time.time() + 60) == [SHA256]
    storage.delete(["f" * 64, SHA256])
    storage.delete([SHA256])
    assert not storage.has(SHA256, len(CONTENT))


@pytest.mark.parametrize("module", ["fsspec.core", "s3fs"])
def test_a_url_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SharedError, match=r'needs pip install "quoth\[storage\]"'):
        open_storage("s3://bucket/parts")


def test_each_kind_keeps_parts_by_their_names(storage: Storage, tmp_path: Path) -> None:
    check_contract(storage, tmp_path)


def test_a_disk_that_is_full_here_is_not_said_to_be_the_storage(
    storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "written").write_bytes(CONTENT)
    storage.put(SHA256, tmp_path / "written")

    with pytest.raises(SharedError, match=r"^/dev/full: can't be written .* Make space"):
        storage.get(SHA256, Path("/dev/full"))


def test_an_s3_server_keeps_parts_by_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "buckets" / "quoth").mkdir(parents=True)
    with s3.server(tmp_path / "buckets") as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.KEY)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
        check_contract(open_storage("s3://quoth/parts-of-quoth"), tmp_path)
        with pytest.raises(SharedError, match=r"can't be used \(.*bucket"):
            open_storage("s3://nothing/parts-of-quoth").marked()
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(SharedError, match=r"can't be used \(.*signature"):
            open_storage("s3://quoth/parts-of-quoth").marked()


def test_a_copy_that_was_cut_short_is_no_part_and_goes(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    leftover = tmp_path / "parts" / SHA256[:2] / ".incoming-1"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"For th")

    assert storage.written_before(time.time() - 60) == []
    assert leftover.exists()
    assert storage.written_before(time.time() + 60) == []
    assert not leftover.exists()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere", "nowhere: there is no such folder. Make it, or mount it."),
        ("nothing://bucket", r"QUOTH_STORAGE=nothing://bucket: can't be used \(Protocol not known"),
    ],
)
def test_a_storage_that_can_not_be_used_says_so(place: str, said: str) -> None:
    with pytest.raises(SharedError, match=said):
        open_storage(place).marked()


def test_a_folder_that_goes_away_is_no_lost_part(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    storage = FolderStorage(tmp_path / "storage")
    (tmp_path / "storage").rename(tmp_path / "away")

    with pytest.raises(SharedError, match=r"storage: can't be used \(No such file") as raised:
        storage.get(SHA256, tmp_path / "fetched")
    assert not isinstance(raised.value, PartError)
