"""A PostgreSQL with pgvector, in which the passages of generations are searched."""

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector
from psycopg import Connection, Copy
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from index.errors import NotPublishedError
from index.generation import LocalGeneration
from index.manifest import Manifest
from index.postgres.engine import PostgresEngine, RowList, passage_json
from index.postgres.postings import PostingsWriter
from index.postgres.tables import (
    CONNECT_S,
    LIVELY,
    SCHEMA,
    SEARCH_S,
    as_reader,
    check_pgvector,
    check_reader,
    connect,
    is_current,
    is_prepared,
    named,
    prepare,
    reported,
)
from index.texts import ROWS_AT_ONCE

# Two serve a question, one for each kind of search.
_MAX_CONNECTIONS = 10
# While it is away, one search tries again each time that so many seconds are over.
_AWAY_S = 1.0
# Links of each vector, and how many are compared to choose them: pgvector's own figures, the second
# doubled, which costs only while an index is made.
_M = 16
_EF_CONSTRUCTION = 128
# The graph is made in memory where it fits there, several times as fast: a vector's numbers and its
# links, and no more than a server would have to spare.
_GRAPH_BYTES = 2_500
_MIN_GRAPH_KIB = 64 * 1024
_MAX_GRAPH_KIB = 2 * 1024 * 1024
# Passages whose words are gathered in memory at once: 8 bytes for each word of each.
_BLOCK = 100_000
_IS_THERE = f"SELECT true FROM {SCHEMA}.generations WHERE number = %(number)s"  # noqa: S608 - our own
_PASSAGE_TYPES = ("int4", "text", "int4", "text", "halfvec")
_WORD_TYPES = ("int4", "text", "text", "int4", "int4", "bytea")


class PostgresSearch:
    """
    Publishes generations to a database, and opens them there; see `SearchServer`.

    Several installations may have collections of the same name in one database: there, the name of
    each begins with the id of its installation. Those from before there were ids have none, and
    become the installation's that has the generation in its files.
    """

    def __init__(self, url: str, installation: str) -> None:
        """Take the database's address and this installation's id; connect when it is needed."""
        self._url = url
        self._installation = installation
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=_MAX_CONNECTIONS,
            timeout=CONNECT_S,
            # What is planned for every generation alike leaves out none of the others' partitions.
            kwargs={"prepare_threshold": None, **LIVELY},
            reconnect_timeout=CONNECT_S,
            configure=register_vector,
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._lock = threading.Lock()
        self._next_try: float | None = None
        """When somebody may try again, if it is away."""

    def open(self, collection: str, manifest: Manifest) -> PostgresEngine:
        """See `SearchServer.open`."""
        found = self._published(collection, manifest)
        self._pool.open()
        return PostgresEngine(
            partial(self.ask, found.name),
            found.name,
            number=found.number,
            find=lambda: self._published(collection, manifest).number,
            passages=manifest.passages,
            average_words=found.average_words,
            dim=manifest.encoder.dim,
        )

    def _published(self, collection: str, manifest: Manifest) -> "_Found":
        """Find a generation as `_find` does, or raise `NotPublishedError`."""
        found = None
        # By itself, a pool says of a wrong address only that time has passed.
        with reported(self._url), connect(self._url) as connection:
            check_reader(connection)
            if is_prepared(connection):
                found = self._find(connection, collection, manifest, as_reader)
        if found is None:
            raise NotPublishedError(
                f"Generation {manifest.generation} of {collection} is not in the database of "
                "passages, with the vectors of its encoder. Index again, which encodes nothing."
            )
        return found

    def ask(self, collection: str, statement: str, values: Mapping[str, object]) -> RowList | None:
        """
        Ask in a transaction that sees one collection, and no other.

        Args:
            collection: The name of the collection.
            statement: What is asked of a generation.
            values: Those that the statement names, and the `number` of the generation.

        Returns:
            None if the generation is not there.

        Raises:
            SearchServerError: If the server can't be reached, or refuses.
        """
        # All is sent at once: over a network, each time to and fro counts.
        with (
            reported(self._url),
            self._unless_away(),
            self._pool.connection() as connection,
            connection.pipeline(),
        ):
            as_reader(connection, collection)
            found = connection.execute(statement, values, binary=True)
            # Looked at last: what is there then was there when it was searched.
            still_there = connection.execute(_IS_THERE, values)
            rows = found.fetchall()
            return rows if still_there.fetchone() is not None else None

    @contextmanager
    def _unless_away(self) -> Iterator[None]:
        """Fail at once while it is known to be away, but for one who tries now and then."""
        with self._lock:
            now = time.monotonic()
            if self._next_try is not None:
                if now < self._next_try:
                    raise psycopg.OperationalError("it was away a moment ago")
                # Until it is known what came of this.
                self._next_try = now + 2 * CONNECT_S + SEARCH_S
        next_try = None
        try:
            yield
        except psycopg.OperationalError as error:
            # What the server itself says has a code.
            if error.sqlstate is None:
                next_try = time.monotonic() + _AWAY_S
            raise
        finally:
            self._next_try = next_try

    def examine(self) -> str:
        """See `SearchServer.examine`."""
        with reported(self._url), connect(self._url) as connection:
            check_reader(connection)
            version = check_pgvector(connection)
            state = f"with {SCHEMA}" if is_prepared(connection) else "with nothing published yet"
            return f"{named(self._url)} {state} and pgvector {version}"

    def publish(self, generation: LocalGeneration) -> None:
        """See `SearchServer.publish`."""
        with reported(self._url), connect(self._url) as connection:
            prepare(connection)
            # Also those that are about to be deleted.
            there = [folder.name for folder in generation.folder.parent.iterdir()]
            self._claim(connection, generation.collection, there)
            connection.commit()
            register_vector(connection)
            if self._find(connection, generation.collection, generation.manifest) is None:
                self._drop(connection, generation.collection, "generation = %s", generation.id)
                name = own_name(self._installation, generation.collection)
                _write(connection, generation, self._installation, name)

    def keep(self, collection: str, generations: Collection[str]) -> None:
        """See `SearchServer.keep`."""
        with reported(self._url), connect(self._url) as connection:
            if is_prepared(connection):
                prepare(connection)
                self._claim(connection, collection, generations)
                self._drop(connection, collection, "generation <> ALL(%s)", [*generations])

    def _claim(
        self, connection: "Connection[TupleRow]", collection: str, generations: Collection[str]
    ) -> None:
        """Note which generations from before there were ids of installations are this one's."""
        connection.execute(
            f"UPDATE {SCHEMA}.generations SET installation = %s"  # noqa: S608 - our own name
            " WHERE installation IS NULL AND collection = %s AND generation = ANY(%s)",
            (self._installation, collection, [*generations]),
        )

    def _find(
        self,
        connection: "Connection[TupleRow]",
        collection: str,
        manifest: Manifest,
        see: Callable[["Connection[TupleRow]", str], None] = lambda *_: None,
    ) -> "_Found | None":
        """
        Find a generation of this installation, if it is there as its manifest has it.

        Args:
            connection: Asks.
            collection: The collection, as this installation calls it.
            manifest: That of the generation.
            see: Has the connection see a collection, named as it is there.
        """
        is_own = "coalesce(installation, %(mine)s) = %(mine)s" if is_current(connection) else "true"
        for name in (own_name(self._installation, collection), collection):
            see(connection, name)
            found = connection.execute(
                f"SELECT number, average_words, collection FROM {SCHEMA}.generations"  # noqa: S608
                f" WHERE {is_own} AND collection = %(name)s AND generation = %(generation)s"
                " AND encoder_sha256 = %(encoder)s AND passages = %(passages)s",
                {
                    "mine": self._installation,
                    "name": name,
                    "generation": manifest.generation,
                    "encoder": manifest.encoder.sha256,
                    "passages": manifest.passages,
                },
            ).fetchone()
            if found is not None:
                return _Found(*found)
        return None

    def _drop(
        self, connection: "Connection[TupleRow]", collection: str, which: str, names: object
    ) -> None:
        """Drop generations of this installation for good; `which` says which, by some names."""
        own = own_name(self._installation, collection)
        gone = connection.execute(
            f"DELETE FROM {SCHEMA}.generations WHERE installation = %s"  # noqa: S608 - our own names
            f" AND collection IN (%s, %s) AND {which} RETURNING number",
            (self._installation, collection, own, names),
        ).fetchall()
        for (number,) in gone:
            connection.execute(f"DROP TABLE {SCHEMA}.passages_{number}, {SCHEMA}.words_{number}")
        # Until then, nobody else is let in.
        connection.commit()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def own_name(installation: str, collection: str) -> str:
    """What the collection of an installation is called in the database."""
    return f"{installation}:{collection}"


@dataclass(frozen=True, slots=True)
class _Found:
    """A generation in the database."""

    number: int
    average_words: float
    name: str
    """What its collection is called there."""


def _write(
    connection: "Connection[TupleRow]", generation: LocalGeneration, installation: str, name: str
) -> None:
    """Write, index and attach a generation: nobody sees it before all is there."""
    manifest = generation.manifest
    row = connection.execute(
        f"INSERT INTO {SCHEMA}.generations"  # noqa: S608 - our own name
        " (collection, generation, encoder_sha256, passages, average_words, installation)"
        " VALUES (%s, %s, %s, %s, 1, %s) ON CONFLICT DO NOTHING RETURNING number",
        (name, generation.id, manifest.encoder.sha256, manifest.passages, installation),
    ).fetchone()
    if row is None:
        # Another process has published it meanwhile.
        return
    number = int(row[0])
    for table in ("passages", "words"):
        connection.execute(
            f"CREATE TABLE {SCHEMA}.{table}_{number}"
            f" (LIKE {SCHEMA}.{table}, CHECK (number = {number}))"
        )
    words = _copy(connection, generation, number, name)
    kib = manifest.passages * _GRAPH_BYTES // 1024
    connection.execute(
        f"""
        SET LOCAL maintenance_work_mem = {min(max(kib, _MIN_GRAPH_KIB), _MAX_GRAPH_KIB)};
        CREATE INDEX ON {SCHEMA}.passages_{number}
            USING hnsw ((vector::halfvec({manifest.encoder.dim})) halfvec_ip_ops)
            WITH (m = {_M}, ef_construction = {_EF_CONSTRUCTION});
        CREATE UNIQUE INDEX ON {SCHEMA}.passages_{number} (id);
        CREATE UNIQUE INDEX ON {SCHEMA}.words_{number} (word, block);
        ANALYZE {SCHEMA}.passages_{number}, {SCHEMA}.words_{number};
        ALTER TABLE {SCHEMA}.passages ATTACH PARTITION {SCHEMA}.passages_{number}
            FOR VALUES IN ({number});
        ALTER TABLE {SCHEMA}.words ATTACH PARTITION {SCHEMA}.words_{number}
            FOR VALUES IN ({number});
        """
    )
    connection.execute(
        f"UPDATE {SCHEMA}.generations SET average_words = %s WHERE number = %s",  # noqa: S608
        (max(words / max(manifest.passages, 1), 1.0), number),
    )


def _copy(
    connection: "Connection[TupleRow]", generation: LocalGeneration, number: int, name: str
) -> int:
    """Copy the passages of a generation and the postings of their words; count these words."""
    gathered = PostingsWriter()
    batches = generation.texts.ids()
    for block in itertools.count():
        some = [*itertools.islice(batches, _BLOCK // ROWS_AT_ONCE)]
        if not some:
            break
        with _copying(connection, f"passages_{number}", _PASSAGE_TYPES) as copy:
            for ids in some:
                kept = [*generation.texts.keys(ids)]
                for passage_id, passage in generation.texts.passages(kept).items():
                    gathered.add(passage_id, passage.searched)
                    vector = HalfVector(generation.vectors.vector(passage_id))
                    text = passage_json(passage)
                    copy.write_row((number, name, passage_id, text, vector))
        with _copying(connection, f"words_{number}", _WORD_TYPES) as copy:
            for word, frequency, packed in gathered.take():
                copy.write_row((number, name, word, block, frequency, packed))
    return gathered.words


@contextmanager
def _copying(
    connection: "Connection[TupleRow]", table: str, types: Sequence[str]
) -> Iterator[Copy]:
    command = f"COPY {SCHEMA}.{table} FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.set_types(types)
        yield copy
