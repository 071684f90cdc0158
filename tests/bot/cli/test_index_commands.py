"""`quoth index` and what it says, with the real models where there is something to find."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.documents import NOT_READ
from tests.commands import quoth
from tests.conftest import ROOT

STATUTES = ROOT / "tests/index/files/statutes.pdf"


def test_a_dry_run_says_what_would_be_read_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for number in range(3):
        (tmp_path / f"seeds/{number}.txt").write_text("Something.")

    told = quoth("index", "--dry-run", cwd=tmp_path)
    as_json = quoth("index", "--dry-run", "--json", cwd=tmp_path)

    assert told.stdout.startswith("Added: 0.txt, 1.txt, 2.txt.\nNothing was done")
    assert json.loads(as_json.stdout) == {
        "added": ["0.txt", "1.txt", "2.txt"],
        "changed": [],
        "removed": [],
        "renamed": [],
        "failed": [],
        "failures": [],
        "skipped": [],
    }
    assert not (tmp_path / "data").exists()


def test_a_dry_run_names_what_can_not_be_read_and_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "seeds/.git").mkdir(parents=True)
    (tmp_path / "seeds/a.txt").write_text("Something.")
    shutil.copyfile(STATUTES, tmp_path / "seeds/b.txt")
    (tmp_path / "seeds/c.png").write_text("Something.")

    told = quoth("index", "--dry-run", cwd=tmp_path)
    as_json = json.loads(quoth("index", "--dry-run", "--json", cwd=tmp_path).stdout)

    assert told.returncode == 1
    assert told.stdout.splitlines() == [
        "Added: a.txt.",
        "Can't be read: b.txt: it is a PDF, whatever its ending says; end its name in .pdf.",
        "Left out: .git: names that begin with a dot are hidden.",
        f"Left out: c.png: {NOT_READ}.",
        "Nothing was done; run `quoth index` to do it.",
    ]
    assert as_json["added"] == ["a.txt", "b.txt"]
    assert as_json["failed"] == [failure["id"] for failure in as_json["failures"]] == ["b.txt"]
    assert [skipped["id"] for skipped in as_json["skipped"]] == [".git", "c.png"]
    assert not (tmp_path / "data").exists()


def test_a_data_folder_among_the_documents_is_named_and_not_indexed(tmp_path: Path) -> None:
    own = tmp_path / "data/collections/server-1/documents/own.txt"
    own.parent.mkdir(parents=True)
    own.write_text("The secret is 7.")
    (tmp_path / "a.txt").write_text("Theft costs 35.")

    told = quoth("index", "--dry-run", "--seeds", ".", cwd=tmp_path)
    apart = quoth("index", "--dry-run", "--seeds", ".", "--data", "../data", cwd=own.parent)

    assert told.stdout.startswith("Added: a.txt.\n")
    assert told.stderr.splitlines()[0] == (
        "data, where Quoth keeps its own data, lies in the folder of documents .; "
        "nothing in it is indexed."
    )
    assert "where Quoth keeps its own data" not in apart.stderr


def test_an_empty_name_is_not_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Something.")

    for option in ("--seeds", "--data"):
        refused = quoth("index", "--dry-run", option, "", cwd=tmp_path)
        assert refused.returncode == 2
        assert f"Invalid value for '{option}': it is empty." in refused.stderr


def test_many_changes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for number in range(20):
        (tmp_path / f"seeds/{number}.txt").write_text("Something.")

    assert quoth("index", "--dry-run", cwd=tmp_path).stdout.startswith("Added: 20 documents.")


def test_status_and_search_show_what_is_there(real_data: Callable[[], Path]) -> None:
    options = ("index", "--data", str(real_data()), "--seeds", str(ROOT / "seeds"))

    status = json.loads(quoth(*options, "status", "--json").stdout)
    assert (status["documents"], status["passages"], status["up_to_date"]) == (1, 5, True)
    assert "It is up to date with" in quoth(*options, "status").stdout

    hits = json.loads(quoth(*options, "search", "drunk driving", "--json").stdout)["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4, 5]
    assert hits[0]["lexical_rank"] == 1
    assert "drunk driving" in hits[0]["passage"]["text"]
    told = quoth(*options, "search", os.fsdecode(b"drunk\xff driving"), "-k", "1").stdout
    assert told.startswith("1. 000_b5621b009607970c.txt, characters ")


def test_the_status_says_what_is_here_while_the_database_is_away(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    (tmp_path / "storage").mkdir()
    shared: dict[str, Any] = {
        "QUOTH_DATABASE": "postgresql://127.0.0.1:1/",
        "QUOTH_STORAGE": str(tmp_path / "storage"),
    }
    options = ("index", "status", "--data", str(real_data()))

    told = quoth(*options, **shared)
    as_json = quoth(*options, "--json", **shared)
    nowhere = quoth("index", "status", "--data", str(tmp_path / "data"), **shared)

    assert (told.returncode, as_json.returncode, nowhere.returncode) == (1, 1, 1)
    assert "1 document, 5 passages" in told.stdout
    (line,) = [line for line in told.stdout.splitlines() if "QUOTH_DATABASE" in line]
    assert line.startswith("Whether builders have published another one can't be told: QUOTH_DATAB")
    status = json.loads(as_json.stdout)
    assert (status["documents"], status["published"]) == (1, None)
    assert status["away"].startswith("QUOTH_DATABASE can't be used now")
    assert "There is no index here, and none can be fetched now: QUOTH_DATAB" in nowhere.stderr


def test_a_subcommand_takes_its_options_after_its_name_too(real_data: Callable[[], Path]) -> None:
    options = ("--data", str(real_data()), "--seeds", str(ROOT / "seeds"))

    after = quoth("index", "--data", "nowhere", "status", "--json", *options)
    missing = quoth("index", *options, "status", "--collection", "village")

    assert json.loads(after.stdout)["up_to_date"] is True
    assert "village: there is no index yet. `quoth index --collection village`" in missing.stderr


def test_an_option_for_indexing_before_a_subcommand_is_refused(tmp_path: Path) -> None:
    for option in ("--json", "--rebuild", "--dry-run", "--watch", "--progress"):
        refused = quoth("index", option, "status", cwd=tmp_path)
        assert refused.returncode == 2
        assert f'{option} is for indexing and can\'t stand before "status"' in refused.stderr


def test_few_files_that_were_not_read_are_named_each_on_a_line(home: Path) -> None:
    for number in range(12):
        (home / f"seeds/bad\n{number:02}.txt").write_bytes(b"\x00")
        (home / f"seeds/{number:02}.png").write_bytes(b"\x89PNG")
    (home / "seeds/good.txt").write_text("Something.")
    (home / "seeds/page.tex").write_text("Something.")
    (home / "seeds/.hidden.md").write_text("Something.")

    previewed = quoth("index", "--dry-run", cwd=home).stdout
    lines = quoth("index", cwd=home).stdout.splitlines()

    assert "\nCan't be read: 4 more; --json names them.\n" in previewed
    assert lines[0] == "Added: good.txt."
    assert lines[2] == "Could not be read: bad 00.txt: it is not a text file (it holds NUL bytes)."
    assert lines[10] == "Could not be read: 4 more; `quoth index status` names them."
    assert lines[11] == "Left out: .hidden.md: names that begin with a dot are hidden."
    assert lines[12].startswith(
        "Left out: 00.png, 01.png, 02.png and 9 more .png; page.tex: only .adoc, "
    )
    assert len(lines) == 13
    assert quoth("index", "status", cwd=home).stdout.count("Could not be read: bad ") == 12


def test_there_is_nothing_to_go_back_to(real_data: Callable[[], Path]) -> None:
    rolled = quoth("index", "--data", str(real_data()), "rollback")

    assert rolled.returncode == 1
    assert "there is no generation before" in rolled.stderr


def test_a_collection_s_name_can_not_lead_elsewhere(tmp_path: Path) -> None:
    for name in ("../base", "", "UPPER", "a/b", "-x"):
        refused = quoth("index", "--collection", name, cwd=tmp_path)
        assert refused.returncode == 2
        assert "is no name of a collection" in refused.stderr


def test_a_collection_is_answered_from_where_it_is_named(home: Path) -> None:
    folder = home / "data/collections/town/documents"
    folder.mkdir(parents=True)
    (folder / "prices.csv").write_text("item,price\nLoaf of rye bread,17 francs\n")
    question = "What is the price of a loaf of rye bread?"

    indexed = quoth("index", "--collection", "town", "--json", cwd=home)
    without = quoth("ask", "--json", question, cwd=home)
    within = quoth("ask", "--json", "--collection", "town", question, cwd=home)
    missing = quoth("ask", "--collection", "village", question, cwd=home)

    assert json.loads(indexed.stdout)["changes"]["added"] == ["prices.csv"]
    assert "francs" not in without.stdout
    answer = json.loads(within.stdout)
    assert (answer["collection"], answer["document"]) == ("town", "prices.csv")
    assert answer["answer"] == "17 francs"
    assert answer["place"] == {"kind": "row", "name": "2", "line": None, "within": None}
    assert missing.returncode == 1
    assert "there is no index yet. `quoth index --collection village`" in missing.stderr
