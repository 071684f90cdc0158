"""Where the settings have passages searched."""

from pathlib import Path

import pytest

from bot.checkup import collections_found, search_found
from bot.configured_collections import collection_of, is_unpublished, search_server
from bot.serving.excuses import excuse_for
from bot.serving.own_documents import delete_collection
from bot.settings import SettingsError, load_settings
from index.errors import IndexMissingError, NotPublishedError, SearchServerError
from index.postgres.server import PostgresSearch
from index.search_server import SearchServer
from tests.conftest import Library


def test_by_default_passages_are_searched_in_files() -> None:
    assert search_server(load_settings()) is None


def test_a_process_has_one_server_for_an_address(tmp_path: Path) -> None:
    def server() -> SearchServer | None:
        address = "postgresql://here/library"
        return search_server(load_settings(data=tmp_path, search_database=address))

    first = server()

    assert isinstance(first, PostgresSearch)
    assert first is server()


def test_an_address_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError, match=r"QUOTH_SEARCH_DATABASE=.* give an address") as told:
        load_settings(search_database="mysql://me:hidden@here/library")

    assert "hidden" not in str(told.value)


def test_whoever_asks_is_told_that_the_server_is_away() -> None:
    """It is nobody's fault, and passes."""
    assert excuse_for(SearchServerError("PostgreSQL here can't be reached.")).code == "away"


def test_whoever_asks_is_told_what_to_do_where_the_index_is_not_in_the_database() -> None:
    """Asking again would not help."""
    excuse = excuse_for(NotPublishedError("Generation 1 of base is not in the database."))

    assert excuse.code == "away"
    assert "has to run quoth index" in excuse.message


def test_what_a_server_has_added_comes_to_the_database_and_goes_from_it(
    library: Library, empty_database: str
) -> None:
    """It is deleted also where an earlier attempt had deleted the files alone."""
    settings = load_settings(data=library.folder / "data", search_database=empty_database)
    server = search_server(settings)
    own = library.other("server-1a")
    own.write("rules.txt", "Theft costs 35.")
    own.build()
    collection = collection_of(settings, own.name)
    manifest = collection.manifest()
    assert is_unpublished(collection)
    collection.keep()
    assert not is_unpublished(collection)
    delete_collection(collection.folder)

    delete_collection(collection.folder, server)

    assert isinstance(server, PostgresSearch)
    with pytest.raises(IndexMissingError):
        server.open(own.name, manifest)
    server.close()


def test_the_doctor_looks_at_the_database_and_for_what_was_never_published(
    library: Library, empty_database: str, tmp_path: Path
) -> None:
    library.write("figures.txt", "For arson 812 were counted.")
    library.build()
    own = library.other("server-1a")
    own.write("rules.txt", "Theft costs 35.")
    own.build()
    data = library.folder / "data"
    settings = load_settings(data=data, search_database=empty_database)
    away = load_settings(data=data, search_database=f"postgresql:///none?host={tmp_path}")

    assert search_found(load_settings(data=data)).kind == "search_files"
    assert search_found(away).kind == "search_failed"
    assert search_found(settings).kind == "search_unpublished"
    assert [(one.kind, one.detail) for one in collections_found(settings)] == [
        ("collections_unpublished", own.name)
    ]
    for name in ("base", own.name):
        collection_of(settings, name).keep()
    found = search_found(settings)
    assert (found.state, found.kind) == ("ok", "search")
    assert "quoth_search_1 and pgvector 0." in found.detail
    assert [one.kind for one in collections_found(settings)] == ["collections"]
    server = search_server(settings)
    assert isinstance(server, PostgresSearch)
    server.close()
