"""The footnotes and endnotes of a DOCX file, which stand in parts of their own."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError

_PARTS = {"footnotes": "w:footnote", "endnotes": "w:endnote"}
_KINDS = {qn(f"{name}Reference"): qn(name) for name in _PARTS.values()}
_TAKEN_OUT = (qn("w:del"), qn("w:moveFrom"))
# Lines between the text and its notes are notes of other types.
_TYPES = (None, "normal")
_ID, _TYPE = qn("w:id"), qn("w:type")


class Notes:
    """The notes that were not written yet."""

    def __init__(self, document: Document) -> None:
        """Find them."""
        self._left: dict[tuple[str, str | None], Any] = {}
        for relation in document.part.rels.values():
            name = _PARTS.get(relation.reltype.rpartition("/")[2])
            if name is None or relation.is_external:
                continue
            # The text can be read where they are damaged.
            with suppress(XMLSyntaxError):
                for note in parse_xml(relation.target_part.blob).iterfind(qn(name)):
                    if note.get(_TYPE) in _TYPES:
                        self._left[note.tag, note.get(_ID)] = note

    def take(self, element: Any) -> Iterator[Any]:
        """The notes that an element refers to, each once."""
        if not self._left:
            return
        for reference in element.iter(*_KINDS):
            if next(reference.iterancestors(*_TAKEN_OUT), None) is not None:
                continue
            note = self._left.pop((_KINDS[reference.tag], reference.get(_ID)), None)
            if note is not None:
                yield note
