"""What Discord refuses: sizes, forms and names."""

import json
import re
from collections.abc import Sequence

from tests.discord_service.world import (
    BUTTON,
    COMPONENTS_V2,
    CONTAINER,
    ROW,
    SECTION,
    SEPARATOR,
    TEXT_DISPLAY,
    Json,
    Message,
    walk,
)

MAX_CONTENT, MAX_EMBEDS, MAX_EMBED_TOTAL = 2_000, 10, 6_000
MAX_LAYOUT_TEXT, MAX_COMPONENTS = 4_000, 40
MAX_ROWS, MAX_BUTTONS, MAX_LABEL, MAX_CUSTOM_ID = 5, 5, 80, 100
MAX_CHOICES, MAX_CHOICE = 25, 100
MAX_MODAL_TITLE, MAX_MODAL_ITEMS, MAX_INPUT_LABEL = 45, 5, 45

_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
_EMBED_LIMITS = {"title": 256, "description": 4_096}


class ApiError(Exception):
    """A refusal as Discord words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def form_error(where: str, problem: str) -> ApiError:
    """The refusal of a malformed request."""
    return ApiError(400, 50035, f"Invalid Form Body: {where}: {problem}")


def check_length(where: str, text: object, most: int, least: int = 1) -> None:
    """Refuse a text of the wrong length."""
    if not isinstance(text, str) or not least <= len(text) <= most:
        raise form_error(where, f"must be {least} to {most} characters long, is {text!r}")


def check_message(payload: Json, before: Message | None = None) -> None:
    """Refuse what Discord would refuse, as a new message or as a change of the one before."""
    content = payload.get("content") or ""
    embeds = payload.get("embeds") or []
    flags = payload.get("flags") or 0
    if before is not None:
        flags |= before.flags
        # What a change does not name stays; embeds go only by an empty list.
        content = content if "content" in payload else before.content
        embeds = embeds if payload.get("embeds") is not None else before.embeds
    if flags & COMPONENTS_V2:
        if content or embeds:
            raise form_error("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2")
        if before is None or "components" in payload:
            check_layout(payload.get("components") or [])
        return
    check_length("content", content, MAX_CONTENT, 0)
    if len(embeds) > MAX_EMBEDS:
        raise form_error("embeds", f"{len(embeds)} of {MAX_EMBEDS}")
    if not content and not embeds and before is None:
        raise ApiError(400, 50006, "Cannot send an empty message")
    total = sum(_check_embed(embed) for embed in embeds)
    if total > MAX_EMBED_TOTAL:
        raise form_error("embeds", f"{total} characters of {MAX_EMBED_TOTAL}")
    rows = payload.get("components") or []
    if len(rows) > MAX_ROWS:
        raise form_error("components", f"{len(rows)} rows of {MAX_ROWS}")
    _check_each(rows, (ROW,), set())


def check_layout(components: Sequence[Json]) -> None:
    """Refuse components that Discord would refuse in a message of nothing else."""
    if not components:
        raise ApiError(400, 50006, "Cannot send an empty message")
    _check_each(components, (ROW, SECTION, TEXT_DISPLAY, SEPARATOR, CONTAINER), set())
    every = list(walk(components))
    if len(every) > MAX_COMPONENTS:
        raise form_error("components", f"{len(every)} components of {MAX_COMPONENTS}")
    text = sum(len(one["content"]) for one in every if one["type"] == TEXT_DISPLAY)
    if text > MAX_LAYOUT_TEXT:
        raise form_error("components", f"{text} characters of {MAX_LAYOUT_TEXT}")


def _check_each(components: Sequence[Json], allowed: Sequence[int], ids: set[str]) -> None:
    for one in components:
        kind, inside = one.get("type"), one.get("components", [])
        if kind not in allowed:
            raise form_error("type", f"must be one of {allowed}, is {one}")
        if kind == TEXT_DISPLAY:
            check_length("content", one.get("content"), MAX_LAYOUT_TEXT)
        elif kind == BUTTON:
            _check_button(one, ids)
        elif kind == ROW:
            _check_count("row", inside, MAX_BUTTONS)
            _check_each(inside, (BUTTON,), ids)
        elif kind == SECTION:
            _check_count("section", inside, 3)
            _check_each(inside, (TEXT_DISPLAY,), ids)
            _check_each([one.get("accessory") or {}], (BUTTON,), ids)
        elif kind == CONTAINER:
            _check_count("container", inside, MAX_COMPONENTS)
            if not 0 <= (one.get("accent_color") or 0) <= 0xFFFFFF:
                raise form_error("accent_color", f"is no colour: {one['accent_color']}")
            _check_each(inside, (ROW, SECTION, TEXT_DISPLAY, SEPARATOR), ids)


def _check_count(where: str, components: Sequence[Json], most: int) -> None:
    if not 1 <= len(components) <= most:
        raise form_error(where, f"holds {len(components)} of 1 to {most}")


def _check_button(button: Json, ids: set[str]) -> None:
    custom_id = button.get("custom_id")
    check_length("custom_id", custom_id, MAX_CUSTOM_ID)
    if custom_id in ids:
        raise form_error("custom_id", f"{custom_id} stands twice")
    ids.add(str(custom_id))
    check_length("label", button.get("label"), MAX_LABEL)


def _check_embed(embed: Json) -> int:
    for name, most in _EMBED_LIMITS.items():
        if embed.get(name) is not None:
            check_length(f"embed.{name}", embed[name], most)
    fields = embed.get("fields", [])
    if len(fields) > 25:
        raise form_error("embed.fields", f"{len(fields)} of 25")
    for field in fields:
        check_length("embed.field.name", field.get("name"), 256)
        check_length("embed.field.value", field.get("value"), 1_024)
    footer, author = embed.get("footer", {}), embed.get("author", {})
    if footer:
        check_length("embed.footer.text", footer.get("text"), 2_048)
    if author:
        check_length("embed.author.name", author.get("name"), 256)
    counted = [embed.get("title"), embed.get("description"), footer.get("text")]
    counted += [author.get("name"), *(f["name"] + f["value"] for f in fields)]
    return sum(len(text) for text in counted if text)


def check_modal(form: Json) -> None:
    """Refuse a form that Discord would refuse."""
    check_length("modal.title", form.get("title"), MAX_MODAL_TITLE)
    check_length("modal.custom_id", form.get("custom_id"), MAX_CUSTOM_ID)
    rows = form.get("components", [])
    if not 1 <= len(rows) <= MAX_MODAL_ITEMS:
        raise form_error("modal.components", f"{len(rows)} of 1 to {MAX_MODAL_ITEMS}")
    for row in rows:
        item = row["component"] if row["type"] == 18 else row["components"][0]
        label = row["label"] if row["type"] == 18 else item.get("label")
        check_length("modal.label", label, MAX_INPUT_LABEL)
        if item.get("placeholder") is not None:
            check_length("modal.placeholder", item["placeholder"], 100)


def check_commands(commands: object) -> list[Json]:
    """Refuse a set of commands that Discord would refuse."""
    if not isinstance(commands, list):
        raise form_error("commands", "is no list")
    for command in commands:
        if command.get("type", 1) == 1:
            _check_command(command)
        else:
            check_length("menu.name", command.get("name"), 32)
            if command.get("description"):
                raise form_error("menu.description", "menus have none")
        if len(json.dumps(command)) > 8_000:
            raise form_error("command", "is too large")
    return commands


def _check_command(command: Json) -> None:
    name = command.get("name")
    if not isinstance(name, str) or not _COMMAND_NAME.fullmatch(name) or name != name.lower():
        raise form_error("command.name", f"{name!r}")
    check_length("command.description", command.get("description"), 100)
    for option in command.get("options", []):
        _check_command(option)
