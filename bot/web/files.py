"""The files that the page is made with: a stylesheet, a script, an icon."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType

from aiohttp import web

# Under its address, a file never changes: another one has another address.
_KEPT = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    content_type: str
    content: bytes

    @property
    def path(self) -> str:
        return f"/static/{sha256(self.content).hexdigest()[:12]}/{self.name}"


def _file(name: str, content_type: str) -> _File:
    return _File(name, content_type, (files("bot.web") / "static" / name).read_bytes())


_STYLE = _file("style.css", "text/css")
_ALL = {
    "style": _STYLE,
    "script": _file("quoth.js", "text/javascript"),
    "icon": _file("icon.svg", "image/svg+xml"),
}
FILES: Mapping[str, str] = MappingProxyType({name: file.path for name, file in _ALL.items()})
"""The address of each, for templates."""


def add_files(app: web.Application) -> None:
    """Serve these files, and no others: nothing of a request becomes a name on the disk."""
    for file in _ALL.values():
        app.router.add_get(file.path, _serving(file))

    async def icon(_: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect(FILES["icon"])

    # Browsers ask for it wherever they see no page.
    app.router.add_get("/favicon.ico", icon)


def _serving(file: _File) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(
            body=file.content,
            content_type=file.content_type,
            charset="utf-8",
            headers={"Cache-Control": _KEPT},
        )

    return serve
