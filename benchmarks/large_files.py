"""
What a PDF of a thousand pages and workbooks of up to 200 MB take: seconds and memory.

    python -m benchmarks.large_files [--pages 1000] [--megabytes 5 20 200]

LibreOffice makes the PDF, of this project's guides over and over; the workbooks are written here.
Each file is read by a process of its own, so that what it takes is its own: "child" is the process
that parses, "parent" the one that asks for it, which also splits the text into passages.
"""

import argparse
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
from itertools import count, cycle
from multiprocessing.connection import Connection
from pathlib import Path

from bot.settings import load_settings
from index.documents import list_documents, load_document
from index.encoder import SentenceEncoder
from index.errors import DocumentError
from index.parsing import ParserProcess
from index.passages import Splitting, split

_GUIDES = Path(__file__).parent.parent / "docs"
# Of LibreOffice's pages, as it sets such a text.
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
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"{path.stem}.html")
        source.write_text(f"<html><body>{''.join(written)}</body></html>", encoding="utf-8")
        home = f"-env:UserInstallation=file://{folder}/home"
        command = ["soffice", "--headless", home, "--infilter=HTML (StarWriter)"]
        command += ["--convert-to", "pdf:writer_pdf_Export", "--outdir", str(path.parent)]
        subprocess.run([*command, str(source)], check=True, capture_output=True)


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
    """The most memory that one of this process's children takes, and for how long it computes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.cpu_s = 0.0
        self._is_over = threading.Event()

    def run(self) -> None:
        """Look again and again: a child that was ended can no longer be asked."""
        while not self._is_over.wait(_POLL_S):
            for task in Path("/proc/self/task").iterdir():
                with suppress(OSError):
                    for child in (task / "children").read_text().split():
                        self.bytes = max(self.bytes, _peak(child))
                        self.cpu_s = max(self.cpu_s, _cpu_s(child))

    def end(self) -> None:
        """Look no more."""
        self._is_over.set()
        self.join()


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


def measure(path: Path, exports: Path, found: Connection) -> None:
    """Read and split a file in this process, and send what it took, or why it was refused."""
    (file,) = (one for one in list_documents(path.parent).files if one.path == path)
    encoder = SentenceEncoder(load_settings().encoder, exports)
    watch = _Watch()
    watch.start()
    started = time.perf_counter()
    with ParserProcess() as parser:
        try:
            document = load_document(file, parser.parse)
        except DocumentError as error:
            document, said = None, str(error)
        read_s = time.perf_counter() - started
        watch.end()
    parsed_bytes = _peak()
    figures = (
        f"read in {read_s:.1f} s, child {watch.cpu_s:.1f} s of a core, {watch.bytes / 1e6:,.0f} MB"
    )
    figures += f", parent {parsed_bytes / 1e6:,.0f} MB"
    if document is None:
        found.send(f"refused ({said}): {figures}")
        return
    started = time.process_time()
    passages = sum(1 for _ in split(document, Splitting(), encoder.token_offsets))
    pages = len({place.name for place in document.places if place.kind == "page"})
    if pages:
        figures += f", {pages} pages, {pages / watch.cpu_s:.0f} pages for a second"
    found.send(
        f"{figures}; {len(document.text) / 1e6:.1f} million characters, split into {passages:,} "
        f"passages in {time.process_time() - started:.1f} s of a core, "
        f"parent {_peak() / 1e6:,.0f} MB"
    )


def _print_measured(path: Path, exports: Path) -> None:
    receiving, sending = multiprocessing.Pipe(duplex=False)
    spawning = multiprocessing.get_context("spawn")
    process = spawning.Process(target=measure, args=(path, exports, sending))
    process.start()
    # Else nothing would tell that the process has ended without a word.
    sending.close()
    try:
        figures = receiving.recv()
    except EOFError:
        figures = "the process that read it ended"
    process.join()
    print(f"{path.name} ({path.stat().st_size / 1e6:,.1f} MB): {figures}", flush=True)


def main() -> None:
    """Make the files, and measure each."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.large_files",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--megabytes", type=float, nargs="*", default=[5, 20, 200])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        exports, folder = Path(scratch, "encoder"), Path(scratch, "documents")
        folder.mkdir()
        SentenceEncoder(load_settings().encoder, exports)
        if chosen.pages:
            make_pdf(folder / "guides.pdf", chosen.pages)
            _print_measured(folder / "guides.pdf", exports)
        for megabytes in chosen.megabytes:
            path = folder / f"orders-{megabytes:g}.xlsx"
            rows = make_workbook(path, megabytes)
            print(f"{rows:,} rows: ", end="")
            _print_measured(path, exports)
            path.unlink()


if __name__ == "__main__":
    main()
