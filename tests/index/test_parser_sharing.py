"""Short files that Python alone reads share a process, in turn; nothing of one reaches another."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import copy_context
from datetime import UTC, datetime

import pytest

from index import parser_forks, parser_sharing, parsing, patience
from index.documents import Document
from index.errors import DocumentError
from index.parser_pipes import ParserPipes
from index.parser_server import ParserServer
from index.parser_sharing import MAX_SHARED_BYTES, SHARED_TIMEOUT_S
from index.parsing import PARSE_TIMEOUT_S, ParserProcess
from index.passages import Splitting
from tests.fakes import FakeEncoder
from tests.forks import forked_command
from tests.index import told_parser

pytestmark = pytest.mark.skipif(not parser_forks.FORKS, reason="one process reads all files here")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsers for .md, .csv and .docx that do in the other process, a fork, what they are told."""

    def command(_: str, *arguments: str) -> list[str]:
        return forked_command(told_parser.__name__, *arguments)

    monkeypatch.setattr(parser_forks, "module_command", command)
    # What goes on for too long is ended soon.
    monkeypatch.setattr(patience, "_LOOK_S", 0.1)


class Reader:
    """Reads files, and tells which process has read each, and how many it has read then."""

    def __init__(self, parser: ParserProcess) -> None:
        self.parser = parser
        self._processes: list[int] = []
        self._files = 0

    def read(self, suffix: str = ".md", content: str = "read") -> tuple[int, int]:
        """Read a file that no other is like; the number of the process among those that read."""
        self._files += 1
        text = self.parser.parse(suffix, f"{content} {self._files}".encode()).text
        process, files = map(int, text.split())
        if process not in self._processes:
            self._processes.append(process)
        return self._processes.index(process), files

    def split(self, document: Document) -> list[str]:
        """The texts of the passages of the document that was read last."""
        return [each.text for each in self.parser.split(document, Splitting(), 0)]

    def document(self, suffix: str, content: str) -> Document:
        """Read a file that is as it is given."""
        text = self.parser.parse(suffix, content.encode()).text
        return Document(f"a{suffix}", "a", text, "0" * 64, datetime.fromtimestamp(0, UTC))


@pytest.fixture
def reader(told: None) -> Iterator[Reader]:
    """Reads by what does as it is told."""
    with ParserProcess(encoder=FakeEncoder()) as parser:
        yield Reader(parser)


def test_short_files_that_python_reads_share_a_process(reader: Reader) -> None:
    assert [reader.read(".md") for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    # What reads the others is imported first, once.
    assert [reader.read(suffix) for suffix in (".csv", ".md", ".tsv")] == [(1, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize(
    ("suffix", "content"), [(".docx", "read"), (".md", "leave" + " " * MAX_SHARED_BYTES)]
)
def test_other_files_share_none(suffix: str, content: str, reader: Reader) -> None:
    assert reader.read() == (0, 1)
    assert reader.read(suffix, content) == (1, 1)
    assert reader.read(suffix, content) == (2, 1)
    assert [reader.read(), reader.read()] == [(3, 1), (3, 2)]


def test_a_file_that_needs_more_than_python_shares_none(reader: Reader) -> None:
    assert reader.read() == (0, 1)
    assert reader.read(content="leave") == (1, 1)
    # What has begun with it may go on, since it has read no other.
    assert reader.read(content="leave") == (2, 1)
    assert reader.read() == (3, 1)


def test_where_nothing_forks_one_process_reads_all(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser_forks, "FORKS", False)
    files = [("read", ".md"), ("leave", ".md"), ("read", ".docx"), ("read", ".md")]

    assert [reader.read(suffix, content) for content, suffix in files] == [
        (0, number) for number in range(1, 5)
    ]


def test_a_process_reads_so_many_files(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_sharing, "MAX_SHARED_FILES", 2)

    assert [reader.read() for _ in range(5)] == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1)]


def test_a_process_reads_so_much(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_sharing, "MAX_SHARED_BYTES_IN_ALL", 20)
    files = [reader.read(content="0123456789"), reader.read(), reader.read()]

    assert files == [(0, 1), (0, 2), (1, 1)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("hang", "takes more than 1 seconds"),
        ("swell", "takes more than 2.0 GB of memory"),
        ("crash", "the process that read it ended"),
        ("refuse", "after 0 others"),
    ],
)
@pytest.mark.parametrize("before", [0, 1])
def test_a_file_that_is_refused_is_so_for_itself_alone(
    content: str, reason: str, before: int, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = [reader.read() for _ in range(before)]
    monkeypatch.setattr(parsing, "SHARED_TIMEOUT_S", 0.3)
    reader.parser.timeout_s = 1.0
    with pytest.raises(DocumentError, match=reason):
        reader.parser.parse(".md", content.encode())
    reader.parser.timeout_s = PARSE_TIMEOUT_S
    monkeypatch.setattr(parsing, "SHARED_TIMEOUT_S", SHARED_TIMEOUT_S)

    # Nothing goes on where it was read.
    assert [reader.read(), reader.read()] == [(len(shared), 1), (len(shared), 2)]


@pytest.mark.parametrize("content", ["stumble", "crack"])
def test_no_file_is_refused_for_what_others_left(content: str, reader: Reader) -> None:
    assert reader.read() == (0, 1)

    assert reader.read(content=content) == (1, 1)


def test_no_file_is_refused_because_what_waits_for_it_has_ended(reader: Reader) -> None:
    waits = int(reader.parser.parse(".md", b"first").text.split()[0])
    os.kill(waits, signal.SIGKILL)

    assert reader.read() == (0, 1)


@pytest.mark.parametrize("left", ["spoil", "slow 1"])
def test_no_file_fails_to_be_split_for_what_others_left(
    left: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "SHARED_TIMEOUT_S", 0.3)
    reader.document(".md", left)

    assert reader.split(reader.document(".md", "say it")) == ["say it"]
    # It was read by a process of its own in the end.
    assert reader.read() == (0, 1)


def test_no_file_fails_to_be_split_because_what_has_read_it_has_ended(reader: Reader) -> None:
    waits = int(reader.document(".md", "first").text.split()[0])
    document = reader.document(".md", "say it")
    os.kill(waits, signal.SIGKILL)

    assert reader.split(document) == ["say it"]


def test_a_file_that_can_t_be_split_alone_is_refused(reader: Reader) -> None:
    assert reader.read() == (0, 1)
    document = reader.document(".md", "spoil")
    with pytest.raises(DocumentError, match="the process that read it ended") as caught:
        reader.split(document)

    # Without it, every build would try it again.
    assert caught.value.sha256 == document.sha256
    # Nor is it ever split in this process.
    with pytest.raises(DocumentError):
        reader.split(document)
    assert reader.read() == (1, 1)


def test_a_file_that_is_read_otherwise_again_is_tried_again_later(reader: Reader) -> None:
    reader.document(".md", "spoil")
    document = reader.document(".md", "first")
    with pytest.raises(DocumentError, match="gave two texts") as caught:
        reader.split(document)

    assert caught.value.sha256 is None


def test_each_file_has_the_time_of_one(reader: Reader) -> None:
    reader.parser.timeout_s = 0.9

    # All of them take longer than that, and longer than what ends by itself.
    files = [reader.read(content="compute 0.4") for _ in range(6)]
    assert files == [(0, number) for number in range(1, 7)]


def test_each_file_is_waited_for_anew(reader: Reader) -> None:
    assert reader.read() == (0, 1)
    assert reader.parser._pipes is not None
    # As if all others had let it compute next to nothing.
    reader.parser._pipes._patience._waited_s = 1e6

    assert reader.read(content="sleep 0.5") == (0, 2)


def test_what_takes_long_has_all_its_time_in_a_process_of_its_own(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "SHARED_TIMEOUT_S", 0.3)

    assert reader.read() == (0, 1)
    assert reader.read(content="compute 1") == (1, 1)


def test_short_plain_text_is_read_here_while_a_process_waits(reader: Reader) -> None:
    text = "A short sentence, in which little stands."
    assert reader.read() == (0, 1)

    assert reader.split(reader.document(".txt", text)) == [text]
    assert reader.read() == (0, 2)


def test_what_does_not_read_is_not_written_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STANDSTILL_S", 0.3)
    reading, writing = os.pipe()
    replies = os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb")
    with (
        os.fdopen(reading, "rb"),
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stuck,
        closing(ParserPipes(os.fdopen(writing, "wb"), replies, stuck.pid)) as pipes,
    ):
        # More than waits in a pipe until somebody reads it.
        with pytest.raises(TimeoutError, match="has come to a standstill"):
            pipes.ask("parse", {}, PARSE_TIMEOUT_S, bytes(MAX_SHARED_BYTES))
        stuck.kill()


_ASKED = {"length": 9, "computing_s": 1e6, "shares": True}
_SPLIT = {"document_id": "", "title": "", "limits": {"max_tokens": 9, "max_chars": 99}}


@pytest.fixture
def serve() -> Iterator[Callable[..., bytes]]:
    """What is said by what reads files, when it is asked for this and that in this process."""
    limits = resource.getrlimit(resource.RLIMIT_CPU)

    def served(*asked: bytes) -> bytes:
        said = io.BytesIO()
        server = ParserServer(io.BytesIO(b"".join(asked)), said, FakeEncoder().token_offsets)
        # What it notes for the time of a file, it notes for itself.
        copy_context().run(server.serve)
        return said.getvalue()

    yield served
    resource.setrlimit(resource.RLIMIT_CPU, limits)


def test_what_waits_for_a_file_ends_at_no_time(serve: Callable[..., bytes]) -> None:
    asked = json.dumps(["parse", _ASKED | {"suffix": ".md"}]).encode()

    assert b"One fee." in serve(asked, b"\nOne fee.\n")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_nothing_is_split_of_a_file_before_one_that_was_refused(
    serve: Callable[..., bytes],
) -> None:
    read = json.dumps(["parse", _ASKED | {"suffix": ".md"}]).encode() + b"\nOne fee.\n"
    refused = json.dumps(["parse", _ASKED | {"suffix": ".srt"}]).encode() + b"\nNo times\n"
    split = json.dumps(["split", _SPLIT | {"computing_s": 1e6}]).encode() + b"\n"

    assert b"nothing was read" not in serve(read, split)
    assert b"nothing was read" in serve(read, refused, split)
