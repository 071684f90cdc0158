"""The servers that Quoth is in and those it left, of which nothing may remain after a while."""

from collections.abc import Iterable

from bot.database import Connection
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.shards import Shards

# A bot that was removed by mistake finds its settings again within a week.
SERVER_GRACE_DAYS = 7
# Those that name a server by its own id, not by the hash of it.
_BY_SERVER_ID = (
    "channels",
    "servers",
    "cooldowns",
    "support_channels",
    "person_calls",
    "digests",
    "taught",
)
_SERVER_IDS = " UNION ".join(f"SELECT server_id FROM {table}" for table in _BY_SERVER_ID)  # noqa: S608 - our own names


class Servers:
    """The tables of servers. Its methods block for the database."""

    def __init__(self, records: Records) -> None:
        """Keep them in the records."""
        self._records = records
        self._database = records.database

    def without_base(self) -> set[int]:
        """The servers that are answered from their own documents alone."""
        rows = self._records.rows("SELECT server_id FROM servers WHERE NOT has_base")
        return {server_id for (server_id,) in rows}

    def set_base(self, server_id: int, *, is_on: bool) -> None:
        """Answer a server from the base too, or not."""
        self._records.write(
            "INSERT INTO servers (server_id, has_base) VALUES (?, ?)"
            " ON CONFLICT (server_id) DO UPDATE SET has_base = excluded.has_base",
            (server_id, is_on),
        )

    def note_present(self, server_ids: set[int], others: Iterable[str], shards: Shards) -> None:
        """
        Note which of the known servers Quoth has left, and which it is in again.

        Args:
            server_ids: Those that it is in.
            others: The hashed ids of servers that something is kept of elsewhere.
            shards: Those that `server_ids` are of. A server of another shard is not left because
                it is not among them; one of which only the hash is known may be of any shard.
        """
        here = {self._records.hashed(server_id) for server_id in server_ids}
        with self._database.transaction() as connection:
            known = set()
            for (server_id,) in connection.execute(_SERVER_IDS):
                if shards.hold(server_id):
                    known.add(self._records.hashed(server_id))
            if shards.is_all:
                known |= {*others}
                for (server,) in connection.execute(
                    "SELECT server FROM answers UNION SELECT server FROM questions"
                    " UNION SELECT server FROM feedback UNION SELECT server FROM audit"
                ):
                    known |= {server} if server else set()
            self._leave(connection, known - here)
            connection.executemany(
                "DELETE FROM departures WHERE server = ?", [(server,) for server in here]
            )

    def leave(self, server_id: int) -> None:
        """Note that Quoth was removed from a server."""
        with self._database.transaction() as connection:
            self._leave(connection, {self._records.hashed(server_id)})

    def _leave(self, connection: Connection, servers: Iterable[str]) -> None:
        connection.executemany(
            "INSERT INTO departures VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(server, self._records.clock()) for server in servers],
        )

    def departed(self) -> list[str]:
        """The hashed ids of the servers that Quoth left so long ago that nothing may remain."""
        since = self._records.clock() - SERVER_GRACE_DAYS * DAY_S
        rows = self._records.rows('SELECT server FROM departures WHERE "left" < ?', (since,))
        return [server for (server,) in rows]

    def delete(self, server: str) -> None:
        """Delete all that is kept of a server, named by its hashed id; its departure last."""
        with self._database.deletion() as connection:
            for table in ("questions", "answers", "feedback", "audit"):
                connection.execute(f"DELETE FROM {table} WHERE server = ?", (server,))  # noqa: S608 - our own names
            ids = connection.execute(_SERVER_IDS).fetchall()
            those = [row for row in ids if self._records.hashed(row[0]) == server]
            for table in _BY_SERVER_ID:
                connection.executemany(f"DELETE FROM {table} WHERE server_id = ?", those)  # noqa: S608
            connection.execute("DELETE FROM departures WHERE server = ?", (server,))
