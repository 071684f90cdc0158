"""The HTTP API, as programs see it."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from answering.question import Question
from bot.answer_json import answer_json
from bot.links import Links
from bot.serving.program_requests import MAX_BODY_BYTES
from bot.serving.service import AnswerService
from bot.web.api import ROUTES
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.fakes import GatedAnswers
from tests.bot.web.conftest import MakeVisitor, Visitor
from tests.conftest import Library
from tests.waiting import until

TOKEN, PASSWORD = "token-0123456789abc", "password-0123456789"
QUESTION = "how many for arson"
# Something that each route can do.
SENT: dict[str, Any] = {
    "/v1/ask": {"question": QUESTION, "alternatives": 2},
    "/v1/search": {"question": QUESTION},
    "/v1/context": {"document": "figures.txt", "start_char": 4, "end_char": 10},
    "/v1/documents": None,
    "/v1/status": None,
}
PAGES = ["/", "/d/figures.txt", "/documents", "/changes", f"/a/{'0' * 32}", "/answer.html"]
POSTED = [path for path, sent in SENT.items() if sent is not None]


def wait_until_asked(visitor: Visitor) -> None:
    until(lambda: visitor.site.queue.taken > 0)


def send(visitor: Visitor, path: str, **options: Any) -> Any:
    sent = SENT[path]
    if sent is None:
        return visitor.get(path, **options)
    return visitor.post(path, sent, **options)


def test_an_answer_is_what_the_terminal_prints_as_json(
    visit: MakeVisitor, service: AnswerService
) -> None:
    visitor = visit(public_url="https://quoth.example")
    answer = service.answer(Question(QUESTION), (), 2, None)
    links = Links("https://quoth.example")

    described = visitor.post("/v1/ask", SENT["/v1/ask"]).json

    # Where the time went is another time's.
    expected = {
        **answer_json(answer, links, described["id"]),
        "timings_ms": described["timings_ms"],
    }
    assert described == expected
    assert list(described) == list(expected)
    assert described["answer"] == "812"


def test_a_follow_up_leans_on_answers_as_they_came_back(visitor: Visitor) -> None:
    first = visitor.post("/v1/ask", {"question": "how many were counted for theft"}).json

    second = visitor.post("/v1/ask", {"question": "and for arson?", "earlier": [first]}).json

    assert (second["answer"], second["understood"] is None) == ("812", False)
    alone = visitor.post("/v1/ask", {"question": "and for arson?"}).json
    assert alone["understood"] is None


def test_an_earlier_question_is_cleaned_as_a_question_is(visitor: Visitor) -> None:
    earlier = [{"question": " how many\u202e\x1b for \n theft "}]

    answer = visitor.post("/v1/ask", {"question": "and for arson?", "earlier": earlier}).json

    assert answer["understood"] == "how many for theft and for arson?"


def test_a_search_gives_the_passages_that_are_read(visitor: Visitor) -> None:
    found = visitor.post("/v1/search", {"question": "arson", "count": 1}).json

    (passage,) = found["passages"]
    assert ARTICLE[passage["start_char"] : passage["end_char"]] == passage["text"]
    assert passage["document"] == "figures.txt"
    assert found["generation"] == visitor.get("/v1/status").json["generation"]


def test_a_context_is_the_documents_text(visitor: Visitor) -> None:
    at = ARTICLE.index("812")
    body = {"document": "figures.txt", "start_char": at, "end_char": at + 3, "chars": 10}

    context = visitor.post("/v1/context", body).json

    assert context["before"] + context["text"] + context["after"] == ARTICLE[at - 10 : at + 13]
    assert context["text"] == "812"


def test_documents_are_listed_and_found_by_name(visitor: Visitor) -> None:
    assert visitor.get("/v1/documents").json["total"] == 1
    assert [one["document"] for one in visitor.get("/v1/documents?name=FIG").json["documents"]] == [
        "figures.txt"
    ]
    assert visitor.get("/v1/documents?name=other").json == {
        "documents": [],
        "start": 0,
        "total": 0,
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_result_is_what_its_description_says(visitor: Visitor, route: Any) -> None:
    reply = send(visitor, route.path)

    assert reply.status == 200
    assert reply.headers["Content-Type"].startswith("application/json")
    TypeAdapter(route.result).validate_json(reply.text, strict=True)


def test_the_description_names_every_route_and_nothing_that_it_does_not_describe(
    visitor: Visitor,
) -> None:
    described = visitor.get("/openapi.json").json

    assert set(described["paths"]) == set(SENT)
    names = set(described["components"]["schemas"])
    text = json.dumps(described)
    assert {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]} == names
    for path, methods in described["paths"].items():
        for operation in methods.values():
            for status in operation["responses"]:
                assert status == "200" or int(status) >= 400
            # Whatever is asked for, a page of another site may ask, or Quoth may fail.
            assert {"403", "500"} <= set(operation["responses"])
        assert ("requestBody" in methods.get("post", {})) is (path in POSTED)


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "the body: is no JSON (line 1 column 1)"),
        ("[]", "the body: has to be an object"),
        ("null", "the body: has to be an object"),
        ('{"hunter2": 1}', "hunter2: there is no such key"),
        ("\ud800".encode("utf-8", "surrogatepass"), "is no JSON"),
        ("[" * 100_000, "is no JSON"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_cannot_be_used_is_named(
    visitor: Visitor, path: str, body: str | bytes, words: str
) -> None:
    headers = {"Content-Type": "application/json"}

    reply = visitor.do(visitor.request("POST", path, data=body, headers=headers))

    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert words in reply.json["error"]


@pytest.mark.parametrize(
    ("path", "changes", "status", "words"),
    [
        ("/v1/ask", {"question": " "}, 400, "The question is empty"),
        ("/v1/ask", {"question": "why " * 2_000}, 400, "at most 4,000"),
        ("/v1/ask", {"question": 5}, 400, "question: has to be a text"),
        ("/v1/ask", {"alternatives": "some"}, 400, "alternatives: has to be a whole number."),
        ("/v1/ask", {"earlier": "before"}, 400, "earlier: has to be a list."),
        ("/v1/ask", {"earlier": [{}]}, 400, "earlier.0.question: is missing."),
        ("/v1/ask", {"x" * 5_000: 1}, 400, "…: there is no such key."),
        ("/v1/ask", {"alternatives": 21}, 400, "alternatives: is at most 20."),
        ("/v1/ask", {"earlier": [{"question": "x"}] * 11}, 400, "earlier: has at most 10 entries."),
        ("/v1/search", {"count": 0}, 400, "count: is at least 1."),
        ("/v1/context", {"end_char": 3}, 400, "end_char is not below start_char"),
        ("/v1/context", {"end_char": 99_999}, 400, "at most 20,000 above it"),
        (
            "/v1/context",
            {"start_char": 2**70, "end_char": 2**70},
            400,
            "start_char: is at most 1,000,000,000;",
        ),
        ("/v1/context", {"document": "../figures.txt"}, 404, "There is no document"),
        ("/v1/context", {"document": "/etc/passwd"}, 404, "There is no document"),
    ],
)
def test_what_cannot_be_done_is_said(
    visitor: Visitor, path: str, changes: dict[str, Any], status: int, words: str
) -> None:
    reply = visitor.post(path, SENT[path] | changes)

    assert reply.status == status
    assert words in reply.json["error"]


@pytest.mark.parametrize("query", ["count=0", "count=x", "start=-1", f"start={2**70}", "other=1"])
def test_a_query_that_cannot_be_used_is_named(visitor: Visitor, query: str) -> None:
    reply = visitor.get(f"/v1/documents?{query}")

    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert query.partition("=")[0] in reply.json["error"]


def test_other_requests_are_refused_as_json(visitor: Visitor) -> None:
    plain = visitor.do(visitor.request("POST", "/v1/ask", data='{"question": "x"}'))
    large = visitor.post("/v1/ask", {"question": "x" * (MAX_BODY_BYTES + 1)})
    seen = {
        "media_type": (415, plain),
        "too_large": (413, large),
        "method": (405, visitor.get("/v1/ask")),
        "not_found": (404, visitor.get("/v1/nothing")),
    }

    for code, (status, reply) in seen.items():
        assert (reply.status, reply.json["code"]) == (status, code)
        assert reply.json["error"]


@pytest.mark.parametrize(
    "packed", [gzip.compress(b'{"question": "how many"}'), b"broken"], ids=["sound", "broken"]
)
@pytest.mark.parametrize("shown", [{}, {"Authorization": f"Bearer {TOKEN}"}], ids=["out", "in"])
def test_what_is_sent_packed_is_refused_and_not_unpacked(
    visit: MakeVisitor, caplog: pytest.LogCaptureFixture, packed: bytes, shown: dict[str, str]
) -> None:
    visitor = visit(api_tokens=TOKEN)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", **shown}

    reply = visitor.do(visitor.request("POST", "/v1/ask", data=packed, headers=headers))

    assert (reply.status, reply.json["code"]) == ((415, "media_type") if shown else (401, "token"))
    # Unpacking what is broken would have failed.
    assert not caplog.records


@pytest.mark.parametrize("coding", ["", "identity", "Identity"])
def test_what_is_sent_as_it_is_may_say_so(visitor: Visitor, coding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    sent = b'{"question": "how many for theft"}'

    reply = visitor.do(visitor.request("POST", "/v1/ask", data=sent, headers=headers))

    assert reply.status == 200


@pytest.mark.parametrize("path", SENT)
def test_where_tokens_are_set_one_has_to_be_shown(visit: MakeVisitor, path: str) -> None:
    visitor = visit(api_tokens=f"{TOKEN},other-0123456789a")

    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
        refused = send(visitor, path, headers=headers)
        assert (refused.status, refused.json["code"]) == (401, "token")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert send(visitor, path, headers={"Authorization": f"Bearer {TOKEN}"}).status == 200


def test_a_password_counts_for_programs_where_no_token_is_set(visit: MakeVisitor) -> None:
    visitor = visit(web_password=PASSWORD)

    assert visitor.get("/v1/status").status == 401
    assert visitor.get("/openapi.json").status == 401
    shown = {"Authorization": f"Bearer {PASSWORD}"}
    assert visitor.get("/v1/status", headers=shown).status == 200


def test_a_full_queue_says_when_to_come_back(visit: MakeVisitor) -> None:
    gated = GatedAnswers()
    visitor = visit(gated, workers=1, max_waiting=0)
    first = visitor.start(visitor.request("POST", "/v1/ask", json={"question": "one"}))
    wait_until_asked(visitor)

    refused = visitor.post("/v1/ask", {"question": "two"})

    assert (refused.status, refused.json["code"]) == (429, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    gated.gate.set()
    assert first().status == 200


def test_an_answer_that_is_wanted_sooner_is_given_up_sooner(visit: MakeVisitor) -> None:
    gated = GatedAnswers()
    visitor = visit(gated)

    reply = visitor.post("/v1/ask", {"question": "one"}, headers={"Quoth-Timeout": "0.05"})

    assert (reply.status, reply.json["code"]) == (504, "slow")
    gated.gate.set()
    for limit in ("0", "-1", "nan", "inf", "soon", ""):
        refused = visitor.post("/v1/ask", {"question": "one"}, headers={"Quoth-Timeout": limit})
        assert (refused.status, refused.json["code"]) == (400, "timeout")


def test_what_is_under_way_is_answered_before_the_server_ends(visit: MakeVisitor) -> None:
    gated = GatedAnswers()
    visitor = visit(gated)
    asked = visitor.start(visitor.request("POST", "/v1/ask", json={"question": "one"}))
    wait_until_asked(visitor)

    stopped = visitor.start(visitor.stop_listening())
    gated.gate.set()

    assert asked().status == 200
    stopped()


def test_a_new_index_is_answered_from_at_once(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    before = visitor.get("/v1/status").json["generation"]
    library.write("new.txt", "For fraud 55 were counted.")
    library.build()

    assert service.refresh()

    described = visitor.post("/v1/ask", {"question": "how many for fraud"}).json
    assert (described["answer"], described["document"]) == ("55", "new.txt")
    assert described["generation"] != before


def test_a_servers_own_documents_are_out_of_reach(visitor: Visitor, library: Library) -> None:
    own = library.other("server-1")
    own.write("own.txt", "For fraud 55 were counted, a zebra said.")
    own.build()
    place = {"collection": "server-1", "document": "own.txt", "start_char": 0, "end_char": 9}
    earlier = [{"question": "how many for fraud", "answer": "55", "answers": [place]}]

    replies = [
        visitor.post("/v1/ask", {"question": "how many for fraud", "earlier": earlier}),
        visitor.post("/v1/ask", {"question": "and for fraud?", "earlier": earlier}),
        visitor.post("/v1/search", {"question": "fraud 55", "count": 50}),
        visitor.get("/v1/documents"),
        visitor.get("/documents"),
        visitor.get("/?q=how+many+for+fraud"),
    ]
    missing = [
        visitor.post("/v1/context", {"document": name, "start_char": 0, "end_char": 5})
        for name in ("own.txt", "server-1/own.txt", "../collections/server-1/documents/own.txt")
    ]

    assert [reply.status for reply in replies] == [200] * 6
    assert [reply.status for reply in missing] == [404] * 3
    assert visitor.get("/d/own.txt").status == 404
    for reply in replies:
        assert "zebra" not in reply.text
        assert "own.txt" not in reply.text


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    [
        *("question", "earlier", "alternatives", "count"),
        *("document", "start_char", "end_char", "chars", "collection"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(POSTED), st.dictionaries(_KEYS | st.text(), _VALUES, max_size=6))
def test_no_body_breaks_anything(visitor: Visitor, path: str, body: dict[str, Any]) -> None:
    reply = visitor.post(path, body)

    assert reply.status in {200, 400, 404}
    assert reply.status == 200 or reply.json["error"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*SENT, *PAGES]), st.binary(max_size=60))
def test_no_bytes_break_anything(visitor: Visitor, path: str, body: bytes) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in body)
    headers = {"Content-Type": "application/json"}

    posted = visitor.do(visitor.request("POST", path, data=body, headers=headers))
    names = ("q", "name", "start", "end", "from", "words", "after")
    read = visitor.get(f"{path}?{'&'.join(f'{name}={quoted}' for name in names)}")
    below = visitor.get(f"{path.rstrip('/')}/{quoted}")

    assert posted.status in {400, 404, 405}
    assert read.status in {200, 400, 404, 405}
    assert below.status in {200, 400, 404}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([*SENT, *PAGES]),
    st.sampled_from(["Authorization", "Quoth-Timeout", "Origin", "Cookie", "Range", "Accept"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80),
)
def test_no_header_breaks_anything(visitor: Visitor, path: str, name: str, value: str) -> None:
    reply = (
        send(visitor, path, headers={name: value})
        if path in SENT
        else visitor.get(path, headers={name: value})
    )

    assert reply.status in {200, 400, 404, 504}


def test_a_question_is_answered_from_the_documents_that_it_names(
    visit: MakeVisitor, service: AnswerService, library: Library
) -> None:
    library.write("north/report.txt", "In the north, for arson 14 were counted.")
    library.build()
    service.refresh()
    visitor = visit()
    sent = {"question": QUESTION, "in": ["north/*"]}

    asked, searched = visitor.post("/v1/ask", sent), visitor.post("/v1/search", sent)

    assert asked.json["answer"] == "14"
    assert asked.json["narrowed"] == {"documents": 1, "of": 2, "undated": 0}
    assert [one["document"] for one in searched.json["passages"]] == ["north/report.txt"]
    for wrong in ({"in": ["nroth/*"]}, {"since": "May"}, {"since": "2024-05-01"}):
        refused = visitor.post("/v1/ask", {"question": QUESTION} | wrong)
        assert (refused.status, refused.json["code"]) == (400, "filter")
