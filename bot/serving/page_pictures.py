"""Pages of the common documents as pictures, with the words of an answer marked."""

import hashlib
from pathlib import Path

from bot.serving.open_indexes import SearchSpace
from bot.serving.served_documents import NoSuchDocumentError
from bot.serving.service import AnswerService
from index.documents import MAX_FILE_BYTES, SourceFile, open_source
from index.errors import DocumentError
from index.formats.base import PAGES, Place
from index.page_pictures import draw_page

_SUFFIX = ".pdf"


class NoPictureError(Exception):
    """There is no picture of a place; its text says why."""


def has_picture(document_id: str, place: Place | None) -> bool:
    """Whether a place in a document is on a page that can be drawn."""
    is_page = place is not None and place.kind in PAGES and place.within is None
    return is_page and document_id.lower().endswith(_SUFFIX)


class PagePictures:
    """Draws pages of the files that a service's base was made of. Any thread may call it."""

    def __init__(self, service: AnswerService, seeds: Path) -> None:
        """Draw from the folder of documents."""
        self._service = service
        self._seeds = seeds

    def draw(self, document_id: str, start_char: int, end_char: int) -> bytes:
        """
        Draw the page on which a piece of a document begins, with its words marked.

        Args:
            document_id: The document's id.
            start_char: Where the piece begins in the document's text.
            end_char: Where it ends, exclusive.

        Returns:
            A PNG.

        Raises:
            NoSuchDocumentError: If there is no such document.
            NoPictureError: If that has no page there, or the file is another by now.
        """

        def read(space: SearchSpace) -> tuple[str, int, str, str]:
            texts = space.base.generation.texts
            try:
                document = texts.document(document_id)
                place = texts.place(document_id, start_char)
                if place is None or not has_picture(document_id, place):
                    raise NoPictureError(f"{document_id} has no page there that can be drawn.")
                words = texts.text(document_id, start_char, end_char)
                before = texts.text(document_id, place.start_char, start_char)
            except KeyError as error:
                raise NoSuchDocumentError(document_id) from error
            return document.sha256, int(place.name), words, before

        sha256, number, words, before = self._service.with_space(None, read)
        occurrence = _on_one_line(before).count(_on_one_line(words)) if words.strip() else 0
        try:
            content = self._content(document_id)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise NoPictureError(f"{document_id} has changed since it was indexed.")
            return draw_page(content, number, words, occurrence)
        except OSError as error:
            # All of it would name a folder of this machine.
            reason = error.strerror or type(error).__name__
            raise NoPictureError(f"{document_id}: {reason}.") from error
        except DocumentError as error:
            raise NoPictureError(f"{document_id}: {error}.") from error

    def _content(self, document_id: str) -> bytes:
        """The file's bytes; no link is followed, and nothing outside of the folder is read."""
        file = SourceFile(document_id, self._seeds / document_id, 0, 0)
        with open_source(file) as opened:
            return opened.read(MAX_FILE_BYTES)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
