"""What `quoth doctor` looks at: each check is one function, and says what it found."""

import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from answering.question import Question
from bot.assembly import open_answering
from bot.chosen_database import postgres_of
from bot.collection_builds import overlap_notice, workspace_of
from bot.collection_names import BASE_COLLECTION, collections_in
from bot.configured_collections import collection_of, is_unpublished, search_server
from bot.database import DatabaseError, RecordsError
from bot.settings import Settings, SettingsError
from bot.shared.opening import shared_of
from index.confinement import confinement
from index.errors import IndexingError, IndexMissingError, SearchServerError, SharedError
from index.exporting import checked_manifest
from index.folder_changes import is_up_to_date
from index.store import Collection
from reader.errors import ReaderError

# Below it a build may fail: a generation is some times the size of its documents.
LOW_DISK_BYTES = 500_000_000
# The question that is tried is the beginning of one of so many passages.
_SAMPLED = 50
_QUESTION_WORDS = 8
# Where Linux says what the processor can do. Instructions for int8 have this in their names, on the
# processors of the one kind that may lack them and is met.
_CPU_FLAGS = Path("/proc/cpuinfo")
_INT8_FLAG = "vnni"
_MAY_LACK_INT8 = "x86_64"


# What `Nodes.problem` says of a node that is there, and has to be set right.
_NODE_KINDS = {"reader": "node_reader", "status 401": "node_token"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: Literal["ok", "note", "failed"]
    """A note keeps nobody from using Quoth."""
    kind: str
    """Which sentence of `doctor.txt` says it."""
    detail: str = ""


def settings_found(settings: Settings) -> Finding:
    """The settings can be used; they were read before this."""
    if overlap := overlap_notice(settings):
        return Finding("settings", "note", "settings_overlap", overlap)
    return Finding("settings", "ok", "settings", f"{settings.seeds}, {settings.data}")


def database_found(settings: Settings) -> Finding:
    """The database of the records answers, if there is one; its tables are brought up to date."""
    if settings.database is None:
        return Finding("database", "ok", "database_files", str(settings.data))
    try:
        with closing(postgres_of(settings)) as database, database.statements() as connection:
            connection.execute("SELECT 1").fetchone()
            return Finding("database", "ok", "database", f"{database.version} {database}")
    except (RecordsError, DatabaseError) as error:
        return Finding("database", "failed", "database_failed", str(error))


def search_found(settings: Settings) -> Finding:
    """Where passages are searched is there, and has the index of the documents."""
    try:
        server = search_server(settings)
        if server is None:
            return Finding("search", "ok", "search_files")
        found = server.examine()
        if is_unpublished(collection_of(settings)):
            return Finding("search", "failed", "search_unpublished", found)
    except (SearchServerError, SettingsError) as error:
        return Finding("search", "failed", "search_failed", str(error))
    return Finding("search", "ok", "search", found)


def index_found(settings: Settings) -> Finding:
    """The index is whole, and says what the documents say."""
    collection = Collection(settings.base_collection)
    kept = None
    try:
        shared = shared_of(settings)
        if shared is not None:
            shared.check()
            kept = shared.generations.kept(BASE_COLLECTION).get(BASE_COLLECTION)
        generation = collection.open_files(verify=True)
        with closing(generation):
            made_of = generation.made_of()
        if shared is not None:
            # Its documents are where it was built.
            if kept is None or kept.current != generation.id:
                return Finding("index", "note", "index_behind", kept.current if kept else "nothing")
        elif not is_up_to_date(made_of, settings.seeds, without=settings.data):
            return Finding("index", "note", "index_outdated")
    except (SharedError, SettingsError) as error:
        return Finding("index", "failed", "index_unknown", str(error))
    except IndexingError as error:
        if isinstance(error, IndexMissingError) and kept is not None:
            return Finding("index", "note", "index_behind", kept.current)
        return Finding("index", "failed", "index_failed", str(error))
    return Finding("index", "ok", "index", generation.id)


def encoder_found(settings: Settings) -> Iterator[Finding]:
    """In which numbers the encoder computes, and why; nothing where there is no index yet."""
    try:
        encoder = Collection(settings.base_collection).manifest().encoder
        export = checked_manifest(settings.encoder_exports / encoder.sha256)
    except (IndexingError, OSError, ValidationError):
        return
    if export.mean_cosine is None:
        yield Finding("encoder", "note", "encoder_never_int8")
    elif export.precision == "fp32":
        yield Finding("encoder", "note", "encoder_fp32", f"{export.mean_cosine:.3f}")
    else:
        kind = "encoder_slow_int8" if _lacks_int8() else "encoder_int8"
        yield Finding("encoder", "ok", kind, f"{export.mean_cosine:.3f}")


def _lacks_int8() -> bool:
    """Whether the processor has no instructions for int8, as far as the system tells."""
    try:
        flags = _CPU_FLAGS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return platform.machine() == _MAY_LACK_INT8 and _INT8_FLAG not in flags


def _answered_from(settings: Settings) -> Settings:
    """The settings with the data folder that has an index: a builder's lies within its own."""
    workspace = workspace_of(settings)
    if settings.storage is None or Collection(settings.base_collection).generations.ids():
        return settings
    return workspace if Collection(workspace.base_collection).generations.ids() else settings


def _models_found(settings: Settings) -> Finding:
    """Encoder and reader open and answer; what is asked is the beginning of a passage."""
    try:
        answering = open_answering(settings)
        generation = answering.index.generation
        try:
            answerer = answering.answerer()
            text = generation.texts.sample(_SAMPLED)[0]
            question = " ".join(text.split()[:_QUESTION_WORDS])
            started = time.perf_counter()
            answerer.answer(Question(question))
            seconds = time.perf_counter() - started
        finally:
            generation.close()
    except (IndexingError, ReaderError) as error:
        if isinstance(error, IndexMissingError) and settings.storage is not None:
            return Finding("models", "note", "models_untried")
        return Finding("models", "failed", "models_failed", str(error))
    if answering.notice:
        return Finding("models", "note", "models_noticed", answering.notice)
    return Finding("models", "ok", "models", f"{1e3 * seconds:.0f}")


def collections_found(settings: Settings) -> Iterator[Finding]:
    """The other collections, such as servers' own documents, can be searched with the index."""
    encoder = None
    # What is wrong with the base is said by itself.
    with suppress(IndexingError):
        encoder = Collection(settings.base_collection).manifest().encoder.sha256
    unusable = []
    without_index = []
    unpublished = []
    sound = 0
    for name in collections_in(settings.collections):
        collection = Collection(settings.collection(name))
        if name == BASE_COLLECTION:
            continue
        try:
            generation = collection.open_files(verify=True)
            generation.close()
            if encoder not in {None, generation.manifest.encoder.sha256}:
                unusable.append(name)
            elif settings.search_database and is_unpublished(collection_of(settings, name)):
                unpublished.append(name)
            else:
                sound += 1
        except IndexMissingError:
            # Without documents it needs none: a server's collection may be empty.
            if any(path.is_file() for path in settings.documents(name).rglob("*")):
                without_index.append(name)
        except IndexingError:
            unusable.append(name)
    if unusable:
        yield Finding("collections", "note", "collections_unusable", ", ".join(unusable))
    if without_index:
        yield Finding("collections", "note", "collections_unindexed", ", ".join(without_index))
    if unpublished:
        yield Finding("collections", "note", "collections_unpublished", ", ".join(unpublished))
    if not unusable and not without_index and not unpublished:
        yield Finding("collections", "ok", "collections", str(sound))


def parser_found() -> Finding:
    """What keeps a file that takes its parser over from doing harm."""
    try:
        missing = confinement().missing
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("parser", "failed", "parser_failed", str(error))
    return Finding("parser", "note" if missing else "ok", "parser", " ".join(missing))


def nodes_found(
    settings: Settings, problem_of: Callable[[str], str | None] | None
) -> Iterator[Finding]:
    """
    Each answering node is there, lets this process in, and has its reader.

    Args:
        settings: With or without nodes.
        problem_of: What is wrong with the node of an address, if anything. None instead of it: none
            is asked.
    """
    for address in settings.nodes:
        if problem_of is None:
            yield Finding("node", "note", "node_unasked", address)
        elif problem := problem_of(address):
            kind = _NODE_KINDS.get(problem)
            detail = address if kind else f"{address}: {problem}"
            yield Finding("node", "failed", kind or "node_failed", detail)
        else:
            yield Finding("node", "ok", "node", address)


def disk_found(settings: Settings) -> Finding:
    """There is room for another generation."""
    folder = settings.data
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f}"
    if free < LOW_DISK_BYTES:
        return Finding("disk", "note", "disk_low", detail)
    return Finding("disk", "ok", "disk", detail)


def token_found(settings: Settings, accepts: Callable[[str], bool | None] | None) -> Finding:
    """
    There is a token, and Discord takes it.

    Args:
        settings: With or without a token.
        accepts: Asks Discord; None if it can't be reached. None instead of it: nobody is asked.
    """
    secret = settings.discord_token.get_secret_value().strip() if settings.discord_token else ""
    if not secret:
        return Finding("token", "note", "token_missing")
    if accepts is None:
        return Finding("token", "ok", "token_set")
    accepted = accepts(secret)
    if accepted is None:
        return Finding("token", "note", "token_unasked")
    if not accepted:
        return Finding("token", "failed", "token_refused")
    return Finding("token", "ok", "token")


def examine(
    settings: Settings,
    accepts: Callable[[str], bool | None] | None,
    problem_of_node: Callable[[str], str | None] | None = None,
) -> Iterator[Finding]:
    """Make every check, in the order in which one depends on another."""
    yield settings_found(settings)
    yield disk_found(settings)
    yield database_found(settings)
    yield parser_found()
    searched = _answered_from(settings)
    yield index_found(searched)
    yield search_found(searched)
    yield from collections_found(searched)
    yield from encoder_found(searched)
    yield _models_found(searched)
    yield from nodes_found(settings, problem_of_node)
    yield token_found(settings, accepts)
