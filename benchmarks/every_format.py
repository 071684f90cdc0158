"""
A folder with a document in every format, asked a hundred questions: right, wrong, refused.

    python -m benchmarks.every_format

`every_format.txt` holds the texts, which are our own, and the questions, which were written before
any was asked. The files are made by the programs that people use: LibreOffice and pandoc have to be
there. With --keep FOLDER, they stay there.
"""

import csv
import html
import io
import json
import subprocess
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from answering.answer import Answer
from benchmarks import parser_of
from benchmarks.large_files import by_office
from quoth import open_folder

TEXTS = Path(__file__).with_suffix(".txt")
# An answer may say a little more than what was asked for, or a little less.
_MOST_TIMES = 3
_ARTICLE_CHARS = 20
OUTCOMES = ("right", "wrong", "unsure", "refused", "rightly refused")
_HEADERS = ("From", "Date")


@dataclass
class WrittenDocument:
    """A document, and what is asked of it."""

    suffix: str
    title: str
    lines: list[str] = field(default_factory=list)
    """In Markdown."""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Questions and their answers; one that is empty is not in any document."""

    @property
    def text(self) -> str:
        """Without the title."""
        return "\n".join(self.lines).strip()

    @property
    def markdown(self) -> str:
        """All of it."""
        return f"# {self.title}\n\n{self.text}\n"

    @property
    def table(self) -> list[list[str]]:
        """The rows of its table."""
        rows = [line.strip("|").split("|") for line in self.lines if line.startswith("|")]
        return [[cell.strip() for cell in row] for row in rows if not row[0].startswith("---")]


def read_texts() -> Iterator[WrittenDocument]:
    """Read what `every_format.txt` holds."""
    document: WrittenDocument | None = None
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            if document is not None:
                yield document
            _, suffix, title = line.split(" ", 2)
            document = WrittenDocument(suffix, title)
            continue
        assert document is not None  # noqa: S101 - the file is ours
        name, colon, value = line.partition(": ")
        if line.startswith("? "):
            question, _, answer = line[2:].partition(" =")
            document.asked.append((f"{question}?", answer.strip()))
        elif colon and name in _HEADERS:
            document.headers[name] = value
        else:
            document.lines.append(line)
    if document is not None:
        yield document


def _pandoc(document: WrittenDocument, kind: str, path: Path | str = "-") -> bytes:
    """Have pandoc write a document; what it writes to standard output, where that is the place."""
    made = subprocess.run(
        ["pandoc", "--from=markdown", f"--to={kind}", f"--output={path}"],  # noqa: S607
        input=document.markdown.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return made.stdout


def _page(document: WrittenDocument) -> str:
    return _pandoc(document, "html").decode()


def _site(document: WrittenDocument) -> str:
    """A page with what stands around the text of a page."""
    menu = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("Home", "News", "Shop"))
    return (
        f"<html xmlns='http://www.w3.org/1999/xhtml'><head><title>{html.escape(document.title)}"
        f"</title></head><body><nav><ul>{menu}</ul></nav><main>{_page(document)}</main>"
        "<footer><p>All rights reserved. Follow us!</p></footer></body></html>"
    )


def _written_text(document: WrittenDocument, path: Path) -> None:
    path.write_text(f"{document.title}\n\n{document.text}\n", encoding="utf-8")


def _markdown(document: WrittenDocument, path: Path) -> None:
    path.write_text(document.markdown, encoding="utf-8")


def _mdx(document: WrittenDocument, path: Path) -> None:
    path.write_text(f'import Note from "./note"\n\n{document.markdown}', encoding="utf-8")


def _html(document: WrittenDocument, path: Path) -> None:
    path.write_text(_site(document), encoding="utf-8")


def _by_pandoc(kind: str) -> Callable[[WrittenDocument, Path], object]:
    return lambda document, path: _pandoc(document, kind, path)


def _text_by_office(document: WrittenDocument, path: Path) -> None:
    kind = path.suffix[1:]
    by_office(_page(document), ".html", kind, path, reads="HTML (StarWriter)")


def _sheet_by_office(document: WrittenDocument, path: Path) -> None:
    by_office(_separated(document.table, ","), ".csv", path.suffix[1:], path)


def _slides_by_office(document: WrittenDocument, path: Path) -> None:
    reads = "OpenDocument Presentation Flat XML"
    by_office(_flat_slides(document), ".fodp", path.suffix[1:], path, reads=reads)


def _flat_slides(document: WrittenDocument) -> str:
    """An Impress document in one file of XML: a slide for each heading."""
    slides = [[document.title, *document.text.split("\n## ")[0].split("\n\n")]]
    slides += [part.split("\n\n") for part in document.text.split("\n## ")[1:]]
    return (
        '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" '
        'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" '
        'office:version="1.3" '
        'office:mimetype="application/vnd.oasis.opendocument.presentation">'
        f"<office:body><office:presentation>{''.join(map(_slide, slides))}"
        "</office:presentation></office:body></office:document>"
    )


def _slide(parts: Sequence[str]) -> str:
    title, *texts = parts
    frames = [_frame(1, 'presentation:class="title"', _paragraph(title))]
    for number, text in enumerate(texts, start=1):
        if text.startswith("|"):
            table = WrittenDocument("", "", text.splitlines()).table
            rows = "".join(
                "<table:table-row>"
                + "".join(f"<table:table-cell>{_p(cell)}</table:table-cell>" for cell in row)
                + "</table:table-row>"
                for row in table
            )
            columns = f'<table:table-column table:number-columns-repeated="{len(table[0])}"/>'
            shape = f'<table:table table:use-first-row-styles="true">{columns}{rows}</table:table>'
            frames.append(_frame(3 * number + 1, "", shape))
        else:
            frames.append(_frame(3 * number + 1, 'presentation:class="outline"', _paragraph(text)))
    return f"<draw:page>{''.join(frames)}</draw:page>"


def _frame(y_cm: int, attributes: str, inside: str) -> str:
    box = f'svg:x="1cm" svg:y="{y_cm}cm" svg:width="22cm" svg:height="2cm"'
    return f"<draw:frame {attributes} {box}>{inside}</draw:frame>"


def _paragraph(text: str) -> str:
    return f"<draw:text-box>{_p(text)}</draw:text-box>"


def _p(text: str) -> str:
    return f"<text:p>{html.escape(' '.join(text.split()))}</text:p>"


def _separated(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


def _csv(document: WrittenDocument, path: Path) -> None:
    delimiter = "\t" if path.suffix == ".tsv" else ","
    path.write_text(_separated(document.table, delimiter), encoding="utf-8")


def _jsonl(document: WrittenDocument, path: Path) -> None:
    names, *rows = document.table
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")


def _mail(document: WrittenDocument, path: Path) -> None:
    message = EmailMessage()
    for name, value in document.headers.items():
        message[name] = value
    message["Subject"] = document.title
    message.set_content(document.text)
    before = b"From somebody Mon Dec  8 18:40:00 2025\n" if path.suffix == ".mbox" else b""
    path.write_bytes(before + message.as_bytes())


def _subtitles(document: WrittenDocument, path: Path) -> None:
    point = "," if path.suffix == ".srt" else "."
    cues = [
        f"{n}\n00:00:{5 * n:02}{point}000 --> 00:00:{5 * n + 4:02}{point}000\n{line}\n"
        for n, line in enumerate(document.lines, start=1)
    ]
    head = "WEBVTT\n\n" if path.suffix == ".vtt" else ""
    path.write_text(head + "\n".join(cues), encoding="utf-8")


def _archive(document: WrittenDocument, path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("minutes/march.md", document.markdown)


WRITERS: "dict[str, Callable[[WrittenDocument, Path], object]]" = {
    ".txt": _written_text,
    ".md": _markdown,
    ".mdx": _mdx,
    ".rst": _by_pandoc("rst"),
    ".adoc": _by_pandoc("asciidoc"),
    ".html": _html,
    ".xhtml": _html,
    ".pdf": _text_by_office,
    ".docx": _text_by_office,
    ".odt": _text_by_office,
    ".rtf": _text_by_office,
    ".epub": _by_pandoc("epub"),
    ".pptx": _slides_by_office,
    ".odp": _slides_by_office,
    ".csv": _csv,
    ".tsv": _csv,
    ".xlsx": _sheet_by_office,
    ".xls": _sheet_by_office,
    ".ods": _sheet_by_office,
    ".eml": _mail,
    ".mbox": _mail,
    ".vtt": _subtitles,
    ".srt": _subtitles,
    ".jsonl": _jsonl,
    ".zip": _archive,
}


def _outcome(expected: str, answer: Answer) -> str:
    """What an answer is worth, as one of `OUTCOMES`."""
    if not answer.spans:
        if answer.candidates:
            return "unsure"
        return "refused" if expected else "rightly refused"

    def words(text: str) -> str:
        return f" {' '.join(text.lower().rstrip('.').split())} "

    def is_right(text: str) -> bool:
        is_short = len(text) <= _MOST_TIMES * len(expected) + _ARTICLE_CHARS
        is_long = _MOST_TIMES * len(text) >= len(expected)
        wanted, found = words(expected), words(text)
        return (wanted in found and is_short) or (found in wanted and is_long)

    is_said = expected and any(is_right(span.text) for span in answer.spans)
    return "right" if is_said else "wrong"


def main() -> None:
    """Make the folder, ask, and print."""
    parser = parser_of("every_format", __doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (chosen.keep or Path(scratch)) / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        documents = list(read_texts())
        for document in documents:
            name = "-".join(document.title.lower().replace("'", "").split())
            path = folder / f"{name}{document.suffix}"
            WRITERS[document.suffix](document, path)
            if not path.exists():
                raise SystemExit(f"{path}: could not be made; install LibreOffice with Impress.")
        _ask(documents, folder, Path(scratch, "data"))


def _ask(documents: Sequence[WrittenDocument], folder: Path, data: Path) -> None:
    total: Counter[str] = Counter()
    print(f"| format | {' | '.join(OUTCOMES)} |\n|---{'|---' * len(OUTCOMES)}|")
    missed = []
    with open_folder(folder, data=data) as library:
        for document in documents:
            counts: Counter[str] = Counter()
            for question, expected in document.asked:
                answer = library.ask(question)
                counts[found := _outcome(expected, answer)] += 1
                if not found.startswith("right"):
                    texts = [span.text for span in (*answer.spans, *answer.candidates)]
                    missed.append(f"{document.suffix} {question} {expected!r}: {found} {texts}")
            total += counts
            _row(document.suffix, counts)
    _row("all", total)
    print("\n".join(["", *missed]))


def _row(name: str, counts: Counter[str]) -> None:
    print(f"| {name} | {' | '.join(str(counts[one]) for one in OUTCOMES)} |", flush=True)


if __name__ == "__main__":
    main()
