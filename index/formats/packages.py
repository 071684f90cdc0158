"""Formats that are ZIP archives: nothing is unpacked before its size is known."""

import io
import posixpath
import zipfile
import zlib
from typing import Any

from lxml import etree

from index.errors import DocumentError

# More than any book's text; what goes beyond was made to fill a memory.
MAX_UNPACKED_BYTES = 500_000_000
# A ZIP shrinks text to a tenth, XML to a thirtieth; a file of zeros to a thousandth.
MAX_RATIO = 200
# Below this size no ratio matters.
_HARMLESS_BYTES = 10_000_000


def open_package(content: bytes) -> zipfile.ZipFile:
    """
    Open an archive whose members, unpacked, are of a bearable size.

    Raises:
        DocumentError: If it is no archive, is encrypted, or would unpack to too much.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise DocumentError("it is damaged or cut short (not a whole ZIP archive)") from error
    unpacked = sum(member.file_size for member in package.infolist())
    if unpacked > MAX_UNPACKED_BYTES or (
        unpacked > _HARMLESS_BYTES and unpacked > MAX_RATIO * len(content)
    ):
        raise DocumentError(
            f"it would unpack to {unpacked / 1e6:,.0f} MB; a document has at most "
            f"{MAX_UNPACKED_BYTES / 1e6:,.0f} MB, and {MAX_RATIO} times its file; split it"
        )
    if any(member.flag_bits & 1 for member in package.infolist()):
        raise DocumentError("it is protected by a password; save it without")
    return package


def read_member(package: zipfile.ZipFile, path: str) -> bytes:
    """
    Unpack one member.

    Raises:
        DocumentError: If it is missing or damaged.
    """
    try:
        return package.read(path)
    except KeyError as error:
        raise DocumentError(f"it is incomplete ({path} is missing)") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise DocumentError(f"it is damaged or cut short ({path})") from error


def read_xml(package: zipfile.ZipFile, path: str) -> Any:
    """
    Unpack and parse one member; nothing outside of it is ever loaded.

    Raises:
        DocumentError: If it is missing or damaged.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(read_member(package, path), parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"it is damaged ({path}: {error})") from error


def related_parts(package: zipfile.ZipFile, path: str) -> dict[str, str]:
    """
    The parts that a part of a file of Office refers to, by the ids that it calls them by.

    Raises:
        DocumentError: If what says so is damaged.
    """
    folder, name = posixpath.split(path)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in package.namelist():
        return {}
    return {
        each.get("Id", ""): posixpath.normpath(
            posixpath.join(f"/{folder}", each.get("Target", ""))
        ).lstrip("/")
        for each in read_xml(package, relations).iter("{*}Relationship")
        if each.get("TargetMode") != "External"
    }
