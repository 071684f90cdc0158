"""A backup is taken while Quoth runs, restored, and answered from; a hostile one is refused."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from answering.question import Question
from bot.added_readers import CARD_NAME, AddedReaders
from bot.backups.contents import MANIFEST_NAME, belongs
from bot.backups.errors import BackupError
from bot.backups.restoring import check
from bot.backups.writing import Written, back_up
from bot.cli import backup as backup_command
from bot.cli import restore as restore_command
from bot.discord_app.migrations import STEPS
from bot.discord_app.only_process import LOCK_NAME, only_process
from bot.discord_app.question_log import logged_questions
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.settings import Settings, load_settings
from index.provenance import PROVENANCE_NAME, Provenance
from tests.bot.discord_app.fakes import found, span
from tests.bot.test_added_readers import CARD
from tests.conftest import Library
from tests.damage import overwrite_unseen

SERVER, ASKER = 7, 1
LESSON = MessageAt(SERVER, 2, 3)
_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def keep(records: Records, answer_id: str, question: str = "how many for arson") -> None:
    answer = replace(found(span(), question=question), id=answer_id)
    StoredAnswers(records).keep(answer, ASKER, SERVER, with_question=True)


def run_backup(data: Path, target: Path) -> Result:
    return CliRunner().invoke(backup_command.command, [str(target), "--data", str(data)])


def run_restore(data: Path, source: Path, *options: str) -> Result:
    arguments = [str(source), "--data", str(data), *options]
    return CliRunner().invoke(restore_command.command, arguments)


def told(library: Library) -> str:
    """What the index of a library's own documents answers."""
    return library.answerer().answer(Question("how many for arson")).spans[0].text


def names_in(folder: Path) -> set[str]:
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return found - {LOCK_NAME}


@pytest.fixture
def full(library: Library) -> Path:
    """A data folder with something of every kind."""
    data = library.folder / "data"
    with closing(Records(data / "quoth.sqlite")) as records:
        keep(records, "a" * 32)
        agreed = records.clock()
        TaughtStore(records).keep(Taught(LESSON, "Where?", "Here.", date.min, "", "", agreed))
        server = library.other(records.collection(SERVER) or "")
    server.write("own.txt", "For fraud 55 were counted.")
    os.utime(server.documents / "own.txt", ns=(10**18, 10**18))
    server.build()
    handbook = library.other("handbook")
    handbook.write("rooms/tea.txt", "For tea 12 were counted.")
    handbook.write(".incoming-1.txt", "half an upload")
    handbook.write(PROVENANCE_NAME, Provenance().model_dump_json())
    library.write("figures.txt", "For arson 812 were counted.")
    library.build()
    with AddedReaders(data / "readers").making("large") as folder:
        (folder / CARD_NAME).write_text(CARD.model_dump_json(), encoding="utf-8")
    AddedReaders(data / "readers").use("large")
    (data / "calibration.json").write_text("{}")
    return data


@pytest.fixture
def archive(full: Path, tmp_path: Path) -> Path:
    back_up(load_settings(data=full), tmp_path / "backup.zip", _NOW)
    return tmp_path / "backup.zip"


def test_what_was_backed_up_is_restored_and_answered_from(
    full: Path, tmp_path: Path, library: Library
) -> None:
    written = run_backup(full, tmp_path / "backups" / "one.zip")
    assert written.exit_code == 0, written.output
    assert "with the documents of 2 collections" in written.stdout
    source = tmp_path / "backups" / "one.zip"
    assert stat.S_IMODE(source.stat().st_mode) == 0o600
    shutil.rmtree(full)
    done = run_restore(full, source)

    assert done.exit_code == 0, done.output
    assert "documents of 1 server are indexed by quoth run" in done.stdout
    assert "quoth index --collection handbook" in done.stdout
    with closing(Records(full / "quoth.sqlite")) as records:
        server = records.collection(SERVER) or ""
        assert StoredAnswers(records).get("a" * 32, ASKER, SERVER) is not None
        assert [asked.text for asked in logged_questions(records)] == ["how many for arson"]
        assert TaughtStore(records).messages(server) == [LESSON]
    own = full / "collections" / server / "documents" / "own.txt"
    assert own.stat().st_mtime_ns == 10**18
    assert names_in(full / "collections") == {
        f"{server}/documents/own.txt",
        "handbook/documents/rooms/tea.txt",
        f"handbook/documents/{PROVENANCE_NAME}",
    }
    assert AddedReaders(full / "readers").used == "large"
    assert (full / "calibration.json").read_text() == "{}"
    others = [library.other(name) for name in (server, "handbook")]
    for each in (library, *others):
        each.build()
    answers = library.answerer(others=[each.open() for each in others])
    for question, right in (("fraud", "55"), ("tea", "12"), ("arson", "812")):
        assert answers.answer(Question(f"how many for {question}")).spans[0].text == right


@pytest.mark.parametrize("seconds", [-3_000_000_000, 2**34])
def test_a_document_from_another_age_is_backed_up_like_others(
    full: Path, tmp_path: Path, library: Library, seconds: int
) -> None:
    """Damaged clocks and archives give such times; not every disk holds all of these."""
    document = library.other("handbook").documents / "rooms/tea.txt"
    os.utime(document, (0, seconds))

    written = run_backup(full, tmp_path / "one.zip")

    assert written.exit_code == 0, written.output
    assert run_restore(tmp_path / "elsewhere", tmp_path / "one.zip").exit_code == 0


def test_records_that_are_written_meanwhile_are_copied_whole(full: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with closing(Records(full / "quoth.sqlite")) as records:

        def write() -> None:
            count = 0
            while not stop.is_set():
                # An answer and its question are written together, so both are there or neither.
                keep(records, f"{count:032d}")
                count += 1
                time.sleep(0.001)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for number in range(3):
                back_up(load_settings(data=full), tmp_path / f"{number}.zip", _NOW)
        finally:
            stop.set()
            writing.join()
    for number in range(3):
        data = tmp_path / f"restored-{number}"
        assert run_restore(data, tmp_path / f"{number}.zip").exit_code == 0
        with closing(sqlite3.connect(data / "quoth.sqlite")) as copy:
            answers = copy.execute("SELECT id FROM answers ORDER BY id").fetchall()
            questions = copy.execute(
                "SELECT answer_id FROM questions ORDER BY answer_id"
            ).fetchall()
        assert answers == questions != []


def test_damaged_records_are_said_to_be(full: Path, tmp_path: Path) -> None:
    records = full / "quoth.sqlite"
    with closing(sqlite3.connect(records)) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'audit'"
        ).fetchone()
    overwrite_unseen(records, (page - 1) * size, b"\xff" * size)
    refused = run_backup(full, tmp_path / "backup.zip")

    assert refused.exit_code == 1
    assert f"{records}: can't be copied (database disk image is malformed)" in refused.stderr
    assert list(tmp_path.glob("*.zip*")) == []


def test_a_clock_that_nobody_has_set_is_in_no_backups_way(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(0))
    written = run_backup(full, tmp_path / "backup.zip")

    assert written.exit_code == 0, written.output
    assert run_restore(full, tmp_path / "backup.zip", "--check").exit_code == 0


def test_what_may_not_be_kept_any_longer_is_in_no_backup(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with closing(Records(data / "quoth.sqlite", lambda: 100 * DAY_S)) as records:
        keep(records, "a" * 32, "an old question of a member")
    back_up(load_settings(data=data), tmp_path / "backup.zip", _NOW)

    assert b"old question" in (data / "quoth.sqlite").read_bytes()
    assert b"old question" not in (tmp_path / "backup.zip").read_bytes()
    assert names_in(data) == {"quoth.sqlite"}


def test_a_backup_takes_the_place_of_nothing(full: Path, tmp_path: Path) -> None:
    target = tmp_path / "there.zip"
    target.write_text("mine")
    refused = run_backup(full, target)

    assert refused.exit_code == 1
    assert "is there already" in refused.stderr
    assert target.read_text() == "mine"
    empty = run_backup(tmp_path / "wrong", tmp_path / "new.zip")
    assert "holds nothing that can't be made again" in empty.stderr
    assert not (tmp_path / "new.zip").exists()
    assert not (tmp_path / "wrong").exists()


def test_of_two_backups_of_one_name_the_first_that_is_complete_stays(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, target = load_settings(data=full), tmp_path / "backup.zip"
    tidy = Records.tidy
    first_thread = threading.get_ident()
    seconds: list[Future[Written]] = []
    is_half_written, is_first_there = threading.Event(), threading.Event()

    def in_turn(records: Records, kept: Settings) -> None:
        if threading.get_ident() == first_thread:
            seconds.append(others.submit(back_up, settings, target, _NOW))
            assert is_half_written.wait(10)
        else:
            is_half_written.set()
            assert is_first_there.wait(10)
        tidy(records, kept)

    monkeypatch.setattr(Records, "tidy", in_turn)
    with ThreadPoolExecutor() as others:
        first = back_up(settings, target, _NOW)
        assert check(target) == first.manifest
        is_first_there.set()
        with pytest.raises(BackupError, match="is there already"):
            seconds[0].result()

    assert check(target) == first.manifest
    assert list(tmp_path.glob(".*")) == []


def test_what_a_backup_that_was_killed_has_left_of_its_archive_goes_with_a_later_one(
    full: Path, tmp_path: Path
) -> None:
    killed, running, other = (
        tmp_path / f".{name}.new" for name in ("[a].zip.1", "[a].zip.2", "a.zip.1")
    )
    for left, age in ((killed, 2 * DAY_S), (running, 60.0), (other, 2 * DAY_S)):
        left.write_bytes(b"of members")
        os.utime(left, (time.time() - age,) * 2)

    assert run_backup(full, tmp_path / "[a].zip").exit_code == 0
    assert {*tmp_path.glob(".*.new")} == {running, other}


def test_links_are_not_followed_and_said(full: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    (full / "collections/handbook/documents/linked.txt").symlink_to(secret)
    written = run_backup(full, tmp_path / "backup.zip")

    assert written.exit_code == 0
    assert "linked.txt" in written.stderr
    assert b"the secret" not in (tmp_path / "backup.zip").read_bytes()


def test_a_folder_that_holds_something_is_left_alone_unless_told(
    full: Path, archive: Path, library: Library
) -> None:
    documents = full / "collections/handbook/documents"
    (documents / "rooms/tea.txt").write_text("For tea 99 were counted.")
    (documents / "later.txt").write_text("For milk 3 were counted.")
    before = names_in(full)
    refused = run_restore(full, archive)
    assert refused.exit_code == 1
    assert "holds something already" in refused.stderr
    assert names_in(full) == before

    done = run_restore(full, archive, "--replace")
    assert done.exit_code == 0, done.output
    assert (documents / "rooms/tea.txt").read_text() == "For tea 12 were counted."
    assert not (documents / "later.txt").exists()
    (aside,) = full.glob("replaced-*")
    assert str(aside) in done.stdout
    assert stat.S_IMODE(aside.stat().st_mode) == 0o700
    kept = aside / "collections/handbook/documents"
    assert (kept / "rooms/tea.txt").read_text() == "For tea 99 were counted."
    assert (kept / "later.txt").exists()
    assert (aside / "quoth.sqlite").exists()
    # The index of the seeds is not what a backup brings.
    assert told(library) == "812"


def test_an_index_that_can_be_made_again_is_in_nobodys_way(
    archive: Path, tmp_path: Path, library: Library
) -> None:
    fresh = replace(library, folder=tmp_path / "fresh")
    fresh.write("figures.txt", "For arson 812 were counted.")
    fresh.build()

    assert run_restore(fresh.folder / "data", archive).exit_code == 0
    assert told(fresh) == "812"


def test_nothing_is_restored_where_quoth_runs(full: Path, archive: Path) -> None:
    running = Records(full / "quoth.sqlite")
    refused = run_restore(full, archive, "--replace")
    assert refused.exit_code == 1
    assert "Quoth is running on it" in refused.stderr
    assert list(full.glob("replaced-*")) == []
    keep(running, "b" * 32)
    running.close()

    assert run_restore(full, archive, "--replace").exit_code == 0


def test_records_of_a_process_that_was_killed_are_put_aside_whole(
    full: Path, archive: Path
) -> None:
    with closing(Records(full / "quoth.sqlite")) as records:
        keep(records, "b" * 32)
        names = sorted(full.glob("quoth.sqlite*"))
        killed = {path: path.read_bytes() for path in names}
    for path, content in killed.items():
        path.write_bytes(content)
    assert [path.name for path in names] == [f"quoth.sqlite{end}" for end in ("", "-shm", "-wal")]
    done = run_restore(full, archive, "--replace")

    assert done.exit_code == 0, done.output
    (aside,) = full.glob("replaced-*")
    with closing(Records(aside / "quoth.sqlite")) as records:
        assert StoredAnswers(records).get("b" * 32, ASKER, SERVER) is not None


def test_nothing_is_restored_on_the_folder_of_a_bot_whose_records_are_in_a_database(
    full: Path, archive: Path
) -> None:
    (full / "quoth.sqlite").unlink()
    with only_process(full):
        refused = run_restore(full, archive, "--replace")
    assert refused.exit_code == 1
    assert "another quoth run, restore or migrate is at work on it" in refused.stderr
    assert list(full.glob("replaced-*")) == []

    assert run_restore(full, archive, "--replace").exit_code == 0


def test_what_a_backup_that_was_killed_has_left_of_the_records_goes_with_a_later_one(
    full: Path, tmp_path: Path
) -> None:
    killed, running = full / ".backup-killed", full / ".backup-running"
    owners = full / ".backup-2025"
    for left, age in ((killed, 2 * DAY_S), (running, 60.0), (owners, 2 * DAY_S)):
        left.mkdir()
        (left / "quoth.sqlite").write_bytes(b"of members")
        (left / ("mine.txt" if left == owners else "quoth.sqlite-wal")).write_bytes(b"")
        os.utime(left, (time.time() - age,) * 2)

    assert run_backup(full, tmp_path / "backup.zip").exit_code == 0
    assert {*full.glob(".backup-*")} == {running, owners}


def test_damaged_records_are_what_somebody_restores_for(full: Path, archive: Path) -> None:
    (full / "quoth.sqlite").write_bytes(b"no database" * 1_000)

    assert run_restore(full, archive, "--replace").exit_code == 0
    with closing(Records(full / "quoth.sqlite")) as records:
        assert StoredAnswers(records).get("a" * 32, ASKER, SERVER) is not None


def test_what_cant_be_moved_leaves_the_folder_as_it_was(
    full: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names_in(full)
    rename = Path.rename
    moved: list[Path] = []

    def failing(self: Path, target: Path) -> Path:
        moved.append(self)
        if len(moved) == 5:
            raise OSError(28, "No space left on device", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    refused = run_restore(full, archive, "--replace")

    assert refused.exit_code == 1
    assert "No space left on device" in refused.stderr
    assert names_in(full) == before
    assert list(full.glob("replaced-*")) == []
    assert list(full.glob(".restoring-*")) == []


def test_a_disk_without_room_is_said_before_anything_is_written(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    refused = run_restore(tmp_path / "new", archive)

    assert "the disk has 1,000 free" in refused.stderr
    assert names_in(tmp_path / "new") == set()


def test_a_backup_can_be_checked_alone(archive: Path, tmp_path: Path) -> None:
    done = run_restore(tmp_path / "new", archive, "--check")

    assert done.exit_code == 0
    assert "All checksums are right" in done.stdout
    assert "Nothing was written" in done.stdout
    assert not (tmp_path / "new").exists()


def rewritten(archive: Path, **changes: object) -> Path:
    """
    The archive with entries changed, added or left out.

    Args:
        archive: A good one.
        changes: Contents by name, to take the place of the entry or beside it; None leaves it out.
    """
    with ZipFile(archive) as good:
        contents: dict[str, object] = {name: good.read(name) for name in good.namelist()}
    contents |= changes
    hostile = archive.with_name("hostile.zip")
    with ZipFile(hostile, "w") as bad:
        for name, content in contents.items():
            if isinstance(content, bytes):
                bad.writestr(ZipInfo(name), content)
    return hostile


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/outside.txt",
        "collections/../../outside.txt",
        "collections/handbook/documents/../../../outside.txt",
        "collections/handbook/documents/.hidden",
        "collections/handbook/documents/a\\..\\b",
        "collections/handbook/documents/a\0b",
        "collections/handbook/documents//a",
        "collections/handbook/documents/",
        "collections/handbook/CURRENT",
        "collections/Hand Book/documents/a.txt",
        f"collections/handbook/documents/rooms/{PROVENANCE_NAME}",
        "readers/.large.new/card.json",
        "vectors/vectors.sqlite",
        "collections/handbook/documents/" + "x" * 256,
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(archive: Path, tmp_path: Path, name: str) -> None:
    assert not belongs(name)
    hostile = rewritten(archive, **{name.replace("\0", "@"): b"hostile"})
    if "\0" in name:
        hostile.write_bytes(hostile.read_bytes().replace(b"a@b", b"a\0b"))
    refused = run_restore(tmp_path / "new", hostile)

    assert refused.exit_code == 1
    assert "no name of a file in a backup" in refused.stderr
    assert not (tmp_path / "new").exists()
    assert list(tmp_path.rglob("outside.txt")) == []


def entry(name: str, *, kind: int = stat.S_IFREG) -> ZipInfo:
    info = ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def test_a_link_is_refused(archive: Path, tmp_path: Path) -> None:
    with ZipFile(archive, "a") as bad:
        bad.writestr(entry("collections/a/documents/link", kind=stat.S_IFLNK), "/etc/passwd")

    assert "is no plain file" in run_restore(tmp_path / "new", archive).stderr
    assert not (tmp_path / "new").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Path, tmp_path: Path) -> None:
    name = "collections/a/documents/zeros.txt"
    with ZipFile(archive, "a") as bad:
        bad.writestr(entry(name), b"0" * 10_000_000, ZIP_DEFLATED)
    assert "is compressed or encrypted" in run_restore(tmp_path / "new", archive).stderr

    # Two names for the same bytes, many times over.
    overlapping = rewritten(archive, **{name: b"0" * 100_000})
    with ZipFile(overlapping, "a") as bad:
        info = bad.getinfo(name)
        for number in range(10):
            again = entry(f"collections/a/documents/{number}.txt")
            again.header_offset, again.CRC = info.header_offset, info.CRC
            again.file_size = again.compress_size = info.file_size
            bad.filelist.append(again)
        bad._didModify = True  # type: ignore[attr-defined]
    assert "larger than itself" in run_restore(tmp_path / "new", overlapping).stderr
    assert not (tmp_path / "new").exists()


def test_what_the_manifest_does_not_say_is_refused(archive: Path, tmp_path: Path) -> None:
    with ZipFile(archive) as good:
        manifest = json.loads(good.read(MANIFEST_NAME))
    tea = "collections/handbook/documents/rooms/tea.txt"
    entries = manifest["files"]
    with_folder = {**entries, f"{tea}/a": {"size": 1, "sha256": "0" * 64, "mtime_ns": 0}}
    changed = {**entries, tea: {**entries[tea], "sha256": "0" * 64}}
    larger = {**entries, tea: {**entries[tea], "size": 1}}
    for changes, said in (
        ({tea: b"For tea 13 were counted."}, "is damaged (checksum)"),
        ({tea: b"For tea 1"}, "another size"),
        ({tea: None}, "not in both"),
        ({"collections/a/documents/more.txt": b""}, "not in both"),
        ({MANIFEST_NAME: None}, "has no manifest.json"),
        ({MANIFEST_NAME: b"{}"}, "is wrong"),
        ({MANIFEST_NAME: json.dumps({**manifest, "files": changed}).encode()}, "checksum"),
        ({MANIFEST_NAME: json.dumps({**manifest, "files": larger}).encode()}, "another size"),
        ({MANIFEST_NAME: json.dumps({**manifest, "format_version": 2}).encode()}, "of format 2"),
        (
            {
                f"{tea}/a": b"0",
                MANIFEST_NAME: json.dumps({**manifest, "files": with_folder}).encode(),
            },
            "both a file and a folder",
        ),
    ):
        refused = run_restore(tmp_path / "new", rewritten(archive, **changes))
        assert refused.exit_code == 1
        assert said in refused.stderr
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"PRAGMA user_version = {len(STEPS) + 1}", "written by a newer Quoth"),
        ("CREATE TRIGGER t AFTER INSERT ON votes BEGIN SELECT 1; END", "other tables"),
        (
            "DROP TRIGGER answers_forgotten; CREATE TRIGGER answers_forgotten"
            " AFTER INSERT ON answers BEGIN DELETE FROM audit; END",
            "other tables",
        ),
        ("CREATE VIEW v AS SELECT 1", "other tables"),
        ("DROP TABLE answers", "other tables"),
    ],
)
def test_records_that_are_not_quoths_are_refused(
    full: Path, tmp_path: Path, script: str, said: str
) -> None:
    with closing(sqlite3.connect(full / "quoth.sqlite")) as connection:
        # A backup of Quoth's own would bring them up to date or fail, so this one is put together.
        connection.executescript(script.replace("votes", "feedback"))
    with pytest.raises(BackupError) as refused:
        back_up_as_it_is(full, tmp_path)
    assert said in str(refused.value)


def back_up_as_it_is(full: Path, tmp_path: Path) -> None:
    """Put the records into an archive with a right checksum, and check that."""
    with closing(sqlite3.connect(full / "quoth.sqlite")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = (full / "quoth.sqlite").read_bytes()
    files = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "mtime_ns": 0}
    manifest = {
        "format_version": 1,
        "quoth": "1",
        "created": _NOW.isoformat(),
        "files": {"quoth.sqlite": files},
    }
    with ZipFile(tmp_path / "made.zip", "w") as archive:
        archive.writestr("quoth.sqlite", content)
        archive.writestr(MANIFEST_NAME, json.dumps(manifest))
    check(tmp_path / "made.zip")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small backup."""
    folder = tmp_path_factory.mktemp("small")
    document = folder / "data/collections/a/documents/tea.txt"
    document.parent.mkdir(parents=True)
    document.write_text("For tea 12 were counted.")
    back_up(load_settings(data=folder / "data"), folder / "backup.zip", _NOW)
    return (folder / "backup.zip").read_bytes()


@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_archive_is_refused_or_restores_what_was_written(
    small: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    where: float,
    value: int,
    cut: bool,
) -> None:
    damaged = bytearray(small)
    at = int(where * len(damaged))
    if cut:
        del damaged[at:]
    else:
        damaged[at] = value
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "backup.zip").write_bytes(damaged)
    done = run_restore(folder / "data", folder / "backup.zip")

    assert done.exception is None or isinstance(done.exception, SystemExit)
    if done.exit_code == 0:
        (document,) = [path for path in folder.rglob("documents/*") if path.is_file()]
        assert document.read_text() == "For tea 12 were counted."
    else:
        assert "backup.zip" in done.stderr
        assert not (folder / "data").exists()


def test_with_a_database_and_nothing_else_to_keep_a_backup_says_where_the_records_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    keep_nothing = run_backup(data, tmp_path / "none.zip")
    # Left behind by quoth migrate.
    with closing(Records(data / "quoth.sqlite")) as records:
        keep(records, "a" * 32)
    monkeypatch.setenv("QUOTH_DATABASE", "postgresql:///quoth")
    written = run_backup(data, tmp_path / "backup.zip")
    checked = run_restore(data, tmp_path / "backup.zip", "--check")
    elsewhere = run_backup(tmp_path / "dat", tmp_path / "wrong.zip")

    assert elsewhere.exit_code == 1
    assert "Is it the right data folder?" in elsewhere.stderr
    assert not (tmp_path / "wrong.zip").exists()
    assert (keep_nothing.exit_code, written.exit_code, checked.exit_code) == (1, 0, 0)
    assert "The records stand in QUOTH_DATABASE" in written.stderr
    assert "0 files" in written.stdout


def test_records_that_are_restored_beside_a_database_are_said_to_be_in_no_use(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "quoth migrate" not in run_restore(tmp_path / "one", archive).output
    monkeypatch.setenv("QUOTH_DATABASE", "postgresql:///quoth")
    restored = run_restore(tmp_path / "other", archive)

    assert "name an empty database in it and run quoth migrate." in restored.output
    assert (tmp_path / "other" / "quoth.sqlite").is_file()
    assert "quoth migrate" not in run_restore(tmp_path / "third", archive, "--check").output
