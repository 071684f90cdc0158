"""Files in, documents out: encodings, titles, places, and files that are none."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path, PosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import (
    Document,
    decode,
    list_documents,
    load_document,
    shorten,
)
from index.errors import DocumentError, NoDocumentsError
from tests.conftest import ROOT, Library


def load(library: Library, name: str, content: str | bytes) -> Document:
    library.write(name, content)
    (file,) = (file for file in list_documents(library.documents).files if file.id == name)
    return load_document(file)


def test_a_document_is_named_by_its_path_from_the_folder(library: Library) -> None:
    document = load(library, "rules/2024/fees.txt", "Fees\n\nBread costs 2.")

    assert document.id == "rules/2024/fees.txt"
    assert document.title == "Fees"
    assert document.text == "Fees\n\nBread costs 2."
    assert document.dated is None


def test_newlines_become_line_feeds_and_marks_go(library: Library) -> None:
    document = load(library, "a.txt", b"\xef\xbb\xbfone\r\ntwo\rthree\n")

    assert document.text == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("utf-8", "naïve café – 5 €"),
        ("utf-16", "naïve café – 5 €"),
        ("utf-32", "naïve café – 5 €"),
        ("cp1252", "Le café coûte cinq francs à la gare, et le thé est déjà payé. " * 5),
        ("cp1251", "Хлеб стоит пять рублей в этой пекарне каждый день недели. " * 5),
    ],
)
def test_text_in_other_encodings_is_read(library: Library, charset: str, text: str) -> None:
    assert load(library, "a.txt", text.encode(charset)).text == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe", "NUL bytes"),
        (b"plain but\x00not quite", "NUL bytes"),
        (b"\x01\x02\x03\x04\x05" * 50, "control characters"),
        (b"\xff\xfe\x00", "marked as utf-16"),
        (b"", "no text"),
        (b" \n\t\n", "no text"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(
    library: Library, content: bytes, reason: str
) -> None:
    with pytest.raises(DocumentError, match=reason):
        load(library, "a.txt", content)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decode(content)
    except DocumentError:
        return
    assert "\x00" not in text
    assert "\r" not in text


def test_a_title_is_the_first_line_shortened_else_the_file_name(library: Library) -> None:
    assert load(library, "a.txt", "word " * 50).title.endswith("word…")
    assert len(load(library, "b.txt", "word " * 50).title) <= 100
    assert load(library, "c.txt", "-----\n=====\n").title == "c.txt"


def test_the_seed_has_its_first_line_as_title() -> None:
    (file,) = list_documents(ROOT / "seeds").files

    assert load_document(file).title.startswith("The U.S. government deported a record 396,000")


def test_hidden_names_are_left_out_and_the_rest_is_said(library: Library) -> None:
    library.write(".hidden.txt", "no")
    library.write(".git/config.txt", "no")
    library.write("picture.png", b"\x89PNG")
    library.write("a.txt", "yes")
    (library.documents / "link.txt").symlink_to(library.documents / "a.txt")
    (library.documents / "loop").symlink_to(library.documents)
    os.mkfifo(library.documents / "pipe.txt")

    listing = list_documents(library.documents)

    assert [file.id for file in listing.files] == ["a.txt"]
    assert {failure.id: failure.reason for failure in listing.skipped} == {
        "link.txt": "it is a link, and links are not followed",
        "loop": "it is a link, and links are not followed",
        "picture.png": "only .csv, .docx, .epub, .htm, .html, .jsonl, .md, .mdx, .pdf, .tsv, .txt "
        "and .xhtml files are read",
        "pipe.txt": "it is not a regular file",
    }


def test_odd_names_are_kept_and_those_that_are_no_utf8_are_said(library: Library) -> None:
    library.write("new\nline 🍞.txt", "yes")
    library.write("n" * 251 + ".txt", "yes")
    os.close(os.open(os.fsencode(library.documents) + b"/bad\xff.txt", os.O_CREAT))

    listing = list_documents(library.documents)

    assert [file.id for file in listing.files] == ["new\nline 🍞.txt", "n" * 251 + ".txt"] or [
        file.id for file in listing.files
    ] == ["n" * 251 + ".txt", "new\nline 🍞.txt"]
    assert [failure.reason for failure in listing.skipped] == ["its name is not UTF-8; rename it"]


def test_a_folder_that_is_none_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoDocumentsError, match="there is no such folder"):
        list_documents(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(NoDocumentsError, match="is a file"):
        list_documents(tmp_path / "file")


def test_a_file_of_any_size_fails_alone_and_once(library: Library) -> None:
    """It has a hole, and takes no room on the disk."""
    library.write("a.txt", "Theft costs 35.")
    os.truncate(library.write("b.txt", "Arson"), 3_000_000_000_000)
    library.write("gone.txt", "Something else.")

    report = library.build()
    (library.documents / "gone.txt").unlink()
    library.write("c.txt", "New.")

    assert [(failure.id, failure.reason) for failure in report.failures] == [
        ("b.txt", "it has 3,000,000 MB, and a document has 500 at most")
    ]
    assert library.build().changes.changed == ()


class Growing(PosixPath):
    """A file that somebody writes to whenever it is looked at."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        with self.open("ab") as file:
            file.write(b" and on")
        return super().stat(follow_symlinks=follow_symlinks)


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_build(library: Library) -> None:
    library.write("a.txt", "It goes on")
    (file,) = list_documents(library.documents).files

    with pytest.raises(DocumentError, match="it changes while it is read"):
        load_document(replace(file, path=Growing(file.path)))
    assert load_document(file).text.startswith("It goes on and on")


def test_a_file_that_goes_away_is_a_document_error(library: Library) -> None:
    library.write("a.txt", "text")
    (file,) = list_documents(library.documents).files
    file.path.unlink()

    with pytest.raises(DocumentError, match="can't be read"):
        load_document(file)


@given(st.text(max_size=60), st.integers(2, 40))
def test_shortening_keeps_the_limit_and_the_beginning(text: str, limit: int) -> None:
    short = shorten(text, limit)

    assert len(short) <= limit
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


def test_folders_nested_deeper_than_calls_are_walked(library: Library) -> None:
    library.write("/".join("d" * 200) + "/a.txt", "text")
    code = (
        "import sys; from pathlib import Path; from index.documents import list_documents;"
        "sys.setrecursionlimit(100); print(len(list_documents(Path(sys.argv[1])).files))"
    )

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(library.documents)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout == "1\n", run.stderr
