"""Where fetched documents are from, written down beside them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from index.errors import IndexingError
from index.files import fsync

# It begins with a dot, so it is no document.
PROVENANCE_NAME = ".quoth-fetched.json"
# `quoth fetch` holds this lock: it reads once what is known, and writes all of it down later. A bot
# that changes a server's own documents (`note_fetched`) needs none: it makes one change at a time.
LOCK_NAME = ".quoth-fetched.lock"
MAX_URL_CHARS = 2_000

# No name and no password stand before the host, since addresses are written down and shown.
_HOST = r"(\[[\w:.%]+\]|[^\s<>\"/?#@:\[\]]+)(:[0-9]{1,5})?"
_ADDRESS = rf"^https?://{_HOST}([/?#][^\s<>\"]*)?$"
# Where a name and a password may stand, in an address that may be wrong in other ways too.
_LOGIN = re.compile(r"^([\w+.\-]+://)?.*@", re.DOTALL)
Address = Annotated[str, StringConstraints(pattern=_ADDRESS, max_length=MAX_URL_CHARS)]
OriginKind = Literal["page", "sitemap", "feed", "git"]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FetchOrigin(_Written):
    """What was asked for, to be fetched again."""

    kind: OriginKind
    url: Address
    under: str | None = None
    """Only what is below this address, or in a repository below this folder."""
    most: int
    """How many documents are fetched at most."""

    @property
    def key(self) -> tuple[OriginKind, str, str | None]:
        """What tells this origin from others."""
        return self.kind, self.url, self.under


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
    origins: tuple[FetchOrigin, ...] = ()
    files: dict[str, Fetched] = {}
    """What was fetched, by document id."""


class ProvenanceError(IndexingError):
    """What is written down beside the documents is not what Quoth writes."""


class NotAskedForError(Exception):
    """An address is to be forgotten that nothing was fetched from."""


def is_address(url: str) -> bool:
    """Whether a page at this address can be fetched and written down."""
    return len(url) <= MAX_URL_CHARS and re.fullmatch(_ADDRESS, url) is not None


def masked(url: str) -> str:
    """An address that was refused, without the name and the password that it may hold."""
    return _LOGIN.sub(r"\1…@", url)


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
    fsync(scratch)
    scratch.replace(path)


def note_fetched(folder: Path, name: str, fetched: Fetched | None) -> Fetched | None:
    """
    Write down where one document is from, or with None that it was not fetched.

    Returns:
        What was written down before.

    Raises:
        ProvenanceError: If what is written down can't be used.
    """
    known = read_provenance(folder)
    before = known.files.get(name)
    if fetched != before:
        files = {other: one for other, one in known.files.items() if other != name}
        files |= {name: fetched} if fetched is not None else {}
        write_provenance(folder, known.model_copy(update={"files": files}))
    return before


def forget_origins(folder: Path, urls: Sequence[str]) -> list[FetchOrigin]:
    """
    Fetch these addresses no more; the files that came from them stay.

    Raises:
        ProvenanceError: If what is written down can't be used.
        NotAskedForError: If nothing was fetched from one of them; then nothing is forgotten.
    """
    known = read_provenance(folder)
    kept = {one.url for one in known.origins}
    if unknown := [url for url in urls if url not in kept]:
        raise NotAskedForError(
            f"Nothing was fetched from {', '.join(map(masked, unknown))}. What is fetched again: "
            f"{', '.join(sorted(kept)) or 'nothing'}."
        )
    left = tuple(one for one in known.origins if one.url not in urls)
    write_provenance(folder, known.model_copy(update={"origins": left}))
    return [one for one in known.origins if one.url in urls]
