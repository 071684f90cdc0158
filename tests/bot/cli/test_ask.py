"""`quoth ask` as people and programs run it, a process of its own; some with the real reader."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import FAKE_ANSWER, PATIENCE_S, QUESTION, QUOTH, quoth
from tests.conftest import ROOT
from tests.forks import Fork


def test_the_answer_stands_in_its_sentence_with_its_document(ready: tuple[str, ...]) -> None:
    asked = quoth("ask", QUESTION, *ready, is_real=True)

    assert asked.returncode == 0
    assert asked.stdout.startswith("35,927\n\n")
    assert "**35,927** for drunk driving" in asked.stdout
    assert "000_b5621b009607970c.txt, characters 859-865 · confidence 0." in asked.stdout
    assert asked.stderr == ""


def test_json_has_stable_keys_and_exact_offsets(ready: tuple[str, ...]) -> None:
    asked = quoth("ask", "--json", "--top", "1", QUESTION, *ready)

    answer = json.loads(asked.stdout)
    assert list(answer) == [
        *("id", "permalink"),
        *(
            "question",
            "understood",
            "goes_on",
            "outcome",
            "answered",
            "answer",
            "confidence",
            "quote",
            "introduction",
        ),
        *("collection", "document", "start_char", "end_char", "place", "dated"),
        *("source", "language", "link", "kind"),
        *("is_partial", "answers", "candidates", "alternatives", "nearest", "narrowed"),
        "generation",
        "timings_ms",
    ]
    text = (ROOT / "seeds" / answer["document"]).read_text()
    assert text[answer["start_char"] : answer["end_char"]] == answer["answer"] == FAKE_ANSWER
    assert answer["quote"] in text
    assert len(answer["alternatives"]) == 1
    for other in answer["alternatives"]:
        assert text[other["start_char"] : other["end_char"]] == other["answer"]
    assert set(answer["timings_ms"]) == {"encode", "search", "read", "total"}


def test_an_answer_is_kept_as_one_page(ready: tuple[str, ...], tmp_path: Path) -> None:
    page = tmp_path / "answer.html"

    asked = quoth(
        "ask", "--html", str(page), QUESTION, *ready, QUOTH_PUBLIC_URL="https://q.example"
    )

    assert asked.stdout.startswith(f"{FAKE_ANSWER}\n\n")
    assert "\n  https://q.example/d/000_b5621b009607970c.txt?start=" in asked.stdout
    text = page.read_text(encoding="utf-8")
    assert text.count(f"<mark>{FAKE_ANSWER}</mark> for sexual offenses") == 2
    assert "has sparked criticism from groups that defend immigrants" in text
    assert "<script" not in text
    assert asked.stderr == f"Wrote {page}.\n"
    nowhere = quoth("ask", "--html", str(tmp_path / "kept" / "answer.html"), QUESTION, *ready)
    assert nowhere.returncode == 2
    assert f"there is no folder {tmp_path / 'kept'}" in nowhere.stderr
    assert not (tmp_path / "kept").exists()
    unwritable = quoth("ask", "--html", "/proc/answer.html", QUESTION, *ready)
    assert unwritable.returncode == 1
    assert unwritable.stdout.startswith(f"{FAKE_ANSWER}\n\n")
    assert "/proc/answer.html: can't be written" in unwritable.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is full")
def test_an_answer_is_kept_as_a_page_where_it_cannot_be_printed(
    ready: tuple[str, ...], tmp_path: Path
) -> None:
    page = tmp_path / "answer.html"
    with Path("/dev/full").open("wb") as full:
        code = Fork(
            "tests.commands:main_with_fake_reader",
            ("ask", "--html", str(page), QUESTION, *ready),
            (0, full.fileno(), full.fileno()),
            cwd=ROOT,
            environment={**os.environ, "PYTHONPATH": str(ROOT)},
        ).wait(PATIENCE_S)

    assert code == 1
    assert f"<mark>{FAKE_ANSWER}</mark>" in page.read_text(encoding="utf-8")


def test_where_the_documents_do_not_say_the_exit_code_is_3(ready: tuple[str, ...]) -> None:
    asked = quoth("ask", "How old is John Morton?", *ready, is_real=True)

    assert asked.returncode == 3
    assert asked.stdout.startswith("The documents don't say.\n\nNearest passages:\n")

    answer = json.loads(quoth("ask", "--json", "who keeps the zoo?", *ready).stdout)
    assert answer["answered"] is False
    assert answer["answer"] is answer["document"] is None
    assert answer["alternatives"] == []
    text = (ROOT / "seeds" / answer["nearest"][0]["document"]).read_text()
    for passage in answer["nearest"]:
        assert text[passage["start_char"] : passage["end_char"]] == passage["text"]


def test_a_question_needs_no_quotation_marks(ready: tuple[str, ...]) -> None:
    assert quoth("ask", *QUESTION.split(), *ready).stdout.startswith(f"{FAKE_ANSWER}\n")


@pytest.mark.parametrize("argument", [(), ("-",)], ids=["none", "dash"])
def test_the_question_may_come_from_standard_input(
    ready: tuple[str, ...], argument: tuple[str, ...]
) -> None:
    assert quoth("ask", *argument, *ready, stdin=f"{QUESTION}\n").stdout.startswith(FAKE_ANSWER)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "The question is empty"),
        (" \t ", "The question is empty"),
        ("\x1b\x07", "The question is empty"),
        ("why " * 2_500, "The question has 9,999 characters; at most 4,000"),
    ],
)
def test_a_question_that_can_not_be_asked_is_wrong_usage(question: str, said: str) -> None:
    asked = quoth("ask", "-", stdin=question)

    assert asked.returncode == 2
    assert said in asked.stderr
    assert asked.stdout == ""


@pytest.mark.parametrize(
    "question",
    [
        b"\xff\xfe how many for drunk driving",
        "'; DROP TABLE passages; --",
        "$(touch pwned) `touch pwned` how many",
        'text:"drunk" AND (NOT *',
        "word " * 790,
    ],
)
def test_hostile_questions_are_only_questions(
    ready: tuple[str, ...], question: str | bytes, tmp_path: Path
) -> None:
    asked = quoth("ask", "-", *ready, stdin=question, cwd=tmp_path)

    assert asked.returncode in {0, 3, 4}
    assert "Traceback" not in asked.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_of_documents_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    asked = quoth("ask", QUESTION, "--data", str(tmp_path / "data"), cwd=tmp_path)

    assert asked.returncode == 1
    assert "seeds: there is no such folder. Create it" in asked.stderr
    assert asked.stdout == ""


def test_an_empty_folder_of_documents_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()

    asked = quoth("ask", QUESTION, cwd=tmp_path)

    assert asked.returncode == 1
    assert "seeds holds no documents" in asked.stderr


def test_an_unknown_setting_is_wrong_usage() -> None:
    asked = quoth("ask", QUESTION, QUOTH_PASAGES="3")

    assert asked.returncode == 2
    assert "Did you mean QUOTH_PASSAGES?" in asked.stderr


_RUN_AND_TELL = """
import collections, os, socket, sys

looked_at = collections.Counter()

def note(event, arguments):
    if event in {"os.scandir", "open"} and isinstance(arguments[0], (str, os.PathLike)):
        looked_at[os.fspath(arguments[0])] += 1

sys.addaudithook(note)

def refuse(*_):
    raise OSError("a socket was opened")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
sys.argv = ["quoth", *sys.argv[1:]]
from bot.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {"torch", "transformers", "sentence_transformers", "discord", "huggingface_hub", "onnx"}
# These take a hundredth of the whole time each, and are of no use here.
in_vain = {"asyncio", "numpy.ma"}
print("imported:", sorted((heavy | in_vain) & set(sys.modules)))
print("seeds, calibration, tuning:", *(
    sum(count for path, count in looked_at.items() if path.endswith(end))
    for end in ("/seeds", "/calibration.json", "/tuning.json")
))
"""


def test_answering_imports_nothing_heavy_and_tells_nobody(
    ready: tuple[str, ...], tmp_path: Path
) -> None:
    """
    What ONNX Runtime would tell its makers, it keeps in the person's folder until then.

    The folder is listed once, and the numbers that were fitted are read once.
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _RUN_AND_TELL, "ask", QUESTION, *ready],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("35,927\n")
    assert run.stdout.endswith("imported: []\nseeds, calibration, tuning: 1 1 1\n")
    assert list(tmp_path.iterdir()) == []


def on_a_terminal(
    *arguments: str, typed: str = "", is_real: bool = False, **environment: str
) -> str:
    """
    What a command prints when its output is a terminal, at which something is typed.

    Args:
        arguments: What follows on its command line.
        typed: At the terminal.
        is_real: Whether it is a fresh process, with the real reader.
        environment: What is added to that of this process.
    """
    master, slave = pty.openpty()
    given = {**os.environ, "TERM": "xterm", **environment}
    process: subprocess.Popen[bytes] | Fork
    if is_real:
        process = subprocess.Popen(
            [*QUOTH, *arguments], cwd=ROOT, env=given, stdin=slave, stdout=slave, stderr=slave
        )
    else:
        started = "tests.commands:main_with_fake_reader"
        process = Fork(started, arguments, (slave, slave, slave), environment=given)
    os.close(slave)
    os.write(master, typed.encode())
    output = b""
    while True:
        try:
            chunk = os.read(master, 4_096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        output += chunk
    process.wait(PATIENCE_S)
    os.close(master)
    return output.decode()


def test_on_a_terminal_the_answer_is_bold_in_its_sentence(ready: tuple[str, ...]) -> None:
    shown = on_a_terminal("ask", QUESTION, *ready, is_real=True)

    assert "\x1b[1m35,927\x1b[0m for drunk driving" in shown
    assert "**" not in shown


def test_no_color_is_respected(ready: tuple[str, ...]) -> None:
    for shown in (
        on_a_terminal("ask", QUESTION, *ready, NO_COLOR="1"),
        on_a_terminal("ask", QUESTION, *ready, TERM="dumb"),
    ):
        assert "\x1b[" not in shown
        assert f"**{FAKE_ANSWER}**" in shown


def test_a_terminal_without_a_question_is_told_how_to_ask() -> None:
    assert "Missing question." in on_a_terminal("ask")


def test_an_interrupt_ends_with_130() -> None:
    with subprocess.Popen(
        [*QUOTH, "ask"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # Whoever runs the tests in the background has interrupts ignored, and hands that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one thread
    ) as process:
        # It has begun to read once something that was written is gone; a signal before that would
        # end the interpreter's own start.
        assert process.stdin is not None
        for _ in range(3_000):
            wchan = Path(f"/proc/{process.pid}/wchan")
            if wchan.exists() and "pipe" in wchan.read_text():
                break
            signal.sigtimedwait([], 0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130


def test_a_question_is_asked_of_some_documents(ready: tuple[str, ...]) -> None:
    asked = quoth("ask", QUESTION, "--in", "000_b*", *ready)
    path = quoth("ask", QUESTION, "--in", "seeds/000_b*", *ready, cwd=ROOT)
    unknown = quoth("ask", QUESTION, "--in", "000_b*", "--in", "000_x*", *ready)
    talked = quoth("chat", "--in", "000_x*", *ready, stdin=QUESTION)
    no_day = quoth("ask", QUESTION, "--since", "May", *ready)

    assert asked.stdout.startswith(f"{FAKE_ANSWER}\n\n")
    assert "Looked in 1 of " in asked.stdout.splitlines()[-1]
    assert path.stdout.splitlines()[-1] == asked.stdout.splitlines()[-1]
    assert (unknown.returncode, talked.returncode, no_day.returncode) == (2, 2, 2)
    for refused in (unknown, talked):
        assert "No document or folder is called '000_x*'." in refused.stderr
        assert refused.stdout == ""
    assert "Write it as 2024-01-31" in no_day.stderr
