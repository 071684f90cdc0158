"""The REST API: routes, what each refuses, and what it changes."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.discord_service.rules import (
    MAX_CHOICE,
    MAX_CHOICES,
    ApiError,
    check_commands,
    check_length,
    check_message,
    check_modal,
    form_error,
)
from tests.discord_service.state import State
from tests.discord_service.world import (
    ADD_REACTIONS,
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    MANAGE_THREADS,
    READ_HISTORY,
    SEND_MESSAGES,
    Channel,
    Interaction,
    Json,
    Message,
    numbered,
    snowflake,
)

DEADLINE_S = 3.0
"""Discord's own, which tests of the full load keep to."""
HUNG_UP, CARRIED_OUT = 0, 1
"""The status of a fault that ends the connection without an answer, or that only takes its time."""
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """The handlers; every one runs in the service's loop."""

    def __init__(self, discord: State) -> None:
        self._discord = discord
        self._routes: list[tuple[str, str, _Handler]] = [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._gateway),
            ("PUT", "/applications/{application}/commands", self._put_commands),
            ("POST", "/users/@me/channels", self._open_dm),
            ("DELETE", "/users/@me/guilds/{guild}", self._leave_guild),
            ("GET", "/channels/{channel}", self._get_channel),
            ("PATCH", "/channels/{channel}", self._change_post),
            ("POST", "/channels/{channel}/messages", self._post_message),
            ("GET", "/channels/{channel}/messages", self._get_messages),
            ("GET", "/channels/{channel}/messages/{message}", self._get_message),
            ("PATCH", "/channels/{channel}/messages/{message}", self._edit_message),
            ("DELETE", "/channels/{channel}/messages/{message}", self._delete_message),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/@me", self._react),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", "/webhooks/{application}/{token}", self._followup),
            ("GET", "/webhooks/{application}/{token}/messages/@original", self._original),
            ("PATCH", "/webhooks/{application}/{token}/messages/@original", self._edit_original),
            ("DELETE", "/webhooks/{application}/{token}/messages/@original", self._delete_original),
            ("PATCH", "/webhooks/{application}/{token}/messages/{message}", self._edit_sent),
        ]

    def application(self) -> web.Application:
        """The routes, behind one gate for tokens, faults and unknown paths."""
        app = web.Application(middlewares=[self._gate], client_max_size=2**25)
        for method, path, handler in self._routes:
            app.router.add_route(method, f"/api/v10{path}", handler)
        app.router.add_get("/attachments/{attachment}/{name}", self._attachment)
        app.router.add_get("/gateway", self._discord.gateway.connect)
        app.router.add_get("/gateway/", self._discord.gateway.connect)
        return app

    @web.middleware
    async def _gate(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path.startswith("/gateway"):
            return await handler(request)
        self._discord.requests.append((request.method, request.path))
        fault = self._discord.take_fault(request.method, request.path)
        if fault is not None:
            if fault.after:
                request["receipt_lost"] = True
                await self._answer(request, handler)
            await asyncio.sleep(fault.delay_s)
            while not fault.is_over():
                await asyncio.sleep(0.01)
            if fault.status == HUNG_UP:
                assert request.transport is not None
                request.transport.abort()
        if fault is not None and fault.status != CARRIED_OUT:
            return _json(fault.body or {"message": "fault", "code": 0}, fault.status, fault.headers)
        response = await self._answer(request, handler)
        await self._discord.changed()
        return response

    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            is_open = request.path.startswith(
                ("/api/v10/interactions", "/api/v10/webhooks", "/attachments/")
            )
            expected = f"Bot {self._discord.token}"
            if not is_open and request.headers.get("Authorization") != expected:
                raise ApiError(401, 0, "401: Unauthorized")
            return await handler(request)
        except ApiError as error:
            self._discord.refused.append((error.status, error.code, request.path))
            return _json({"code": error.code, "message": error.message}, error.status)
        except web.HTTPException as error:
            self._discord.problems.append(f"{request.method} {request.path}: {error.status}")
            return _json({"code": 0, "message": error.reason}, error.status)

    async def _attachment(self, request: web.Request) -> web.Response:
        upload = self._discord.uploads.get(int(request.match_info["attachment"]))
        if upload is None:
            raise ApiError(404, 0, "This content is no longer available.")
        return web.Response(body=upload.content)

    async def _me(self, _: web.Request) -> web.Response:
        return _json(self._discord.bot.json())

    async def _application(self, _: web.Request) -> web.Response:
        return _json(
            {
                "id": str(self._discord.bot.id),
                "name": "Quoth",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "owner": self._discord.bot.json(),
                "verify_key": "0" * 64,
                "flags": 0,
            }
        )

    async def _gateway(self, _: web.Request) -> web.Response:
        gateway = self._discord.gateway
        limit = {
            "total": 1000,
            "remaining": 999,
            "reset_after": 1,
            "max_concurrency": gateway.max_concurrency,
        }
        return _json({"url": gateway.url, "shards": gateway.shards, "session_start_limit": limit})

    async def _put_commands(self, request: web.Request) -> web.Response:
        commands = check_commands(await request.json())
        self._discord.syncs += 1
        self._discord.commands = [
            {"description": "", "options": [], "type": 1}
            | command
            | {"id": str(snowflake()), "application_id": str(self._discord.bot.id), "version": "1"}
            for command in commands
        ]
        return _json(self._discord.commands)

    async def _open_dm(self, request: web.Request) -> web.Response:
        user_id = int((await request.json())["recipient_id"])
        for channel in self._discord.channels.values():
            if channel.recipient is not None and channel.recipient.id == user_id:
                return _json(channel.json())
        raise ApiError(400, 50033, "Invalid Recipient(s)")

    async def _leave_guild(self, request: web.Request) -> web.Response:
        for guild in self._discord.guilds:
            if guild.id == int(request.match_info["guild"]):
                await self._discord.removed(guild)
                return web.Response(status=204)
        raise ApiError(404, 10004, "Unknown Guild")

    def _channel(self, request: web.Request, needed: int = 0) -> Channel:
        channel = self._discord.channels.get(int(request.match_info["channel"]))
        if channel is None:
            raise ApiError(404, 10003, "Unknown Channel")
        place = channel.place
        if place.denied & needed:
            raise ApiError(403, 50013, "Missing Permissions")
        return channel

    def _message(self, request: web.Request) -> Message:
        channel = self._channel(request)
        message = channel.messages.get(int(request.match_info["message"]))
        if message is None or message.flags & EPHEMERAL:
            raise ApiError(404, 10008, "Unknown Message")
        return message

    async def _message_payload(self, request: web.Request) -> Json:
        payload = await _payload(request)
        self._check_pings(payload)
        return payload

    def _check_pings(self, payload: Json) -> None:
        """Note a message of which Discord would take mentions for such, had it any."""
        allowed = payload.get("allowed_mentions") or {"parse": None}
        if allowed["parse"] != [] or allowed.get("replied_user"):
            self._discord.problems.append(f"a message that may ping: {payload}")

    async def _get_channel(self, request: web.Request) -> web.Response:
        return _json(self._channel(request).json())

    async def _get_messages(self, request: web.Request) -> web.Response:
        """The first messages of a channel after one, or the last before one; the newest first."""
        channel = self._channel(request, READ_HISTORY)
        limit = int(request.query["limit"])
        before, after = (int(request.query.get(name, 0)) for name in ("before", "after"))
        found = sorted(m.id for m in channel.messages.values() if not m.flags & EPHEMERAL)
        found = [one for one in found if after < one and (not before or one < before)]
        chosen = found[:limit] if after else found[-limit:]
        seen = self._discord.gateway.seen
        return _json([seen(channel.messages[one]) for one in reversed(chosen)])

    async def _change_post(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        assert channel.guild is not None
        if not channel.guild.granted & MANAGE_THREADS:
            raise ApiError(403, 50013, "Missing Permissions")
        (tags,) = (await request.json()).values()
        channel.applied = [int(tag) for tag in tags]
        return _json(channel.json())

    async def _get_message(self, request: web.Request) -> web.Response:
        return _json(self._discord.gateway.seen(self._message(request)))

    async def _post_message(self, request: web.Request) -> web.Response:
        channel = self._channel(request, SEND_MESSAGES)
        payload = await self._message_payload(request)
        check_message(payload)
        nonce = payload.get("nonce")
        if payload.get("enforce_nonce") and nonce is not None:
            for other in channel.messages.values():
                if other.nonce == nonce:
                    return _json(other.json())
        if channel.is_locked:
            raise ApiError(400, 160005, "This thread is locked")
        reference = payload.get("message_reference")
        if reference and channel.place.denied & READ_HISTORY:
            raise ApiError(400, 160002, "Cannot reply without permission to read message history")
        reply_to = int(reference["message_id"]) if reference else None
        if reference and reply_to not in channel.messages:
            if reference.get("fail_if_not_exists", True):
                raise ApiError(400, 50035, "Unknown message")
            reply_to = None
        message = Message(
            channel,
            self._discord.bot,
            payload.get("content") or "",
            embeds=payload.get("embeds") or [],
            components=numbered(payload.get("components") or []),
            flags=payload.get("flags", 0) & COMPONENTS_V2,
            reply_to=reply_to,
            nonce=nonce,
            sent=payload,
        )
        await self._discord.post(message)
        return _json(message.json())

    async def _edit_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author is not self._discord.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        payload = await self._message_payload(request)
        check_message(payload, message)
        message.change(payload)
        return _json(message.json())

    async def _delete_message(self, request: web.Request) -> web.Response:
        message = self._message(request)
        if message.author is not self._discord.bot:
            raise ApiError(403, 50013, "Missing Permissions")
        await self._discord.remove(message)
        return web.Response(status=204)

    async def _typing(self, request: web.Request) -> web.Response:
        self._channel(request, SEND_MESSAGES).typing += 1
        return web.Response(status=204)

    async def _react(self, request: web.Request) -> web.Response:
        self._channel(request, ADD_REACTIONS | READ_HISTORY)
        message, emoji = self._message(request), request.match_info["emoji"]
        if emoji not in message.reactions:
            message.reactions.append(emoji)
        return web.Response(status=204)

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._discord.interactions.get(int(request.match_info["interaction"]))
        if interaction is None or interaction.token != request.match_info["token"]:
            raise ApiError(404, 10062, "Unknown interaction")
        # Once acknowledged, it is known for as long as its token holds.
        if interaction.callback is not None:
            if not interaction.receipt_lost:
                self._discord.problems.append("an interaction was acknowledged twice")
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        interaction.acknowledged_at = time.monotonic()
        if interaction.acknowledged_at - interaction.sent_at > self._discord.deadline_s:
            self._discord.late.append(interaction)
            raise ApiError(404, 10062, "Unknown interaction")
        payload = await _payload(request)
        interaction.callback = payload
        interaction.receipt_lost = request.get("receipt_lost", False)
        if payload["type"] in {4, 7}:
            self._check_pings(payload["data"])
        message = self._respond(interaction, payload["type"], payload.get("data") or {})
        described: Json = {"id": str(interaction.id), "type": interaction.type}
        body: Json = {"interaction": described}
        if message is not None:
            described["response_message_id"] = str(message.id)
            described["response_message_loading"] = bool(message.flags & LOADING)
            described["response_message_ephemeral"] = bool(message.flags & EPHEMERAL)
            if payload["type"] in {4, 7}:
                body["resource"] = {"type": payload["type"], "message": message.json()}
        return _json(body)

    def _respond(self, interaction: Interaction, kind: int, data: Json) -> Message | None:
        if kind == 9:
            check_modal(data)
            return None
        if kind == 8:
            if len(data["choices"]) > MAX_CHOICES:
                raise form_error("choices", f"{len(data['choices'])} of {MAX_CHOICES}")
            for choice in data["choices"]:
                check_length("choice.name", choice["name"], MAX_CHOICE)
                check_length("choice.value", choice["value"], MAX_CHOICE)
            return None
        if kind in {4, 5}:
            if kind == 4:
                check_message(data)
            flags = data.get("flags", 0) & (EPHEMERAL | COMPONENTS_V2)
            flags |= LOADING if kind == 5 else 0
            message = self._response_message(interaction, data, flags)
            interaction.response = message
            interaction.channel.messages[message.id] = message
            return message
        if kind == 7 and interaction.message is not None:
            check_message(data, interaction.message)
            interaction.message.change(data)
        return interaction.message

    def _response_message(self, interaction: Interaction, data: Json, flags: int) -> Message:
        return Message(
            interaction.channel,
            self._discord.bot,
            data.get("content") or "",
            embeds=data.get("embeds") or [],
            components=numbered(data.get("components") or []),
            flags=flags,
            sent=data,
        )

    def _by_token(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        # Other threads ask meanwhile.
        for interaction in list(self._discord.interactions.values()):
            if interaction.token == token:
                if interaction.expired:
                    raise ApiError(401, 50027, "Invalid Webhook Token")
                if interaction.callback is None:
                    break
                return interaction
        raise ApiError(404, 10015, "Unknown Webhook")

    async def _followup(self, request: web.Request) -> web.Response:
        interaction = self._by_token(request)
        payload = await self._message_payload(request)
        check_message(payload)
        response = interaction.response
        if response is not None and response.flags & LOADING:
            response.change(payload)
            return _json(response.json())
        flags = payload.get("flags", 0) & (EPHEMERAL | COMPONENTS_V2)
        message = self._response_message(interaction, payload, flags)
        if interaction.deferred and response is None:
            # What loaded was deleted, and this is sent in its place.
            interaction.response = message
        else:
            interaction.followups.append(message)
        interaction.channel.messages[message.id] = message
        return _json(message.json())

    def _original_message(self, request: web.Request) -> Message:
        interaction = self._by_token(request)
        message = interaction.response or interaction.message
        if message is None or message.id not in message.channel.messages:
            raise ApiError(404, 10008, "Unknown Message")
        return message

    async def _original(self, request: web.Request) -> web.Response:
        return _json(self._original_message(request).json())

    async def _edit_original(self, request: web.Request) -> web.Response:
        message = self._original_message(request)
        payload = await self._message_payload(request)
        check_message(payload, message)
        message.change(payload)
        self._by_token(request).shown.append(message.content)
        return _json(message.json())

    async def _edit_sent(self, request: web.Request) -> web.Response:
        channel = self._by_token(request).channel
        message = channel.messages.get(int(request.match_info["message"]))
        if message is None or message.author is not self._discord.bot:
            raise ApiError(404, 10008, "Unknown Message")
        payload = await self._message_payload(request)
        check_message(payload, message)
        message.change(payload)
        return _json(message.json())

    async def _delete_original(self, request: web.Request) -> web.Response:
        interaction, message = self._by_token(request), self._original_message(request)
        await self._discord.remove(message)
        if interaction.response is message:
            interaction.response = None
        return web.Response(status=204)


async def _payload(request: web.Request) -> Json:
    if request.content_type == "multipart/form-data":
        form = await request.post()
        payload: Json = json.loads(str(form["payload_json"]))
        sent = [part for part in form.values() if isinstance(part, web.FileField)]
        return payload | {"files": {part.filename: part.file.read() for part in sent}}
    if request.headers.get("Content-Type") != "application/json":
        raise form_error("Content-Type", str(request.headers.get("Content-Type")))
    loaded: Json = await request.json()
    return loaded


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # Discord sends exactly this type, and clients compare it so.
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json"} | (headers or {}),
    )
