"""Where fetched documents are from, written down beside them."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from index.errors import IndexingError

# It begins with a dot, so it is no document.
PROVENANCE_NAME = ".quoth-fetched.json"
MAX_URL_CHARS = 2_000

Address = Annotated[
    str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=MAX_URL_CHARS)
]
Kind = Literal["page", "sitemap", "feed", "git"]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Origin(_Written):
    """What was asked for, to be fetched again."""

    kind: Kind
    url: Address
    under: str | None = None
    """Only what is below this address, or in a repository below this folder."""
    most: int
    """At most so many documents."""


class Fetched(_Written):
    """One file, as it was fetched."""

    url: Address
    """Where it was asked for."""
    source: Address
    """Where it stands, after redirects."""
    sha256: str
    """The hash of the file's bytes, so that a change made here is seen."""
    fetched: datetime
    dated: date | None = None
    """The day that the sitemap, the feed or the repository tells, if it does."""
    etag: str | None = None
    last_modified: str | None = None


class Provenance(_Written):
    """All that is known of a folder's fetched documents."""

    version: Literal[1] = 1
    origins: tuple[Origin, ...] = ()
    files: dict[str, Fetched] = {}
    """By document id."""


class ProvenanceError(IndexingError):
    """What is written down beside the documents is not what Quoth writes."""


def read_provenance(folder: Path) -> Provenance:
    """
    Read what is known of a folder's fetched documents; nothing where none was fetched.

    Raises:
        ProvenanceError: If it can't be read.
    """
    path = folder / PROVENANCE_NAME
    try:
        return Provenance.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Provenance()
    except (OSError, ValidationError) as error:
        raise ProvenanceError(
            f"{path}: can't be used ({str(error).splitlines()[0]}). Mend it, or delete it and "
            "fetch again."
        ) from error


def write_provenance(folder: Path, provenance: Provenance) -> None:
    """Write aside and rename, so that a crash leaves what was written before, or this."""
    path = folder / PROVENANCE_NAME
    scratch = path.with_suffix(".new")
    scratch.write_text(provenance.model_dump_json(indent=1) + "\n", encoding="utf-8")
    scratch.replace(path)
