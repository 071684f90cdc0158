"""ZIP: the files in an archive that are read, in the order of their names, as one document."""

from dataclasses import replace
from pathlib import PurePosixPath

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.packages import open_package, read_member
from index.formats.parts import ARCHIVES, MAX_PARTS, is_read, read_part

# What macOS puts beside the files.
_NOT_THEIRS = "__MACOSX"


def load_zip(_suffix: str, content: bytes) -> Loaded:
    """Read an archive; its places name the file, and where in it something stands."""
    blocks = Blocks("file")
    with open_package(content) as package:
        # The last one of several of one name is read, which is what unpacking leaves.
        names = sorted({*filter(_is_read, package.namelist())})
        if len(names) > MAX_PARTS:
            raise DocumentError(
                f"it holds {len(names):,} files; a document has {MAX_PARTS:,} at most"
            )
        if not names:
            raise DocumentError("it holds no file of a kind that is read")
        for name in names:
            try:
                part = read_part(name, read_member(package, name))
            except DocumentError as error:
                raise DocumentError(f"{name} in it: {error}; mend it, or take it out") from error
            blocks.add_whole(part, within=name)
    # Each file has its own title and date.
    return replace(blocks.loaded(), title=None, dated=None)


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name).parts
    is_hidden = any(part.startswith(".") or part == _NOT_THEIRS for part in parts)
    return not name.endswith("/") and not is_hidden and is_read(name, without=ARCHIVES)
