"""ZIP archives of documents."""

import base64
import io
import zipfile

import pytest

from index.errors import DocumentError
from index.formats import parse
from tests.conftest import Library
from tests.index.formats.archives import package


def test_the_files_in_an_archive_are_read_with_their_places() -> None:
    content = package(
        {
            "notes/b.md": "# Fees\n\nA loaf costs 4.\n",
            "notes/a.txt": "\n\n  A roll costs 1.\n",
            "c.csv": "name,fee\nBun,2\nCake,9\n",
            "notes/photo.png": b"\x89PNG",
            "__MACOSX/notes/._b.md": "junk",
            ".git/c.txt": "junk",
            "more.zip": package({"d.txt": "never"}),
            "notes/": "",
        }
    )

    loaded = parse(".zip", content)

    assert loaded.text == (
        "name: Bun\nfee: 2\n\nname: Cake\nfee: 9\n\nA roll costs 1.\n\nFees\n\nA loaf costs 4."
    )
    assert [
        (place.kind, place.name, place.within, loaded.text[place.start_char :][:10])
        for place in loaded.places
    ] == [
        ("row", "2", "c.csv", "name: Bun\n"),
        ("row", "3", "c.csv", "name: Cake"),
        ("file", "notes/a.txt", None, "A roll cos"),
        ("heading", "Fees", "notes/b.md", "Fees\n\nA lo"),
        ("heading", "Fees", "notes/b.md", "A loaf cos"),
    ]
    assert (loaded.title, loaded.dated) == (None, None)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_files_of_one_name_the_last_one_is_read_once() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("fees.txt", "A loaf costs 4.")
        archive.writestr("fees.txt", "A loaf costs 5.")

    assert parse(".zip", buffer.getvalue()).text == "A loaf costs 5."


def test_no_passage_holds_of_two_files(library: Library) -> None:
    content = package({"a.csv": "name,fee\nBun,2\n", "b.txt": "One.", "c.md": "# T\n\nTwo.\n"})
    (library.documents / "all.zip").write_bytes(content)
    library.build()

    ((_, passages),) = library.open().texts.documents_with_passages()

    assert [passage.text for passage in passages] == [
        "name: Bun\nfee: 2",
        "One.",
        "T\n\nTwo.",
    ]
    assert [passage.context for passage in passages] == ["a.csv", "b.txt", "c.md"]


def test_a_message_in_an_archive_is_read_but_no_archive_in_it() -> None:
    inner = base64.encodebytes(package({"d.txt": "never"})).decode()
    message = (
        "Subject: Fees\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\n\nSee below.\n--b\nContent-Type: text/plain; name=a.txt\n"
        "Content-Disposition: attachment; filename=a.txt\n\nInside.\n"
        "--b\nContent-Disposition: attachment; filename=x.zip\n"
        f"Content-Transfer-Encoding: base64\n\n{inner}\n--b--\n"
    )

    loaded = parse(".zip", package({"m.eml": message}))

    assert loaded.text.endswith("See below.\n\nInside.")
    assert "never" not in loaded.text
    assert [(place.name, place.within) for place in loaded.places] == [
        ("m.eml", None),
        ("a.txt", "m.eml"),
    ]


def test_the_file_that_an_archive_is_refused_for_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^old\.pdf in it: it is no sound PDF .*; mend it, or"):
        parse(".zip", package({"a.txt": "text", "old.pdf": "%PDF-broken"}))


def test_an_archive_without_documents_or_with_too_many_is_refused() -> None:
    with pytest.raises(DocumentError, match="no file of a kind that is read"):
        parse(".zip", package({"a.png": b"\x89PNG"}))
    with pytest.raises(DocumentError, match="it holds 10,001 files"):
        parse(".zip", package({f"{number}.txt": "" for number in range(10_001)}))
