"""One data folder for all processes of a bot: what servers add lies there, and nowhere else."""

import secrets
from pathlib import Path

from bot.database import Database, DatabaseError, RecordsError, settled

FILE_NAME = "servers"
# In `meta`: what stands in that file.
_NAME = "data folder"


def share_folder(folder: Path, database: Database) -> None:
    """
    Make sure that this is the data folder of all who share a bot; the first to come decides.

    Args:
        folder: The data folder, which gets a file that tells it from others.
        database: The one that they share.

    Raises:
        RecordsError: If it is another one, or the file can't be written.
    """
    path = folder / FILE_NAME
    try:
        known = _read(path)
        # Who comes at the same time waits until the file is there.
        with database.transaction() as connection:
            own = known or secrets.token_hex(8)
            shared = settled(connection, _NAME, own)
            if shared == own and not known:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{shared}\n", encoding="utf-8")
        known = _read(path)
    except OSError as error:
        raise RecordsError(f"{path}: can't be used ({error.strerror}).") from error
    except DatabaseError as error:
        raise RecordsError(f"{database}: can't be used ({error}).") from error
    if known != shared:
        raise RecordsError(
            f"{folder}: is not the data folder in which the others on this database keep what "
            "servers have added. Name theirs with --data or QUOTH_DATA. Where that is lost for "
            f"good, or this is a copy of it, write {shared} into {path}."
        )


def _read(path: Path) -> str:
    """What stands in the file; "" where there is none."""
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
