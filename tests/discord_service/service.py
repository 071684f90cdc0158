"""The local Discord as tests use it: started in a thread of its own, driven by what people do."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from aiohttp import web

from tests.discord_service.rest import Rest
from tests.discord_service.state import Fault, State
from tests.discord_service.world import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    DM,
    FORUM,
    GROUP_DM,
    GUILD_CATEGORY,
    GUILD_TEXT,
    MODAL_SUBMIT,
    PUBLIC_THREAD,
    RADIO_GROUP,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Role,
    Upload,
    User,
    snowflake,
)

TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.local.token"  # noqa: S105 - of nothing but this service
# Long enough for the slowest machine; only a failing test waits so long.
PATIENCE_S = 300.0
# What happens in the bot alone, such as that it is ready, wakes nobody: it is looked at so often.
LOOK_S = 0.01

_T = TypeVar("_T")


class LocalDiscord(State):
    """A Discord with one bot in it. Every public method may be called from any thread."""

    def __init__(self) -> None:
        super().__init__(TOKEN)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="local-discord", daemon=True)
        self._started = threading.Event()
        self._runner: web.AppRunner | None = None

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self) -> None:
        self._runner = web.AppRunner(
            Rest(self).application(), handle_signals=False, access_log=None, shutdown_timeout=0.2
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self.gateway.url = f"ws://{host}:{port}/gateway"

    def stop(self) -> None:
        if self._runner is not None:
            self._do(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def wait_for(self, condition: Callable[[], _T], what: str = "it") -> _T:
        """Wait until `condition` returns something true, and return that."""
        for _ in range(int(PATIENCE_S / LOOK_S)):
            # Not under the lock: it may have people do things, which the loop of this service does,
            # and that would wait for the lock.
            found = condition()
            if found:
                return found
            with self._condition:
                self._condition.wait(LOOK_S)
        raise AssertionError(f"{what} did not happen; refused: {self.refused}")

    # What is there.

    def add_guild(self, name: str = "Newsroom") -> Guild:
        guild = Guild(name)
        self.guilds.append(guild)
        return guild

    def add_channel(
        self, guild: Guild, name: str = "general", category: Channel | None = None
    ) -> Channel:
        return self._keep(Channel(name, guild, GUILD_TEXT, category))

    def add_category(self, guild: Guild, name: str) -> Channel:
        return self._keep(Channel(name, guild, GUILD_CATEGORY))

    def add_thread(self, parent: Channel, name: str = "thread") -> Channel:
        return self._keep(Channel(name, parent.guild, PUBLIC_THREAD, parent))

    def add_forum(self, guild: Guild, name: str = "help", tags: Sequence[str] = ()) -> Channel:
        return self._keep(Channel(name, guild, FORUM, tags={snowflake(): tag for tag in tags}))

    def add_role(self, guild: Guild, name: str, *, mentionable: bool = True) -> Role:
        guild.roles.append(Role(name, is_mentionable=mentionable))
        return guild.roles[-1]

    def add_own_role(self, guild: Guild) -> Role:
        """The role that Discord makes for the bot when a server adds it."""
        guild.roles.append(Role(self.bot.name, bot=self.bot))
        return guild.roles[-1]

    def add_dm(self, user: User) -> Channel:
        return self._keep(Channel(user.name, None, DM, recipient=user))

    def add_group(self, user: User) -> Channel:
        """Direct messages of people, one of whom has added the bot to their account."""
        return self._keep(Channel("group", None, GROUP_DM, recipient=user))

    def _keep(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        if channel.guild is not None:
            channel.guild.channels.append(channel)
        return channel

    def fault(self, method: str, path: str, status: int, times: int = 1, **more: Any) -> Fault:
        """Answer the next requests whose path holds `path` with `status`."""
        fault = Fault(method, path, status, times, **more)
        self.faults.append(fault)
        return fault

    # What people do.

    def say(
        self,
        channel: Channel,
        author: User,
        content: str,
        *,
        mentions: Sequence[User] = (),
        roles: Sequence[Role] = (),
        reply_to: Message | None = None,
        everyone: bool = False,
        attachments: Sequence[Upload] = (),
    ) -> Message:
        """Post a message as a person."""
        message = Message(
            channel,
            author,
            content,
            mentions=list(mentions),
            mention_roles=list(roles),
            reply_to=reply_to.id if reply_to else None,
            mention_everyone=everyone,
            attachments=[self._uploaded(upload) for upload in attachments],
        )
        self._do(self.post(message))
        return message

    def _uploaded(self, upload: Upload) -> Json:
        """Keep a file to be fetched, and say of it what Discord says."""
        self.uploads[upload.id] = upload
        return upload.json(f"{self.url}/attachments/{upload.id}/{upload.id}")

    def open_post(
        self,
        parent: Channel,
        author: User,
        title: str,
        body: str | None = "",
        *,
        mentions: Sequence[User] = (),
        roles: Sequence[Role] = (),
        about: Message | None = None,
    ) -> Channel:
        """
        Open a post in a forum, or in another channel a thread that may have a first message.

        A thread about a message that is there has the id of that.
        """
        thread = Channel(title, parent.guild, PUBLIC_THREAD, parent, owner=author)
        thread.id = about.id if about else thread.id
        self._keep(thread)
        place = thread if parent.type == FORUM else parent
        starter = None
        if body is not None:
            starter = Message(
                place,
                author,
                body,
                id=thread.id,
                mentions=list(mentions),
                mention_roles=list(roles),
            )
            place.messages[starter.id] = starter
        self._do(
            self.gateway.dispatch(
                "THREAD_CREATE", thread.json() | {"newly_created": True}, parent.guild
            )
        )
        if starter is not None:
            self._do(self.post(starter))
        return thread

    def delete(self, message: Message) -> None:
        """Delete a message as a moderator."""
        self._do(self.remove(message))

    def may_use(self, channel: Channel, name: str, permissions: int) -> bool:
        """Whether Discord lets a member use a command who has been granted none by itself."""
        command = self._command(name.partition(" ")[0], 1)
        contexts: list[int] = command.get("contexts") or [0, 1, 2]
        by_members: bool = 1 in (command.get("integration_types") or [0])
        if channel.guild is None:
            context = 2 if channel.type == GROUP_DM else 1
            is_there = context in contexts and (context == 1 or by_members)
            return is_there and command.get("dm_permission", True)
        if channel.guild not in self.guilds:
            return by_members and 0 in contexts
        needed = int(command.get("default_member_permissions") or 0)
        return permissions & needed == needed

    def slash(
        self,
        channel: Channel,
        user: User,
        name: str,
        /,
        *,
        permissions: int = 0,
        granted: bool = False,
        **options: Any,
    ) -> Interaction:
        """
        Use a slash command.

        The name has its subcommand after a space, if it has one; the permissions are the member's
        in the channel; with `granted`, the server lets the member use it whatever they are. A
        `Channel`, `Role` or `Upload` among the options is passed as Discord passes one.
        """
        assert granted or self.may_use(channel, name, permissions), "Discord does not let them"
        command, _, sub = name.partition(" ")
        given: list[Json] = []
        resolved: dict[str, Json] = {}
        for key, value in options.items():
            if isinstance(value, Upload):
                given.append({"name": key, "type": 11, "value": str(value.id)})
                resolved.setdefault("attachments", {})[str(value.id)] = self._uploaded(value)
            elif isinstance(value, Channel):
                given.append({"name": key, "type": 7, "value": str(value.id)})
                resolved.setdefault("channels", {})[str(value.id)] = value.json() | {
                    "permissions": "0"
                }
            elif isinstance(value, Role):
                given.append({"name": key, "type": 8, "value": str(value.id)})
                resolved.setdefault("roles", {})[str(value.id)] = value.json()
            else:
                kind = 5 if isinstance(value, bool) else 4 if isinstance(value, int) else 3
                given.append({"name": key, "type": kind, "value": value})
        if sub:
            given = [{"name": sub, "type": 1, "options": given}]
        data = self._chosen(command, 1) | {"options": given, "resolved": resolved}
        return self.interact(Interaction(COMMAND, channel, user, data, permissions))

    def complete(
        self,
        channel: Channel,
        user: User,
        name: str,
        option: str,
        typed: str,
        *,
        permissions: int = 0,
    ) -> list[str]:
        """Type into an option of a slash command, and wait for what is offered."""
        command, _, sub = name.partition(" ")
        given: list[Json] = [{"name": option, "type": 3, "value": typed, "focused": True}]
        if sub:
            given = [{"name": sub, "type": 1, "options": given}]
        data = self._chosen(command, 1) | {"options": given}
        asked = self.interact(Interaction(AUTOCOMPLETE, channel, user, data, permissions))
        self.wait_for(lambda: asked.choices is not None, "an offer")
        return asked.choices or []

    def menu(
        self, channel: Channel, user: User, name: str, target: Message, *, permissions: int = 0
    ) -> Interaction:
        """Use a message menu."""
        needed = int(self._command(name, 3).get("default_member_permissions") or 0)
        assert permissions & needed == needed, "Discord does not let them"
        data = self._chosen(name, 3) | {
            "target_id": str(target.id),
            "resolved": {"messages": {str(target.id): target.json()}},
        }
        return self.interact(Interaction(COMMAND, channel, user, data, permissions))

    def _chosen(self, name: str, kind: int) -> Json:
        return {"id": self._command(name, kind)["id"], "name": name, "type": kind}

    def _command(self, name: str, kind: int) -> Json:
        for command in self.commands:
            if command["name"] == name and command.get("type", 1) == kind:
                return command
        raise AssertionError(f"the bot has no command {name!r}")

    def labels(self, message: Message) -> list[str]:
        """What stands on the buttons of a message."""
        return [item["label"] for item in message.buttons]

    def press(
        self, message: Message, user: User, label: str, *, permissions: int = 0
    ) -> Interaction:
        """Press the button of a message that has this label."""
        for item in message.buttons:
            if item["label"] == label:
                return self.press_id(message, user, item["custom_id"], permissions=permissions)
        raise AssertionError(f"no button {label!r} under {message.components}")

    def press_id(
        self, message: Message, user: User, custom_id: str, *, permissions: int = 0
    ) -> Interaction:
        """
        Press a button by its id, which a forged message may have been given.

        Discord's client sends the message along, and discord.py looks for the button in it.
        """
        assert custom_id in repr(message.components), "nobody would feel that"
        data = {"custom_id": custom_id, "component_type": 2}
        return self.interact(
            Interaction(COMPONENT, message.channel, user, data, permissions, message)
        )

    def submit(
        self, opened: Interaction, user: User, *texts: str, chosen: str | None = None
    ) -> Interaction:
        """Fill in the form that an interaction opened: one text an item, and a choice if any."""
        form = opened.modal
        assert form is not None
        components: list[Json] = []
        waiting = iter(texts)
        for row in form["components"]:
            item = row["component"] if row["type"] == 18 else row["components"][0]
            if item["type"] == RADIO_GROUP:
                default = next(
                    (one["value"] for one in item["options"] if one.get("default")), None
                )
                value = chosen or default
            else:
                value = next(waiting)
            filled = {"type": item["type"], "custom_id": item["custom_id"], "value": value}
            kept = {"component": filled} if row["type"] == 18 else {"components": [filled]}
            components.append({"type": row["type"], "id": 1} | kept)
        assert not [*waiting]
        data = {"custom_id": form["custom_id"], "components": components}
        return self.interact(
            Interaction(MODAL_SUBMIT, opened.channel, user, data, message=opened.message)
        )

    def interact(self, interaction: Interaction) -> Interaction:
        self.interactions[interaction.id] = interaction
        data = interaction.json(self.bot.id, self.guilds)
        self._do(self.gateway.dispatch("INTERACTION_CREATE", data, interaction.channel.guild))
        return interaction

    def join(self, guild: Guild) -> None:
        """Add the bot to a server while it runs."""
        if guild not in self.guilds:
            self.guilds.append(guild)
        # Only a server that the session began with is said to be available.
        data = {
            name: value for name, value in guild.json(self.bot).items() if name != "unavailable"
        }
        self._do(self.gateway.dispatch("GUILD_CREATE", data, guild))

    def archive(self, thread: Channel) -> None:
        """Archive a thread, as Discord does where nobody has written for a while."""
        assert thread.guild is not None
        # No session that begins afterwards is told of it.
        thread.guild.channels.remove(thread)
        data = thread.json()
        data["thread_metadata"]["archived"] = True
        self._do(self.gateway.dispatch("THREAD_UPDATE", data, thread.guild))

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel with its messages and its threads."""
        assert channel.guild is not None
        for one in [one for one in self.channels.values() if channel in (one, one.parent)]:
            del self.channels[one.id]
            one.messages.clear()
            if one in channel.guild.channels:
                channel.guild.channels.remove(one)
        self._do(self.gateway.dispatch("CHANNEL_DELETE", channel.json(), channel.guild))

    def delete_role(self, guild: Guild, role: Role) -> None:
        """Delete a role."""
        guild.roles.remove(role)
        data = {"guild_id": str(guild.id), "role_id": str(role.id)}
        self._do(self.gateway.dispatch("GUILD_ROLE_DELETE", data, guild))

    def leave(self, guild: Guild) -> None:
        """Remove the bot from a server."""
        self._do(self.removed(guild))

    def tell(self, guild: Guild, name: str, data: Json) -> None:
        """Send an event as it is, whatever Discord would say of it."""
        self._do(self.gateway.dispatch(name, data, guild))

    def reconnect(self) -> None:
        """Send op 7."""
        self._do(self.gateway.reconnect_all())

    def invalidate(self, *, resumable: bool) -> None:
        """Send op 9."""
        self._do(self.gateway.invalidate_all(resumable=resumable))

    def drop(self, code: int = 4000) -> None:
        """Close every gateway connection."""
        with suppress(ConnectionError):
            self._do(self.gateway.drop_all(code))

    # What came of it.

    def answer_to(self, interaction: Interaction) -> Message:
        """Wait for the message that answers an interaction."""
        self.wait_for(lambda: interaction.answered, "an answer to an interaction")
        assert interaction.response is not None
        return interaction.response

    def form_of(self, interaction: Interaction) -> Json:
        """Wait for the form that an interaction opens."""
        return self.wait_for(lambda: interaction.modal or {}, "a form")

    def reply_to(self, message: Message) -> Message:
        """Wait for the bot's reply to a message."""
        return self.wait_for(lambda: next(iter(self.replies(message)), None) or [], "a reply")  # type: ignore[return-value]

    def replies(self, message: Message) -> list[Message]:
        """The bot's replies to a message so far."""
        return [m for m in list(message.channel.messages.values()) if m.reply_to == message.id]
