"""What changed from one generation to the next, for longer than the generations themselves stay."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from index.files import Stamp
from index.folder_changes import FolderChanges

HISTORY_NAME = "history.jsonl"
# Builds that are remembered: one a day for over a year, and few enough to be read at once.
MAX_BUILDS = 500
# Documents of one build that are named for each kind of change; the others are counted.
MAX_NAMED = 200


class Renamed(Stamp):
    """A document that has another id than before."""

    old: str
    new: str


class BuildStamp(Stamp):
    """What a build changed, in ids of documents, of which at most `MAX_NAMED` of a kind stand."""

    generation: str
    before: str | None
    """The generation that was served before; None for the first."""
    built: datetime
    """When the build began."""
    documents: int
    is_anew: bool
    """Whether the build had no older generation to compare with, so that no changes are known."""
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    unnamed: int = 0
    """How many more there are."""

    @property
    def is_quiet(self) -> bool:
        """Whether the build changed no document, as far as is known."""
        return not (self.is_anew or self.added or self.changed or self.removed or self.renamed)


def build_stamp(
    generation: str,
    before: str | None,
    built: datetime,
    documents: int,
    changes: FolderChanges | None,
) -> BuildStamp:
    """
    Describe a build.

    Args:
        generation: The one that it makes.
        before: The one that was served before.
        built: When it began.
        documents: How many there are now.
        changes: Since the generation before; None if it was built upon nothing.
    """
    if changes is None:
        return BuildStamp(
            generation=generation, before=before, built=built, documents=documents, is_anew=True
        )
    failed = set(changes.failed)
    added = tuple(name for name in changes.added if name not in failed)
    changed = tuple(name for name in changes.changed if name not in failed)
    renamed = tuple(Renamed(old=one.old, new=one.new) for one in changes.renamed)
    kinds = (added, changed, changes.removed, renamed)
    return BuildStamp(
        generation=generation,
        before=before,
        built=built,
        documents=documents,
        is_anew=False,
        added=added[:MAX_NAMED],
        changed=changed[:MAX_NAMED],
        removed=changes.removed[:MAX_NAMED],
        renamed=renamed[:MAX_NAMED],
        unnamed=sum(max(0, len(kind) - MAX_NAMED) for kind in kinds),
    )


def note_build(collection: Path, stamp: BuildStamp) -> None:
    """
    Write down what a build changes, before it is published: one that never is has no successor.

    Where that can't be written, the build goes on without.
    """
    path = collection / HISTORY_NAME
    lines = [one.model_dump_json() for one in (*_read(path), stamp)][-MAX_BUILDS:]
    aside = path.with_name(f"{HISTORY_NAME}.new")
    with suppress(OSError):
        aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        aside.replace(path)


def history(collection: Path, generation: str) -> list[BuildStamp]:
    """
    What led to a generation, newest first.

    Builds that were gone back from, or were never served, are left out.
    """
    by_id = {stamp.generation: stamp for stamp in _read(collection / HISTORY_NAME)}
    found = []
    following: str | None = generation
    while following is not None and (stamp := by_id.pop(following, None)):
        found.append(stamp)
        following = stamp.before
    return found


def _read(path: Path) -> Iterator[BuildStamp]:
    """The builds in a file, oldest first; a line that can't be read is left out."""
    with suppress(OSError):
        # The names of documents may hold characters that `splitlines` takes for ends of lines.
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            with suppress(ValidationError):
                yield BuildStamp.model_validate_json(line)
