"""
What files cost that were made to cost much: seconds and memory.

    python -m benchmarks.hostile_files [--only NAME...] [--share 1]

Each file is read and split into passages as an index does it, by a process of its own: "child" is
the process that parses and splits, "parent" the one that asks for it. `--share 0.1` makes each of
them a tenth as large.
"""

import io
import itertools
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from types import MappingProxyType

from benchmarks import parser_of
from benchmarks.large_files import print_measured
from bot.settings import load_settings
from index.aliases import MAX_ALIASES
from index.encoder import SentenceEncoder


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A kind of file that costs as much as it can."""

    suffix: str
    size: int
    """How much of it there is in full: bytes, or elements, columns or chapters."""
    make: Callable[[int], bytes]
    """Makes one of a given size."""


def _repeated(unit: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Makes a text of so many bytes that says the same again and again."""

    def make(size: int) -> bytes:
        return f"{before}{unit * (size // len(unit))}{after}".encode()

    return make


def _dates(unit: str) -> Callable[[int], bytes]:
    """Makes a page whose dates have so many characters each."""

    def make(size: int) -> bytes:
        date = unit * (size // len(unit))
        metas = "".join(
            f'<meta {key} content="{date}">'
            for key in ('name="date"', 'property="article:published_time"', 'name="dc.date"')
        )
        times = f'<p><time datetime="{date}">{date}</time></p>' * 3
        return f"<html><head>{metas}</head><body>{times}<p>The end.</p></body></html>".encode()

    return make


def _attributes(count: int) -> bytes:
    named = " ".join(f'a{number}="b"' for number in range(count))
    return f"<html><body><p {named}>The end.</p></body></html>".encode()


def _spans(span: int) -> bytes:
    """Three rows whose cells each say that they are as wide as so many columns."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    cell = (
        f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p>'
        "</w:tc>"
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{word}"><w:body><w:tbl>'
            f"{f'<w:tr>{cell * 3}</w:tr>' * 3}</w:tbl></w:body></w:document>",
        }
    )


def _chapters(count: int) -> bytes:
    """A book of one chapter of 10 KB, which comes so many times."""
    return _book("All the same. " * 700, count)


def _long_chapter(size: int) -> bytes:
    """A book that is a thousandth of its text."""
    return _book("All the same. " * (size // 14), 1)


def _book(text: str, times: int) -> bytes:
    package = "http://www.idpf.org/2007/opf"
    chapters = '<itemref idref="a"/>' * times
    return _zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            'container"><rootfiles><rootfile full-path="book.opf"/></rootfiles></container>',
            "book.opf": f'<package xmlns="{package}"><manifest><item id="a" href="a.xhtml"'
            ' media-type="application/xhtml+xml"/></manifest>'
            f"<spine>{chapters}</spine></package>",
            "a.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{text}</p></body></html>',
        }
    )


def _zipped(parts: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


def _columns(count: int) -> bytes:
    names = ",".join(f"column {number}" for number in range(count))
    rows = "".join(
        ",".join(f"{number}" for number in range(row, row + count)) + "\n" for row in range(20)
    )
    return f"{names}\n{rows}".encode()


def _backticks(size: int) -> bytes:
    """Runs of backticks, each longer than the one before, of which none is closed."""
    runs: list[str] = []
    written = 0
    while written < size:
        runs.append("`" * (1 + len(runs) % 1_000) + " a ")
        written += len(runs[-1])
    return "".join(runs).encode()


def _definitions(size: int) -> bytes:
    """Names with short forms, all of them different, for as long as there are such."""
    written: list[str] = []
    length = 0
    for first, second, third in itertools.cycle(itertools.product(ascii_uppercase, repeat=3)):
        written.append(f"{first}a {second}e {third}o ({first}{second}{third}). ")
        length += len(written[-1])
        if length >= size:
            break
    return "".join(written).encode()


def _names_alike(size: int) -> bytes:
    """As many names with short forms as are kept, which all begin alike, and those beginnings."""
    letters = itertools.islice(itertools.product(ascii_uppercase[1:], repeat=2), MAX_ALIASES)
    defined = "".join(
        f"{'Aaaaa ' * 8}{one}aaaa {other}aaaa (AAAAAAAA{one}{other}). " for one, other in letters
    )
    return f"Zo Yo (ZY). {defined}{'Aaaaa ' * (size // 6)}".encode()


HOSTILE_FILES: Mapping[str, HostileFile] = MappingProxyType(
    {
        "dates of digits": HostileFile(".html", 200_000, _dates("1")),
        "dates of dates": HostileFile(".html", 200_000, _dates("2024-01-")),
        "dates of spaces": HostileFile(".html", 200_000, _dates(" ")),
        "attributes": HostileFile(".html", 1_000_000, _attributes),
        "gridSpan": HostileFile(".docx", 1_000_000_000, _spans),
        "chapters": HostileFile(".epub", 15_000, _chapters),
        "long chapter": HostileFile(".epub", 148_000_000, _long_chapter),
        "columns": HostileFile(".csv", 100_000, _columns),
        "!?": HostileFile(".txt", 10_000_000, _repeated("!?")),
        "dots": HostileFile(".txt", 10_000_000, _repeated(".")),
        "dots and spaces": HostileFile(".txt", 10_000_000, _repeated(". ")),
        "headings": HostileFile(".md", 4_000_000, _repeated("# a\n")),
        "letters": HostileFile(".txt", 4_000_000, _repeated("a. a\nb. b\n")),
        "fences": HostileFile(".md", 4_000_000, _repeated("```\n")),
        "lines of code": HostileFile(
            ".md", 5_000_000, _repeated("sudo restart -u slipway1\n", "```sh\n", "```\n")
        ),
        "backticks": HostileFile(".md", 4_000_000, _backticks),
        "one line of words": HostileFile(".txt", 5_000_000, _repeated("words go on and on, ")),
        "definitions": HostileFile(".txt", 4_000_000, _definitions),
        "names alike": HostileFile(".txt", 4_000_000, _names_alike),
        "short forms": HostileFile(".txt", 4_000_000, _repeated("a (ABs) ")),
        "one word": HostileFile(".txt", 5_000_000, _repeated("word")),
        "one line of Markdown": HostileFile(".md", 5_000_000, _repeated("words go on and on, ")),
    }
)


def main() -> None:
    """Make the files, and measure each."""
    parser = parser_of("hostile_files", __doc__)
    parser.add_argument("--only", nargs="*", choices=HOSTILE_FILES, default=[*HOSTILE_FILES])
    parser.add_argument("--share", type=float, default=1.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        exports, folder = Path(scratch, "encoder"), Path(scratch, "documents")
        folder.mkdir()
        SentenceEncoder(load_settings().encoder, exports)
        for name in chosen.only:
            hostile = HOSTILE_FILES[name]
            path = folder / f"{name}{hostile.suffix}"
            path.write_bytes(hostile.make(round(hostile.size * chosen.share)))
            print_measured(path, exports)
            path.unlink()


if __name__ == "__main__":
    main()
