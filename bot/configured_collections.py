"""A collection as the settings have it: its folder, and where its passages are searched."""

import atexit
from functools import cache

from bot.collection_names import BASE_COLLECTION
from bot.database import RecordsError
from bot.installation import installation_of
from bot.settings import Settings, SettingsError
from index.errors import IndexingError, NotPublishedError
from index.search_server import SearchServer
from index.store import Collection
from prompts import render


def collection_of(settings: Settings, name: str = BASE_COLLECTION) -> Collection:
    """
    A collection, to be searched or published.

    Raises:
        SettingsError: If the name is none that a collection may have, or what searches elsewhere is
            not installed, or of which installation it is can't be known.
    """
    return Collection(settings.collection(name), server=search_server(settings))


def search_server(settings: Settings) -> SearchServer | None:
    """
    Find where passages are searched; None where it is in the files of their generations.

    Raises:
        SettingsError: If what that needs is not installed, or of which installation this is can't
            be known.
    """
    if settings.search_database is None:
        return None
    return _server(settings)


def is_unpublished(collection: Collection) -> bool:
    """Whether a collection is indexed, and its index is not where it is searched."""
    try:
        collection.open().close()
    except NotPublishedError:
        return True
    except IndexingError:
        # Whatever else is wrong is for whoever answers from it to find.
        return False
    return False


@cache
def _server(settings: Settings) -> SearchServer:
    """The database of passages, whose connections the whole process shares."""
    assert settings.search_database is not None  # noqa: S101 - whoever calls has looked
    try:
        from index.postgres.server import PostgresSearch
    except ImportError as error:
        missing = render("extra_missing.txt", extra="postgres", module=error.name)
        raise SettingsError(f"QUOTH_SEARCH_DATABASE: {missing}") from error
    try:
        installation = installation_of(settings)
    except RecordsError as error:
        raise SettingsError(str(error)) from error
    server = PostgresSearch(settings.search_database.get_secret_value(), installation)
    atexit.register(server.close)
    return server
