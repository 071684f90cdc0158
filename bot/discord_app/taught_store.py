"""What servers were taught: one row a message, of which documents are made to be indexed."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.collection_names import collections_in, server_collection, server_of
from bot.database import Connection, DatabaseError, RecordsError
from bot.discord_app.records import Records
from bot.discord_app.taught import MessageAt, Taught, message_of, read_taught
from bot.event_log import event
from bot.serving.own_documents import OwnDocuments
from bot.settings import Settings
from index.build_lock import BuildLock
from index.documents import SourceFile, list_documents
from index.errors import NoDocumentsError

_log = logging.getLogger(__name__)

# In `meta`, once what was taught before there were rows has become rows.
TAKEN_UP = "taught"
# Beside a server's documents: whoever makes some of rows holds it from reading these.
_LOCK_NAME = "taught.lock"
_COLUMNS = (
    "message_id, server_id, channel_id, server, question, text, written, author, consent, agreed"
)
_VALUE = "server_id, channel_id, message_id, question, text, written, author, consent, agreed"

_SERVERS = (
    "SELECT DISTINCT server FROM taught WHERE server NOT IN (SELECT server FROM departures)"
    " AND server IN ({marks})"
)


class TaughtStore:
    """
    The table of taught messages. Its methods block for the database, and for files.

    A server is named by its collection, whose folder of documents holds those that are made of its
    rows, beside what was added. The rows count: a document without one goes.
    """

    def __init__(self, records: Records) -> None:
        """Keep them in the records."""
        self._records = records

    def all(self, scope: str) -> list[Taught]:
        """What a server was taught, the newest message first."""
        rows = self._records.rows(
            f"SELECT {_VALUE} FROM taught WHERE server = ? ORDER BY message_id DESC",  # noqa: S608 - our own names
            (server_of(scope),),
        )
        return [_taught(row) for row in rows]

    def messages(self, scope: str) -> list[MessageAt]:
        """The messages that a server was taught."""
        rows = self._records.rows(
            "SELECT server_id, channel_id, message_id FROM taught WHERE server = ?",
            (server_of(scope),),
        )
        return [MessageAt(*row) for row in rows]

    def find(self, scope: str, name: str) -> Taught | None:
        """What a server was taught, by the name of its document."""
        message = message_of(name)
        if message is None:
            return None
        rows = self._records.rows(
            f"SELECT {_VALUE} FROM taught WHERE server = ? AND message_id = ?",  # noqa: S608 - our own names
            (server_of(scope), message.id),
        )
        return _taught(rows[0]) if rows else None

    def keep(self, taught: Taught) -> bool:
        """
        Keep a message in place of its older version.

        Returns:
            False if nothing was kept, since its author was forgotten after they agreed.
        """
        with self._records.database.transaction() as connection:
            return self._write(
                connection,
                taught,
                "ON CONFLICT (message_id) DO UPDATE SET question = excluded.question,"
                " text = excluded.text, consent = excluded.consent, agreed = excluded.agreed",
            )

    def _write(self, connection: Connection, taught: Taught, otherwise: str) -> bool:
        message = taught.message
        written = connection.execute(
            f"INSERT INTO taught ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {otherwise}",  # noqa: S608 - our own names
            (
                *(message.id, message.server_id, message.channel_id),
                self._records.hashed(message.server_id),
                *(taught.question, taught.text, taught.written.isoformat()),
                *(taught.author, taught.consent, taught.agreed),
            ),
        )
        return written.rowcount > 0

    def remove(self, scope: str, names: Iterable[str]) -> None:
        """Forget what a server was taught, by the names of documents; others name nothing."""
        found = [message for name in names if (message := message_of(name)) is not None]
        if not found:
            return
        with self._records.database.deletion() as connection:
            connection.executemany(
                "DELETE FROM taught WHERE server = ? AND message_id = ?",
                [(server_of(scope), message.id) for message in found],
            )

    def scopes_among(self, scopes: Iterable[str]) -> list[str]:
        """Those of some servers' collections that were taught something and are not left."""
        servers = [server_of(scope) for scope in scopes]
        if not servers:
            return []
        marks = ", ".join("?" for _ in servers)
        rows = self._records.rows(_SERVERS.format(marks=marks), servers)
        return [server_collection(server) for (server,) in rows]

    def owns(self, scope: str, name: str) -> bool:
        """Whether a document's name is one for what a server is taught."""
        message = message_of(name)
        return message is not None and self._records.collection(message.server_id) == scope

    def write_documents(self, scope: str, folder: Path) -> None:
        """
        Have a folder hold the documents of what a server was taught, as it is now.

        Args:
            scope: The server's collection.
            folder: That of its documents; it need not exist yet.

        Raises:
            DatabaseError: If it can't be read what that is; the folder stays as it is.
            OSError: If they can't be written.
        """
        if not self._is_taken_up():
            # They are in the folder alone.
            return
        # Another process that shares the folder may have older rows in hand.
        with BuildLock(folder.with_name(_LOCK_NAME)).hold(lambda _: None):
            self._write_documents(scope, folder)

    def _write_documents(self, scope: str, folder: Path) -> None:
        wanted = {taught.message.document: taught.file() for taught in self.all(scope)}
        own = OwnDocuments(folder)
        for name, path in self._named(scope, own.files()):
            content = path.read_bytes()
            if wanted.get(name) == content:
                del wanted[name]
            # A moderator may have added another document of that name.
            elif name not in wanted and read_taught(name, content, 0.0) is not None:
                own.remove(name)
        for name, content in wanted.items():
            with own.incoming(name, content) as path:
                own.settle(own.keep(path, name))

    def _named(self, scope: str, files: Iterable[SourceFile]) -> Iterator[tuple[str, Path]]:
        """The documents whose names are those of what a server is taught, with their paths."""
        return ((file.id, file.path) for file in files if self.owns(scope, file.id))

    def _is_taken_up(self) -> bool:
        return bool(self._records.rows("SELECT 1 FROM meta WHERE name = ?", (TAKEN_UP,)))

    def take_up(self, settings: Settings) -> None:
        """
        Make rows of what was taught before there were rows, once: all of it or nothing.

        Args:
            settings: Where collections are, among whose documents it is.

        Raises:
            RecordsError: If that can't be done now.
        """
        try:
            self._take_up(settings)
        except (OSError, NoDocumentsError) as error:
            # What was passed over would be deleted later: it has no row.
            raise RecordsError(
                f"What servers were taught can't be moved to the records ({error}). Nothing was."
            ) from error
        except DatabaseError as error:
            raise RecordsError(f"{self._records.database}: can't be used ({error}).") from error

    def _take_up(self, settings: Settings) -> None:
        # One process at a time: what somebody deletes meanwhile is not to come back.
        with self._records.database.deletion() as connection:
            done = connection.execute("SELECT 1 FROM meta WHERE name = ?", (TAKEN_UP,))
            if done.fetchone() is not None:
                return
            found = [*self._in_documents(settings)]
            for taught in found:
                self._write(connection, taught, "ON CONFLICT DO NOTHING")
            connection.execute("INSERT INTO meta VALUES (?, ?)", (TAKEN_UP, "rows"))
        if found:
            event(_log, "taught_taken_up", messages=len(found))

    def _in_documents(self, settings: Settings) -> Iterator[Taught]:
        for scope in collections_in(settings.collections):
            if server_of(scope) is None:
                continue
            folder = settings.documents(scope)
            listed = list_documents(folder).files if folder.is_dir() else ()
            for name, path in self._named(scope, listed):
                # Its author has agreed before it was written.
                taught = read_taught(name, path.read_bytes(), path.stat().st_mtime)
                if taught is not None:
                    yield taught


def _taught(row: Sequence[Any]) -> Taught:
    server_id, channel_id, message_id, question, text, written, author, consent, agreed = row
    message = MessageAt(server_id, channel_id, message_id)
    day = date.fromisoformat(written)
    return Taught(message, question, text, day, author, consent, agreed)
