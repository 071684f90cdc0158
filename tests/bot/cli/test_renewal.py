"""`quoth ask` looks after its index: it is made, made again, and never lied about."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import assembly
from bot.cli.common import open_documents
from bot.settings import Settings, load_settings
from index.errors import BuildError
from index.manifest import read_manifest, write_manifest
from index.store import Collection
from tests.bot.cli.conftest import generation
from tests.commands import FAKE_ANSWER, QUESTION, quoth
from tests.conftest import ROOT
from tests.forks import Fork
from tests.waiting import PATIENCE_S


def test_a_first_question_indexes_the_documents(real_data: Callable[[], Path]) -> None:
    """Built once for all tests; here is what it left."""
    data = real_data()

    assert (data / "collections/base/CURRENT").exists()
    assert (data / "collections").stat().st_mode & 0o777 == 0o700
    assert quoth("index", "verify", "--help").returncode == 0
    verified = quoth("index", "--data", str(data), "verify")
    assert verified.stdout.startswith("The index is sound: generation ")
    assert "1 document, 5 passages" in verified.stdout


def test_new_documents_are_answered_from_at_once(home: Path) -> None:
    (home / "seeds/bread.md").write_text("# Prices\n\nA loaf of rye bread costs 17 francs.\n")

    asked = quoth("ask", "how much is a loaf of rye bread", cwd=home, is_real=True)

    assert "seeds has changed; indexing again." in asked.stderr
    assert "17 francs" in asked.stdout.splitlines()[0]
    assert "seeds/bread.md, under “Prices”, line 3, characters" in asked.stdout
    again = quoth("ask", "how much is a loaf of rye bread", cwd=home, is_real=True)
    assert (again.stdout, again.stderr) == (asked.stdout, "")


def damage_vectors(home: Path) -> None:
    path = generation(home) / "vectors.faiss"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_texts(home: Path) -> None:
    path = generation(home) / "passages.sqlite"
    path.write_bytes(path.read_bytes()[:5_000])


def write_another_version(home: Path) -> None:
    path = generation(home) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 0}))


def edit_manifest(home: Path, part: str, update: dict[str, object]) -> None:
    manifest = read_manifest(generation(home))
    edited = getattr(manifest, part).model_copy(update=update)
    write_manifest(generation(home), manifest.model_copy(update={part: edited}))


def name_another_encoder(home: Path) -> None:
    edit_manifest(home, "encoder", {"name": "another"})


def split_otherwise(home: Path) -> None:
    edit_manifest(home, "splitting", {"max_tokens": 20})


def edit_by_hand(home: Path) -> None:
    path = generation(home) / "manifest.json"
    path.write_text(path.read_text().replace('"passages": 5', '"passages": 4'))


def lose_the_encoder(home: Path) -> None:
    shutil.rmtree(home / "data/encoder")


def lose_the_index(home: Path) -> None:
    shutil.rmtree(home / "data/collections")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (damage_vectors, "The index is damaged; indexing seeds again."),
        (cut_texts, "The index is damaged; indexing seeds again."),
        (edit_by_hand, "The index is damaged; indexing seeds again."),
        (lose_the_encoder, "can't be used; exporting it and indexing seeds again."),
        (write_another_version, "made by another version of Quoth; indexing seeds again."),
        (name_another_encoder, "made by another encoder; indexing seeds again."),
        (split_otherwise, "made with other passage limits; indexing seeds again."),
        (lose_the_index, "There is no index yet; indexing seeds."),
    ],
)
def test_an_index_that_does_not_fit_is_made_again_and_that_is_said(
    home: Path,
    harm: Callable[[Path], None],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(home)
    harm(home)
    settings = load_settings()
    begun: list[str] = []

    def build(given: Settings, child: object) -> None:
        assert child is None
        begun.append(str(given.seeds))
        raise BuildError("It will do that it was begun.")

    monkeypatch.setattr(assembly, "build_in_child", build)
    with pytest.raises(BuildError, match="was begun"):
        open_documents(settings)

    assert begun == ["seeds"]
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("harm", [cut_texts, lose_the_index])
def test_an_index_that_was_made_again_answers(home: Path, harm: Callable[[Path], None]) -> None:
    harm(home)

    assert quoth("ask", QUESTION, cwd=home).stdout.startswith(f"{FAKE_ANSWER}\n")
    assert quoth("ask", QUESTION, cwd=home).stderr == ""


def test_the_current_folder_is_not_where_the_program_is_looked_for(home: Path) -> None:
    (home / "bot").mkdir()
    (home / "bot/__init__.py").write_text("raise SystemExit('hijacked')")
    (home / "click.py").write_text("raise SystemExit('hijacked')")
    (home / "seeds/more.txt").write_text("Something else.")
    code = "import sys; sys.path.remove(''); from bot.cli.main import main; main()"

    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, "ask", QUESTION],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "hijacked" not in asked.stdout + asked.stderr
    assert asked.stdout.startswith("35,927\n")


def test_a_file_that_can_not_be_read_is_named_and_the_exit_code_says_so(home: Path) -> None:
    (home / "seeds/picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\xff")

    indexed = quoth("index", cwd=home)

    assert indexed.returncode == 1
    assert "picture.txt: it is a PNG picture, whatever its ending says" in indexed.stdout
    assert quoth("ask", QUESTION, cwd=home).stdout.startswith(FAKE_ANSWER)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads Linux's /proc")
def test_a_question_that_is_ended_ends_the_build_that_it_began(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/a.txt").write_text("Theft costs 35.")
    held = Collection(tmp_path / "data/collections/base")
    with held.lock.hold(lambda _: None):
        said, end = os.pipe()
        asked = Fork(
            "tests.commands:main_with_fake_reader",
            ["ask", QUESTION],
            (end, end, end),
            cwd=tmp_path,
            environment=os.environ,
        )
        os.close(end)
        with os.fdopen(said) as lines:
            while "Another" not in (line := lines.readline()):
                assert line
            (build,) = children(asked.pid)

            asked.send_signal(signal.SIGTERM)
            # Its end is also that of the build, which writes there, too.
            lines.read()

    assert asked.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{build}").exists()


def test_verifying_looks_at_the_exported_encoder_too(home: Path) -> None:
    (path,) = (home / "data/encoder").glob("*/encoder.onnx.data")
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    # Another file: that one is shared with other tests.
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    verified = quoth("index", "verify", cwd=home)

    assert verified.returncode == 1
    assert "the exported encoder is damaged" in verified.stderr


def test_indexing_reports_as_json(home: Path) -> None:
    report = json.loads(quoth("index", "--json", cwd=home).stdout)

    assert (report["published"], report["documents"], report["encoded"]) == (False, 1, 0)


def test_text_that_steers_a_terminal_does_not_reach_it(home: Path) -> None:
    (home / "seeds/a\x1b[31m.txt").write_text(
        "\x1b]0;owned\x07The zorblatt festival \ue000costs\ue001 17 \x1b[2Jfrancs.\n"
    )

    asked = quoth("ask", "how many francs are the zorblatt festival costs", "--top", "3", cwd=home)

    assert "17" in asked.stdout.splitlines()[0]
    assert not {"\x1b", "\x07", "\ue000", "\ue001"} & set(asked.stdout + asked.stderr)


def test_documents_that_are_gone_are_not_answered_from(home: Path) -> None:
    for path in (home / "seeds").iterdir():
        path.unlink()

    asked = quoth("ask", QUESTION, cwd=home)

    assert asked.returncode == 1
    assert "seeds holds no documents" in asked.stderr
    assert asked.stdout == ""


def test_another_folder_is_not_answered_from_this_one(home: Path) -> None:
    (home / "other").mkdir()
    (home / "other/bread.md").write_text("# Prices\n\nA loaf of rye bread costs 17 francs.\n")

    asked = quoth("ask", QUESTION, "--seeds", "other", cwd=home)

    assert "The index was made of another folder; indexing other." in asked.stderr
    assert FAKE_ANSWER not in asked.stdout


def test_while_a_new_index_is_made_the_old_one_answers(home: Path) -> None:
    (home / "seeds/more.txt").write_text("Something else.")

    with Collection(home / "data/collections/base").lock.hold(lambda _: None):
        asked = quoth("ask", QUESTION, cwd=home)

    assert "A new index is being made; this answer comes from the previous one." in asked.stderr
    assert asked.stdout.startswith(f"{FAKE_ANSWER}\n")


def test_with_no_room_for_a_new_index_the_old_one_answers(home: Path) -> None:
    """The vectors can't be written: what an old index is worth then."""
    (home / "seeds/more.txt").write_text("Something else.")
    (home / "data/vectors").rename(home / "data/kept")
    (home / "data/vectors").write_text("a file where a folder should be")

    asked = quoth("ask", QUESTION, cwd=home)

    assert "this answer comes from the previous one" in asked.stderr
    assert asked.stdout.startswith(f"{FAKE_ANSWER}\n")
    assert asked.returncode == 0
