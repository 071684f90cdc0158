"""The passages of a new generation -> the files that are searched."""

from pathlib import Path

from index.compressed import halves_path
from index.files import link
from index.generation import LocalGeneration
from index.lexical import extend_lexical, write_lexical
from index.manifest import ADDED_VECTORS_NAME, LEXICAL_NAME, VECTORS_NAME
from index.passage_vectors import PassageVectors, scattered
from index.sizing import Sizing
from index.texts import Texts
from index.vectors import write_exact, write_vectors


def write_searchable(
    folder: Path, texts: Texts, vectors: PassageVectors, dim: int, sizing: Sizing
) -> None:
    """
    Write vectors and lexical index of all passages.

    Raises:
        OSError: If something can't be written.
    """
    lexical = folder / LEXICAL_NAME
    lexical.mkdir()
    write_vectors(folder / VECTORS_NAME, dim, texts.next_id, vectors.read, sizing)
    write_lexical(lexical, (text for ids in texts.ids() for text in texts.searched(ids).values()))


def extend_searchable(
    folder: Path, texts: Texts, vectors: PassageVectors, dim: int, previous: LocalGeneration
) -> None:
    """
    Write vectors and lexical index beside those of the generation before, which are shared.

    Raises:
        OSError: If something can't be written.
    """
    link(previous.folder / VECTORS_NAME, folder / VECTORS_NAME)
    if not previous.vectors.is_exact:
        link(halves_path(previous.folder / VECTORS_NAME), halves_path(folder / VECTORS_NAME))
    first_added_id = previous.vectors.first_added_id
    if texts.next_id > first_added_id:
        added = scattered(vectors, texts, first_added_id, dim)
        write_exact(
            folder / ADDED_VECTORS_NAME, dim, len(added), lambda rows: added[rows[0] : rows[-1] + 1]
        )
    lexical = folder / LEXICAL_NAME
    lexical.mkdir()
    new = (
        passage
        for ids in texts.ids(previous.texts.next_id)
        for passage in texts.searched(ids).items()
    )
    newly_removed = set(texts.removed()).difference(previous.texts.removed())
    extend_lexical(lexical, previous.folder / LEXICAL_NAME, new, sorted(newly_removed))
