"""What every request passes: who may ask, under which name; and how a refusal looks."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.access import is_known_host, may_enter
from bot.serving.node_messages import NODE_PATHS
from bot.web.files import FILES
from bot.web.refusals import ErrorJson, RefusedRequest, refusal
from bot.web.site import SCOPE, SITE
from prompts import render_page

_log = logging.getLogger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Everything that a page needs comes from Quoth; nothing may frame it, or send a form elsewhere.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Questions stand in addresses, which are nobody else's business.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Server": "Quoth",
}
_STATUS_CODES = {404: "not_found", 405: "method", 413: "too_large"}
# For these, nothing has to be shown: they tell nothing of any document.
_OPEN_PATHS = ("/static/", "/healthz")


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Give every response what keeps it in its place; `on_response_prepare` of an application."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    # Documents and questions are kept by nobody on the way.
    response.headers.setdefault("Cache-Control", "no-store")


@web.middleware
async def refuse(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Tell whoever asks why there is no answer: as JSON for programs, else as a page."""
    try:
        return await handler(request)
    except RefusedRequest as refused:
        return _refused(request, refused)
    except web.HTTPException as error:
        code = _STATUS_CODES.get(error.status)
        if code is None:
            raise
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _refused(request, refusal(error.status, code, allowed))
    except Exception:
        # Whatever it was, the asker hears of it, and the log says what.
        _log.exception("failed")
        return _refused(request, refusal(500, "failed"))


def _refused(request: web.Request, refused: RefusedRequest) -> web.Response:
    if _is_for_programs(request):
        body = ErrorJson.model_construct(error=refused.message, code=refused.code)
        response = web.json_response(body.model_dump(), status=refused.status)
    else:
        page = render_page(
            "problem",
            files=FILES,
            here=None,
            status=refused.status,
            message=refused.message,
        )
        response = web.Response(text=page, content_type="text/html", status=refused.status)
    response.headers.update(refused.headers)
    return response


def _is_for_programs(request: web.Request) -> bool:
    """Whether a request is one that a program makes."""
    return request.path.startswith("/v1/") or request.path == "/openapi.json"


@web.middleware
async def check_host(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse requests under a name that is another's, and those that other sites make unseen."""
    # Nodes are known to each other by any name: what a browser sends there lacks their token.
    is_nodes = request.path.startswith(NODE_PATHS)
    if not is_nodes and not is_known_host(request.headers.get("Host"), request.app[SITE].settings):
        raise refusal(421, "host")
    # Links from elsewhere are followed; a picture or a script of another site asks nothing here.
    site = request.headers.get("Sec-Fetch-Site")
    if site in {"cross-site", "same-site"} and request.headers.get("Sec-Fetch-Mode") != "navigate":
        raise refusal(403, "cross_site")
    return await handler(request)


@web.middleware
async def check_secret(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Let in who shows a secret, where one is set."""
    access = request.app[SITE].access
    for_programs = _is_for_programs(request)
    if request.path.startswith(NODE_PATHS):
        secrets = access.nodes
    else:
        secrets = access.programs if for_programs else access.page
    is_open = request.path.startswith(_OPEN_PATHS)
    if not is_open and not may_enter(request.headers.get("Authorization"), secrets):
        code = "password"
        if for_programs:
            code = "node_token" if request.path.startswith(NODE_PATHS) else "token"
        scheme = "Bearer" if for_programs else 'Basic charset="UTF-8",'
        headers = {"WWW-Authenticate": f'{scheme} realm="Quoth"'}
        raise refusal(401, code, headers)
    if for_programs:
        request[SCOPE] = access.collection_of(request.headers.get("Authorization"))
    return await handler(request)
