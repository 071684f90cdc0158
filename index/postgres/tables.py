"""
The tables of passages in PostgreSQL, the role that may read them, and what a server needs.

A generation has one partition of `passages` and one of `words`, which are written, indexed and
attached in one transaction, never changed, and dropped. Who searches does so as a role of its own,
to which row-level security shows the collection that its transaction names, and no other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from index.errors import SearchServerError

# The number counts changes of these tables: a Quoth that has others writes them anew beside these.
SCHEMA = "quoth_search_1"
READER = "quoth_search"
COLLECTION = "quoth.collection"
# The first that goes on where a filter leaves too few of what it has found.
_MIN_PGVECTOR = (0, 8)
# How many neighbours are kept in mind on the way to the nearest: eight times as many as a search
# wants. Among a million passages, with half as many, one graph of two lost answers.
EF_SEARCH = 400
# For connecting, before it is said that nobody answers.
CONNECT_S = 2
# A machine that is gone closes no connection: so many seconds after the last sign of life, and so
# many milliseconds after something was sent, it counts as away.
LIVELY: dict[str, Any] = {
    "connect_timeout": CONNECT_S,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# For one search: whoever asked waits for it. What publishes may take its time.
SEARCH_S = 10

_TABLES = f"""
CREATE SCHEMA {SCHEMA};
CREATE TABLE {SCHEMA}.generations (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text NOT NULL,
    generation text NOT NULL,
    encoder_sha256 text NOT NULL,
    passages integer NOT NULL,
    average_words float8 NOT NULL,
    installation text,
    UNIQUE (collection, generation)
);
CREATE TABLE {SCHEMA}.passages (
    number integer NOT NULL,
    collection text NOT NULL,
    id integer NOT NULL,
    passage text NOT NULL,
    vector halfvec NOT NULL
) PARTITION BY LIST (number);
CREATE TABLE {SCHEMA}.words (
    number integer NOT NULL,
    collection text NOT NULL,
    word text COLLATE "C" NOT NULL,
    block integer NOT NULL,
    frequency integer NOT NULL,
    postings bytea NOT NULL
) PARTITION BY LIST (number);
GRANT USAGE ON SCHEMA {SCHEMA} TO {READER};
"""
# Partitions are reached by way of these tables alone: nobody is granted more.
_GUARDED = f"""
ALTER TABLE {SCHEMA}.{{table}} ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON {SCHEMA}.{{table}} FOR SELECT TO {READER}
    USING (collection = current_setting('{COLLECTION}', true));
GRANT SELECT ON {SCHEMA}.{{table}} TO {READER};
"""


def connect(url: str) -> "Connection[TupleRow]":
    """Connect, or raise `SearchServerError`; the connection commits where its block ends well."""
    with reported(url):
        return psycopg.connect(url, **LIVELY)


@contextmanager
def reported(url: str) -> Iterator[None]:
    """Turn what the driver raises into `SearchServerError`, which never tells a password."""
    try:
        yield
    except psycopg.Error as error:
        # What the server says has a code; what the driver says has none.
        if error.sqlstate is None:
            raise SearchServerError(
                f"{named(url)} can't be reached ({_first_line(error)}). "
                "Start the server, or correct the address."
            ) from error
        raise SearchServerError(f"{named(url)} refused: {_first_line(error)}.") from error


def named(url: str) -> str:
    """Name the database at an address, without its password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "The PostgreSQL of passages"
    return f"PostgreSQL {parts.get('host', 'here')}, database {parts.get('dbname', 'unnamed')},"


def _first_line(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def is_prepared(connection: "Connection[TupleRow]") -> bool:
    """Whether the tables are there."""
    return connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() != (None,)


def is_current(connection: "Connection[TupleRow]") -> bool:
    """Whether the tables say of which installation a generation is; the first ones did not."""
    found = connection.execute(
        "SELECT FROM information_schema.columns WHERE table_schema = %s"
        " AND table_name = 'generations' AND column_name = 'installation'",
        (SCHEMA,),
    )
    return found.rowcount > 0


def prepare(connection: "Connection[TupleRow]") -> None:
    """
    Make the tables and the role where they are not there yet, or bring them up to date.

    Raises:
        SearchServerError: If the server has no pgvector that is new enough.
        psycopg.Error: If it refuses.
    """
    # Two that begin at once take turns.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (SCHEMA,))
    check_pgvector(connection)
    if is_current(connection):
        return
    if is_prepared(connection):
        connection.execute(f"ALTER TABLE {SCHEMA}.generations ADD COLUMN installation text")
        return
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (READER,)).rowcount:
        connection.execute(f"CREATE ROLE {READER} NOLOGIN")
    # Who was granted it by somebody else can't grant it.
    if connection.execute("SELECT pg_has_role(%s, 'MEMBER')", (READER,)).fetchone() != (True,):
        connection.execute(f"GRANT {READER} TO CURRENT_USER")
    connection.execute(_TABLES)
    for table in ("generations", "passages", "words"):
        connection.execute(_GUARDED.format(table=table))


def check_pgvector(connection: "Connection[TupleRow]") -> str:
    """
    Find out the version of pgvector.

    Raises:
        SearchServerError: If there is none that is new enough.
    """
    found = connection.execute(
        "SELECT coalesce(installed_version, default_version) FROM pg_available_extensions"
        " WHERE name = 'vector'"
    ).fetchone()
    version = tuple(map(int, found[0].split(".")[:2])) if found else (0,)
    if version < _MIN_PGVECTOR:
        has = f"has pgvector {found[0]}" if found else "has no pgvector"
        raise SearchServerError(
            f"PostgreSQL on {connection.info.host} {has}, and 0.8 or newer is needed. Install it "
            "there (Debian: postgresql-17-pgvector; where an older one is in use, also ALTER "
            "EXTENSION vector UPDATE), or search in local files."
        )
    return str(found[0]) if found else ""


def check_reader(connection: "Connection[TupleRow]") -> None:
    """
    Make sure that row-level security holds for the role that searches.

    Raises:
        SearchServerError: If it does not.
    """
    role = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (READER,)
    ).fetchone()
    if role is not None and role[0]:
        raise SearchServerError(
            f"The role {READER} of PostgreSQL on {connection.info.host} sees all collections. "
            f"Take that from it: ALTER ROLE {READER} NOSUPERUSER NOBYPASSRLS."
        )


def as_reader(connection: "Connection[TupleRow]", collection: str) -> None:
    """
    See one collection, and no other, until the transaction ends.

    Nothing is left to whoever has the connection next.
    """
    connection.execute(
        "SELECT set_config('role', %s, true), set_config(%s, %s, true),"
        " set_config('jit', 'off', true), set_config('hnsw.iterative_scan', 'strict_order', true),"
        " set_config('hnsw.ef_search', %s, true), set_config('statement_timeout', %s, true)",
        (READER, COLLECTION, collection, str(EF_SEARCH), f"{SEARCH_S}s"),
    )
