"""What can go wrong between a folder of documents and ranked passages."""

from pathlib import Path


class IndexingError(Exception):
    """Base of all errors of the index; its text is meant for the person who ran Quoth."""


class DocumentError(IndexingError):
    """One document can't be read; the others can."""

    sha256: str | None = None
    """The hash of the file's bytes, if the file could be read."""


class ParserStartError(DocumentError):
    """The process that reads documents can't be started, which is no document's fault."""


class NoDocumentsError(IndexingError):
    """The documents folder is missing, is no folder, or holds nothing that can be read."""


class EncoderError(IndexingError):
    """The encoder can't be found, or is not what it should be."""


class IndexMissingError(IndexingError):
    """No generation has been published yet."""


class NotPublishedError(IndexMissingError):
    """The generation is not where it is searched; the next build publishes it there."""


class IndexFormatError(IndexingError):
    """The generation on disk was written in another format version."""


class IndexDamagedError(IndexingError):
    """A file of the generation is missing or is not what was written."""


class SearchServerError(IndexingError):
    """The database in which passages are searched can't be used."""


class SharedError(IndexingError):
    """What builders and nodes share, a database and a storage, can't be used."""


class PartError(SharedError):
    """A part is missing in storage, or is not what was stored."""

    def __init__(self, sha256: str, said: str) -> None:
        """Name the part, and say what is wrong with it."""
        super().__init__(
            f"The part {sha256} {said}. Nothing is made of it; it is fetched again once a machine "
            "that has it has stored it anew. Where none has it any more, quoth index --rebuild has "
            "all of the index made anew."
        )
        self.sha256 = sha256


class HeldError(IndexingError):
    """Somebody went back to an earlier generation after a build was asked for."""


class EncodingInterruptedError(KeyboardInterrupt):
    """Somebody ended a build while it encoded passages; what was encoded is kept."""

    def __init__(self, kept: int, total: int) -> None:
        """Say how many of the passages that had to be encoded are kept."""
        super().__init__(f"{kept} of {total}")
        self.kept = kept
        self.total = total


class BuildError(IndexingError):
    """A new generation could not be written; the old one is untouched."""


class TooManyPassagesError(BuildError):
    """A collection would have more passages than it may."""

    def __init__(self, folder: Path, passages: int, most: int) -> None:
        """Name the collection's folder and both numbers."""
        super().__init__(
            f"{folder}: its documents make {passages:,} passages, and it may have {most:,}. "
            "Nothing was changed; remove or shorten documents, or allow more."
        )
        self.passages = passages
        self.most = most
