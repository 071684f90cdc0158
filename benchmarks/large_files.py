"""
What a PDF of a thousand pages and workbooks of up to 200 MB take: seconds and memory.

    python -m benchmarks.large_files [--pages 1000] [--megabytes 5 20 200]

LibreOffice makes the PDF, of this project's guides over and over; the workbooks are written here.
Each file is read by processes of its own, so that what it takes is its own: "child" is the process
that parses it and splits its text into passages, and in seconds the one that forks it, too;
"parent" is the one that asks for them.
"""

import html
import multiprocessing
import os
import random
import subprocess
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, cycle
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks import parser_of
from bot.settings import load_settings
from index.documents import list_documents, load_document
from index.encoder import SentenceEncoder
from index.errors import DocumentError
from index.parsing import ParserProcess
from index.passages import Splitting

_GUIDES = Path(__file__).parent.parent / "docs"
# Characters of a page, as LibreOffice sets such a text.
_CHARS_PER_PAGE = 3_300
_SEED = 1
_ROWS_AT_ONCE = 1_000
_KB = 1024
_SHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.'
        'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_SHEET_NAMESPACE}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Orders" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>"
    ),
}
_COLUMNS = ("Order", "Customer", "City", "Amount", "Remark")
_POLL_S = 0.02


def _paragraphs() -> Iterator[str]:
    """The guides' paragraphs, each time round with another number."""
    texts = [
        paragraph
        for path in sorted(_GUIDES.glob("*.md"))
        for paragraph in path.read_text(encoding="utf-8").split("\n\n")
    ]
    for number, text in enumerate(cycle(texts), start=1):
        yield f"{number}. {' '.join(text.split())}"


def make_pdf(path: Path, pages: int) -> None:
    """Have LibreOffice write a PDF of about so many pages."""
    written: list[str] = []
    characters = 0
    for paragraph in _paragraphs():
        written.append(f"<p>{html.escape(paragraph)}</p>")
        characters += len(paragraph)
        if characters >= pages * _CHARS_PER_PAGE:
            break
    page = f"<html><body>{''.join(written)}</body></html>"
    by_office(page, ".html", "pdf:writer_pdf_Export", path, reads="HTML (StarWriter)")


def by_office(source: str, suffix: str, kind: str, path: Path, *, reads: str = "") -> None:
    """Have LibreOffice convert a text of another kind."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, f"{path.stem}{suffix}")
        given.write_text(source, encoding="utf-8")
        reading = [f"--infilter={reads}"] if reads else []
        home = f"-env:UserInstallation=file://{folder}/home"
        command = ["soffice", "--headless", home, *reading, "--convert-to", kind]
        subprocess.run(
            [*command, "--outdir", str(path.parent), str(given)], check=True, capture_output=True
        )


def make_workbook(path: Path, megabytes: float) -> int:
    """Write a workbook of so many megabytes; gives how many rows it has."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    words = sorted({word for text in _GUIDES.glob("*.md") for word in text.read_text().split()})
    words = [html.escape(word) for word in words if word.isalpha()]

    def text() -> str:
        return " ".join(chance.choices(words, k=6))

    with path.open("wb") as opened, zipfile.ZipFile(opened, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in _PARTS.items():
            package.writestr(name, part)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<worksheet xmlns="{_SHEET_NAMESPACE}"><sheetData>'.encode())
            sheet.write(_row(_COLUMNS).encode())
            for rows in count(_ROWS_AT_ONCE, _ROWS_AT_ONCE):
                for number in range(rows - _ROWS_AT_ONCE, rows):
                    amount = chance.randint(1, 99_999)
                    row = (number, text(), chance.choice(words), amount, text())
                    sheet.write(_row(row).encode())
                if opened.tell() >= megabytes * 1e6:
                    break
            sheet.write(b"</sheetData></worksheet>")
    return rows


def _row(values: Sequence[object]) -> str:
    cells = (
        f"<c><v>{value}</v></c>"
        if isinstance(value, int)
        else f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        for value in values
    )
    return f"<row>{''.join(cells)}</row>"


class _Watch(threading.Thread):
    """The most memory that one of the processes takes that read, and for how long they compute."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self._cpu_s: dict[str, float] = {}
        self._is_over = threading.Event()

    @property
    def cpu_s(self) -> float:
        """What all of them have computed so far, in seconds."""
        return sum(self._cpu_s.copy().values())

    def run(self) -> None:
        """Look again and again: a process that was ended can no longer be asked."""
        while not self._is_over.wait(_POLL_S):
            for process in _below("self"):
                with suppress(OSError):
                    self.bytes = max(self.bytes, _peak(process))
                    self._cpu_s[process] = _cpu_s(process)

    def end(self) -> None:
        """Look no more."""
        self._is_over.set()
        self.join()


def _below(process: str) -> Iterator[str]:
    """The children of a process, and theirs: what reads a file is forked by one that does not."""
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield child
                yield from _below(child)


def _peak(process: str = "self") -> int:
    """The most memory that a process has had, in bytes; 0 if it is no more."""
    # Not `ru_maxrss`, which begins with what the process was that started this one.
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KB
    return 0


def _cpu_s(process: str) -> float:
    """For how long a process has computed, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """What became of a file, and what it took."""

    passages: int
    characters: int
    pages: int
    """Pages of a PDF; 0 for other kinds."""
    places: int
    """Headings, rows and all others."""
    refused: str | None
    """Why it was refused; None if it was read."""
    seconds: float
    """What a clock shows."""
    parsing_s: float
    """How many seconds of a core the child took until it had the text."""
    child_s: float
    """How many it took in all."""
    parent_s: float
    child_bytes: int
    """The most memory that it had at once."""
    parent_bytes: int

    def __str__(self) -> str:
        """Say it in a line."""
        became = f"{self.passages:,} passages of {self.characters / 1e6:.1f} million characters"
        if self.refused:
            became = f"refused ({self.refused})"
        if self.pages:
            became += f", {self.pages} pages, {self.pages / self.parsing_s:.0f} parsed a second"
        return (
            f"{became} in {self.seconds:.1f} s; child {self.child_s:.1f} s of a core, "
            f"{self.parsing_s:.1f} s of them for parsing, {self.child_bytes / 1e6:,.0f} MB; "
            f"parent {self.parent_s:.1f} s of a core, {self.parent_bytes / 1e6:,.0f} MB"
        )


def measure(path: Path, exports: Path) -> MeasuredFile:
    """
    Read and split a file for a process of its own.

    Args:
        path: The file.
        exports: Where the encoder is exported.

    Raises:
        EOFError: If that process ends without a word.
    """
    receiving, sending = multiprocessing.Pipe(duplex=False)
    spawning = multiprocessing.get_context("spawn")
    process = spawning.Process(target=_measure_here, args=(path, exports, sending))
    process.start()
    # Else nothing would tell that it has ended.
    sending.close()
    try:
        measured: MeasuredFile = receiving.recv()
    finally:
        process.join()
    return measured


def _measure_here(path: Path, exports: Path, found: Connection) -> None:
    (file,) = (one for one in list_documents(path.parent).files if one.path == path)
    encoder = SentenceEncoder(load_settings().encoder, exports)
    document, refused, passages, parsing_s = None, None, 0, 0.0
    watch = _Watch()
    watch.start()
    started, own_s = time.perf_counter(), time.process_time()
    with ParserProcess(encoder=encoder) as parser:
        try:
            document = load_document(file, parser.parse)
            # What the child did last is not seen at once.
            time.sleep(2 * _POLL_S)
            parsing_s = watch.cpu_s
            passages = sum(1 for _ in parser.split(document, Splitting(), 0))
        except DocumentError as error:
            refused = str(error)
        seconds = time.perf_counter() - started
        time.sleep(2 * _POLL_S)
        watch.end()
    places = document.places if document else ()
    found.send(
        MeasuredFile(
            passages=passages,
            characters=len(document.text) if document else 0,
            pages=len({place.name for place in places if place.kind == "page"}),
            places=len(places),
            refused=refused,
            seconds=seconds,
            parsing_s=parsing_s,
            child_s=watch.cpu_s,
            parent_s=time.process_time() - own_s,
            child_bytes=watch.bytes,
            parent_bytes=_peak(),
        )
    )


def print_measured(path: Path, exports: Path) -> None:
    """Measure a file, and print what came of it."""
    size = f"{path.name} ({path.stat().st_size / 1e6:,.1f} MB)"
    try:
        print(f"{size}: {measure(path, exports)}", flush=True)
    except EOFError:
        print(f"{size}: the process that read it ended", flush=True)


def main() -> None:
    """Make the files, and measure each."""
    parser = parser_of("large_files", __doc__)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--megabytes", type=float, nargs="*", default=[5, 20, 200])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        exports, folder = Path(scratch, "encoder"), Path(scratch, "documents")
        folder.mkdir()
        SentenceEncoder(load_settings().encoder, exports)
        if chosen.pages:
            make_pdf(folder / "guides.pdf", chosen.pages)
            print_measured(folder / "guides.pdf", exports)
        for megabytes in chosen.megabytes:
            path = folder / f"orders-{megabytes:g}.xlsx"
            rows = make_workbook(path, megabytes)
            print(f"{rows:,} rows: ", end="")
            print_measured(path, exports)
            path.unlink()


if __name__ == "__main__":
    main()
