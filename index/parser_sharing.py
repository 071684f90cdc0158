"""
Which files one process may read in turn, where each other file has a process of its own.

They are short, and Python alone reads them (`index.formats.base.Format.is_python`), so that none of
them takes the process over. A file that turns out to need more, or that can't be read or split
where others were read, is read again by a process that has read no other.
"""

from dataclasses import dataclass

from index.formats.base import FORMATS

# The longest file. For a longer one, a process of its own costs little beside reading it.
MAX_SHARED_BYTES = 200_000
# For one process. Nothing is to be left of a file that was read; if something is, it can't grow.
MAX_SHARED_FILES = 100
MAX_SHARED_BYTES_IN_ALL = 5_000_000
# Seconds of a core, for one file: 200 KB of nothing but headings take one to eight. Splitting it
# has as much again. A file that takes longer has all the time of a file once more, in a process of
# its own.
SHARED_TIMEOUT_S = 10.0


def may_share(suffix: str, content: bytes) -> bool:
    """Whether a process that reads this file may read others, too."""
    return FORMATS[suffix].is_python and len(content) <= MAX_SHARED_BYTES


@dataclass
class Share:
    """What a process has read that reads several files."""

    files: int = 0
    size: int = 0
    """Bytes of all of them."""
    last: tuple[str, bytes] = ("", b"")
    """The ending and the bytes of the last one."""

    def add(self, suffix: str, content: bytes) -> None:
        """Count a file that was read, and keep it in case that it has to be read again."""
        self.files += 1
        self.size += len(content)
        self.last = (suffix, content)

    def takes(self, content: bytes) -> bool:
        """Whether one more may come."""
        is_short = self.size + len(content) <= MAX_SHARED_BYTES_IN_ALL
        return is_short and self.files < MAX_SHARED_FILES
