"""What the local Discord knows: people, servers, channels, messages, interactions."""

import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]

GUILD_TEXT, DM, GROUP_DM, GUILD_CATEGORY, PUBLIC_THREAD, FORUM = 0, 1, 3, 4, 11, 15
RADIO_GROUP = 21
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
EPHEMERAL, LOADING, COMPONENTS_V2 = 64, 128, 1 << 15
ROW, BUTTON, SECTION, TEXT_DISPLAY, SEPARATOR, CONTAINER = 1, 2, 9, 10, 14, 17

ADD_REACTIONS = 1 << 6
VIEW_CHANNEL, SEND_MESSAGES = 1 << 10, 1 << 11
MANAGE_GUILD, MANAGE_MESSAGES = 1 << 5, 1 << 13
MENTION_EVERYONE = 1 << 17
READ_HISTORY, MANAGE_THREADS, SEND_IN_THREADS = 1 << 16, 1 << 34, 1 << 38
BOT_PERMISSIONS = ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | READ_HISTORY | SEND_IN_THREADS
TIMESTAMP = "2026-01-01T00:00:00.000000+00:00"

_EPOCH_MS = 1_420_070_400_000
_sequence = itertools.count(1)


def snowflake() -> int:
    """A new id, larger than every one before it."""
    return ((int(time.time() * 1000) - _EPOCH_MS) << 22) | (next(_sequence) & 0x3FFFFF)


def walk(components: Sequence[Json]) -> Iterator[Json]:
    """Components and those in them, in the order in which they are shown."""
    for one in components:
        yield one
        yield from walk(one.get("components", []))
        yield from walk([one["accessory"]] if one.get("accessory") else [])


def numbered(components: Sequence[Json]) -> list[Json]:
    """Components as Discord gives them back, each with an id."""
    given: list[Json] = json.loads(json.dumps(components))
    for number, one in enumerate(walk(given), start=1):
        one.setdefault("id", number)
    return given


@dataclass
class Role:
    """A role of a server."""

    name: str
    permissions: int = 0
    id: int = field(default_factory=snowflake)
    is_mentionable: bool = False
    bot: "User | None" = None
    """The bot that Discord has made it for."""

    def json(self) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "color": 0,
            "hoist": False,
            "position": 0,
            "permissions": str(self.permissions),
            "managed": self.bot is not None,
            "mentionable": self.is_mentionable,
            "tags": {"bot_id": str(self.bot.id)} if self.bot else {},
        }


@dataclass
class User:
    """A person or a bot."""

    name: str
    bot: bool = False
    id: int = field(default_factory=snowflake)
    roles: list[Role] = field(default_factory=list)

    def json(self) -> Json:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name,
            "avatar": None,
            "bot": self.bot,
        }

    def member_json(self) -> Json:
        return {
            "roles": [str(role.id) for role in self.roles],
            "joined_at": TIMESTAMP,
            "deaf": False,
            "mute": False,
            "flags": 0,
        }


@dataclass
class Channel:
    """A text channel, a thread, direct messages with the bot, or those of people among them."""

    name: str
    guild: "Guild | None" = None
    type: int = GUILD_TEXT
    parent: "Channel | None" = None
    recipient: User | None = None
    denied: int = 0
    """Permissions that the bot lacks here."""
    id: int = field(default_factory=snowflake)
    messages: dict[int, "Message"] = field(default_factory=dict)
    typing: int = 0
    """How often the bot was seen typing."""
    owner: User | None = None
    """Who began a thread."""
    tags: dict[int, str] = field(default_factory=dict)
    """The tags that a forum has for its posts, by id."""
    applied: list[int] = field(default_factory=list)
    """The tags of a post."""
    is_locked: bool = False
    """Whether a thread takes no messages."""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def place(self) -> "Channel":
        """The channel whose permissions hold: of a thread, its parent."""
        return self.parent if self.type == PUBLIC_THREAD and self.parent else self

    def json(self) -> Json:
        if self.type in {DM, GROUP_DM}:
            assert self.recipient is not None
            return {"id": str(self.id), "type": self.type, "recipients": [self.recipient.json()]}
        assert self.guild is not None
        common: Json = {
            "id": str(self.id),
            "type": self.type,
            "guild_id": str(self.guild.id),
            "name": self.name,
            "nsfw": False,
            "parent_id": str(self.parent.id) if self.parent else None,
            "last_message_id": str(max(self.messages)) if self.messages else None,
        }
        if self.type == PUBLIC_THREAD:
            return common | {
                "owner_id": str(self.owner.id if self.owner else self.guild.id),
                "applied_tags": [str(tag) for tag in self.applied],
                "message_count": 0,
                "member_count": 1,
                "rate_limit_per_user": 0,
                "thread_metadata": {
                    "archived": False,
                    "locked": False,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": TIMESTAMP,
                    "create_timestamp": self.begun.isoformat(),
                },
            }
        everyone = {"id": str(self.guild.id), "type": 0, "allow": "0", "deny": str(self.denied)}
        tags = [
            {"id": str(tag), "name": name, "emoji_name": None} for tag, name in self.tags.items()
        ]
        common |= {"position": 0, "topic": None, "permission_overwrites": [everyone]}
        return common | ({"available_tags": tags} if self.type == FORUM else {})


@dataclass
class Guild:
    """A server that the bot is in."""

    name: str
    id: int = field(default_factory=snowflake)
    channels: list[Channel] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    granted: int = 0
    """What the bot may do beside what it asks for."""

    def json(self, bot: User) -> Json:
        everyone = Role("@everyone", BOT_PERMISSIONS | self.granted, self.id)
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": "1",
            "unavailable": False,
            "member_count": 2,
            "roles": [role.json() for role in (everyone, *self.roles)],
            "channels": [c.json() for c in self.channels if c.type != PUBLIC_THREAD],
            "threads": [c.json() for c in self.channels if c.type == PUBLIC_THREAD],
            "members": [bot.member_json() | {"user": bot.json()}],
            "emojis": [],
            "features": [],
        }


@dataclass
class Message:
    """A message as it stands now."""

    channel: Channel
    author: User
    content: str
    id: int = field(default_factory=snowflake)
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[Role] = field(default_factory=list)
    mention_everyone: bool = False
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    reply_to: int | None = None
    nonce: str | None = None
    attachments: list[Json] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    """The bot's own."""
    sent: Json = field(default_factory=dict)
    """The request that made it, or changed it last."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What the bot attached to it, by name."""
    settled_at: float = field(default_factory=time.monotonic)
    """When that was."""

    def json(self) -> Json:
        values: Json = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": 19 if self.reply_to else 0,
            "content": self.content,
            "author": self.author.json(),
            "timestamp": TIMESTAMP,
            "edited_timestamp": None,
            "tts": False,
            "pinned": False,
            "mention_everyone": self.mention_everyone,
            "mentions": [user.json() for user in self.mentions],
            "mention_roles": [str(role.id) for role in self.mention_roles],
            "attachments": self.attachments,
            "embeds": self.embeds,
            "components": self.components,
            "flags": self.flags,
        }
        if self.channel.guild is not None:
            values["guild_id"] = str(self.channel.guild.id)
            values["member"] = self.author.member_json()
        if self.reply_to is not None:
            target = self.channel.messages.get(self.reply_to)
            values["message_reference"] = {
                "message_id": str(self.reply_to),
                "channel_id": str(self.channel.id),
            }
            values["referenced_message"] = target.json() if target else None
        return values

    def change(self, payload: Json) -> None:
        """Change what the request names; a message with components stays one."""
        if "components" in payload:
            self.components = numbered(payload["components"] or [])
        if "content" in payload:
            self.content = payload["content"] or ""
        if "embeds" in payload:
            self.embeds = payload["embeds"] or []
        self.files |= payload.pop("files", {})
        self.flags = (self.flags | payload.get("flags", 0) & COMPONENTS_V2) & ~LOADING
        self.sent = payload
        self.settled_at = time.monotonic()

    @property
    def texts(self) -> list[str]:
        """What its components say, from top to bottom."""
        return [one["content"] for one in walk(self.components) if one["type"] == TEXT_DISPLAY]

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n\n".join((*([self.content] if self.content else []), *self.texts))

    @property
    def title(self) -> str:
        """What stands large in it."""
        return next(text[4:] for text in self.texts if text.startswith("### "))

    @property
    def question(self) -> str:
        """What stands over its title, as it was typed."""
        above = self.texts[: self.texts.index(f"### {self.title}")]
        return re.sub(r"\\(.)", r"\1", [one for one in above if not one.startswith("-#")][-1])

    @property
    def buttons(self) -> list[Json]:
        """Its buttons, in order."""
        return [one for one in walk(self.components) if one["type"] == BUTTON]

    def blanked(self) -> Json:
        """As a bot sees it that may not read messages at large."""
        return self.json() | {"content": "", "embeds": [], "components": [], "attachments": []}


@dataclass
class Upload:
    """A file that a person attaches to a command, and what Discord says of it."""

    name: str
    content: bytes
    size: int | None = None
    """What is said; the truth if it is none."""
    content_type: str | None = None
    title: str | None = None
    """What the person's file was called, without its ending, where Discord changed that."""
    id: int = field(default_factory=snowflake)

    def json(self, url: str) -> Json:
        said = len(self.content) if self.size is None else self.size
        values: Json = {"id": str(self.id), "filename": self.name, "size": said, "url": url}
        values |= {"proxy_url": url, "ephemeral": True}
        more = {"content_type": self.content_type, "title": self.title}
        return values | {name: value for name, value in more.items() if value is not None}


@dataclass
class Interaction:
    """A command, a pressed button or a filled-in form, and what became of it."""

    type: int
    channel: Channel
    user: User
    data: Json
    permissions: int = 0
    message: Message | None = None
    id: int = field(default_factory=snowflake)
    token: str = ""
    sent_at: float = field(default_factory=time.monotonic)
    callback: Json | None = None
    """What the bot answered first."""
    acknowledged_at: float | None = None
    """When that came, by the clock of `sent_at`, too late or not."""
    response: Message | None = None
    """The message that came of it."""
    followups: list[Message] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """Every text that the response had, in order."""
    receipt_lost: bool = False
    """The bot was not told that its first answer was taken."""
    expired: bool = False
    """Its fifteen minutes are over."""

    def __post_init__(self) -> None:
        self.token = f"token-{self.id}"

    def json(self, application: int, guilds: Sequence["Guild"]) -> Json:
        """What Discord sends of it to a bot that is in these servers."""
        guild = self.channel.guild
        is_by_user = guild not in guilds if guild else self.channel.type == GROUP_DM
        owners = {"1": str(self.user.id)} if is_by_user else {"0": str(guild.id) if guild else "0"}
        values: Json = {
            "id": str(self.id),
            "application_id": str(application),
            "type": self.type,
            "token": self.token,
            "version": 1,
            "attachment_size_limit": 10 * 1024 * 1024,
            "channel_id": str(self.channel.id),
            "channel": self.channel.json(),
            "app_permissions": str(
                (BOT_PERMISSIONS | (guild.granted if guild else 0)) & ~self.channel.place.denied
            ),
            "context": 0 if guild else 2 if self.channel.type == GROUP_DM else 1,
            "authorizing_integration_owners": owners,
            "data": self.data,
            "locale": "en-US",
            "entitlements": [],
        }
        if guild is None:
            values["user"] = self.user.json()
        else:
            values["guild_id"] = str(guild.id)
            values["member"] = self.user.member_json() | {
                "user": self.user.json(),
                "permissions": str(self.permissions),
            }
        if self.message is not None:
            values["message"] = self.message.json()
        return values

    @property
    def deferred(self) -> bool:
        """Whether the bot asked for time."""
        return self.callback is not None and self.callback["type"] == 5

    @property
    def answered(self) -> bool:
        """Whether a message stands that is more than a loading one."""
        return self.response is not None and not self.response.flags & LOADING

    @property
    def is_private(self) -> bool:
        """Whether the asker alone sees the response."""
        return self.response is not None and bool(self.response.flags & EPHEMERAL)

    @property
    def choices(self) -> list[str] | None:
        """What an autocompletion offers; none before it does."""
        if self.callback is None or self.callback["type"] != 8:
            return None
        return [choice["value"] for choice in self.callback["data"]["choices"]]

    @property
    def modal(self) -> Json | None:
        """The form that the bot opened."""
        if self.callback is None or self.callback["type"] != 9:
            return None
        form: Json = self.callback["data"]
        return form
