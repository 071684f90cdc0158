"""Following a folder: what is told, and when."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
import watchfiles

from index.errors import IndexingError
from index.watching import AGAIN_S, watch_folder
from tests.waiting import PATIENCE_S, until

# Long enough that a change which is told at all has been told.
QUIET_S = 1.0


class Follower:
    """Counts what a folder's watcher tells."""

    def __init__(
        self, folder: Path, without: Path | None = None, *, again_s: float = AGAIN_S
    ) -> None:
        self.stop = threading.Event()
        self._told: Queue[None] = Queue()
        self._without = without or folder / "data"
        self._again_s = again_s
        self._thread = threading.Thread(target=self._follow, args=(folder,))
        self._thread.start()

    def _follow(self, folder: Path) -> None:
        for _ in watch_folder(
            folder,
            self.stop,
            without=self._without,
            quiet_s=0.2,
            look_s=0.1,
            again_s=self._again_s,
        ):
            self._told.put(None)

    def wait(self) -> None:
        self._told.get(timeout=PATIENCE_S)

    def heard_nothing(self) -> bool:
        try:
            self._told.get(timeout=QUIET_S)
        except Empty:
            return True
        return False

    def close(self) -> None:
        self.stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "documents"
    made.mkdir()
    return made


@pytest.fixture
def follower(folder: Path) -> Iterator[Follower]:
    made = Follower(folder)
    made.wait()
    yield made
    made.close()


def test_files_in_subfolders_are_followed(folder: Path, follower: Follower) -> None:
    (folder / "deep/er").mkdir(parents=True)
    follower.wait()
    (folder / "deep/er/a.txt").write_text("new")
    follower.wait()
    (folder / "deep/er/a.txt").unlink()
    follower.wait()


def test_many_writes_in_a_row_are_told_once(folder: Path, follower: Follower) -> None:
    for number in range(200):
        (folder / f"{number}.txt").write_text("new")
    follower.wait()

    assert follower.heard_nothing()


def test_hidden_files_are_not_told(folder: Path, follower: Follower) -> None:
    (folder / ".a.txt.swp").write_text("an editor's")

    assert follower.heard_nothing()


def test_the_folder_of_the_index_is_left_out_by_whichever_way_it_is_named(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "data").mkdir()
    (tmp_path / "link").symlink_to(folder)
    follower = Follower(tmp_path / "link", folder / "data")
    follower.wait()

    (folder / "data/index").write_text("our own")

    assert follower.heard_nothing()
    (tmp_path / "link/a.txt").write_text("new")
    follower.wait()
    follower.close()


def test_the_folder_of_the_index_is_left_out_where_a_link_leads_out_to_it(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (folder / "data").symlink_to(tmp_path / "elsewhere")
    follower = Follower(folder)
    follower.wait()

    (folder / "data/index").write_text("our own")

    assert follower.heard_nothing()
    (folder / "a.txt").write_text("new")
    follower.wait()
    follower.close()


def test_a_folder_that_goes_and_comes_back_is_followed_on(folder: Path, follower: Follower) -> None:
    shutil.rmtree(folder)
    until(follower.heard_nothing)
    folder.mkdir()
    follower.wait()
    until(follower.heard_nothing)
    (folder / "a.txt").write_text("new")

    follower.wait()


def test_a_folder_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    follower = Follower(tmp_path / "later")
    assert follower.heard_nothing()
    (tmp_path / "later").mkdir()

    follower.wait()

    follower.close()


def test_a_folder_that_can_not_be_watched_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a folder in it can't be read; root reads all of them."""

    def watch(*_: object, **__: object) -> Iterator[None]:
        raise PermissionError("Permission denied (os error 13)")

    monkeypatch.setattr(watchfiles, "watch", watch)

    with pytest.raises(IndexingError, match=r"documents: can't be watched \(Permission denied"):
        next(watch_folder(folder, threading.Event(), without=folder / "data"))


def test_what_nobody_tells_of_is_seen_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux tells of no change that another machine makes on a disk that both see."""

    def silent(*_: object, stop_event: threading.Event, **__: object) -> Iterator[set[object]]:
        while not stop_event.wait(0.01):
            yield set()

    monkeypatch.setattr(watchfiles, "watch", silent)
    follower = Follower(folder, again_s=0.1)
    follower.wait()

    (folder / "a.txt").write_text("new")
    follower.wait()
    for name in (".DS_Store", ".~lock.a.odt#", "build.log"):
        (folder / name).write_text("no document")

    assert follower.heard_nothing()
    follower.close()


def test_what_the_system_tells_of_is_not_told_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(*_: object, stop_event: threading.Event, **__: object) -> Iterator[set[str]]:
        (folder / "a.txt").write_text("new")
        yield {"a.txt"}
        while not stop_event.wait(0.01):
            yield set()

    monkeypatch.setattr(watchfiles, "watch", watch)
    follower = Follower(folder, again_s=0.1)
    follower.wait()

    assert follower.heard_nothing()
    follower.close()
