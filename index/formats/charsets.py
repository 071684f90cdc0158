"""The bytes of a file of text -> the text, whatever it is encoded in."""

import codecs
import re
from contextlib import suppress

from index.errors import DocumentError
from index.formats.base import leave_python

# Text has almost none of these; a picture or a program has many from its first block on.
MAX_CONTROL_SHARE = 0.02
SNIFFED_CHARS = 65_536
# A charset is told from this much; the whole is decoded with it after.
SNIFFED_BYTES = 1_000_000

# Those that text may hold are left out: bell, backspace, white space, and the escape of terminals.
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_NEWLINES = re.compile(r"\r\n?")


def decode(content: bytes) -> str:
    r"""
    Bytes -> text with `\n` newlines and no byte order mark.

    UTF-8 is tried strictly first, then the UTF-16 and UTF-32 marks, then a charset is guessed.

    Raises:
        DocumentError: If no charset fits, or what comes out is no text.
    """
    text = _NEWLINES.sub("\n", _decode_any(content)).removeprefix("\ufeff")
    if "\x00" in text:
        raise DocumentError("it is not a text file (it holds NUL bytes)")
    sniffed = text[:SNIFFED_CHARS]
    if len(_CONTROL.findall(sniffed)) > MAX_CONTROL_SHARE * len(sniffed):
        raise DocumentError("it is not a text file (it is full of control characters)")
    return text


def decode_as(content: bytes, charset: str) -> str:
    """
    Bytes -> text, in the charset that the file states.

    What states Latin-1 is read as Windows' charset for western Europe, where that fits: programs
    write its dashes and quotation marks all the same, and browsers read it so.

    Raises:
        LookupError: If there is no such charset.
        ValueError: If the bytes are not in it.
    """
    name = codecs.lookup(charset).name
    if name == "iso8859-1":
        with suppress(UnicodeDecodeError):
            return content.decode("cp1252")
    return content.decode(name)


def _decode_any(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        first_bad_byte = error.start
    # UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
    for mark, charset in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            try:
                return content.decode(charset)
            except UnicodeDecodeError as error:
                raise DocumentError(f"it is marked as {charset} but is not") from error
    if b"\x00" in content:
        # Without a mark, zero bytes mean a binary file; a guess would make words of it.
        raise DocumentError("it is not a text file (it holds NUL bytes)")
    leave_python("charset_normalizer")
    import charset_normalizer

    # The guess is made where the text stops being ASCII, which is where the charset shows.
    start = max(0, first_bad_byte - SNIFFED_BYTES // 2)
    guesses = charset_normalizer.from_bytes(content[start : start + SNIFFED_BYTES])
    # The few characters that English has beyond ASCII fit many charsets alike; Windows' own for
    # western Europe is by far the likeliest wherever it is possible at all.
    possible = {charset for guess in guesses for charset in guess.could_be_from_charset}
    best = guesses.best()
    if best is not None:
        try:
            return content.decode("cp1252" if "cp1252" in possible else best.encoding)
        except UnicodeDecodeError:
            pass
    raise DocumentError(
        f"its encoding can't be told (byte {first_bad_byte:,} is not UTF-8); save it as UTF-8"
    )
