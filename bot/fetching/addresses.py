"""
Which addresses may be connected to: those of the internet alone, unless a person allows others.

A page may lead anywhere by a redirect or by its name in the DNS. So every name is resolved here,
and the connection goes to the very addresses that were looked at.
"""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot.fetching.errors import FetchError, NotPublicError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Networks that Python takes for parts of the internet and that are none: one's own NAT64, what was
# private before fc00::/7, and IPv4 addresses as they were written first.
_OTHERS = [ipaddress.ip_network(one) for one in ("64:ff9b:1::/48", "fec0::/10", "::/96")]
_IPV4_BITS = 0xFFFF_FFFF


class PrivateAddressError(OSError):
    """What aiohttp takes for a failure of the DNS."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not private, loopback, link-local and so on."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & _IPV4_BITS)
        if inner:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not any(found in one for one in _OTHERS)


def check_host(host: str) -> None:
    """
    Look at an address that stands in place of a name, which is never resolved.

    Raises:
        FetchError: If it may not be connected to.
    """
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return
    if not is_public(host):
        raise NotPublicError(refusal(host))


def refusal(host: str) -> str:
    """Why an address is not connected to."""
    return f"{host} is an address of this machine or of a private network"


def unknown_host(host: str) -> str:
    """Why a name leads nowhere."""
    return f"the name {host} can't be found; see whether it is spelled right, and the network works"


def check_no_login(url: URL) -> None:
    """
    Look for a name and a password in an address.

    Raises:
        FetchError: If it holds one.
    """
    if url.user is not None or url.password is not None:
        raise FetchError("it holds a name or a password, which would be written down")


class PublicResolver(AbstractResolver):
    """Resolves names to addresses of the internet alone."""

    def __init__(self) -> None:
        """Resolve as the system does."""
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name; raises OSError where there is none that may be used."""
        found = await self._system.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise PrivateAddressError(refusal(host))
        return public

    async def close(self) -> None:
        """Nothing is held."""
