"""The names of collections."""

import contextlib
import os
import re
from pathlib import Path

# The collection of the seeds; others bring their own documents.
BASE_COLLECTION = "base"

# A name is a folder's name, so it can't lead out of where it belongs.
COLLECTION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

_SERVER_PREFIX = "server-"


def server_collection(server: str) -> str:
    """The collection of a Discord server's own documents; `server` is its hashed id."""
    return f"{_SERVER_PREFIX}{server}"


def server_of(collection: str) -> str | None:
    """The hashed id of the server that a collection belongs to, if it belongs to one."""
    name = collection.removeprefix(_SERVER_PREFIX)
    return name if name != collection else None


def make_private(folder: Path) -> None:
    """
    Make the folder of all collections one that its owner alone can look into.

    Servers' own documents lie there. Where that can't be done, whoever writes there says so.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)


def collections_in(folder: Path) -> list[str]:
    """The names of all collections that have a folder, in order; other folders are somebody's."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(
            entry.name
            for entry in os.scandir(folder)
            if entry.is_dir() and COLLECTION_NAME.fullmatch(entry.name)
        )
    return []
