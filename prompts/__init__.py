"""
Every sentence that Quoth says, as Jinja2 templates.

A template is given values and says nothing that depends on who renders it: the same one serves a
terminal with colour, a pipe and a test, which differ in the `bold` and `dim` they pass.

Values come from outside. Each becomes one harmless line as it is filled in (`prompts.printing`), so
no template can forget it; what has lines or colours of its own is passed as `Shown`.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from prompts.printing import Shown, in_template, printable

if TYPE_CHECKING:
    from jinja2 import Environment

Style = Callable[[str], str]

_MINUTE_S = 60
_DAY_HOURS = 24


def render(template: str, /, **values: object) -> Shown:
    """
    Fill in a template.

    Args:
        template: Its file's name under `prompts/`, such as `answer.txt`.
        values: What it names; every name that it uses must be there.

    Raises:
        jinja2.TemplateError: If there is no such template, or a value is missing.
    """
    return Shown(_environment().get_template(f"{template}.j2").render(values).strip("\n"))


def render_page(template: str, /, **values: object) -> str:
    """
    Fill in a template of HTML; every value is text in it, whatever it looks like.

    Args:
        template: Its file's name under `prompts/web/`, such as `ask`.
        values: As of `render`.

    Raises:
        jinja2.TemplateError: If there is no such template, or a value is missing.
    """
    return _page_environment().get_template(f"web/{template}.html.j2").render(values)


@cache
def _environment() -> "Environment":
    # The output is text for terminals and files; Discord's escaping is its renderer's.
    return _environment_of(in_template, autoescape=False)


@cache
def _page_environment() -> "Environment":
    return _environment_of(_in_page, autoescape=True)


def _in_page(value: object) -> object:
    """What a page writes for a value: HTML of a template as it stands, else harmless characters."""
    return value if hasattr(value, "__html__") else printable(str(value))


def _environment_of(finalize: Callable[[Any], object], *, autoescape: bool) -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("prompts", "."),
        autoescape=autoescape,  # noqa: S701 - pages are, and texts are no HTML
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["counted"] = counted
    environment.filters["sized"] = sized
    environment.filters["duration"] = duration
    return environment


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 passage`, `1,204 passages`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sized(size: int) -> str:
    """`1 byte`, `12 KiB`, `1.5 MiB`."""
    if size < 2**10:
        return counted(size, "byte")
    if round(size / 2**10) < 2**10:
        return f"{size / 2**10:.0f} KiB"
    return f"{size / 2**20:.1f} MiB"


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`, `3 d 4 h`: as exactly as a guess deserves."""
    if seconds < _MINUTE_S:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / _MINUTE_S), 60)
    if hours >= _DAY_HOURS:
        return f"{hours // _DAY_HOURS} d {hours % _DAY_HOURS} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
