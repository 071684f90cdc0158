"""
Every sentence that Quoth says, as Jinja2 templates.

A template is given values and says nothing that depends on who renders it: the same one serves a
terminal with colour, a pipe and a test, which differ in the `bold` and `dim` they pass.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

Style = Callable[[str], str]

_MINUTE_S = 60


def render(template: str, /, **values: object) -> str:
    """
    Fill in a template.

    Args:
        template: Its file's name under `prompts/`, such as `answer.txt`.
        values: What it names; every name that it uses must be there.

    Raises:
        jinja2.TemplateError: If there is no such template, or a value is missing.
    """
    return _environment().get_template(f"{template}.j2").render(values).strip("\n")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("prompts", "."),
        # The output is text for terminals and files; Discord's escaping is its renderer's.
        autoescape=False,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = "{:,}".format
    environment.filters["counted"] = counted
    environment.filters["duration"] = duration
    return environment


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 passage`, `1,204 passages`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 5 min`: as exactly as a guess deserves."""
    if seconds < _MINUTE_S:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / _MINUTE_S), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
