"""
The tables of a generation's texts, and how their files are opened.

They stand in one file, or in two: the first is shared by the generations that follow each other,
the second holds what came since the first was made, and what of the first no longer holds. A row of
`documents` in the second stands for the same row in the first; `gone` and `removed` list what went.
Passages that went leave their ids taken. A document's text stands in parts, so that a quote of a
long one is read without the rest of it.
"""

import sqlite3
from pathlib import Path
from urllib.parse import quote

# A document's text is cut into rows of this length; only the last one is shorter. SQLite reads a
# row whole, and finds its way through a long one page by page.
PART_CHARS = 16_000

TABLES = """
CREATE TABLE {name}.documents (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    modified TEXT NOT NULL,
    dated TEXT,
    source TEXT,
    language TEXT,
    unread TEXT,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
);
CREATE TABLE {name}.parts (
    document_row INTEGER NOT NULL,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (document_row, number)
);
CREATE TABLE {name}.places (
    document_row INTEGER NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    level INTEGER NOT NULL,
    line INTEGER,
    within TEXT,
    PRIMARY KEY (document_row, start_char)
) WITHOUT ROWID;
CREATE TABLE {name}.passages (
    id INTEGER PRIMARY KEY,
    document_row INTEGER NOT NULL,
    text_sha256 BLOB NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    sentences TEXT NOT NULL,
    text TEXT NOT NULL,
    context TEXT NOT NULL,
    code TEXT NOT NULL
);
CREATE INDEX {name}.passages_by_document ON passages (document_row);
CREATE TABLE {name}.gone (row INTEGER PRIMARY KEY);
CREATE TABLE {name}.removed (passage_id INTEGER PRIMARY KEY);
"""
# What both files say together.
VIEWS = """
CREATE TEMP VIEW present AS
    SELECT * FROM added.documents
    UNION ALL
    SELECT * FROM main.documents
    WHERE row NOT IN (SELECT row FROM added.documents) AND row NOT IN (SELECT row FROM added.gone);
"""
NEXT_ID = """
SELECT 1 + max(
    ifnull((SELECT max(id) FROM main.passages), -1),
    ifnull((SELECT max(id) FROM added.passages), -1),
    ifnull((SELECT max(passage_id) FROM added.removed), -1)
)
"""


def connect(first: Path | None) -> sqlite3.Connection:
    """
    Open the first file for reading as `main`, or nothing as `main` where there is none yet.

    Raises:
        sqlite3.Error: If it can't be opened.
    """
    if first is None:
        connection = sqlite3.connect(":memory:", uri=True)
        connection.executescript(TABLES.format(name="main"))
        return connection
    return sqlite3.connect(uri(first), uri=True, check_same_thread=False)


def uri(path: Path) -> str:
    """For reading: a published generation never changes, so nothing is locked."""
    return f"{_uri(path)}?mode=ro&immutable=1"


def writable_uri(path: Path) -> str:
    """For writing, which only the build does that makes the file."""
    return f"{_uri(path)}?mode=rwc"


def _uri(path: Path) -> str:
    return f"file:{quote(str(path.resolve()))}"
