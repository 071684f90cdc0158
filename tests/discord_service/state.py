"""What the local Discord holds, and what happens to that in its own loop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.discord_service.gateway import Gateway
from tests.discord_service.world import (
    EPHEMERAL,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Upload,
    User,
)

# Long enough for the slowest machine to acknowledge an interaction.
PATIENT_DEADLINE_S = 30.0


@dataclass
class Fault:
    """An answer that replaces the real one, so many times."""

    method: str
    """A method of HTTP, or "*" for any."""
    path: str
    """A part of the path, or "*" for any."""
    status: int
    times: int
    body: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    is_over: Callable[[], bool] = lambda: True
    """Until when it is waited for besides."""
    after: bool = False
    """The request is carried out, and only its answer is lost."""


class State:
    """A Discord with one bot in it, as its REST API sees it; `LocalDiscord` has people beside."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.bot = User("Quoth", bot=True)
        self.guilds: list[Guild] = []
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[int, Interaction] = {}
        self.uploads: dict[int, Upload] = {}
        self.commands: list[Json] = []
        self.syncs = 0
        self.requests: list[tuple[str, str]] = []
        self.refused: list[tuple[int, int, str]] = []
        """Status, code and path of every request that was refused."""
        self.deadline_s = PATIENT_DEADLINE_S
        """Until when an interaction is to be acknowledged. Discord's own deadline says how fast a
        machine is; this one tells whether Quoth acknowledges before it does what takes time."""
        self.late: list[Interaction] = []
        """Acknowledged after the deadline."""
        self.problems: list[str] = []
        """What no client may do; a test with one fails."""
        self.faults: list[Fault] = []
        self.gateway = Gateway(self.token, self.bot, self.guilds)
        self.url = ""
        self._condition = threading.Condition()

    async def changed(self) -> None:
        """Wake whoever waits."""
        with self._condition:
            self._condition.notify_all()

    def take_fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method in {method, "*"} and fault.path.strip("*") in path:
                fault.times -= 1
                return fault
        return None

    async def post(self, message: Message) -> None:
        message.channel.messages[message.id] = message
        await self.gateway.dispatch_message("MESSAGE_CREATE", message)
        await self.changed()

    async def remove(self, message: Message) -> None:
        message.channel.messages.pop(message.id, None)
        if not message.flags & EPHEMERAL:
            data = {"id": str(message.id), "channel_id": str(message.channel.id)}
            if message.channel.guild is not None:
                data["guild_id"] = str(message.channel.guild.id)
            await self.gateway.dispatch("MESSAGE_DELETE", data, message.channel.guild)
        await self.changed()

    async def removed(self, guild: Guild) -> None:
        self.guilds.remove(guild)
        await self.gateway.dispatch("GUILD_DELETE", {"id": str(guild.id)}, guild)
        await self.changed()
