"""The description of the HTTP API, made of its routes."""

from functools import cache
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from bot import __version__
from bot.web.api import ROUTES, TIMEOUT_HEADER, Route
from bot.web.refusals import ErrorJson

_REFERENCE = "#/components/schemas/{model}"
_OF_EVERY_ROUTE = (400, 401, 403, 421, 500)
_STATUSES = {
    400: "What was sent is not what it should be.",
    401: "A token is needed.",
    403: "A page of another site asked.",
    404: "There is no such document.",
    413: "The body is too large.",
    415: "The body is not JSON, or packed.",
    421: "The host of the request is not one that Quoth is known by.",
    429: "Too many questions are waiting.",
    500: "Something went wrong, which is Quoth's fault.",
    503: "Nothing can be answered for now.",
    504: "It took too long.",
}
_WITH_RETRY_AFTER = (429, 503)
# A route that may take so long takes a limit, too.
_TOO_LONG = 504


def add_description(app: web.Application) -> None:
    """Give an application the description of its API."""

    async def describe(_: web.Request) -> web.Response:
        return web.json_response(description())

    app.router.add_get("/openapi.json", describe)


@cache
def description() -> dict[str, Any]:
    """The description, as OpenAPI 3.1 has it."""
    schemas = _schemas()
    # Their fields are parameters.
    queries = {route.sent.__name__ for route in ROUTES if route.sent and route.method == "GET"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quoth",
            "version": __version__,
            "summary": "Exact answers from a folder of documents.",
        },
        "paths": {
            route.path: {route.method.lower(): _operation(route, schemas)} for route in ROUTES
        },
        "components": {
            "schemas": {name: each for name, each in schemas.items() if name not in queries},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        # Without a token where none is set.
        "security": [{"token": []}, {}],
    }


def _schemas() -> dict[str, Any]:
    """The schema of each type, by its name."""
    results: set[type] = {ErrorJson, *(route.result for route in ROUTES)}
    sent: set[type] = {route.sent for route in ROUTES if route.sent is not None}
    adapters: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (kind.__name__, mode, TypeAdapter(kind))
        for mode, kinds in (("serialization", results), ("validation", sent))
        for kind in sorted(kinds, key=lambda kind: kind.__name__)
    ]
    _, shared = TypeAdapter.json_schemas(adapters, ref_template=_REFERENCE)
    return dict(shared["$defs"])


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    refusals = sorted({*_OF_EVERY_ROUTE, *route.refusals})
    operation: dict[str, Any] = {
        "operationId": route.path.rpartition("/")[2],
        "summary": route.summary,
        "responses": {
            "200": _response("What was asked for.", route.result),
            **{str(status): _refused(status) for status in refusals},
        },
    }
    parameters = [_timeout()] if _TOO_LONG in route.refusals else []
    if route.sent is not None and route.method == "GET":
        fields = schemas[route.sent.__name__]["properties"]
        parameters += [_parameter(name, schema) for name, schema in fields.items()]
    elif route.sent is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.sent)}
    return {**operation, "parameters": parameters} if parameters else operation


def _content(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=kind.__name__)}}}


def _response(meaning: str, kind: type) -> dict[str, Any]:
    return {"description": meaning, "content": _content(kind)}


def _refused(status: int) -> dict[str, Any]:
    response = _response(_STATUSES[status], ErrorJson)
    if status in _WITH_RETRY_AFTER:
        response["headers"] = {
            "Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}
        }
    return response


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _timeout() -> dict[str, Any]:
    return {
        "name": TIMEOUT_HEADER,
        "in": "header",
        "required": False,
        "description": "Seconds for which the answer is wanted, if they are fewer than Quoth's own "
        "limit.",
        "schema": {"type": "number", "exclusiveMinimum": 0},
    }
