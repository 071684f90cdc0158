"""What is done now and then: delete what may not be kept, finish what was cut short."""

import asyncio
import logging
from collections.abc import Callable, Sequence, Set
from functools import partial

from bot.collection_builds import preview_collection
from bot.collection_names import server_collection
from bot.configured_collections import collection_of, is_unpublished, search_server
from bot.database import DatabaseError
from bot.discord_app.records import Records, once_reached
from bot.discord_app.servers import Servers
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.taught_store import TaughtStore
from bot.event_log import event
from bot.serving.build_process import Built, NotBuilt
from bot.serving.build_queue import Builds
from bot.serving.own_documents import Before, OwnDocuments, delete_collection
from bot.serving.service import AnswerService
from bot.settings import Settings
from bot.shared.opening import Shared, shared_of
from index.documents import list_documents
from index.errors import (
    IndexingError,
    NoDocumentsError,
    PartError,
    SearchServerError,
    SharedError,
)
from index.store import Collection

_log = logging.getLogger(__name__)

TIDY_EVERY_S = 6 * 60 * 60.0


async def tidy(settings: Settings, records: Records) -> None:
    """Delete, until cancelled, what is too old."""
    await _again_and_again(lambda: records.tidy(settings))


async def delete_departed(
    settings: Settings, service: AnswerService, records: Records, noted: asyncio.Event
) -> None:
    """
    Delete, until cancelled, what servers had that Quoth left some time ago.

    Args:
        settings: Where collections are.
        service: Told to close them.
        records: Which servers, and what is kept of them.
        noted: Set when it is known which servers Quoth is in: one may have let it in again while
            it did not run.
    """
    await noted.wait()
    await _again_and_again(lambda: delete_departed_once(settings, service, records))


async def _again_and_again(work: Callable[[], None]) -> None:
    while True:
        try:
            await asyncio.to_thread(work)
        except (OSError, DatabaseError) as error:
            event(_log, "not_tidied", logging.ERROR, reason=type(error).__name__)
        await asyncio.sleep(TIDY_EVERY_S)


def delete_departed_once(settings: Settings, service: AnswerService, records: Records) -> None:
    """Delete what may not be kept any longer of servers."""
    shared = shared_of(settings)
    servers = Servers(records)
    for server in servers.departed():
        scope = server_collection(server)
        service.servers.drop(scope)
        service.use_base(scope, is_on=True)
        try:
            if shared is not None:
                shared.generations.forget(scope)
            delete_collection(settings.collection(scope), search_server(settings))
        except (OSError, SearchServerError, SharedError) as error:
            # Its departure stays noted, so the next time tries again.
            code = error.errno if isinstance(error, OSError) else None
            event(_log, "not_deleted", logging.ERROR, collection=scope, code=code)
            continue
        servers.delete(server)
        event(_log, "server_deleted", server=server)


async def scopes_to_index(
    settings: Settings, taught: TaughtStore, scopes: Sequence[str]
) -> list[str]:
    """
    Those of some servers' collections that have documents, or were taught something.

    No other server is looked at: each shard that is connected asks for its own.
    """

    def with_folders() -> list[str]:
        return [scope for scope in scopes if settings.collection(scope).is_dir()]

    with_rows = await once_reached(lambda: asyncio.to_thread(taught.scopes_among, scopes))
    return sorted({*await asyncio.to_thread(with_folders), *with_rows})


async def finish_changes(
    settings: Settings,
    builder: Builds,
    taught: TaughtStore,
    scope: str,
    answers: StoredAnswers,
) -> None:
    """
    Index a server's documents, and what it was taught, if its index is behind.

    Quoth may have been stopped between a change and its build, or be another version by now, or
    have lost its data folder. What is quoted of documents that are gone is forgotten: Quoth may
    have been stopped before that was done, too. No change of the server may be under way
    (`Changes.turn`).

    Args:
        settings: Where collections are.
        builder: Indexes one.
        taught: Makes documents of what the server was taught.
        scope: The server's collection.
        answers: Those that are remembered, with what they quote.
    """
    own = OwnDocuments(settings.documents(scope))
    try:
        # Before it is looked: another process may be taking something in, whose shard this has now.
        unsettled = await asyncio.to_thread(own.unsettled)
        await asyncio.to_thread(taught.write_documents, scope, settings.documents(scope))
        is_behind, removed = await asyncio.to_thread(_behind, settings, scope)
    except (OSError, SharedError, DatabaseError) as error:
        reason = type(error).__name__
        event(_log, "not_looked_at", logging.ERROR, collection=scope, reason=reason)
        return
    built = None
    if is_behind:
        size = sum((await asyncio.to_thread(own.sizes)).values())
        built = await builder.build(scope, size=size)
    try:
        await asyncio.to_thread(_settle, own, unsettled, built)
    except (OSError, IndexingError) as error:
        reason = type(error).__name__
        event(_log, "not_settled", logging.ERROR, collection=scope, reason=reason)
    forget = partial(_forget_gone, settings, answers, scope, frozenset(removed))
    await once_reached(partial(asyncio.to_thread, forget), collection=scope)


def _forget_gone(settings: Settings, answers: StoredAnswers, scope: str, removed: Set[str]) -> None:
    """
    Forget what is quoted of documents that were removed, just now or at any time before.

    One that was renamed in the folder, which nobody can in Discord, counts as removed.
    """
    gone = answers.quoted(scope)
    try:
        gone -= Collection(settings.collection(scope)).made_of().documents.keys()
        gone -= {file.id for file in list_documents(settings.documents(scope)).files}
    except IndexingError:
        # Without its index or its folder, nobody knows what was removed.
        gone = frozenset()
    for name in sorted(gone | removed):
        answers.forget_document(scope, name)


def _settle(
    own: OwnDocuments, unsettled: Sequence[tuple[str, Before]], built: Built | NotBuilt | None
) -> None:
    """Take back what a change that was cut short had added, if it is refused now."""
    for name, before in unsettled:
        if built is None or isinstance(built, Built):
            own.settle(before)
        elif built.is_refused:
            own.put_back(name, before)


def _bring(settings: Settings, shared: Shared, scope: str) -> None:
    """Have here what is published: another process may just have asked for that."""
    try:
        shared.generations.bring(settings, scope)
    except IndexingError as error:
        if isinstance(error, SharedError) and not isinstance(error, PartError):
            raise
        # It can't be had, or is another version's: what is here is compared.


def _behind(settings: Settings, scope: str) -> tuple[bool, Sequence[str]]:
    """Whether an index has to be made, and the documents in the one there is that were removed."""
    shared = shared_of(settings)
    if shared is not None:
        _bring(settings, shared, scope)
    kept = shared.generations.kept(scope).get(scope) if shared else None
    try:
        changes = preview_collection(settings, scope).changes
    except NoDocumentsError:
        return False, ()
    if kept.is_held if kept else Collection(settings.collection(scope)).is_held():
        # Whoever went back to it did so before.
        return bool(changes.removed), changes.removed
    is_missing = shared is not None and kept is None
    is_behind = (
        bool(changes)
        or is_missing
        or (settings.search_database is not None and is_unpublished(collection_of(settings, scope)))
    )
    return is_behind, changes.removed
