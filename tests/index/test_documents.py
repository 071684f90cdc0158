"""Files in, documents out: encodings, titles, and files that are none."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path, PosixPath

import pytest

from index.documents import (
    NOT_READ,
    Document,
    content_sha256,
    list_documents,
    load_document,
    read_error,
)
from index.errors import DocumentError, NoDocumentsError
from tests.conftest import ROOT, Library

FILES = Path(__file__).parent / "files"


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
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe", "a PNG picture, whatever its ending says"),
        (b"\x00\x00\x00\rIHDR\xff\xfe", "NUL bytes"),
        (b"plain but\x00not quite", "NUL bytes"),
        (b"\x01\x02\x03\x04\x05" * 50, "control characters"),
        (b"\xff\xfe\x00", "marked as utf-16"),
        (b" \n\t\n", "no text"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(
    library: Library, content: bytes, reason: str
) -> None:
    with pytest.raises(DocumentError, match=reason):
        load(library, "a.txt", content)


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.csv", "a.docx"])
def test_an_empty_file_is_called_empty_whatever_it_should_hold(library: Library, name: str) -> None:
    with pytest.raises(DocumentError, match="it is empty"):
        load(library, name, b"")


@pytest.mark.parametrize(
    ("name", "like", "reason"),
    [
        ("a.txt", "statutes.pdf", r"it is a PDF, whatever its ending says; end its name in \.pdf"),
        ("a.md", "statutes.docx", r"it is a ZIP archive.*; end its name in \.docx or \.epub"),
        ("a.pdf", "statutes.epub", r"it is a ZIP archive"),
        ("a.docx", "statutes.pdf", r"it is a PDF"),
    ],
)
def test_a_file_that_is_another_kind_than_its_name_says_is_told_what_it_is(
    library: Library, name: str, like: str, reason: str
) -> None:
    with pytest.raises(DocumentError, match=reason):
        load(library, name, (FILES / like).read_bytes())


def test_a_date_in_a_file_s_name_dates_a_document_that_states_none(library: Library) -> None:
    named = load(library, "2024-03-05 minutes.txt", "Minutes\n\nAll were there.")
    states = load(library, "2024-03-06.txt", "Minutes\n\nMarch 7, 2024\n\nAll were there.")
    table = load(library, "prices_20240308.csv", "item,price\nbread,2\n")

    assert [document.dated for document in (named, states, table)] == [
        date(2024, 3, 5),
        date(2024, 3, 7),
        date(2024, 3, 8),
    ]


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
        ".hidden.txt": "names that begin with a dot are hidden",
        ".git": "names that begin with a dot are hidden",
        "link.txt": "it is a link, and links are not followed",
        "loop": "it is a link, and links are not followed",
        "picture.png": NOT_READ,
        "pipe.txt": "it is not a regular file",
    }


@pytest.mark.parametrize("by_link", [False, True])
def test_the_data_folder_is_never_listed(library: Library, *, by_link: bool) -> None:
    """Servers' own documents lie there, which are not for everybody."""
    library.write("data/collections/server-1/documents/own.txt", "The secret is 7.")
    library.write("database/a.txt", "yes")
    data = library.documents / "data"
    if by_link:
        named = library.folder / "named"
        named.symlink_to(data)
        data = named

    listing = list_documents(library.documents, data)

    assert [file.id for file in listing.files] == ["database/a.txt"]
    with pytest.raises(NoDocumentsError, match="where Quoth keeps its own data"):
        list_documents(data, data)
    own = list_documents(data / "collections/server-1/documents", data)
    assert [file.id for file in own.files] == ["own.txt"]


def test_odd_names_are_kept_and_those_that_are_no_utf8_are_said(library: Library) -> None:
    library.write("new\nline 🍞.txt", "yes")
    library.write("n" * 251 + ".txt", "yes")
    os.close(os.open(os.fsencode(library.documents) + b"/bad\xff.txt", os.O_CREAT))

    listing = list_documents(library.documents)

    assert [file.id for file in listing.files] == ["new\nline 🍞.txt", "n" * 251 + ".txt"] or [
        file.id for file in listing.files
    ] == ["n" * 251 + ".txt", "new\nline 🍞.txt"]
    assert [failure.reason for failure in listing.skipped] == ["its name is not UTF-8; rename it"]


def test_a_folder_whose_path_is_no_utf8_is_indexed(library: Library, tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    mine = replace(library, folder=tmp_path)
    mine.write("a.txt", "Fines for theft 35.")
    mine.documents.rename(folder)
    mine.documents.symlink_to(folder)

    report = mine.build()

    assert report.documents == 1
    assert mine.open().manifest.folder == f"{tmp_path}/caf\\udce9"
    assert not mine.build().published


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


@pytest.mark.parametrize("suffix", [".txt", ".html"])
@pytest.mark.parametrize("becomes", ["a link", "a pipe", "below a link"])
def test_what_takes_a_file_s_place_is_not_followed_or_waited_for(
    library: Library, suffix: str, becomes: str
) -> None:
    """Somebody may swap it at any moment after it was listed."""
    path = library.write(f"folder/a{suffix}", "<p>Theft costs 35.</p>")
    secret = library.folder / "elsewhere" / path.name
    secret.parent.mkdir()
    secret.write_text("<p>The secret is 7.</p>")
    (file,) = list_documents(library.documents).files
    path.unlink()
    if becomes == "a link":
        path.symlink_to(secret)
    elif becomes == "a pipe":
        os.mkfifo(path)
    else:
        path.parent.rmdir()
        path.parent.symlink_to(secret.parent)

    with pytest.raises(DocumentError, match=r"link|regular file"):
        load_document(file)
    assert content_sha256(file) is None
    assert re.search("link|regular file", read_error(file) or "")


def test_files_below_a_folder_that_is_reached_by_a_link_are_read(library: Library) -> None:
    """The documents folder is named by whoever runs Quoth, and may be a link."""
    library.write("deep/er/a.txt", "Theft costs 35.")
    link = library.folder / "link"
    link.symlink_to(library.documents)

    (file,) = list_documents(link).files

    assert load_document(file).text == "Theft costs 35."


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
