"""Who may use what listens on a port: which secrets count, and which names of this machine."""

import base64
import binascii
import errno
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.collection_names import BASE_COLLECTION, collections_in
from bot.settings import Settings, SettingsError, split_token
from prompts import render

_HTTP_PORT = 80
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressError(Exception):
    """An address can't be listened at; its text is meant for the person who runs Quoth."""

    def __init__(self, host: str, port: int, error: Exception) -> None:
        """Say where, and why."""
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            super().__init__(
                f"{host}, port {port}: something listens there already, perhaps another Quoth. "
                "Stop it, or choose another port with --port."
            )
            return
        reason = getattr(error, "strerror", None) or str(error)
        super().__init__(
            f"{host}, port {port}: can't be listened at ({reason}). Choose another with --host or "
            "--port."
        )


def address_of(host: str, port: int) -> str:
    """Where Quoth is found on this machine, such as `http://127.0.0.1:7868`."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True, slots=True)
class Access:
    """What has to be shown to come in; nothing where a set is empty."""

    page: frozenset[str]
    """To people with a browser."""
    programs: frozenset[str]
    nodes: frozenset[str] = frozenset()
    """To other processes of Quoth; without one, none of them is answered."""
    collections: Mapping[str, str] = field(default_factory=dict)
    """The collection that a secret of a program opens beside the base, by the secret."""

    def collection_of(self, authorization: str | None) -> str | None:
        """The collection that a request to programs' ways in may reach beside the base, if any."""
        shown = _shown(authorization or "").encode("utf-8", "surrogatepass")
        # Each is compared, as in `may_enter`.
        opened = [
            name
            for secret, name in self.collections.items()
            if hmac.compare_digest(shown, secret.encode())
        ]
        return opened[0] if opened else None


def access_of(settings: Settings) -> Access:
    """
    Tell what has to be shown.

    Raises:
        SettingsError: If other machines would reach Quoth, and nothing had to be shown.
    """
    named = [split_token(token.get_secret_value()) for token in settings.api_tokens]
    tokens = frozenset(token for _, token in named)
    # What opens a collection is a program's, and opens no page.
    common = frozenset(token for name, token in named if name is None)
    password = settings.web_password
    passwords = frozenset({password.get_secret_value()} if password else ())
    nodes = frozenset({settings.node_token.get_secret_value()} if settings.node_token else ())
    is_local = _is_this_machine(settings.web_host)
    if not is_local and not passwords:
        # A node without another secret shows its page to whoever has that one, which opens more.
        common = common or nodes
    if not is_local and not common and not passwords:
        raise SettingsError(
            f"{settings.web_host} is reached from other machines, and whoever reached it could "
            "read every document. Set QUOTH_WEB_PASSWORD (for the page) or QUOTH_API_TOKENS (for "
            "programs; a token that opens a collection does not count here), or listen at "
            "127.0.0.1."
        )
    return Access(
        page=passwords or (frozenset() if is_local else common),
        programs=tokens or passwords or (frozenset() if is_local else common),
        nodes=nodes,
        collections={token: name for name, token in named if name is not None},
    )


def absent_collections(settings: Settings, access: Access) -> str:
    """Say which collections a token opens that are not there; "" where all are."""
    there = collections_in(settings.collections)
    absent = sorted(set(access.collections.values()) - set(there))
    if not absent:
        return ""
    others = [name for name in there if name != BASE_COLLECTION]
    return render("collections_absent.txt", names=absent, there=others, folder=settings.collections)


def _is_this_machine(host: str) -> bool:
    """Whether an address to listen at is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def may_enter(authorization: str | None, secrets: frozenset[str]) -> bool:
    """
    Whether a request shows one of some secrets, or none is asked for.

    Args:
        authorization: The header: a bearer token, or a password under any name.
        secrets: Each is ASCII.
    """
    if not secrets:
        return True
    shown = _shown(authorization or "").encode("utf-8", "surrogatepass")
    # Each is compared, in the same time whatever it shares with what is shown.
    equal = [hmac.compare_digest(shown, secret.encode()) for secret in secrets]
    return any(equal)


def _shown(authorization: str) -> str:
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(rest.strip(), validate=True)
        except (binascii.Error, ValueError):
            return ""
        return decoded.decode("utf-8", "replace").partition(":")[2]
    return ""


def is_known_host(host: str | None, settings: Settings) -> bool:
    """
    Whether a request names this service, and not a page that has its name point here.

    Such a page could read all that a browser on this machine may (DNS rebinding). It needs a name
    of its own for that, so an address in numbers is believed where any address is listened at.

    Args:
        host: The header `Host`.
        settings: Where Quoth listens, and what it is called outside.
    """
    name = _hostname(host or "")
    if name is None:
        return False
    known = {*_LOCAL, settings.web_host.lower().strip("[]")}
    if settings.public_url is not None:
        known.add(urlsplit(settings.public_url).hostname or "")
    return name in known or (not _is_this_machine(settings.web_host) and _is_number(name))


def is_own_origin(origin: str, settings: Settings, port: int) -> bool:
    """
    Whether the page that asks is one that is served here: no other on this machine is, either.

    Args:
        origin: The header `Origin`.
        settings: Where Quoth listens, and what it is called outside.
        port: The one that it listens at.
    """
    if settings.public_url is not None and origin.lower() == settings.public_url.lower():
        return True
    try:
        parts = urlsplit(origin)
        is_here = (parts.scheme, parts.port or _HTTP_PORT) == ("http", port)
    except ValueError:
        return False
    return is_here and is_known_host(parts.netloc, settings)


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname if host and not set(host) & set("/?#@\\ ") else None
    except ValueError:
        return None


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
