"""The one registry of the endings that are read."""

import importlib
from pathlib import Path

import pytest

from index.documents import list_documents
from index.formats import parse
from index.formats.base import FORMATS
from tests.conftest import ROOT, Library
from tests.index.formats.archives import package

FILES = Path(__file__).parents[1] / "files"
# One sentence in each format that needs no program to be written.
WRITTEN: dict[str, str | bytes] = {
    ".eml": "Subject: Fines\n\nThe fine is 35 marks.\n",
    ".mbox": "From a\nSubject: Fines\n\nThe fine is 35 marks.\n",
    ".adoc": "== Fines\n\nThe fine is *35 marks*.\n",
    ".asciidoc": "The fine is *35 marks*.\n",
    ".csv": "name,fine\ntheft,35 marks\n",
    ".tsv": "name\tfine\ntheft\t35 marks\n",
    ".jsonl": '{"name": "theft", "fine": "35 marks"}\n',
    ".txt": "The fine is 35 marks.",
    ".md": "The fine is **35 marks**.",
    ".mdx": "The fine is <Price>35 marks</Price>.",
    ".htm": "<p>The fine is <b>35 marks</b>.",
    ".zip": package({"fines.txt": "The fine is 35 marks."}),
    ".rst": "Fines\n=====\n\nThe fine is **35 marks**.\n",
    ".srt": "1\n00:00:01,000 --> 00:00:02,000\nThe fine is 35 marks.\n",
    ".vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nThe fine is 35 marks.\n",
    ".xhtml": "<html><body><p>The fine is 35 marks.</p></body></html>",
}


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_ending_that_is_listed_is_read(suffix: str) -> None:
    written = WRITTEN.get(suffix)
    if written is None:
        path = FILES / f"statutes{suffix}"
        assert path.exists(), f"Add a text for {suffix} to WRITTEN, or the file {path}"
        written = path.read_bytes()
    content = written.encode() if isinstance(written, str) else written

    assert "35 marks" in parse(suffix, content).text


def test_what_is_listed_in_a_folder_is_what_is_registered(library: Library) -> None:
    for suffix in (*FORMATS, ".png", ".exe"):
        library.write(f"a{suffix.upper()}", "text")

    listing = list_documents(library.documents)

    assert {Path(file.id).suffix.lower() for file in listing.files} == set(FORMATS)
    assert {failure.id for failure in listing.skipped} == {"a.PNG", "a.EXE"}


def test_every_function_that_is_registered_is_there_and_no_module_reads_by_itself() -> None:
    registered = {(each.module, each.function) for each in FORMATS.values()}

    found = {
        (path.stem, name)
        for path in (ROOT / "index/formats").glob("*.py")
        for name in vars(importlib.import_module(f"index.formats.{path.stem}"))
        if name.startswith("load_")
    }
    assert found == registered
