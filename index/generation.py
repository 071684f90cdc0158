"""One generation of an index, opened."""

from contextlib import ExitStack
from functools import cache, lru_cache, partial
from pathlib import Path

from index.engine import SearchEngine
from index.filters import choose, days_in, names_in
from index.folder_changes import MadeOf
from index.local_engine import LocalEngine
from index.manifest import ADDED_TEXTS_NAME, TEXTS_NAME, Manifest
from index.texts import Texts

# What so many filters leave is kept, a byte for each passage: people ask several questions in one
# folder.
_KEPT_FILTERS = 8


class Generation:
    """One opened generation; nothing of it changes while it is open."""

    def __init__(
        self, folder: Path, manifest: Manifest, texts: Texts, engine: SearchEngine
    ) -> None:
        """Take what is open, which is closed with the generation."""
        self.folder = folder
        self.manifest = manifest
        self.texts = texts
        self.engine = engine
        self.choose = lru_cache(_KEPT_FILTERS)(partial(choose, self.texts))
        """See `index.filters.choose`."""
        self.names = cache(partial(names_in, self.texts))
        """See `index.filters.names_in`."""
        self.days = cache(partial(days_in, self.texts))
        """See `index.filters.days_in`."""

    def made_of(self) -> MadeOf:
        """The files that it was made of."""
        return made_of(self.manifest, self.texts)

    @property
    def id(self) -> str:
        """The name of its folder under `generations/`."""
        return self.manifest.generation

    @property
    def collection(self) -> str:
        """The name of the collection it belongs to."""
        return self.folder.parents[1].name

    def close(self) -> None:
        """Close its files."""
        self.engine.close()
        self.texts.close()


class LocalGeneration(Generation):
    """A generation that is searched in its own files."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """
        Open a generation whose files have been checked.

        Raises:
            IndexDamagedError: If a file can't be opened, or the parts don't belong together.
        """
        texts = open_texts(folder, manifest)
        with ExitStack() as undo:
            undo.callback(texts.close)
            engine = LocalEngine(folder, manifest, texts)
            super().__init__(folder, manifest, texts, engine)
            self.vectors = engine.vectors
            undo.pop_all()


def open_texts(folder: Path, manifest: Manifest) -> Texts:
    """
    Open the texts of a generation.

    Raises:
        IndexDamagedError: If they can't be opened.
    """
    added = folder / ADDED_TEXTS_NAME if ADDED_TEXTS_NAME in manifest.files else None
    return Texts(folder / TEXTS_NAME, added)


def made_of(manifest: Manifest, texts: Texts) -> MadeOf:
    """The files that a generation was made of."""
    return MadeOf(
        folder=manifest.folder,
        created=manifest.created,
        documents={stamp.id: stamp for stamp in texts.stamps()},
        failures={stamp.id: stamp for stamp in manifest.failures},
    )
