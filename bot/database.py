"""Files of SQLite that Quoth remembers things in: opened, and brought up to date."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path


class RecordsError(Exception):
    """The file can't be used; its text is meant for the person who runs Quoth."""


def open_database(path: Path, steps: Sequence[str]) -> sqlite3.Connection:
    """
    Open a file, made or brought up to date if need be.

    Args:
        path: The file.
        steps: What makes its tables, one step a version, in order.

    Raises:
        RecordsError: If a newer Quoth has written it.
        OSError, sqlite3.Error: If it can't be opened.
    """
    # What people ask is for nobody else on this machine to read.
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        found = version(connection)
        if found > len(steps):
            raise RecordsError(
                f"{path}: was written by a newer Quoth (version {found}, this one knows "
                f"{len(steps)}). Update Quoth, or name another data folder."
            )
        migrate(connection, steps)
    except BaseException:
        connection.close()
        raise
    return connection


def version(connection: sqlite3.Connection) -> int:
    """Which step a file has reached; 0 for a new one."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def migrate(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    """Take the steps that a file lacks, each whole or not at all."""
    for step in range(version(connection), len(steps)):
        connection.executescript(f"BEGIN; {steps[step]} PRAGMA user_version = {step + 1}; COMMIT;")
