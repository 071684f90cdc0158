"""The gateway: sessions, heartbeats, resuming, closing, and who hears which event."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.discord_service.world import Guild, Json, Message, User

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
RECONNECT, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 9, 10, 11
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = MESSAGE_CONTENT | 1 << 1 | 1 << 8
GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 9, 1 << 12
HEARTBEAT_MS = 41_250  # as Discord has it
LATE_BEAT = 1.5  # intervals


@dataclass
class Session:
    """One shard's session; it outlives its connection."""

    id: str
    shard: int
    shards: int
    intents: int
    socket: web.WebSocketResponse | None
    seq: int = 0
    history: list[Json] = field(default_factory=list)


class Gateway:
    """Lives in the service's loop; every method is called there."""

    def __init__(self, token: str, bot: User, guilds: list[Guild]) -> None:
        self.token = token
        self.bot = bot
        self.guilds = guilds
        self.url = ""
        self.shards = 1
        self.approved_intents = 0
        self.close_on_identify: int | None = None
        """A close code that the next IDENTIFY meets."""
        self.refused_upgrades = 0
        """So many connections are answered with 503."""
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self._unidentified: set[web.WebSocketResponse] = set()
        self.most_unidentified = 0
        """So many connections have waited at the same time, having said nothing."""
        self.max_concurrency = 1
        self.doubled = 0
        """Shards that were identified while they had a connection."""
        self.resumed = 0
        self.intents = 0
        self.heartbeat_ms = HEARTBEAT_MS
        self.missed_beats = 0
        """Connections that were silent for two intervals; Discord would have dropped them."""
        self.late_beats = 0
        """Heartbeats that came more than half an interval after their time."""
        self._numbers = itertools.count(1)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        if self.refused_upgrades:
            self.refused_upgrades -= 1
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(max_msg_size=0, autoclose=True)
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_ms}})
        self._unidentified.add(socket)
        self.most_unidentified = max(self.most_unidentified, len(self._unidentified))
        patience_s = 2 * self.heartbeat_ms / 1e3
        last_beat = time.monotonic()
        while True:
            try:
                frame = await socket.receive(timeout=patience_s)
            except TimeoutError:
                self.missed_beats += 1
                break
            if frame.type is not WSMsgType.TEXT:
                break
            packet = frame.json()
            if packet["op"] == HEARTBEAT:
                now = time.monotonic()
                self.late_beats += now - last_beat > LATE_BEAT * self.heartbeat_ms / 1e3
                last_beat = now
            await self._received(socket, packet)
        self._unidentified.discard(socket)
        for session in self.sessions.values():
            if session.socket is socket:
                session.socket = None
        return socket

    async def _received(self, socket: web.WebSocketResponse, packet: Json) -> None:
        if packet["op"] == HEARTBEAT:
            await socket.send_json({"op": HEARTBEAT_ACK})
        elif packet["op"] == IDENTIFY:
            self._unidentified.discard(socket)
            await self._identify(socket, packet["d"])
        elif packet["op"] == RESUME:
            self._unidentified.discard(socket)
            await self._resume(socket, packet["d"])

    async def _identify(self, socket: web.WebSocketResponse, identity: Json) -> None:
        self.identified += 1
        self.intents = identity["intents"]
        if self.close_on_identify is not None:
            code, self.close_on_identify = self.close_on_identify, None
            await socket.close(code=code)
        elif identity["token"] != self.token:
            await socket.close(code=4004)
        elif identity["intents"] & PRIVILEGED & ~self.approved_intents:
            await socket.close(code=4014)
        else:
            shard, shards = identity.get("shard", [0, 1])
            self.doubled += any(
                other.shard == shard and other.socket is not None
                for other in self.sessions.values()
            )
            name = f"session-{next(self._numbers)}"
            session = Session(name, shard, shards, identity["intents"], socket)
            self.sessions = {
                key: other for key, other in self.sessions.items() if other.shard != shard
            } | {name: session}
            await self._welcome(session)

    async def _welcome(self, session: Session) -> None:
        mine = [g for g in self.guilds if (g.id >> 22) % session.shards == session.shard]
        await self._send(
            session,
            "READY",
            {
                "v": 10,
                "user": self.bot.json(),
                "guilds": [{"id": str(g.id), "unavailable": True} for g in mine],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [session.shard, session.shards],
                "application": {"id": str(self.bot.id), "flags": 0},
            },
        )
        for guild in mine:
            await self._send(session, "GUILD_CREATE", guild.json(self.bot))

    async def _resume(self, socket: web.WebSocketResponse, wanted: Json) -> None:
        session = self.sessions.get(wanted["session_id"])
        if session is None:
            await socket.send_json({"op": INVALID_SESSION, "d": False})
            return
        self.resumed += 1
        session.socket = socket
        for event in session.history:
            if event["s"] > (wanted["seq"] or 0):
                await socket.send_json(event)
        await self._send(session, "RESUMED", {})

    async def _send(self, session: Session, name: str, data: Json) -> None:
        session.seq += 1
        event = {"op": DISPATCH, "t": name, "s": session.seq, "d": data}
        session.history.append(event)
        del session.history[:-500]
        if session.socket is not None and not session.socket.closed:
            try:
                await session.socket.send_json(event)
            except ConnectionError:
                session.socket = None  # it is kept for RESUME

    async def dispatch(self, name: str, data: Json, guild: Guild | None) -> None:
        """Send an event to the shard that it belongs to; keep it if that is not connected."""
        for session in self.sessions.values():
            home = (guild.id >> 22) % session.shards if guild else 0
            if session.shard == home:
                await self._send(session, name, data)

    async def dispatch_message(self, name: str, message: Message) -> None:
        """Send a message event, blanked where the bot may not read it."""
        guild = message.channel.guild
        needed = GUILD_MESSAGES if guild else DIRECT_MESSAGES
        if not self.intents & needed:
            return
        data = self.seen(message)
        replied = message.channel.messages.get(message.reply_to) if message.reply_to else None
        if replied is not None and not self._may_read(replied):
            data["referenced_message"] = replied.blanked()
        await self.dispatch(name, data, guild)

    def seen(self, message: Message) -> Json:
        """A message as the bot is shown it."""
        return message.json() if self._may_read(message) else message.blanked()

    def _may_read(self, message: Message) -> bool:
        """Whether the bot is shown what a message says."""
        return bool(
            self.intents & MESSAGE_CONTENT
            or message.channel.guild is None
            or message.author is self.bot
            or self.bot in message.mentions
        )

    async def reconnect_all(self) -> None:
        """Ask every shard to connect anew (op 7)."""
        await self._tell_all({"op": RECONNECT, "d": None})

    async def invalidate_all(self, *, resumable: bool) -> None:
        """Tell every shard that its session is gone (op 9)."""
        if not resumable:
            sockets, self.sessions = dict(self.sessions), {}
        else:
            sockets = self.sessions
        await self._tell_all({"op": INVALID_SESSION, "d": resumable}, sockets)

    async def _tell_all(self, packet: Json, sessions: dict[str, Session] | None = None) -> None:
        for session in (self.sessions if sessions is None else sessions).values():
            if session.socket is not None:
                await session.socket.send_json(packet)

    async def drop_all(self, code: int) -> None:
        """Close every connection."""
        sockets = [s.socket for s in self.sessions.values() if s.socket is not None]
        await asyncio.gather(*(socket.close(code=code) for socket in sockets))

    @property
    def connected(self) -> int:
        """Shards that hold a connection."""
        return sum(s.socket is not None for s in self.sessions.values())
