"""The lock that lets one build at a time change a collection."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class BuildLock:
    """A file that one process at a time locks; the kernel frees it however that process ends."""

    def __init__(self, path: Path) -> None:
        """Name the file, which need not exist yet."""
        self._path = path

    def is_locked(self) -> bool:
        """Whether a build is running."""
        try:
            with self._path.open("r+", encoding="ascii") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            # There is no lock, or nothing can be written here: nobody builds.
            return False
        return False

    @contextmanager
    def hold(self, waiting: Callable[[str], None]) -> Iterator[None]:
        """
        Hold the lock until the block ends.

        Args:
            waiting: Called with who holds the lock, each time that another process holds it.
        """
        is_held = False
        while not is_held:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a+", encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.seek(0)
                    waiting(file.read().strip() or "another process")
                    fcntl.flock(file, fcntl.LOCK_EX)
                # Whoever held it may have deleted the file meanwhile.
                is_held = os.fstat(file.fileno()).st_nlink > 0
                if is_held:
                    file.seek(0)
                    file.truncate()
                    file.write(f"process {os.getpid()}")
                    file.flush()
                    yield
