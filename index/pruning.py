"""Takes out of the vector caches what no generation uses any more."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from index.errors import IndexingError
from index.manifest import ADDED_TEXTS_NAME, TEXTS_NAME, Manifest
from index.store import Collection
from index.text_tables import uri
from index.vector_cache import FILE_NAME, unused

_Kept = tuple[Path, Manifest]
"""A generation's folder and manifest."""


# So many may lie idle: 16 MB, among them those of texts that `quoth eval` asked about.
SPARE_VECTORS = 10_000


def prune_vectors(collections: Path, vectors: Path, spare: int = SPARE_VECTORS) -> int:
    """
    Take out vectors whose texts stand in no kept generation of any collection.

    All texts are walked through for it, which is done only when it surely pays: a cache is left
    alone until it has more vectors, by `spare`, than all kept generations have passages. So it
    grows to three times a collection at most, and not every build looks through it. Nothing is done
    while a build runs, or waits to be taken up again, or while a generation can't be read.

    Args:
        collections: The folder of all collections that use these caches.
        vectors: The folder of caches, one subfolder per encoder and precision.
        spare: See above.

    Returns:
        How many vectors went.

    Raises:
        OSError, sqlite3.Error: If a cache can't be read or written.
    """
    kept: defaultdict[str, list[_Kept]] = defaultdict(list)
    count = 0
    with unused(vectors) as may_prune:
        if not may_prune:
            return 0
        for folder in sorted(path for path in collections.iterdir() if path.is_dir()):
            collection = Collection(folder)
            try:
                manifests = collection.generations.manifests()
            except IndexingError:
                # Another version's, perhaps, which will be made again and wants its vectors.
                return 0
            if collection.generations.is_unfinished():
                return 0
            for each in manifests:
                kept[each[1].encoder.cache_name].append(each)
        for folder in sorted(path for path in vectors.iterdir() if path.is_dir()):
            if (folder / FILE_NAME).exists():
                count += _prune(folder / FILE_NAME, kept[folder.name], spare)
    return count


def _prune(cache: Path, generations: Sequence[_Kept], spare: int) -> int:
    enough = spare + sum(manifest.passages for _, manifest in generations)
    with closing(sqlite3.connect(cache, uri=True, isolation_level=None)) as connection:

        def number(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        # The highest row is found at once, and there are no more rows than that.
        if number("SELECT ifnull(max(rowid), 0) FROM vectors") <= enough:
            return 0
        before = number("SELECT count(*) FROM vectors")
        if before <= enough:
            return 0
        connection.execute("CREATE TEMP TABLE used (text_sha256 BLOB PRIMARY KEY) WITHOUT ROWID")
        for path in _texts(generations):
            connection.execute("ATTACH ? AS texts", (uri(path),))
            connection.execute("INSERT OR IGNORE INTO used SELECT text_sha256 FROM texts.passages")
            connection.execute("DETACH texts")
        connection.execute(
            "DELETE FROM vectors WHERE text_sha256 NOT IN (SELECT text_sha256 FROM used)"
        )
        # The space goes back to the disk, and what the vectors were of leaves it.
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before - number("SELECT count(*) FROM vectors")


def _texts(generations: Sequence[_Kept]) -> list[Path]:
    """The files of passages, each once: generations share them."""
    files = {}
    for folder, manifest in generations:
        for name in (TEXTS_NAME, ADDED_TEXTS_NAME):
            if name in manifest.files:
                files[manifest.files[name].inode] = folder / name
    return list(files.values())
