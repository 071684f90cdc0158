"""What the settings have builders and nodes share; with no `QUOTH_STORAGE`, nothing."""

import atexit
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.database import RecordsError
from bot.settings import Settings, SettingsError
from index.errors import SharedError
from prompts import render

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase
    from bot.shared.generations import SharedGenerations
    from bot.shared.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Shared:
    """The jobs and generations of one database and one storage."""

    database: "PostgresDatabase"
    jobs: "Jobs"
    generations: "SharedGenerations"

    def check(self) -> None:
        """
        Make sure that the database and the storage are there.

        Raises:
            SharedError: If one is not.
        """
        self.generations.check()


def shared_of(settings: Settings) -> Shared | None:
    """
    Open what is shared, once a process; None where this process builds and answers by itself.

    The database and the storage may be away, which `Shared.check` finds out.

    Raises:
        SettingsError: If no database is named.
        SharedError: If the database or the storage can never be used.
    """
    if settings.storage is None:
        return None
    if settings.database is None:
        raise SettingsError(
            "QUOTH_STORAGE is set, and what lies there is listed in QUOTH_DATABASE, which is not. "
            "Name a PostgreSQL database there, the same on each machine."
        )
    return _shared(settings.database.get_secret_value(), settings.storage)


@cache
def _shared(address: str, storage: str) -> Shared:
    try:
        from bot.postgres import PostgresDatabase
    except ImportError as error:
        missing = render("extra_missing.txt", extra="postgres", module=error.name)
        raise SharedError(f"QUOTH_DATABASE: {missing}") from error
    from bot.shared.generations import SharedGenerations
    from bot.shared.jobs import Jobs
    from bot.shared.parts import Parts
    from bot.shared.storage import open_storage

    files = open_storage(storage)
    try:
        database = PostgresDatabase(address, may_be_away=True)
    except RecordsError as error:
        raise SharedError(str(error)) from error
    atexit.register(database.close)
    jobs = Jobs(database)
    return Shared(database, jobs, SharedGenerations(database, Parts(database, files), jobs))
