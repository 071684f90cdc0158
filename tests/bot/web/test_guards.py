"""Who gets in at the page: under which name, with which secret, and from which site."""

import base64
import socket
from urllib.parse import urlsplit

import pytest

from bot.serving import slow_clients
from tests.bot.web.conftest import MakeVisitor, Visitor
from tests.bot.web.test_api import PASSWORD, TOKEN


def test_a_password_closes_the_page(visit: MakeVisitor) -> None:
    visitor = visit(web_password=PASSWORD, api_tokens=TOKEN)
    shown = {
        secret: {"Authorization": f"Basic {base64.b64encode(f'me:{secret}'.encode()).decode()}"}
        for secret in (PASSWORD, TOKEN)
    }

    for path in ("/", "/?q=x", "/documents", "/d/figures.txt", "/answer.html?q=x", "/nothing"):
        refused = visitor.get(path)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert "812" not in refused.text
        assert visitor.get(path, headers=shown[TOKEN]).status == 401
    assert visitor.get("/documents", headers=shown[PASSWORD]).status == 200
    assert visitor.get("/v1/status", headers=shown[PASSWORD]).status == 401
    assert visitor.get("/healthz").text == "alive\n"


def test_the_secret_that_counts_is_named(visit: MakeVisitor) -> None:
    alone = visit(web_host="0.0.0.0", api_tokens=TOKEN)  # noqa: S104 - nothing listens there
    other = visit(web_password=PASSWORD)

    assert "one of QUOTH_API_TOKENS" in alone.get("/").text
    refused = other.post("/v1/ask", {"question": "how many"})
    assert "QUOTH_WEB_PASSWORD" in refused.json["error"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:7868"])
def test_a_name_that_is_anothers_is_refused(visitor: Visitor, host: str) -> None:
    for path in ("/", "/?q=how+many", "/v1/status", "/d/figures.txt", "/healthz"):
        reply = visitor.get(path, headers={"Host": host})
        assert reply.status == 421
        assert "812" not in reply.text


def test_the_name_that_people_know_is_answered_to(visit: MakeVisitor) -> None:
    visitor = visit(public_url="https://quoth.example")

    assert visitor.get("/", headers={"Host": "quoth.example"}).status == 200
    assert visitor.get("/", headers={"Host": "other.example"}).status == 421


def test_another_site_gets_nothing_unseen_and_its_links_are_followed(visitor: Visitor) -> None:
    unseen = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert visitor.get("/?q=how+many+for+arson", headers=unseen).status == 403
    assert visitor.get("/?q=how+many+for+arson", headers=followed).status == 200


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "GET / HTTP/1.1\r\nHost: localhost\r\n",
        "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{",
    ],
)
def test_a_client_that_never_says_what_it_wants_is_cut_off(
    visit: MakeVisitor, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    monkeypatch.setattr(slow_clients, "HEADERS_S", 0.2)
    monkeypatch.setattr(slow_clients, "BODY_S", 0.2)
    monkeypatch.setattr(slow_clients, "SWEEP_S", 0.05)
    address = urlsplit(visit(time_limit_s=0.1).address)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(sent.encode())

        try:
            said = connection.recv(1)
        except ConnectionResetError:
            said = b""

    assert said == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed_from_the_page(visitor: Visitor, method: str) -> None:
    for path in ("/", "/documents", "/d/figures.txt"):
        assert visitor.do(visitor.request(method, path)).status == 405
