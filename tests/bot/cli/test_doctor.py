"""`quoth doctor`: what it finds, and what it does not tell."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bot.checkup import (
    Finding,
    collections_found,
    database_found,
    disk_found,
    encoder_found,
    index_found,
    nodes_found,
    parser_found,
    settings_found,
    token_found,
)
from bot.collection_builds import WORKSPACE_NAME
from bot.settings import CALIBRATION_NAME, Settings, load_settings
from bot.shared.opening import Shared
from index.confinement import confinement
from index.encoder_guard import MIN_MEAN_COSINE
from index.exporting import MANIFEST_NAME
from prompts import render
from tests.bot.shared.test_generations import build
from tests.commands import quoth
from tests.conftest import FAKE_CALIBRATION, ROOT, Library
from tests.fakes import FakeEncoder

TOKEN = "a.secret.token"  # noqa: S105 - of nothing


def doctor(*arguments: str, is_real: bool = True, **environment: Any) -> tuple[int, str]:
    done = quoth("doctor", *arguments, is_real=is_real, **environment)
    return done.returncode, done.stdout + done.stderr


def checks(output: str) -> dict[str, Any]:
    return {check["check"]: check for check in json.loads(output)["checks"]}


def test_a_sound_installation_answers_offline(real_data: Callable[[], Path]) -> None:
    arguments = ("--offline", "--seeds", str(ROOT / "seeds"), "--data", str(real_data()))
    code, text = doctor(*arguments, DISCORD_TOKEN=TOKEN)
    assert code == 0, text
    assert "encoder and reader answered in" in text
    assert "there is one; Discord was not asked" in text
    assert TOKEN not in text
    code, as_json = doctor(*arguments, "--json", is_real=False)

    assert code == 0
    assert json.loads(as_json)["offline"] in {"kernel", "python"}
    assert checks(as_json)["token"]["kind"] == "token_missing"


def test_ones_own_calibration_that_no_longer_counts_is_noted(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    """As after an update with new weights; `quoth ask` says so too."""
    data = shutil.copytree(real_data(), tmp_path / "data")
    (data / CALIBRATION_NAME).write_text(FAKE_CALIBRATION.model_dump_json())

    code, text = doctor("--offline", "--data", str(data))
    asked = quoth("ask", "who runs ICE", "--data", str(data), is_real=True)

    assert code == 0, text
    assert "note    models: encoder and reader answer. " in text
    for output in (text, asked.stderr):
        assert f"{data}/calibration.json does not count: it was made with another reader" in output


def test_sockets_are_blocked_offline() -> None:
    script = (
        "from bot.offline import OfflineError, go_offline\n"
        "import socket\n"
        "go_offline()\n"
        "try:\n"
        "    socket.create_connection(('127.0.0.1', 9))\n"
        "except OfflineError as error:\n"
        "    print('blocked')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "blocked\n"


def test_a_missing_index_is_a_failure_with_a_remedy(tmp_path: Path) -> None:
    code, text = doctor("--offline", "--data", str(tmp_path / "data"))

    assert code == 1
    assert "FAILED  index:" in text
    assert "Run: quoth index" in text


def test_the_protections_of_the_parser_are_named_and_so_are_those_that_are_missing() -> None:
    found = parser_found()
    assert found.state == ("note" if confinement().missing else "ok")
    assert "parser: documents are read in a process apart" in render("doctor.txt", **asdict(found))

    less = Finding("parser", "note", "parser", "files network")
    assert render("doctor.txt", **asdict(less)) == (
        "note    parser: documents are read in a process apart, with limits, a seccomp filter, "
        "privileges given up; this system lacks: a network namespace, Landlock for files"
    )


def test_how_documents_are_encoded_is_said_and_why(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    settings = load_settings(data=shutil.copytree(real_data(), tmp_path / "data"))
    (found,) = encoder_found(settings)
    assert (found.state, found.detail) > ("ok", f"{MIN_MEAN_COSINE}")
    assert "encoder: computes in int8" in render("doctor.txt", **asdict(found))

    (path,) = settings.encoder_exports.glob(f"*/{MANIFEST_NAME}")
    written = json.loads(path.read_text())
    for cosine, why in ((0.912, "vectors too much (mean cosine 0.912)"), (None, "can't be made")):
        path.write_text(json.dumps(written | {"precision": "fp32", "mean_cosine": cosine}))
        (found,) = encoder_found(settings)
        assert found.state == "note"
        assert why in render("doctor.txt", **asdict(found))
    path.unlink()
    assert not [*encoder_found(settings)]


def test_collections_that_can_not_be_searched_are_named(library: Library, tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path / "data")
    library.write("a.txt", "Some text.")
    library.build()
    (settings.collections / "server-empty").mkdir()
    sound = library.other("server-sound")
    sound.write("a.txt", "Some text.")
    sound.build()
    assert [*collections_found(settings)] == [Finding("collections", "ok", "collections", "1")]
    foreign = replace(library.other("foreign"), encoder=FakeEncoder(sha256="e" * 64))
    damaged = library.other("server-damaged")
    for each in (foreign, damaged):
        each.write("a.txt", "Some text.")
        each.build()
    library.other("server-new").write("a.txt", "Some text.")
    next(damaged.collection.folder.glob("generations/*/vectors.faiss")).write_bytes(b"x")

    found, unindexed = collections_found(settings)
    assert (found.state, found.detail) == ("note", "foreign, server-damaged")
    assert "quoth index --rebuild" in render("doctor.txt", **asdict(found))
    assert (unindexed.state, unindexed.detail) == ("note", "server-new")
    assert ": quoth index --collection" in render("doctor.txt", **asdict(unindexed))
    assert "2 others, each sound" in render(
        "doctor.txt", **asdict(Finding("collections", "ok", "collections", "2"))
    )


@pytest.mark.parametrize("is_there", [True, False])
def test_a_broken_index_of_the_documents_speaks_against_no_collection(
    library: Library, tmp_path: Path, *, is_there: bool
) -> None:
    settings = load_settings(data=tmp_path / "data")
    for each in (library, library.other("press")):
        each.write("a.txt", "Some text.")
        each.build()
    current = library.collection.folder / "CURRENT"
    current.write_text("nothing") if is_there else current.unlink()

    assert [*collections_found(settings)] == [Finding("collections", "ok", "collections", "1")]


def test_a_folder_that_holds_the_other_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    (apart, inside, around) = (
        settings_found(load_settings(seeds=seeds, data=data))
        for seeds, data in (("seeds", "data"), (".", "data"), ("data/seeds", "data"))
    )

    assert (apart.state, inside.state, around.state) == ("ok", "note", "note")
    assert "data, where Quoth keeps its own data, lies in the folder of documents ." in (
        render("doctor.txt", **asdict(inside))
    )
    assert "The folder of documents data/seeds lies in data" in (
        render("doctor.txt", **asdict(around))
    )


def test_documents_that_have_changed_are_noted(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    seeds = shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    (seeds / "new.txt").write_text("A new document.")

    found = index_found(load_settings(seeds=seeds, data=real_data()))
    assert (found.state, found.kind) == ("note", "index_outdated")


def test_an_index_that_builders_make_is_compared_with_what_they_have_published(
    shared: Shared, library: Library, node: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.checkup.shared_of", lambda _: shared)
    builder = load_settings(data=library.folder / "data", seeds=library.documents)
    assert index_found(node).kind == "index_failed"
    published = build(shared, library, builder, "For theft 35 were counted.")
    assert index_found(node) == Finding("index", "note", "index_behind", published)

    shared.generations.bring(node, "base")
    # There are no documents.
    assert index_found(node) == Finding("index", "ok", "index", published)

    published = build(shared, library, builder, "For theft 36 were counted.")
    assert index_found(node) == Finding("index", "note", "index_behind", published)


@pytest.mark.parametrize(
    ("accepts", "state", "kind"),
    [(True, "ok", "token"), (False, "failed", "token_refused"), (None, "note", "token_unasked")],
)
def test_the_token_is_shown_to_discord_alone(
    accepts: bool | None, state: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    asked: list[str] = []

    def discord(token: str) -> bool | None:
        asked.append(token)
        return accepts

    found = token_found(load_settings(), discord)
    assert asked == [TOKEN]
    assert (found.state, found.kind) == (state, kind)
    assert TOKEN not in repr(found)


def test_a_data_folder_that_is_not_there_yet_is_on_a_disk(tmp_path: Path) -> None:
    assert disk_found(load_settings(data=tmp_path / "a" / "b")).state == "ok"


def test_nodes_are_asked_whether_they_take_questions() -> None:
    problems = {
        "http://here": None,
        "http://there": "status 404",
        "http://other": "reader",
        "http://stranger": "status 401",
    }
    settings = load_settings(nodes=",".join(problems), node_token="0123456789abcdef")

    found = list(nodes_found(settings, problems.__getitem__))

    assert [finding.state for finding in found] == ["ok", "failed", "failed", "failed"]
    said = [render("doctor.txt", **asdict(finding)) for finding in found]
    assert "http://there: status 404." in said[1]
    assert "http://other has another reader than this machine" in said[2]
    assert "http://stranger does not accept the QUOTH_NODE_TOKEN" in said[3]
    unasked = list(nodes_found(settings, None))
    assert {finding.state for finding in unasked} == {"note"}
    assert "http://here was not asked" in render("doctor.txt", **asdict(unasked[0]))


def test_the_database_is_named_without_its_password_whether_it_answers_or_not(
    postgres_database: str, tmp_path: Path
) -> None:
    socket = postgres_database.partition("host=")[2]
    name = postgres_database.partition("?")[0].rpartition("/")[2]
    there = load_settings(database=f"postgresql://quoth:secret@/{name}?host={socket}")
    away = load_settings(database=f"postgresql://quoth:secret@/{name}?host={tmp_path}")

    found = [database_found(one) for one in (load_settings(), there, away)]

    assert [one.state for one in found] == ["ok", "ok", "failed"]
    said = [render("doctor.txt", **asdict(one)) for one in found]
    assert f"PostgreSQL ({name} at {socket}) answers" in said[1]
    assert "can't be reached" in said[2]
    assert "secret" not in "".join(said)


def test_what_a_builder_has_built_is_what_is_looked_at_on_its_machine(
    home: Path, postgres_database: str
) -> None:
    (home / "storage").mkdir()
    (home / "data").rename(home / "builds")
    (home / "data").mkdir()
    (home / "builds").rename(home / "data" / WORKSPACE_NAME)
    arguments = ("--json", "--seeds", str(home / "seeds"), "--data", str(home / "data"))
    shared = {"QUOTH_DATABASE": postgres_database, "QUOTH_STORAGE": str(home / "storage")}

    code, output = doctor(*arguments, is_real=False, **shared)
    assert code == 0, output
    assert checks(output)["models"]["kind"] == "models"
    shutil.rmtree(home / "data" / WORKSPACE_NAME)
    _, output = doctor(*arguments, is_real=False, **shared)
    assert checks(output)["models"]["kind"] == "models_untried"
    (home / "storage").rmdir()
    code, output = doctor(*arguments, is_real=False, **shared)
    assert code == 1
    assert "Make it, or mount it" in checks(output)["index"]["detail"]
