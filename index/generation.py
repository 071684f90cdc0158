"""One generation of an index, opened."""

from contextlib import ExitStack
from functools import cache, lru_cache, partial
from pathlib import Path

from index.changes import MadeOf
from index.errors import IndexDamagedError
from index.filters import choose, names_in
from index.lexical import LexicalIndex
from index.manifest import (
    ADDED_TEXTS_NAME,
    ADDED_VECTORS_NAME,
    LEXICAL_NAME,
    MANIFEST_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Manifest,
)
from index.texts import Texts
from index.vectors import VectorIndex

# What so many filters leave is kept, a byte for each passage: people ask several questions in one
# folder.
_KEPT_FILTERS = 8


class Generation:
    """One opened generation; nothing of it changes while it is open."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """
        Open a generation whose files have been checked.

        Raises:
            IndexDamagedError: If a file can't be opened, or the parts don't belong together.
        """
        self.folder = folder
        self.manifest = manifest
        self.texts = open_texts(folder, manifest)
        self.choose = lru_cache(_KEPT_FILTERS)(partial(choose, self.texts))
        """See `index.filters.choose`."""
        self.names = cache(partial(names_in, self.texts))
        """See `index.filters.names_in`."""
        with ExitStack() as undo:
            undo.callback(self.texts.close)
            added = _if_there(folder, ADDED_VECTORS_NAME, manifest)
            self.vectors = VectorIndex(folder / VECTORS_NAME, added, self.texts.removed())
            self.lexical = LexicalIndex(folder / LEXICAL_NAME)
            counts = {
                TEXTS_NAME: self.texts.passage_count,
                VECTORS_NAME: len(self.vectors),
                LEXICAL_NAME: len(self.lexical),
            }
            for name, count in counts.items():
                if count != manifest.passages:
                    raise IndexDamagedError(
                        f"{folder / name}: holds {count:,} passages, "
                        f"but {MANIFEST_NAME} says {manifest.passages:,}."
                    )
            if self.vectors.dim != manifest.encoder.dim:
                raise IndexDamagedError(
                    f"{folder / VECTORS_NAME}: holds vectors of {self.vectors.dim} numbers, "
                    f"but {MANIFEST_NAME} says {manifest.encoder.dim}."
                )
            undo.pop_all()

    def made_of(self) -> MadeOf:
        """The files that it was made of."""
        return made_of(self.manifest, self.texts)

    @property
    def id(self) -> str:
        """Its name under `generations/`."""
        return self.manifest.generation

    @property
    def collection(self) -> str:
        """The name of the collection it belongs to."""
        return self.folder.parents[1].name

    def close(self) -> None:
        """Close its files."""
        self.texts.close()


def open_texts(folder: Path, manifest: Manifest) -> Texts:
    """
    Open the texts of a generation.

    Raises:
        IndexDamagedError: If they can't be opened.
    """
    return Texts(folder / TEXTS_NAME, _if_there(folder, ADDED_TEXTS_NAME, manifest))


def _if_there(folder: Path, name: str, manifest: Manifest) -> Path | None:
    return folder / name if name in manifest.files else None


def made_of(manifest: Manifest, texts: Texts) -> MadeOf:
    """The files that a generation was made of."""
    return MadeOf(
        folder=manifest.folder,
        created=manifest.created,
        documents={stamp.id: stamp for stamp in texts.stamps()},
        failures={stamp.id: stamp for stamp in manifest.failures},
    )
