"""A process that reads files as others do, but of `.html` does what it is told."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from index import formats, parser_forks, passages
from index.documents import Document
from index.formats.base import Loaded, Place, page_read
from index.passages import Passage

split_well = passages.split
find_module = formats._module


def split(document: Document, *given: Any) -> Iterator[Passage]:
    for passage in split_well(document, *given):
        if "swell at last" in passage.text:
            bytearray(10_000_000_000)
        if "crash at last" in passage.text:
            os.abort()
        if "run out at last" in passage.text:
            os.kill(os.getpid(), signal.SIGXCPU)
        if "stall at last" in passage.text:
            while True:
                pass
        if "lie at last" in passage.text:
            yield replace(passage, end_char=10**9)
        yield passage


def load_html(suffix: str, content: bytes) -> Loaded:
    """Do what a file says, and read it, unless it says what is read."""
    for word, do in DOES.items():
        if word in content and (said := do(content)) is not None:
            return said if isinstance(said, Loaded) else Loaded(said)
    return Loaded(content.decode())


def crash(_: bytes) -> None:
    os.abort()


def read_pages(content: bytes) -> None:
    """Say of so many pages that they have been read, each after so many seconds."""
    count, _, pause_s, *_ = content.split()
    for _ in range(int(count)):
        time.sleep(float(pause_s))
        page_read.get()()


def hang(_: bytes) -> None:
    while True:
        pass


def compute(_: bytes) -> None:
    until = time.process_time() + 1.5
    while time.process_time() < until:
        pass


def haunt(_: bytes) -> None:
    vars(sys.modules[__name__])["load_html"] = lambda _, content: Loaded(f"not {content}")


def boast(_: bytes) -> None:
    """Say to whoever may listen that what follows is long."""
    for descriptor in range(3, 10):
        with suppress(OSError):
            os.write(descriptor, (1 << 50).to_bytes(8) + bytes(1_000))


def quote(content: bytes) -> None:
    raise ValueError(content.decode())


def mumble(_: bytes) -> None:
    raise ValueError("\udf89")


def say(_: bytes) -> None:
    sys.stdout.write("between the replies\n")
    sys.stdout.flush()


def place(*bounds: tuple[int, int]) -> Loaded:
    places = tuple(Place(start, end, "heading", "Fines") for start, end in bounds)
    return Loaded("Theft costs 35.", places=places)


DOES: dict[bytes, Callable[[bytes], str | Loaded | None]] = {
    b"swell": lambda _: "x" * 10_000_000_000,
    b"crash": crash,
    b"pages": read_pages,
    b"hang": hang,
    b"compute": compute,
    b"modules": lambda _: " ".join(sys.modules),
    b"sleep": lambda _: time.sleep(1_000),
    b"haunt": haunt,
    b"name": lambda _: str(os.getpid()),
    b"boast": boast,
    b"quote": quote,
    b"halve": lambda _: "Theft costs \ud83c 35.",
    b"mumble": mumble,
    b"twice": lambda _: place((0, 5), (0, 15)),
    b"beyond": lambda _: place((0, 2**70)),
    b"print": say,
}
"""What a file does in which a word stands."""


def module(name: str) -> Any:
    """What reads one kind of files; what reads scanned pages imports little for it."""
    found = find_module(name)
    if name == "ocr":
        found.imported = lambda: None
    return found


def install() -> None:
    """Read so from now on."""
    vars(passages)["split"] = split
    vars(formats)["_module"] = module
    sys.modules["index.formats.html"] = sys.modules[__name__]


def main() -> None:
    install()
    parser_forks.main()
