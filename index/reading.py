"""The documents of a folder -> the texts of a new generation."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from index.documents import Document, Failure, SourceFile, content_sha256, load_document
from index.encoder import Encoder
from index.errors import DocumentError, ParserStartError
from index.files import check_file
from index.folder_changes import Comparison
from index.formats.base import Parse
from index.generation import LocalGeneration
from index.language import foreign_language
from index.manifest import ADDED_TEXTS_NAME, TEXTS_NAME, DocumentStamp, FailureStamp
from index.parsing import ParserProcess
from index.passages import Splitting
from index.provenance import Provenance
from index.reporting import Reporter
from index.sizing import Sizing
from index.text_writer import TextWriter


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of the files of a folder."""

    documents: int
    """How many there are now."""
    failures: tuple[FailureStamp, ...]
    newly_failed: tuple[str, ...]
    extends: bool
    """Whether passages kept their ids, so that the files before can be extended."""


def read_documents(
    folder: Path,
    comparison: Comparison,
    previous: LocalGeneration | None,
    *,
    splitting: Splitting,
    sizing: Sizing,
    encoder: Encoder,
    titles: Mapping[str, str],
    provenance: Provenance,
    reporter: Reporter,
) -> Reading:
    """
    Write the texts of a new generation into its folder.

    Args:
        folder: The folder of the new generation.
        comparison: Compares the documents with those of the generation before.
        previous: The generation before, whose texts are taken over where nothing changed.
        splitting: The limits of a passage.
        sizing: When everything is written anew.
        encoder: Its tokenizer measures passages.
        titles: By document id, those that are known from elsewhere.
        provenance: Where fetched documents are from.
        reporter: Told of each document.

    Raises:
        IndexDamagedError: If the texts of the generation before are not what was written.
        OSError, sqlite3.Error: If something can't be written.
    """
    failures = list(comparison.kept_failures)
    newly_failed: list[str] = []
    progress = _Progress(reporter, len(comparison.to_read))
    with (
        closing(TextWriter(folder, previous.folder if previous else None)) as writer,
        ParserProcess(encoder=encoder, page_read=progress.page_read) as parser,
    ):
        if previous is not None:
            _take_over(writer, comparison, previous)
            for rename in comparison.changes.renamed:
                if fetched := provenance.files.get(rename.new):
                    writer.note_source(rename.new, fetched.source)
        next_id = writer.next_id

        def write(document: Document, file: SourceFile) -> int:
            fetched = provenance.files.get(file.id)
            document = replace(
                document,
                title=titles.get(file.id, document.title),
                dated=document.dated or (fetched.dated if fetched else None),
                source=fetched.source if fetched else None,
                language=foreign_language(document.text),
            )
            stamp = DocumentStamp(file.id, document.sha256, file.size, file.mtime_ns)
            passages = parser.split(document, splitting, next_id)
            return writer.add(document, stamp, passages)

        for file in comparison.to_read:
            written = _read(file, parser.parse, write)
            if isinstance(written, FailureStamp):
                failures.append(written)
                newly_failed.append(file.id)
            else:
                next_id += written
            progress.file_read()
        documents = writer.document_count
        extends = (
            previous is not None
            and next_id - previous.vectors.first_added_id <= sizing.max_added
            and sizing.may_stay(writer.removed_count, next_id)
        )
        if previous is not None and not extends:
            # What is copied gets a new checksum, which must not make damage good.
            for name in (TEXTS_NAME, ADDED_TEXTS_NAME):
                if name in previous.manifest.files:
                    stamp = previous.manifest.files[name]
                    check_file(previous.folder / name, stamp, verify=True)
            writer.write_anew()
        else:
            writer.commit()
    return Reading(
        documents,
        tuple(sorted(failures, key=lambda stamp: stamp.id)),
        tuple(newly_failed),
        extends,
    )


def try_reading(files: Sequence[SourceFile], reporter: Reporter) -> tuple[Failure, ...]:
    """
    Read files and keep nothing of them.

    Args:
        files: As they were listed.
        reporter: Told of each.

    Returns:
        Those that can't be read, in their order.
    """
    progress = _Progress(reporter, len(files))
    failures = []
    with ParserProcess(page_read=progress.page_read) as parser:
        for file in files:
            read = _read(file, parser.parse, lambda _document, _file: 0)
            if isinstance(read, FailureStamp):
                failures.append(Failure(read.id, read.reason))
            progress.file_read()
    return tuple(failures)


class _Progress:
    """Tells a reporter how far the files are; once, that scanned ones take longer."""

    def __init__(self, reporter: Reporter, files: int) -> None:
        """Begin the stage."""
        self._reporter = reporter
        self._left = files
        self._has_said = False
        reporter.stage("read", files)

    def file_read(self) -> None:
        self._left -= 1
        self._reporter.advance(1)

    def page_read(self) -> None:
        """A page of a scanned file is done, and the file is not."""
        if not self._has_said:
            self._has_said = True
            self._reporter.stage("ocr", 0)
            self._reporter.stage("read", self._left)
        self._reporter.advance(0)


def _take_over(writer: TextWriter, comparison: Comparison, previous: LocalGeneration) -> None:
    """Bring what is known of documents up to date that need not be read."""
    changes = comparison.changes
    failed_before = {failure.id for failure in previous.manifest.failures}
    for document_id in (*changes.removed, *changes.changed):
        if document_id not in failed_before:
            writer.remove(document_id)
    writer.rename([(rename.old, rename.new) for rename in changes.renamed])
    writer.restamp(comparison.touched)


def _read(
    file: SourceFile, parse: Parse, write: Callable[[Document, SourceFile], int]
) -> int | FailureStamp:
    """Load a document and write it; how many passages it has, or why it could not be done."""
    try:
        return write(load_document(file, parse), file)
    except ParserStartError as error:
        # Without its hash, the next build tries it again.
        return _failure(file, str(error), None)
    except DocumentError as error:
        return _failure(file, str(error), error.sha256)
    except MemoryError:
        reason = "it takes more memory than there is; split it"
    except (UnicodeEncodeError, OverflowError, sqlite3.IntegrityError):
        # Its parser has been taken over, or has a defect.
        reason = "what was read of it can't be written down, such as half a character"
    # What was read is held no longer. Without its hash, every build would try it again.
    return _failure(file, reason, content_sha256(file))


def _failure(file: SourceFile, reason: str, sha256: str | None) -> FailureStamp:
    return FailureStamp(
        id=file.id, reason=reason, size=file.size, mtime_ns=file.mtime_ns, sha256=sha256
    )
