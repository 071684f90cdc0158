"""Collections by token: whoever shows one reaches the collection that it opens, and no other."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.web.conftest import MakeVisitor, Reply, Visitor
from tests.bot.web.test_api import TOKEN
from tests.conftest import Library

FIRST, SECOND = "first-token-0123456789", "second-token-012345678"
TOKENS = f"{TOKEN},server-1={FIRST},server-2={SECOND}"
# What each collection alone says.
OWN = {"server-1": "zebra", "server-2": "yak"}


@pytest.fixture
def visitor(visit: MakeVisitor, library: Library) -> Visitor:
    for number, (name, animal) in enumerate(OWN.items()):
        own = library.other(name)
        own.write("own.txt", f"For fraud {55 + number} were counted, a {animal} said.")
        own.write("figures.txt", f"For bribes 9{number} were counted, a {animal} said.")
        own.build()
    return visit(api_tokens=TOKENS)


def shown(token: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}"}}


def asked(visitor: Visitor, token: str, question: str = "how many for fraud", **more: Any) -> Reply:
    return visitor.post("/v1/ask", {"question": question, **more}, **shown(token))


def test_a_token_is_answered_from_its_collection_and_the_base(visitor: Visitor) -> None:
    for token, answer, name in ((FIRST, "55", "server-1"), (SECOND, "56", "server-2")):
        found = asked(visitor, token).json
        assert (found["answer"], found["collection"]) == (answer, name)
        # It is nothing that a link may lead to.
        assert (found["id"], found["permalink"], found["link"]) == (None, None, None)
        base = asked(visitor, token, "how many for arson").json
        assert (base["answer"], base["collection"]) == ("812", "base")
    assert "zebra" not in asked(visitor, TOKEN).text


def test_it_searches_lists_and_reads_it(visitor: Visitor) -> None:
    found = visitor.post("/v1/search", {"question": "fraud", "count": 9}, **shown(FIRST))
    listed = visitor.get("/v1/documents", **shown(FIRST)).json
    place = {"document": "figures.txt", "start_char": 0, "end_char": 10}
    own = visitor.post("/v1/context", {**place, "collection": "server-1"}, **shown(FIRST))
    common = visitor.post("/v1/context", place, **shown(FIRST))
    status = visitor.get("/v1/status", **shown(FIRST)).json

    assert {one["collection"] for one in found.json["passages"]} == {"base", "server-1"}
    assert [(one["collection"], one["document"]) for one in listed["documents"]] == [
        ("server-1", "figures.txt"),
        ("server-1", "own.txt"),
        ("base", "figures.txt"),
    ]
    assert listed["total"] == 3
    rest = visitor.get("/v1/documents?start=1&count=2&name=fig", **shown(FIRST)).json
    assert [one["collection"] for one in rest["documents"]] == ["base"]
    assert (own.json["text"], own.json["collection"]) == ("For bribes", "server-1")
    assert common.json["text"] == "The agency"
    assert (status["collection"], status["documents"]) == ("server-1", 3)


def test_asking_for_what_is_not_there_costs_nobody_the_collection(visitor: Visitor) -> None:
    place = {"collection": "server-1", "document": "gone.txt", "start_char": 0, "end_char": 10}

    assert visitor.post("/v1/context", place, **shown(FIRST)).status == 404

    assert asked(visitor, FIRST).json["collection"] == "server-1"
    assert visitor.get("/v1/status", **shown(FIRST)).json["collection"] == "server-1"


@pytest.mark.parametrize(
    ("token", "hidden"), [(TOKEN, ("zebra", "yak")), (FIRST, ("yak",)), (SECOND, ("zebra",))]
)
def test_a_token_reaches_no_other_collection(
    visitor: Visitor, token: str, hidden: tuple[str, ...]
) -> None:
    others = [name for name, animal in OWN.items() if animal in hidden]
    replies = [
        visitor.post("/v1/search", {"question": "fraud bribes", "count": 50}, **shown(token)),
        visitor.get("/v1/documents", **shown(token)),
        visitor.get("/v1/documents?name=own", **shown(token)),
    ]
    for other in others:
        place = {"collection": other, "document": "own.txt", "start_char": 0, "end_char": 9}
        for question in ("how many for fraud", "and for bribes?", "and for fraud?"):
            earlier = [{"question": "how many for fraud", "answers": [place]}]
            replies.append(asked(visitor, token, question, earlier=earlier, alternatives=20))
        refused = visitor.post("/v1/context", place, **shown(token))
        assert refused.status == 404
        replies.append(refused)
    for path in ("/", "/documents", "/changes", "/d/own.txt", "/?q=how+many+for+fraud"):
        page = visitor.get(path, **shown(token))
        assert page.status == (404 if path == "/d/own.txt" else 200)
        assert not [animal for animal in OWN.values() if animal in page.text]

    for reply in replies:
        assert not [animal for animal in hidden if animal in reply.text]
        assert not [other for other in others if f'"{other}"' in reply.text]


_FORGED = st.one_of(
    st.sampled_from(
        [
            "",
            "server-1",
            f"server-1={FIRST}",
            f"server-2={FIRST}",
            f"server-1={TOKEN}",
            f"{FIRST},{SECOND}",
            f"{FIRST} {SECOND}",
            FIRST[:-1],
            FIRST + "\t.",
            FIRST.upper(),
            "*",
        ]
    ),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_FORGED)
def test_a_forged_token_opens_nothing(visitor: Visitor, token: str) -> None:
    for path in ("/v1/documents", "/v1/status", "/openapi.json"):
        assert visitor.get(path, **shown(token)).status == 401
    assert asked(visitor, token).status == 401


def test_tokens_that_ask_in_turn_are_not_mixed_up(visitor: Visitor) -> None:
    waiting = [
        (
            answer,
            visitor.start(
                visitor.request(
                    "POST", "/v1/ask", json={"question": "how many for fraud"}, **shown(token)
                )
            ),
        )
        for _ in range(5)
        for token, answer in ((FIRST, "55"), (SECOND, "56"), (TOKEN, None))
    ]

    for answer, reply in waiting:
        assert reply().json["answer"] == answer


def test_a_collection_that_is_deleted_is_open_to_nobody(visitor: Visitor, library: Library) -> None:
    assert asked(visitor, FIRST).json["collection"] == "server-1"
    (library.other("server-1").collection.folder / "CURRENT").unlink()

    assert "zebra" not in asked(visitor, FIRST).text
    assert visitor.get("/v1/status", **shown(FIRST)).json["collection"] is None
