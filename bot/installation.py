"""The id of an installation, which marks what is its own where several share a place."""

import re
import secrets
from contextlib import closing
from pathlib import Path

from bot.chosen_database import postgres_of
from bot.database import DatabaseError, RecordsError, settled
from bot.settings import Settings
from index.files import alone_in, replace_text

INSTALLATION_NAME = "installation"
_ID = re.compile("[0-9a-f]{16}")


def installation_of(settings: Settings) -> str:
    """
    Read the id, or make it: all processes on one `database` have one, else each data folder has.

    While the database is away, the data folder remembers which it was.

    Raises:
        RecordsError: If it is known from neither.
    """
    path = settings.data / INSTALLATION_NAME
    known = _read(path)
    if settings.database is not None:
        try:
            shared = _shared(settings, known or secrets.token_hex(8))
        except (RecordsError, DatabaseError) as error:
            if known is not None:
                return known
            raise RecordsError(str(error)) from error
        if shared != known:
            _noted(path, shared, over=True)
        return shared
    return known or _noted(path, secrets.token_hex(8), over=False)


def _shared(settings: Settings, proposed: str) -> str:
    with closing(postgres_of(settings)) as database, database.transaction() as connection:
        return settled(connection, INSTALLATION_NAME, proposed)


def _read(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordsError(f"{path}: can't be read ({error.strerror}).") from error
    if not _ID.fullmatch(text):
        raise RecordsError(
            f"{path}: holds no id of an installation. Delete it, and run quoth index, which "
            "publishes the passages again."
        )
    return text


def _noted(path: Path, text: str, *, over: bool) -> str:
    """Write an id down, over the one that stands there or only where none does; return what is."""
    try:
        # Where two begin at once, the second takes the id of the first.
        with alone_in(path.parent):
            known = None if over else _read(path)
            if known is None:
                replace_text(path, f"{text}\n")
    except OSError as error:
        raise RecordsError(f"{path}: can't be written ({error.strerror}).") from error
    return known or text
