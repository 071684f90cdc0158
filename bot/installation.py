"""The id of an installation, which marks what is its own where several share a place."""

import re
import secrets
from contextlib import closing
from pathlib import Path

from bot.chosen_database import postgres_of
from bot.database import DatabaseError, RecordsError, settled
from bot.settings import Settings

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
            _write(path, shared)
        return shared
    if known is None:
        _write(path, secrets.token_hex(8))
        known = _read(path)
        assert known is not None  # noqa: S101 - it was just written
    return known


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


def _write(path: Path, text: str) -> None:
    """Write it whole, for whoever may write one at the same time."""
    made = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(f"{text}\n", encoding="ascii")
        made.replace(path)
    except OSError as error:
        raise RecordsError(f"{path}: can't be written ({error.strerror}).") from error
