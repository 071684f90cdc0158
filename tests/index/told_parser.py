"""A process that reads files as others do, but of .md, .csv and .docx does what it is told."""

import os
import sys
import time
from collections.abc import Callable

from index import parser_forks, passages
from index.errors import DocumentError
from index.formats.base import Loaded, leave_python

split_well = passages.split
read: list[bytes] = []


def is_first() -> bool:
    """Whether this process has read no other file; what it tries twice counts once."""
    return len(set(read)) == 1


def load_markdown(suffix: str, content: bytes) -> Loaded:
    """Do what a file says, and tell which process this is, and how many files it has read."""
    read.append(content)
    word, given, *_ = [*content.decode().split(), "0"]
    if word in DOES:
        DOES[word](given)
    if word in {"say", "spoil"}:
        return Loaded(content.decode())
    return Loaded(f"{os.getpid()} {len(set(read))}")


load_csv = load_docx = load_markdown


def compute(given: str) -> None:
    until = time.process_time() + float(given)
    while time.process_time() < until:
        pass


def refuse(_: str) -> None:
    raise DocumentError(f"after {len(set(read)) - 1} others")


def stumble(_: str) -> None:
    if not is_first():
        raise ValueError("over what others left")


def crack(_: str) -> None:
    if not is_first():
        os.abort()


def spoil(_: str) -> None:
    vars(passages)["split"] = lambda *_: os.abort()


def slow(given: str) -> None:
    def split(*document: object) -> object:
        compute(given)
        return split_well(*document)  # type: ignore[arg-type]

    vars(passages)["split"] = split


DOES: dict[str, Callable[[str], object]] = {
    "hang": lambda _: compute("inf"),
    "compute": compute,
    "sleep": lambda given: time.sleep(float(given)),
    "swell": lambda _: bytearray(10_000_000_000),
    "crash": lambda _: os.abort(),
    "refuse": refuse,
    "stumble": stumble,
    "crack": crack,
    "leave": lambda _: leave_python("lxml"),
    "spoil": spoil,
    "slow": slow,
}
"""What is done by the first word of a file; the second word is given to it."""


def main() -> None:
    for name in ("docx", "markdown", "rows"):
        sys.modules[f"index.formats.{name}"] = sys.modules[__name__]
    parser_forks.main()
