"""
What each format makes of a file's bytes: text, title, date and places.

`index.formats.base` lists the formats by the endings of their files.
"""

import importlib

from index.errors import DocumentError
from index.formats.base import FORMATS, Loaded, Parse


def parse(suffix: str, content: bytes) -> Loaded:
    """
    Read a file's bytes.

    Args:
        suffix: One of `index.formats.base.FORMATS`.
        content: All of them.

    Raises:
        DocumentError: If they are not what the suffix says.
        MemoryError: If there is not enough for it.
    """
    found = FORMATS[suffix]
    module = importlib.import_module(f"index.formats.{found.module}")
    load: Parse = getattr(module, found.function)
    try:
        return load(suffix, content)
    except (DocumentError, MemoryError):
        raise
    # What a parser makes of a damaged file can be any error at all.
    except Exception as error:
        raise DocumentError(
            f"it can't be read as {suffix} ({type(error).__name__}: {error})"
        ) from error
