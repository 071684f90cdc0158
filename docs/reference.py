"""
The pages about settings and commands, made from the code.

    python -m docs.reference

writes `docs/settings.md` and `docs/commands.md`; `make docs` does the same.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.cli.main import cli
from bot.settings import IN_FILE, PREFIX, SECRET_NAMES, Settings

HOME = Path(__file__).resolve().parent
MADE = "<!-- Made from the code by `make docs`; a change here would be lost. -->"

_IN_FILES = ", ".join(f"`{name}{IN_FILE}`" for name in sorted(SECRET_NAMES))

_SETTINGS = f"""\
# Settings

{MADE}

Each setting comes from the environment, else from a file `.env` in the current folder.
One that stands in neither has its default.
The options `--seeds`, `--data` and `--encoder` of a command go before both.
A secret can stand in a file instead, whose path another name has: {_IN_FILES}.
An empty value counts as none, and a `{PREFIX}` name that is no setting is refused.

| name | default | values | meaning |
|---|---|---|---|
"""

_COMMANDS = f"""\
# Commands

{MADE}

What `quoth --help` and the `--help` of each command say.
[settings.md](settings.md) lists the settings, which hold where no option is given.
"""


def settings_page() -> str:
    """Every setting with its default, its values and its meaning."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return _SETTINGS + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    meaning = (field.description or "").replace("|", r"\|")
    return f"`{_variable(name)}`", _default(field), _values(field), _with_variables(meaning)


def _variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return str(alias or PREFIX + name.upper())


def _with_variables(text: str) -> str:
    """Name settings as they are set: `cooldown_s` of the code is QUOTH_COOLDOWN_S."""
    names = "|".join(Settings.model_fields)
    return re.sub(f"`({names})`", lambda match: f"`{_variable(match[1])}`", text)


def _default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return "none"
        case bool(value):
            return f"`{str(value).lower()}`"
        case frozenset(values) | tuple(values):
            return f"`{','.join(sorted(map(str, values)))}`" if values else "none"
        case value:
            return f"`{value}`"


def _values(field: FieldInfo) -> str:
    """Which values a setting takes, in words."""
    kinds = set(_kinds(field.annotation))
    if bool in kinds:
        return "`true` or `false`"
    if int in kinds:
        return f"a whole number {_bounds(field)}"
    if float in kinds:
        return f"a number {_bounds(field)}"
    if Path in kinds:
        return "a folder"
    if kinds & {frozenset, tuple}:
        inner = get_args(field.annotation)[0]
        words = {int: "whole numbers,", SecretStr: "words, shown nowhere,"}.get(inner, "words,")
        return f"{words} with commas between them"
    return "text, shown nowhere" if SecretStr in kinds else "text"


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types that a value may have."""
    if get_origin(annotation) is UnionType:
        for each in get_args(annotation):
            yield from _kinds(each)
    else:
        yield get_origin(annotation) or annotation


def _bounds(field: FieldInfo) -> str:
    given = {
        name: value
        for each in field.metadata
        for name in ("ge", "gt", "le")
        if (value := getattr(each, name, None)) is not None
    }
    start = f"from {given['ge']}" if "ge" in given else f"above {given['gt']}"
    if "le" in given:
        return f"{start} to {given['le']:,}" if "ge" in given else f"{start}, at most {given['le']}"
    return f"{start} on" if "ge" in given else start


def commands_page() -> str:
    """Every command with its usage, its help and its options."""
    root = click.Context(cli, info_name="quoth", **cli.context_settings)
    return _COMMANDS + "".join(_sections(root))


def _sections(ctx: click.Context) -> Iterator[str]:
    command = ctx.command
    help_text = inspect.cleandoc(command.help or "")
    parts = [
        f"\n## {ctx.command_path}\n",
        f"    {ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}\n",
        f"{help_text}\n",
    ]
    options = [each for each in command.params if isinstance(each, click.Option)]
    records = [record for each in options if (record := each.get_help_record(ctx))]
    if records:
        parts.append("".join(f"- `{names}`: {text}\n" for names, text in records))
    yield "\n".join(parts)
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None:
                yield from _sections(click.Context(found, info_name=name, parent=ctx))


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "commands.md": commands_page,
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HOME / name).write_text(page(), encoding="utf-8")
