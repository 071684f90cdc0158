"""
A page of a PDF as a picture, with some of its words marked.

It is drawn by a process of its own, which is confined like the one that parses
(`index.confinement`), and ends after one page.
"""

import json
import os
import resource
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

from index.confinement import confine
from index.errors import DocumentError
from index.processes import bare_environment, module_command

# In pixels; a page of a book is read well so, and a poster is no larger.
MAX_WIDTH, MAX_HEIGHT = 1_000, 2_000
# A page with a large picture on it takes a second or two.
TIMEOUT_S = 15.0
# Address space.
MEMORY_BYTES = 1_500_000_000
# The most blue that is left in a pixel that is marked, which makes white yellow.
_BLUE_LEFT = 120
_MARKED = bytes(min(value, _BLUE_LEFT) for value in range(256))
# In pixels, around the words.
_MARGIN = 2
# Red, green and blue.
_CHANNELS = 3


def draw_page(content: bytes, number: int, words: str, occurrence: int) -> bytes:
    """
    Draw a page.

    Args:
        content: The PDF's bytes.
        number: The page's number, from 1.
        words: To be marked; white space in them stands for any. Nothing is marked where they are
            not found.
        occurrence: Which of several places on the page that hold these words, from 0.

    Returns:
        A PNG.

    Raises:
        DocumentError: If it can't be drawn, or not within the limits.
    """
    asked = {"length": len(content), "number": number, "words": words, "occurrence": occurrence}
    try:
        drawn = subprocess.run(  # noqa: S603 - our own program
            module_command("index.page_pictures"),
            env=bare_environment(),
            input=json.dumps(asked).encode() + b"\n" + content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DocumentError(f"drawing a page of it takes more than {TIMEOUT_S:.0f} s") from error
    if drawn.returncode != 0 or not drawn.stdout:
        raise DocumentError(f"page {number} of it can't be drawn")
    return drawn.stdout


def _draw(content: bytes, number: int, words: str, occurrence: int) -> bytes:
    from pypdfium2 import PdfDocument

    page = PdfDocument(content)[number - 1]
    width, height = page.get_size()
    scale = min(MAX_WIDTH / width, MAX_HEIGHT / height)
    bitmap = page.render(scale=scale, rev_byteorder=True)
    rows = [
        bytearray(bitmap.buffer[start : start + _CHANNELS * bitmap.width])
        for start in range(0, bitmap.stride * bitmap.height, bitmap.stride)
    ]
    for left, bottom, right, top in _boxes(page, words, occurrence):
        first, last = int(left * scale) - _MARGIN, int(right * scale) + _MARGIN
        first, last = max(0, first), min(bitmap.width, last)
        above = max(0, int((height - top) * scale) - _MARGIN)
        for row in rows[above : int((height - bottom) * scale) + _MARGIN]:
            blue = slice(_CHANNELS * first + 2, _CHANNELS * last, _CHANNELS)
            row[blue] = row[blue].translate(_MARKED)
    return _png(bitmap.width, rows)


def _boxes(page: Any, words: str, occurrence: int) -> Iterator[tuple[float, float, float, float]]:
    """Where some words stand: left, bottom, right and top of each line of them, in points."""
    # PDFium looks for ever for nothing, and a NUL ends what it looks for.
    seen = "".join(one for one in words if one.isprintable() or one.isspace())
    if not seen.strip():
        return
    text = page.get_textpage()
    search = text.search(" ".join(seen.split()), match_case=True)
    found = list(islice(iter(search.get_next, None), occurrence + 1))
    if not found:
        return
    # Where fewer are found than there should be, a line that is no part of the text stood above.
    start, count = found[-1]
    for line in range(text.count_rects(start, count)):
        yield text.get_rect(line)


def _png(width: int, rows: list[bytearray]) -> bytes:
    """A picture of eight bits a channel, as https://www.w3.org/TR/png/ has it."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    pixels = b"".join(b"\0" + row for row in rows)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(pixels, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def main() -> None:
    """Draw what is asked on standard input, once, confined and within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT_S)
    # What a library prints must not get into the picture.
    with os.fdopen(os.dup(1), "wb") as picture:
        os.dup2(2, 1)
        confine()
        asked = json.loads(sys.stdin.buffer.readline())
        content = sys.stdin.buffer.read(asked["length"])
        picture.write(_draw(content, asked["number"], asked["words"], asked["occurrence"]))


if __name__ == "__main__":
    main()
