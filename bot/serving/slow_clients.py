"""Clients that send a request, or take a response, too slowly: their connections are ended."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

# For the headers of a first request; a browser that opens a connection ahead may wait that long.
HEADERS_S = 20.0
# For a body of at most a megabyte, beyond the time limit of questions.
BODY_S = 15.0
# For taking a response and sending the headers of the next request. A connection may be idle so
# long, so that who reads a page and clicks need not connect again.
NEXT_S = 60.0
SWEEP_S = 1.0

Peer = tuple[str, int]
"""The address and the port that a client connects from."""


class SlowClients:
    """The connections of a server, and until when each may go on with what it is at."""

    def __init__(
        self,
        transports: Callable[[], Iterable[asyncio.BaseTransport | None]],
        answer_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Cut off nobody yet.

        Args:
            transports: The connections that are open now.
            answer_s: How long an answer may take, beside what is sent.
            clock: Counts seconds.
        """
        self._transports = transports
        self._request_s = answer_s + BODY_S
        self._clock = clock
        self._until: dict[Peer, float] = {}

    @contextmanager
    def request(self, peer: Peer) -> Iterator[None]:
        """Give a client the time of one request, until the block ends."""
        self._until[peer] = self._clock() + self._request_s
        try:
            yield
        finally:
            self._until[peer] = self._clock() + NEXT_S

    def sweep(self) -> None:
        """Cut off who is too late, and forget who has gone."""
        now = self._clock()
        open_now = {
            peer_of(transport): transport
            for transport in self._transports()
            if isinstance(transport, asyncio.Transport)
        }
        self._until = {peer: self._until.get(peer, now + HEADERS_S) for peer in open_now}
        for peer, transport in open_now.items():
            if self._until[peer] < now:
                transport.abort()

    async def watch(self) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()


def peer_of(transport: asyncio.BaseTransport | None) -> Peer:
    """Who is at the other end of a connection; the same for all that have gone already."""
    address = transport.get_extra_info("peername") if transport is not None else None
    return (str(address[0]), int(address[1])) if address else ("", 0)
