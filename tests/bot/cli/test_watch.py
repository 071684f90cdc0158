"""`quoth index --watch` with the real models."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.watch import ChildBuilder, watch
from bot.fetching.again import MARK_NAME
from bot.settings import load_settings
from index.errors import IndexingError
from index.provenance import FetchOrigin, Provenance, write_provenance
from index.store import Collection
from tests.commands import quoth
from tests.conftest import ROOT
from tests.forks import forked_command
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def watcher(home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        forked_command("tests.commands:main_with_fake_reader", "index", "--watch"),
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def served(home: Path) -> set[str]:
    try:
        made_of = Collection(home / "data/collections/base").made_of()
    except IndexingError:
        return set()
    return set(made_of.documents)


def test_documents_that_arrive_are_indexed_until_it_is_ended(
    home: Path, watcher: subprocess.Popen[str]
) -> None:
    (home / "seeds/picture.txt").write_bytes(b"\x00\x01")
    (home / "seeds/bread.md").write_text("# Prices\n\nA loaf of rye bread costs 17 francs.\n")
    until(lambda: "bread.md" in served(home))
    (home / "seeds").rename(home / "away")
    time.sleep(2)
    (home / "away").rename(home / "seeds")
    (home / "seeds/rolls.md").write_text("# More prices\n\nA roll costs 2 francs.\n")
    until(lambda: "rolls.md" in served(home))

    watcher.send_signal(signal.SIGTERM)
    out, err = watcher.communicate(timeout=PATIENCE_S)

    assert watcher.returncode == 0
    assert err.startswith("Watching seeds; end with Ctrl-C.")
    assert "Could not be read: picture.txt" in out
    assert {"bread.md", "rolls.md"} <= served(home)


def test_a_build_is_ended_with_its_watcher(home: Path, watcher: subprocess.Popen[str]) -> None:
    assert watcher.stderr is not None
    collection = Collection(home / "data/collections/base")
    with collection.lock.hold(lambda _: None):
        (home / "seeds/bread.md").write_text("# Prices\n\nA loaf of rye bread costs 17 francs.\n")
        while "Another build is running" not in (said := watcher.stderr.readline()):
            assert said
        watcher.send_signal(signal.SIGTERM)
        # Its end is also that of the build, which writes to the same pipes.
        watcher.communicate(timeout=PATIENCE_S)

    assert watcher.returncode == 0
    assert "bread.md" not in served(home)
    assert not collection.lock.is_locked()


def test_a_build_that_begins_as_its_watcher_ends_is_ended_too(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/a.txt").write_text("Something.")
    stop = threading.Event()
    stop.set()

    builder = ChildBuilder(
        load_settings(seeds=tmp_path / "seeds", data=tmp_path / "data"), "base", stop
    )
    builder.build()

    assert not (tmp_path / "data").exists()


def test_a_build_has_no_higher_priority_than_its_watcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To give it one is not permitted to everybody."""
    (tmp_path / "seeds").mkdir()
    stop = threading.Event()
    stop.set()
    given = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 15)
    monkeypatch.setattr(os, "setpriority", lambda *arguments: given.append(arguments[2]))

    settings = load_settings(seeds=tmp_path / "seeds", data=tmp_path / "data")
    ChildBuilder(settings, "base", stop).build()

    assert given == [15]


def test_what_was_fetched_is_fetched_again_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    origin = FetchOrigin(kind="page", url="https://quoth.invalid/fees", most=1)
    write_provenance(tmp_path / "seeds", Provenance(origins=(origin,)))
    settings = load_settings(seeds=tmp_path / "seeds", data=tmp_path / "data", fetch_hours=1)

    def end_once_begun() -> None:
        try:
            until((settings.base_collection / MARK_NAME).exists)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    handler = signal.getsignal(signal.SIGTERM)
    before = set(threading.enumerate())
    ending = threading.Thread(target=end_once_begun)
    ending.start()
    try:
        watch(settings, "base")
    finally:
        signal.signal(signal.SIGTERM, handler)
        ending.join()

    # A thread that waited for a child may take a moment longer than what it waited for.
    until(lambda: all(thread in before for thread in threading.enumerate()))


@pytest.mark.parametrize("options", [["--json"], ["--progress"], ["--max-passages", "5"]])
def test_what_it_can_not_be_combined_with_is_said(tmp_path: Path, options: list[str]) -> None:
    refused = quoth("index", "--watch", *options, cwd=tmp_path)

    assert refused.returncode == 2
    assert "--watch goes with none of" in refused.stderr
