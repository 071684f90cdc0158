"""Who may use what listens on a port."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access import (
    Access,
    absent_collections,
    access_of,
    is_known_host,
    is_own_origin,
    may_enter,
)
from bot.settings import SettingsError, load_settings

ANY = "0.0.0.0"  # noqa: S104 - nothing listens there
TOKEN, PASSWORD = "token-0123456789abc", "password-0123456789"


def basic(password: str) -> str:
    return f"Basic {base64.b64encode(f'me:{password}'.encode()).decode()}"


def test_on_this_machine_nothing_has_to_be_shown() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        access = access_of(load_settings(web_host=host))
        assert not access.page
        assert not access.programs


@pytest.mark.parametrize("host", [ANY, "::", "192.168.0.5", "quoth.example"])
def test_elsewhere_something_has_to_be_shown(host: str) -> None:
    with pytest.raises(SettingsError, match="QUOTH_WEB_PASSWORD"):
        access_of(load_settings(web_host=host))

    tokens = access_of(load_settings(web_host=host, api_tokens=TOKEN))
    password = access_of(load_settings(web_host=host, web_password=PASSWORD))
    both = access_of(load_settings(web_host=host, web_password=PASSWORD, api_tokens=TOKEN))
    assert tokens == Access(page=frozenset({TOKEN}), programs=frozenset({TOKEN}))
    assert password == Access(page=frozenset({PASSWORD}), programs=frozenset({PASSWORD}))
    assert both == Access(page=frozenset({PASSWORD}), programs=frozenset({TOKEN}))


def test_a_node_elsewhere_asks_all_for_its_token_where_there_is_no_other_secret() -> None:
    node = access_of(load_settings(web_host=ANY, node_token=TOKEN))
    both = access_of(load_settings(web_host=ANY, node_token=TOKEN, web_password=PASSWORD))
    here = access_of(load_settings(node_token=TOKEN))

    opened = frozenset({TOKEN})
    assert node == Access(page=opened, programs=opened, nodes=opened)
    assert both == Access(frozenset({PASSWORD}), frozenset({PASSWORD}), opened)
    assert here == Access(page=frozenset(), programs=frozenset(), nodes=opened)


def test_tokens_close_the_door_for_programs_alone_on_this_machine() -> None:
    access = access_of(load_settings(api_tokens=TOKEN))

    assert access == Access(page=frozenset(), programs=frozenset({TOKEN}))


def test_a_token_may_open_one_collection_and_no_page() -> None:
    named = f"server-1={TOKEN},{PASSWORD}"

    access = access_of(load_settings(web_host=ANY, api_tokens=named))

    assert access == Access(
        page=frozenset({PASSWORD}),
        programs=frozenset({TOKEN, PASSWORD}),
        collections={TOKEN: "server-1"},
    )
    assert access.collection_of(f"Bearer {TOKEN}") == "server-1"
    for other in (f"Bearer {PASSWORD}", f"Bearer server-1={TOKEN}", f"Bearer {TOKEN}x", None, ""):
        assert access.collection_of(other) is None
    # A page without a password would be open to everybody.
    with pytest.raises(SettingsError, match="that opens a collection does not count"):
        access_of(load_settings(web_host=ANY, api_tokens=f"server-1={TOKEN}"))


def test_a_collection_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "collections" / "server-2").mkdir(parents=True)
    settings = load_settings(data=tmp_path, api_tokens=f"server-1={TOKEN},server-2={PASSWORD}")

    said = absent_collections(settings, access_of(settings))

    assert "QUOTH_API_TOKENS names server-1, which is no collection" in said
    assert "These are there: server-2." in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("shown", "may"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN} ", True),
        (basic(TOKEN), True),
        (None, False),
        ("", False),
        ("Bearer", False),
        (f"Bearer {TOKEN}x", False),
        (TOKEN, False),
        ("Basic ?", False),
        ("Basic /w==", False),
        (f"Digest {TOKEN}", False),
    ],
)
def test_a_secret_is_shown_as_a_bearer_token_or_a_password(shown: str | None, may: bool) -> None:
    assert may_enter(shown, frozenset({TOKEN, PASSWORD})) is may
    assert may_enter(shown, frozenset())


@given(st.text())
def test_no_other_header_lets_anybody_in(shown: str) -> None:
    assert not may_enter(shown, frozenset({TOKEN}))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:7868", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:7868", True),
        ("quoth.example", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("evil.example/localhost", False),
        ("192.168.0.5", False),
        ("[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_a_request_has_to_name_this_service(host: str | None, known: bool) -> None:
    settings = load_settings(public_url="https://quoth.example")

    assert is_known_host(host, settings) is known


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://127.0.0.1:7868", True),
        ("http://localhost:7868", True),
        ("http://[::1]:7868", True),
        ("https://quoth.example", True),
        ("http://localhost", False),
        ("http://localhost:3000", False),
        ("https://localhost:7868", False),
        ("http://quoth.example", False),
        ("http://evil.example:7868", False),
        ("http://localhost:99999999", False),
        ("http://[", False),
        ("null", False),
        ("", False),
    ],
)
def test_a_page_that_asks_has_to_be_one_that_is_served_here(origin: str, own: bool) -> None:
    settings = load_settings(public_url="https://quoth.example")

    assert is_own_origin(origin, settings, 7868) is own


def test_where_any_address_is_listened_at_numbers_are_believed_and_names_are_not() -> None:
    settings = load_settings(web_host=ANY, web_password=PASSWORD)

    assert is_known_host("192.168.0.5:7868", settings)
    assert not is_known_host("evil.example", settings)
