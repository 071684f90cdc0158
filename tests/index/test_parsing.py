"""Parsing apart: what hangs, swells or crashes fails alone."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.serving.own_documents import OwnDocuments
from index import parser_forks, parsing, patience
from index.documents import Document, list_documents, load_document
from index.errors import DocumentError
from index.formats import parse
from index.parser_forks import FORKS, ParserForks
from index.parsing import (
    MAX_PLAIN_BYTES,
    PARSE_MEMORY_BYTES,
    PARSE_TIMEOUT_S,
    ParserProcess,
)
from index.passages import Splitting, split
from tests.conftest import ROOT, Library, QuietReporter
from tests.fakes import FakeEncoder
from tests.forks import forked_command
from tests.index import hostile_parser

FILES = Path(__file__).parent / "files"

_GET_READY = """
import sys
from index.formats import make_ready
make_ready(sys.argv[1])
print("trafilatura" in sys.modules)
"""


@pytest.fixture
def hostile(forked_parsers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser for .html that does in the other process, a fork, what it is told."""

    def command(_: str, *arguments: str) -> list[str]:
        return forked_command(hostile_parser.__name__, *arguments)

    monkeypatch.setattr(parser_forks, "module_command", command)


@pytest.fixture
def ended_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on for too long is ended soon after that."""
    monkeypatch.setattr(patience, "_LOOK_S", 0.1)


@pytest.fixture
def hostile_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Such a parser in a fresh process; the file that Python runs when that starts."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "from tests.index import hostile_parser\nhostile_parser.install()\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{site}:{ROOT}")
    return site / "sitecustomize.py"


def test_what_the_other_process_reads_is_what_is_read_here() -> None:
    with ParserProcess() as parser:
        for suffix in (".docx", ".html", ".pdf", ".epub"):
            loaded = parser.parse(suffix, (FILES / f"statutes{suffix}").read_bytes())
            assert loaded.title == "Harbour statutes of Vellmar"
            assert "fined 120 marks" in loaded.text
        assert loaded.dated is None
        assert parser.parse(".csv", b"a,b\n1,2\n").places[0].kind == "row"


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"swell", "takes more than .* GB of memory; split it"),
        (b"crash", "the process that read it ended"),
        (b"boast of petabytes", "the process that read it ended"),
    ],
)
@pytest.mark.parametrize("forks", [True, False])
def test_a_file_that_breaks_its_parser_fails_alone(
    content: bytes, reason: str, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_forks, "FORKS", forks)
    with ParserProcess() as parser:
        assert parser.parse(".html", b"before").text == "before"
        with pytest.raises(DocumentError, match=reason):
            parser.parse(".html", content)
        assert parser.parse(".html", b"print after").text == "print after"


@pytest.mark.usefixtures("hostile", "ended_soon")
def test_a_file_that_takes_too_long_fails_alone() -> None:
    with ParserProcess() as parser:
        assert parser.parse(".html", b"before").text == "before"
        parser.timeout_s = 1.0
        with pytest.raises(DocumentError, match="takes more than 1 seconds"):
            parser.parse(".html", b"hang")
        # The next process may take its time to start.
        parser.timeout_s = PARSE_TIMEOUT_S
        assert parser.parse(".html", b"after").text == "after"


@pytest.mark.usefixtures("hostile", "ended_soon")
@pytest.mark.parametrize("forks", [True, False])
def test_a_file_that_computes_nothing_is_not_waited_for(
    forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_forks, "FORKS", forks)
    with ParserProcess() as parser:
        assert parser.parse(".html", b"before").text == "before"
        with monkeypatch.context() as impatient:
            impatient.setattr(patience, "STANDSTILL_S", 1.0)
            with pytest.raises(DocumentError, match="reading it has come to a standstill"):
                parser.parse(".html", b"sleep")
        assert parser.parse(".html", b"after").text == "after"


@pytest.mark.usefixtures("hostile", "ended_soon")
@pytest.mark.parametrize("forks", [True, False])
def test_a_file_that_computes_is_waited_for(forks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_forks, "FORKS", forks)
    with ParserProcess() as parser:
        assert parser.parse(".html", b"before").text == "before"
        # It computes for half a second longer. Until it has a core, it may wait for so long.
        monkeypatch.setattr(patience, "STANDSTILL_S", 1.0)
        monkeypatch.setattr(patience, "BUSY", 1_000)
        assert parser.parse(".html", b"compute").text == "compute"


@pytest.mark.skipif(not FORKS, reason="one process reads all files here")
@pytest.mark.usefixtures("hostile")
def test_a_file_that_takes_its_parser_over_says_nothing_of_the_next() -> None:
    with ParserProcess() as parser:
        for number in range(3):
            text = f"haunt {number}"
            assert parser.parse(".html", text.encode()).text == text


@pytest.mark.skipif(not FORKS, reason="one process reads all files here")
@pytest.mark.usefixtures("hostile")
def test_what_has_read_a_file_ends_before_the_next() -> None:
    with ParserProcess() as parser:
        first = int(parser.parse(".html", b"name").text)
        # Short plain text is read here, and it ends all the same.
        parser.parse(".txt", b"plain")
        second = int(parser.parse(".html", b"name").text)
        assert first != second
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


@pytest.mark.skipif(not FORKS, reason="one process reads all files here")
@pytest.mark.usefixtures("hostile_afresh")
def test_what_reads_a_file_ends_with_what_forks() -> None:
    with closing(ParserForks(PARSE_MEMORY_BYTES, 0, b"")) as forks:
        with closing(forks.begin(".html")) as pipes:
            end = os.pidfd_open(pipes.meet())
            pipes.ask("parse", {"suffix": ".html", "length": 5}, PARSE_TIMEOUT_S, b"sleep")
            os.kill(forks._process.pid, signal.SIGKILL)
            ready, _, _ = select.select([end], [], [], 30)
        os.close(end)

    assert ready == [end]


@pytest.mark.parametrize("is_seen", [True, False])
def test_no_file_is_refused_because_what_forks_has_ended_before(
    is_seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_seen:
        # As if it ended right after somebody looked.
        monkeypatch.setattr(ParserForks, "is_over", property(lambda it: it._control.fileno() < 0))
    with ParserProcess() as parser:
        assert parser.parse(".csv", b"a,b\n1,2\n").text
        # What has read the first one ends.
        parser.parse(".txt", b"plain")
        assert parser._forks is not None
        before = parser._forks._process.pid
        os.kill(before, signal.SIGKILL)
        os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)

        assert parser.parse(".csv", b"a,b\n3,4\n").text
        assert parser._forks._process.pid != before


def test_a_process_that_does_not_start_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_forks, "module_command", lambda *_: [sys.executable, "-S", "-c", ""])
    # More than waits in a socket until somebody reads it.
    monkeypatch.setattr(FakeEncoder, "tokenizer", bytes(10_000_000))

    with (
        ParserProcess(encoder=FakeEncoder()) as parser,
        pytest.raises(DocumentError, match="the process that reads it could not be started"),
    ):
        parser.parse(".csv", b"a,b\n1,2\n")


@pytest.mark.usefixtures("forked_parsers")
def test_a_file_that_no_process_could_read_is_read_when_one_can(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where there were too many processes for a moment."""

    def start(*_: object, **__: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    library.write("a.csv", "Crime,Fine\nTheft,35\n")
    library.write("b.txt", "Arson costs 90.")
    with monkeypatch.context() as patched:
        patched.setattr(parser_forks.ParserForks, "__init__", start)
        first = library.build()

    assert [failure.id for failure in first.failures] == ["a.csv"]
    assert "could not be started" in first.failures[0].reason
    assert library.build().documents == 2


def test_a_process_that_computes_until_it_has_started_is_waited_for(
    hostile_afresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile_afresh.open("a") as site:
        site.write("import time\nwhile time.process_time() < 1.5:\n    pass\n")
    monkeypatch.setattr(patience, "STANDSTILL_S", 1.0)
    monkeypatch.setattr(patience, "BUSY", 1_000)

    with ParserProcess() as parser:
        assert parser.parse(".html", b"first").text == "first"


@pytest.mark.usefixtures("hostile")
def test_each_scanned_page_gives_a_file_the_time_of_one_more() -> None:
    pages: list[None] = []
    with ParserProcess(page_read=lambda: pages.append(None)) as parser:
        assert parser.parse(".html", b"before").text == "before"
        # All of them take longer than that, and none of them does.
        parser.timeout_s = 2.5
        assert parser.parse(".html", b"6 pages 0.5").text == "6 pages 0.5"
        assert len(pages) == 6
        with pytest.raises(DocumentError, match="more than 1,000 scanned pages"):
            parser.parse(".html", b"1001 pages 0")
        parser.timeout_s = PARSE_TIMEOUT_S
        assert parser.parse(".html", b"after").text == "after"


@pytest.mark.skipif(not FORKS, reason="one process reads all files here")
@pytest.mark.usefixtures("hostile")
def test_what_reads_scanned_pages_is_imported_once_and_where_one_was_read() -> None:
    with ParserProcess() as parser:
        assert "index.formats.ocr" not in parser.parse(".html", b"modules").text.split()
        for _ in range(2):
            parser.parse(".html", b"1 pages 0")
            assert "index.formats.ocr" in parser.parse(".html", b"modules").text.split()
            # The next one that forks is told, too.
            assert parser._forks is not None
            parser._forks.close()


@pytest.mark.skipif(not FORKS, reason="one process reads all files here")
@pytest.mark.parametrize("suffix", [".html", ".zip"])
def test_what_reads_a_kind_of_file_is_imported_before_the_forks(suffix: str) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _GET_READY, suffix],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "True\n"


@pytest.mark.usefixtures("hostile")
def test_a_build_says_once_that_pages_are_scanned(library: Library) -> None:
    library.write("a.html", "3 pages 0")
    library.write("b.html", "2 pages 0")
    reporter = QuietReporter()

    library.build(reporter)

    # As it was said before the second file, in which one would be left.
    assert (reporter.stages["ocr"], reporter.stages["read"]) == (0, 2)


@pytest.mark.usefixtures("hostile")
def test_a_scanned_upload_is_checked_by_its_first_page(tmp_path: Path) -> None:
    documents = OwnDocuments(tmp_path / "documents")
    with documents.incoming("scan.html", b"1 pages 0 hang") as path:
        documents.check(path)


@pytest.mark.usefixtures("hostile")
def test_a_build_goes_on_past_a_hostile_file(library: Library) -> None:
    library.write("a.html", "crash")
    library.write("b.html", "Theft costs 35.")
    library.write("c.txt", "Arson costs 90.")

    report = library.build()

    assert report.documents == 2
    assert [failure.id for failure in report.failures] == ["a.html"]


@pytest.mark.usefixtures("hostile")
def test_what_can_not_be_written_down_ends_one_file_and_not_the_build(library: Library) -> None:
    said = ("beyond", "halve", "mumble", "twice")
    for word in said:
        library.write(f"{word}.html", word)
    library.write("c.txt", "Arson costs 90.")

    report = library.build()

    assert report.documents == 1
    reasons = {failure.id.removesuffix(".html"): failure.reason for failure in report.failures}
    assert reasons.pop("mumble").endswith("ValueError: ?)")
    assert set(reasons) == {"beyond", "halve", "twice"}
    assert all("can't be written down" in reason for reason in reasons.values())
    assert not library.build().published


def test_no_process_is_started_for_short_plain_text() -> None:
    with ParserProcess() as parser:
        assert parser.parse(".txt", b"plain").text == "plain"
        assert parser._forks is None


LONG = "A short sentence, in which little stands. " * (MAX_PLAIN_BYTES // 40)
WRITTEN = {
    ".txt": LONG + "Ünd ein Ende.",
    ".md": "# Title\n\n## Fines\n\nFor theft `35`, and for arson 90.\n\n" * 20,
    ".csv": "crime,fine\n" + "theft,35\narson,90\n" * 20,
    ".html": "<h1>Fines</h1><p>Theft costs <code>35</code>.<table><tr><th>a<th>b<tr><td>1<td>2",
}


@pytest.mark.parametrize("suffix", WRITTEN)
def test_what_the_other_process_splits_is_what_would_be_split_here(
    suffix: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # A fresh process imports what splits when it may no longer read any files but libraries.
    if suffix != ".html":
        request.getfixturevalue("forked_parsers")
    path = tmp_path / f"fines{suffix}"
    path.write_text(WRITTEN[suffix])
    (file,) = list_documents(tmp_path).files
    encoder, splitting = FakeEncoder(), Splitting(max_tokens=40, max_chars=200)

    with ParserProcess(encoder=encoder) as parser:
        document = load_document(file, parser.parse)
        named = replace(document, title="Fines of Vellmar")
        assert parser._forks is not None
        found = list(parser.split(named, splitting, 7))
        # The next process has the tokenizer, too.
        assert parser.parse(suffix, path.read_bytes()).text == document.text
        assert list(parser.split(named, splitting, 7)) == found

    assert found == list(split(named, splitting, encoder.token_offsets, 7))
    assert found


def read_apart(parser: ParserProcess, text: str) -> Document:
    """A document that the other process has read."""
    loaded = parser.parse(".html", text.encode())
    return Document("a.html", "a", loaded.text, "0" * 64, datetime.fromtimestamp(0, UTC))


@pytest.mark.usefixtures("forked_parsers")
def test_who_goes_away_before_the_last_passage_gets_the_next_file() -> None:
    with ParserProcess(encoder=FakeEncoder()) as parser:
        passages = parser.split(read_apart(parser, LONG), Splitting(), 0)
        assert next(passages).text.startswith("A short sentence")

        assert parser.parse(".md", b"after").text == "after"
        assert parser.parse(".txt", b"here").text == "here"


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("swell", "takes more than 2.0 GB of memory; split it"),
        ("crash", "the process that read it ended"),
        ("lie", "the process that read it ended"),
    ],
)
def test_a_text_that_breaks_its_splitter_fails_alone_and_once(
    does: str, reason: str, library: Library
) -> None:
    """It is met in the middle of a document, of which nothing stays."""
    library.write("a.txt", f"{LONG} Then it may {does} at last.")
    library.write("b.html", "Theft costs 35.")

    report = library.build()

    ((failed, why),) = [(failure.id, failure.reason) for failure in report.failures]
    assert failed == "a.txt"
    assert reason in why
    assert (report.documents, report.passages) == (1, 1)
    assert not library.build().published


_TAKEN_OVER = """
import os, socket, sys

said, _, _, tokenizer_bytes, _ = sys.argv[1:]
control = socket.socket(fileno=0)
control.recv(int(tokenizer_bytes), socket.MSG_WAITALL)
_, (_, replies), _, _ = socket.recv_fds(control, 16, 2)
with open(said, "rb") as frames, open(replies, "wb") as pipe:
    pipe.write(os.getpid().to_bytes(8) + frames.read())
control.recv(16)
"""
_HEAD = b'{"title": null, "dated": null, "unread": null}'


@pytest.fixture
def taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets what reads be a process that says some frames, whatever it is asked."""

    def take_over(*frames: bytes) -> None:
        said = tmp_path / "said"
        said.write_bytes(b"".join(len(frame).to_bytes(8) + frame for frame in frames))
        command = [sys.executable, "-I", "-S", "-c", _TAKEN_OVER, str(said)]
        monkeypatch.setattr(parser_forks, "module_command", lambda _, *given: [*command, *given])

    return take_over


@pytest.mark.parametrize(
    "frames",
    [
        [b"7", b"[]", b"[]", b"text"],
        [b"{", b"[]", b"[]", b"text"],
        [b"[" * 30_000, b"[]", b"[]", b"text"],
        [b'{"error": "no"}'],
        [b'{"title": null}', b"[]", b"[]", b"text"],
        [_HEAD, b"[]", b"[]", b"\xff"],
        [_HEAD.replace(b'"title": null', b'"title": 5'), b"[]", b"[]", b"text"],
        [_HEAD.replace(b"null", b'"%s"' % (b"x" * 101), 1), b"[]", b"[]", b"text"],
        [_HEAD.replace(b'"dated": null', b'"dated": "soon"'), b"[]", b"[]", b"text"],
        [_HEAD + b" " * 100_000, b"[]", b"[]", b"text"],
        [_HEAD, b"[[0, 4]]", b"[]", b"[]", b"text"],
        [_HEAD, b'[[0, 4, "moon", "x", 0, null, null]]', b"[]", b"[]", b"text"],
        [_HEAD, b"7", b"[]", b"text"],
        [_HEAD, b" " * 16_000_001, b"[]", b"text"],
        [_HEAD, b"[]", b"[[0, Infinity]]", b"[]", b"text"],
        [_HEAD, b"[]", b" " * 16_000_001, b"text"],
    ],
    ids=lambda frames: b", ".join(each[:20] for each in frames).decode(errors="replace"),
)
def test_what_can_t_be_true_of_a_file_fails_alone(
    frames: list[bytes], taken_over: Callable[..., None]
) -> None:
    taken_over(*frames)

    with ParserProcess(encoder=FakeEncoder()) as parser, pytest.raises(DocumentError):
        parser.parse(".html", b"text")


def test_why_a_file_can_t_be_read_is_said_in_few_words(taken_over: Callable[..., None]) -> None:
    taken_over(b'{"error": "%s", "ends": true}' % (b"no" * 10_000))

    with ParserProcess() as parser, pytest.raises(DocumentError) as refused:
        parser.parse(".html", b"text")
    assert str(refused.value) == "no" * 500


def test_a_file_that_can_t_be_read_may_be_quoted_at_length(hostile: None) -> None:
    with ParserProcess() as parser, pytest.raises(DocumentError, match="it can't be read as"):
        parser.parse(".html", b"quote" * 100_000)


@pytest.mark.usefixtures("forked_parsers")
def test_many_pieces_of_code_come_back() -> None:
    text = "Run `a`. " * 5_000
    with ParserProcess() as parser:
        assert parser.parse(".md", text.encode()) == parse(".md", text.encode())


@pytest.mark.parametrize(
    "frame",
    [
        b"7",
        b"true",
        b"{",
        b"[" * 30_000,
        b'{"error": 5}',
        b'[[0, 4, [[0, Infinity]], "", []]]',
        b" " * 16_000_001,
    ],
    ids=lambda frame: frame[:40].decode(),
)
def test_what_can_t_be_true_of_passages_fails_alone(
    frame: bytes, taken_over: Callable[..., None]
) -> None:
    taken_over(_HEAD, b"[]", b"[]", b"text", frame)

    with ParserProcess(encoder=FakeEncoder()) as parser:
        document = read_apart(parser, "text")
        with pytest.raises(DocumentError):
            list(parser.split(document, Splitting(), 0))


@pytest.mark.usefixtures("hostile", "ended_soon")
def test_a_text_that_takes_too_long_to_split_fails_alone() -> None:
    with ParserProcess(encoder=FakeEncoder()) as parser:
        stalls = read_apart(parser, "stall at last")
        parser.timeout_s = 1.0
        with pytest.raises(DocumentError, match="takes more than 1 seconds") as caught:
            list(parser.split(stalls, Splitting(), 0))
        # Without it, every build would try it again.
        assert caught.value.sha256 == stalls.sha256
        parser.timeout_s = PARSE_TIMEOUT_S
        harmless = read_apart(parser, "Theft costs 35.")
        assert len(list(parser.split(harmless, Splitting(), 0))) == 1


@pytest.mark.usefixtures("hostile")
def test_a_long_text_that_runs_out_of_time_was_given_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with ParserProcess(encoder=FakeEncoder()) as parser:
        long = read_apart(parser, "It may run out at last.")
        monkeypatch.setattr(parsing, "CHARS_IN_TIME", len(long.text) / 2)
        with pytest.raises(DocumentError, match="takes more than 240 seconds"):
            list(parser.split(long, Splitting(), 0))


_BUILD_AND_TELL = """
import sys
from index.build import build
from index.parsing import ParserProcess
with ParserProcess() as parser:
    parser.parse(".txt", b"plain")
print([name for name in ("lxml", "markdown_it", "pypdfium2", "docx") if name in sys.modules])
"""


def test_a_format_s_library_is_not_imported_without_its_files() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _BUILD_AND_TELL],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "[]\n"
