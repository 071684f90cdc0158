"""How much disk a distribution takes, with all that it needs."""

import json
import tomllib
from collections.abc import Callable, Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlparse

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Find = Callable[[str], Distribution]


def closure(names: Iterable[str], find: Find = distribution) -> dict[str, Distribution]:
    """
    Resolve what distributions need, from what is installed.

    A requirement that does not apply here, or to extras that nobody asked for, is left out, and so
    is one that is not installed: pip has already decided what is needed.

    Args:
        names: The names of distributions; an extra can be asked for as in `name[extra]`.
        find: Finds an installed distribution; raises `PackageNotFoundError`.

    Returns:
        By canonical name, the named ones included.

    Raises:
        PackageNotFoundError: If a named one is not installed.
    """
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(name) for name in names]
    for named in waiting:
        find(named.name)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        try:
            found.setdefault(name, find(wanted.name))
        except PackageNotFoundError:
            continue
        for extra in ("", *wanted.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            waiting += [
                needed
                for needed in map(Requirement, found[name].requires or ())
                if needed.marker is None or needed.marker.evaluate({"extra": extra})
            ]
    return found


def size_bytes(one: Distribution) -> int:
    """The files of an installed distribution; of an editable one, those that its wheel has."""
    project = _editable(one)
    if project is None:
        paths = (Path(str(one.locate_file(file))) for file in one.files or ())
        return sum(path.stat().st_size for path in paths if path.is_file())
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return sum(folder_bytes(project / package) for package in packages)


def folder_bytes(folder: Path) -> int:
    """All files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _editable(one: Distribution) -> Path | None:
    """The folder of its sources, if it is installed from there."""
    origin = json.loads(one.read_text("direct_url.json") or "{}")
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlparse(origin["url"]).path))
