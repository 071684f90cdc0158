"""Files that are not what Discord or their names say of them."""

import zipfile
from io import BytesIO

import pytest

from tests.bot.discord_app.documents.place import MAX_BYTES, NOT_SAID, NOTE, Place
from tests.discord_service.world import Upload


def bomb() -> bytes:
    """A .docx whose text swells to more than a process may have."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:document>" + b" " * 10_000_000)
    return content.getvalue()


LYING = {
    "too large, and says so": (Upload("a.txt", b"x" * (MAX_BYTES + 1)), "too large"),
    "too large, and says it is small": (
        Upload("a.txt", b"For fraud 55. " * MAX_BYTES, size=10),
        "too large",
    ),
    "larger than it says": (Upload("a.txt", b"For fraud 55.", size=3), "not as large"),
    "smaller than it says": (Upload("a.txt", b"For fraud 55.", size=300), "not as large"),
    "empty": (Upload("a.txt", b""), "is empty"),
    "blank": (Upload("a.txt", b" \n \n"), "holds no text"),
    "a program as text": (
        Upload("a.txt", bytes(range(256)) * 20, content_type="text/plain"),
        "can’t read",
    ),
    "text as a PDF": (Upload("a.pdf", b"For fraud 55.", content_type="application/pdf"), "can’t"),
    "text as a DOCX": (Upload("a.docx", b"For fraud 55."), "can’t read"),
    "a ZIP bomb as a DOCX": (Upload("a.docx", bomb()), "can’t read"),
    "a type that is not allowed": (Upload("a.csv", b"a,b\n1,2\n"), "I take docx, html, pdf, txt"),
    "a type that nobody knows": (Upload("a.exe", b"MZ", content_type="text/plain"), "I take"),
    "no type": (Upload("txt", b"For fraud 55."), "I take"),
    "two types": (Upload("a.txt.exe", b"For fraud 55."), "I take"),
}


@pytest.mark.parametrize("kind", LYING)
def test_a_file_that_lies_changes_nothing(place: Place, kind: str) -> None:
    upload, reason = LYING[kind]
    said = place.add(upload)

    assert reason in said
    assert place.offered("") == []
    assert place.answer("fraud") == NOT_SAID


def test_a_file_that_discord_no_longer_has_changes_nothing(place: Place) -> None:
    place.local.fault("GET", "/attachments/", 404)

    assert "could not get that file" in place.add(NOTE)
    assert place.offered("") == []
