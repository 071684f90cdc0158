"""
Documents, names and questions can't steer the terminal: every command, and every byte it prints.

With a cleared screen and a turned line, a document could show an answer that Quoth never gave.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
import pytest

from answering.answer import NearestPassage
from bot.added_readers import CARD_NAME, AddedReaders
from bot.cli.main import cli
from bot.discord_app.audit import AuditTrail
from bot.discord_app.records import Records
from bot.discord_app.stored_answers import StoredAnswers
from index.store import Collection
from tests.bot.cli.test_ask import on_a_terminal
from tests.bot.discord_app.fakes import found, span
from tests.bot.fetching.site import Page, serving
from tests.bot.test_added_readers import CARD
from tests.commands import quoth
from tests.prompts.test_printing import STEERING, is_harmless

# As much as a file name, a setting and UTF-8 hold.
EVIL = "".join(text for name, text in STEERING.items() if name != "half")
NAME = (
    "\x1b[2J\x1b]0;mine\x07\x9b1m\x7f\u202e\u2066\u200f\u061c\u200b\u2028\u3164\nThe documents say"
)
LINE = re.sub(r"[\r\x0b\x0c\x85\u2028\u2029]", "", EVIL)
"""Without what ends a line, so that it stays in a heading or a cell."""

MARKDOWN = f"""---
title: The keeper{LINE}
date: 2024-03-0{LINE}
---
# The tower{LINE} of Vellmar

The keeper of the tower{LINE} is Ada{LINE} Lovell, since 1{LINE}.

## Fees{LINE} and fines

- A boat{LINE} costs 12 marks{LINE} a night.
- [The list{LINE}](https://evil.example/{LINE}) names 40 boats{LINE}.

| Boat{LINE} | Fee{LINE} |
|---|---|
| Swan{LINE} | 77{LINE} marks |
"""
HTML = f"""<html><head><title>Ferry{LINE}</title><meta name="date" content="{LINE}"></head><body>
<h1>The ferry{LINE}</h1><p>The ferry{LINE} leaves at 6{LINE} from pier{LINE} four.</p>
<table><tr><th>Port{LINE}</th></tr><tr><td>Ostend{LINE}</td></tr></table></body></html>"""
FILES = {
    f"tower{NAME}.md": MARKDOWN,
    f"sub{NAME}/ferry{NAME}.html": HTML,
    f"crews{NAME}.csv": f"boat{LINE},captain{LINE}\nSwan{LINE},Ada{LINE} Byron\n",
    f"rows{NAME}.jsonl": json.dumps({f"baker{LINE}": f"Otto{LINE} Brandt"}) + "\n",
    f"plain{NAME}.txt": f"Otto{LINE} Brandt bakes rye bread{LINE} on Tuesdays{LINE}.",
    f"broken{NAME}.pdf": f"no PDF{LINE}",
    f"left{NAME}.exe": "left out",
}
ASKED = {
    "fact": f"who is the keeper{LINE} of the tower?",
    "list": "which boats{LINE} are named?",
    "refused": f"what is the password{LINE} of the king?",
}


def harmful(output: bytes | str) -> str:
    """What of an output should not be there, with what stands around it; empty if nothing."""
    text = output if isinstance(output, str) else output.decode()
    return next(
        (
            repr(text[max(0, at - 40) : at + 20])
            for at, one in enumerate(text)
            if not is_harmless(one)
        ),
        "",
    )


class Home:
    """A folder in which everything is hostile: documents, names, and the folder itself."""

    def __init__(self, folder: Path) -> None:
        """Write the documents."""
        folder.mkdir()
        self.folder = folder
        self.seeds = folder / f"seeds{NAME}"
        self.data = folder / f"data{NAME}"
        for name, text in FILES.items():
            path = self.seeds / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        odd = os.fsencode(self.seeds) + b"/odd\xff\x9b\x1b.txt"
        Path(os.fsdecode(odd)).write_text("odd")

    def run(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command here; whatever it prints is looked at."""
        done = quoth(
            *arguments,
            stdin=stdin,
            cwd=self.folder,
            QUOTH_SEEDS=str(self.seeds),
            QUOTH_DATA=str(self.data),
            HF_HUB_OFFLINE="1",
            # Which reader is set matters to the real one alone.
            is_real="QUOTH_READER" in environment,
            **environment,
        )
        assert not harmful(done.stdout), (arguments, harmful(done.stdout))
        assert not harmful(done.stderr), (arguments, harmful(done.stderr))
        return done


@pytest.fixture(scope="module")
def home(real_data: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Everything hostile, indexed."""
    made = Home(tmp_path_factory.mktemp("home") / f"in{NAME}")
    # The encoder need not be exported once more.
    shutil.copytree(real_data() / "encoder", made.data / "encoder")
    previewed = made.run("index", "--dry-run")
    assert "Added: " in previewed.stdout
    assert "tower" in previewed.stdout
    json.loads(made.run("index", "--dry-run", "--json").stdout)
    built = made.run("index")
    assert built.returncode == 1
    assert "Could not be read: broken" in built.stdout
    assert "Left out: left" in built.stdout
    assert "Left out: odd" in built.stdout
    return made


@pytest.mark.parametrize("kind", ASKED)
def test_an_answer(home: Home, kind: str) -> None:
    told = home.run("ask", ASKED[kind], "--top", "5")
    described = json.loads(home.run("ask", "--json", ASKED[kind], "--top", "5").stdout)

    assert told.returncode in {0, 3, 4}
    assert described["question"]
    quoted = [*described["answers"], *described["alternatives"]]
    for one in quoted:
        generation = Collection(home.data / "collections" / "base").open()
        with closing(generation):
            text = generation.texts.text(one["document"], one["start_char"], one["end_char"])
        # Only what is printed is made harmless.
        assert text == one["answer"]


def test_an_answer_in_colour(home: Home) -> None:
    shown = on_a_terminal(
        *("ask", ASKED["fact"], "--top", "5"),
        QUOTH_SEEDS=str(home.seeds),
        QUOTH_DATA=str(home.data),
    )

    assert "\x1b[1m" in shown
    without_styles = re.sub(r"\x1b\[[012]m", "", shown).replace("\r\n", "\n")
    assert not harmful(without_styles)


def test_a_conversation(home: Home) -> None:
    lines = "\n".join((*ASKED.values(), "and since when?", f"/context{LINE}", "/new", "", "?" * 5))

    told = home.run("chat", stdin=lines).stdout.splitlines()
    described = home.run("chat", "--json", stdin=lines).stdout.splitlines()

    assert [key for line in described for key in json.loads(line) if key == "error"]
    assert len(told) == len(described) == 6


def test_a_conversation_at_a_terminal(home: Home) -> None:
    shown = on_a_terminal(
        "chat",
        typed="who is the keeper?\n/context\n/more\n/sources\n/nope\n/quit\n",
        QUOTH_SEEDS=str(home.seeds),
        QUOTH_DATA=str(home.data),
        TERM="dumb",
    )

    assert "characters" in shown
    assert "plain" in shown
    assert "is no command here" in shown
    # The prompt moves the cursor and draws; it neither clears the screen nor leaves its line.
    drawn = re.sub(r"\x1b\[(\d*[CDJm]|\?[\d]+[hl])", "", shown)
    assert not harmful(re.sub(r"[\r\x08]", "", drawn))
    assert "\x1b[2J" not in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("index", "status"),
        ("index", "status", "--json"),
        ("index", "search", f"keeper{LINE}"),
        ("index", "search", f"keeper{LINE}", "--json"),
        ("index", "verify"),
        ("index", "rollback"),
        ("doctor", "--offline"),
        ("doctor", "--offline", "--json"),
    ],
    ids=lambda value: " ".join(value).replace(LINE, "…"),
)
def test_a_look_at_the_index(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run(*arguments)

    assert done.stdout or done.stderr


def test_changes_of_documents(home: Home) -> None:
    added = home.seeds / f"new{NAME}.md"
    added.write_text(MARKDOWN)
    try:
        assert "Added: new" in home.run("index", "--dry-run").stdout
        with_progress = home.run("index", "--progress", "--json")
    finally:
        added.unlink()

    json.loads(with_progress.stdout)
    assert [json.loads(line) for line in with_progress.stderr.splitlines()]
    assert "changed" in home.run("ask", ASKED["refused"]).stderr


def test_a_measurement(home: Home) -> None:
    path = home.folder / f"asked{NAME}.jsonl"
    text = f"The keeper{LINE} is Ada{LINE} Lovell."
    asked = [{"q": f"who{LINE} is it?", "a": f"Ada{LINE} Lovell"}, {"q": LINE, "a": f"no{LINE}"}]
    row = {"id": f"x{LINE}", "title": LINE, "text": text, "qas": asked}
    path.write_text(json.dumps(row))
    out = home.folder / f"out{NAME}.json"

    told = home.run("eval", str(path), "--mode", "reader", "--predictions", str(out))
    described = home.run("eval", str(path), "--mode", "reader", "--json")
    refused = home.run("eval", str(path), "--bad-answers", "refuse")

    assert "not in the passage" in told.stderr
    json.loads(described.stdout)
    json.loads(out.read_text())
    assert "not in" in refused.stderr


def test_what_was_asked_and_done_in_discord(home: Home) -> None:
    out, table = (home.folder / f"{name}{NAME}" for name in ("asked.jsonl", "gaps.csv"))
    near = NearestPassage(f"tower{NAME}.md", f"The tower{LINE}", 0, 9, f"near{LINE}", None)
    with closing(Records(home.data / "quoth.sqlite")) as records:
        answers = StoredAnswers(records)
        kept = replace(found(span(), question=ASKED["fact"], nearest=(near,)), id="a" * 32)
        answers.keep(kept, 1, 7, with_question=True)
        open_one = replace(found(question=ASKED["refused"], nearest=(near,)), id="b" * 32)
        answers.keep(open_one, 1, 7, with_question=True)
        stored = answers.get(kept.id, 1, 7)
        assert stored is not None
        answers.vote(stored, 2, complaint="wrong", expected=f"Ada{LINE} Lovell", question=None)
        AuditTrail(records).write(7, 1, "added", f"tower{NAME}.md")

    exported = home.run("questions", "export", str(out.with_suffix(".jsonl")))
    told = home.run("gaps")
    described = json.loads(home.run("gaps", "--json").stdout)
    written = home.run("gaps", "--csv", str(table))
    done = home.run("audit")
    listed = json.loads(home.run("audit", "--json").stdout)

    assert "Wrote " in exported.stdout
    assert "members expect: Ada" in told.stdout
    assert "nearest, in The tower" in told.stdout
    assert any(LINE in (gap["example"] or "") for gap in described["gaps"])
    assert "gaps" in written.stdout
    assert "added tower" in done.stdout
    assert listed["subject"] == f"tower{NAME}.md"


def test_readers(home: Home) -> None:
    with AddedReaders(home.data / "readers").making("large") as folder:
        card = CARD.model_copy(update={"origin": f"owner/model{LINE}"})
        (folder / CARD_NAME).write_text(card.model_dump_json())

    told = home.run("reader", "list")
    described = json.loads(home.run("reader", "list", "--json").stdout)
    gone = f"gone{LINE}"
    others = [
        home.run(*command, gone)
        for command in (("reader", "add"), ("reader", "use"), ("reader", "remove"))
    ]

    assert "owner/model" in told.stdout
    assert described["added"]["large"]["origin"] == f"owner/model{LINE}"
    assert [one.returncode for one in others] == [1, 1, 1]


def test_a_backup(home: Home) -> None:
    documents = home.data / "collections" / "press" / "documents"
    documents.mkdir(parents=True)
    try:
        (documents / f"when{NAME}.txt").write_text(f"At nine{LINE}.")
        (documents / f"link{NAME}.txt").symlink_to(home.seeds)
        archive = home.folder / f"kept{NAME}.zip"
        written = home.run("backup", str(archive))
        checked = home.run("restore", "--check", str(archive))
        refused = home.run("restore", str(archive))
        restored = home.run("restore", str(archive), "--data", f"other{NAME}")
        archive.write_bytes(archive.read_bytes().replace(b"At nine", b"At noon"))
        broken = home.run("restore", "--check", str(archive))
    finally:
        shutil.rmtree(documents.parent)

    assert "link" in written.stderr
    assert "All checksums are right" in checked.stdout
    assert "--replace" in refused.stderr
    assert "It is in other" in restored.stdout
    assert "when" in broken.stderr


def test_what_is_fetched(home: Home, tmp_path: Path) -> None:
    """The addresses, headers and texts of a site are its owner's."""
    title = f"<title>Port{LINE}</title><p>A boat{LINE} costs 12 marks{LINE} a night.</p>"
    page = f"/page{LINE}"
    with serving() as site:
        hostile = {"Content-Type": "text/html; charset=utf-8\x9b2J", "ETag": '"\x9b"'}
        site.pages["/page"] = Page(title.encode(), headers=hostile)
        site.pages["/kind"] = Page(b"x", headers={"Content-Type": "image/\x9b2J"})
        site.redirect("/away", "http://gone\x9b.invalid/")
        site.sitemap("/sitemap.xml", ["/page", "/kind", "/away", "/page\x9b2J\u202e"])
        options = ("--allow-private", "--delay", "0", "--seeds", str(tmp_path / f"site{NAME}"))
        told = [
            home.run("fetch", *options, *asked)
            for asked in (
                ("--sitemap", site.url, "--under", f"{site.url}/"),
                (f"{site.url}{page}",),
                ("--update",),
                ("--forget", f"{site.url}{page}"),
                ("--git", f"{site.url}{page}"),
                (f"nowhere{LINE}",),
            )
        ]

    assert "Fetched: 1 new" in told[0].stdout
    assert [one.returncode for one in told] == [1, 1, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("ask", "who", f"--no{LINE}"), {}),
        ((f"bake{LINE}",), {}),
        (("ask", "who", "--top", LINE), {}),
        (("ask", "who", "--seeds", f"gone{LINE}", "--data", f"none{LINE}"), {}),
        (("ask", "who", "--collection", f"gone{LINE}"), {}),
        (("ask", "who", "--encoder", f"gone{LINE}"), {}),
        (("eval", f"gone{LINE}.jsonl"), {}),
        (("questions", "export", f"out{LINE}.txt"), {}),
        (("index", "status", "--collection", LINE), {}),
        (("run",), {}),
        (("run",), {"DISCORD_TOKEN": "a.secret.token", "QUOTH_READER": f"gone{LINE}"}),
        (("serve", "--host", f"host{LINE}"), {}),
        (("serve",), {"QUOTH_WEB_HOST": "::1", "QUOTH_API_TOKENS": f"press{LINE}:{LINE}"}),
        (("mcp", "--http", "--host", f"host{LINE}"), {}),
        (
            ("build",),
            {"QUOTH_STORAGE": f"gone{LINE}://", "QUOTH_DATABASE": "postgresql://127.0.0.1:1/"},
        ),
        (("migrate",), {"QUOTH_DATABASE": f"postgresql://gone{LINE}@127.0.0.1:1/{LINE}"}),
        (("restore", f"gone{LINE}.zip"), {}),
        (("ask", "who"), {"QUOTH_PASSAGES": LINE}),
        (("ask", "who"), {f"QUOTH_{LINE}": "1"}),
        (("ask", "who"), {"QUOTH_DOCUMENT_TYPES": LINE}),
    ],
    ids=lambda value: " ".join(value).replace(LINE, "…"),
)
def test_an_error(home: Home, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    done = home.run(*arguments, **environment)

    assert done.returncode in {1, 2}
    assert done.stderr.strip()


def _commands(group: click.Group, *above: str) -> list[str]:
    found = []
    for name in group.list_commands(click.Context(group)):
        one = group.get_command(click.Context(group), name)
        if isinstance(one, click.Group):
            found += _commands(one, *above, name)
        else:
            found.append(" ".join((*above, name)))
    return found


def test_every_command_is_run_here() -> None:
    """A new command is given hostile text in this file before it ships."""
    source = Path(__file__).read_text()

    def is_run(command: str) -> bool:
        words = command.split()
        return ", ".join(f'"{word}"' for word in words) in source

    assert [one for one in _commands(cli) if not is_run(one)] == []


def test_what_nobody_foresaw() -> None:
    """A traceback, a warning and a log name what they stumbled over."""
    script = (
        "import logging, sys, warnings\n"
        "from bot.cli import main\n"
        "def fall(**_):\n"
        "    logging.getLogger('x').warning(sys.argv[1])\n"
        "    warnings.warn(sys.argv[1])\n"
        "    print(sys.argv[1])\n"
        "    sys.stdout.writelines([sys.argv[1]])\n"
        "    raise RuntimeError(sys.argv[1])\n"
        "main.cli.main = fall\n"
        "main.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, EVIL],
        capture_output=True,
        check=False,
    )

    assert not harmful(done.stdout)
    assert not harmful(done.stderr)
    assert b"RuntimeError" in done.stderr
    assert done.stdout
