"""The page that says what changed in the documents, and when."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.links import document_path
from bot.web.site import SITE, number_in, page
from index.history import BuildStamp

# Builds on one page, which name a few documents each, or many.
SHOWN = 30


def add_changes_page(app: web.Application) -> None:
    """Give an application this page."""
    app.router.add_get("/changes", _changes)


async def _changes(request: web.Request) -> web.Response:
    site = request.app[SITE]
    start = number_in(request, "from")
    stamps = await site.read(site.documents.history)
    changed = [stamp for stamp in stamps if not stamp.is_quiet]

    def stretch(first: int) -> str:
        return f"/changes?{urlencode({'from': first})}"

    return page(
        "changes",
        "documents",
        builds=_build_values(changed[start : start + SHOWN], _is_there(changed)),
        earlier=stretch(start + SHOWN) if start + SHOWN < len(changed) else None,
        later=stretch(max(0, min(start, len(changed)) - SHOWN)) if start else None,
    )


def _is_there(stamps: Sequence[BuildStamp]) -> dict[str, bool]:
    """Whether each document that builds name is still there; the builds stand newest first."""
    found: dict[str, bool] = {}
    for stamp in stamps:
        for new in (*stamp.added, *stamp.changed, *(one.new for one in stamp.renamed)):
            found.setdefault(new, True)
        for old in (*stamp.removed, *(one.old for one in stamp.renamed)):
            found.setdefault(old, False)
    return found


def _build_values(
    stamps: Sequence[BuildStamp], is_there: Mapping[str, bool]
) -> list[dict[str, Any]]:
    """Builds for the template; what was removed or renamed since has no page, and no link."""

    def line(name: str, old: str | None = None) -> dict[str, Any]:
        return {"name": name, "old": old, "href": document_path(name) if is_there[name] else None}

    return [
        {
            "built": stamp.built.strftime("%Y-%m-%d %H:%M"),
            "documents": stamp.documents,
            "is_first": stamp.before is None,
            "is_anew": stamp.is_anew,
            "kinds": {
                "New": [line(name) for name in stamp.added],
                "Changed": [line(name) for name in stamp.changed],
                "Renamed": [line(one.new, one.old) for one in stamp.renamed],
                "Gone": [line(name) for name in stamp.removed],
            },
            "unnamed": stamp.unnamed,
        }
        for stamp in stamps
    ]
