"""Damage as a disk does it: content changes, and neither a file's size nor its times do."""

import os
import random
from pathlib import Path

from tests.conftest import Library


def flip_unseen(path: Path, chance: random.Random) -> int:
    """Flip one bit somewhere in a file; return where."""
    before = path.stat()
    position = chance.randrange(before.st_size)
    overwrite_unseen(
        path, position, bytes([path.read_bytes()[position] ^ 1 << chance.randrange(8)])
    )
    return position


def overwrite_unseen(path: Path, position: int, content: bytes) -> None:
    """Write over a part of a file."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(position)
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def files_with_content(folder: Path) -> list[Path]:
    """All files in a folder that have a bit to flip, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def change_in_document(library: Library, said: bytes, instead: bytes) -> None:
    """Change what a document says in the index, but not what its passage says."""
    folder = library.collection.folder / "generations" / library.collection.current()
    path = folder / "passages.sqlite"
    content = path.read_bytes()
    passage = content.find(said)
    overwrite_unseen(path, content.find(said, passage + 1), instead)
