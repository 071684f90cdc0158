"""Clients that take too long are cut off, and nobody else is."""

import asyncio

from bot.serving.slow_clients import BODY_S, HEADERS_S, NEXT_S, SlowClients


class Connection(asyncio.Transport):
    """One that notes whether it was cut off."""

    def __init__(self, port: int) -> None:
        super().__init__({"peername": ("127.0.0.1", port)})
        self.is_cut = False

    def abort(self) -> None:
        self.is_cut = True


class Server:
    """Connections, and a time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.open: list[Connection | None] = [None]
        self.clients = SlowClients(lambda: self.open, 20.0, lambda: self.now)

    def connect(self) -> tuple[Connection, tuple[str, int]]:
        made = Connection(len(self.open))
        self.open.append(made)
        self.clients.sweep()
        return made, ("127.0.0.1", len(self.open) - 1)

    def after(self, seconds: float) -> "Server":
        self.now += seconds
        self.clients.sweep()
        return self


def test_who_sends_no_headers_is_cut_off() -> None:
    server = Server()
    slow, _ = server.connect()

    server.after(HEADERS_S)
    assert not slow.is_cut
    server.after(1)
    assert slow.is_cut


def test_a_request_has_time_to_be_sent_and_answered_and_no_more() -> None:
    server = Server()
    asking, peer = server.connect()
    waiting, other = server.connect()

    with server.clients.request(peer):
        server.after(20 + BODY_S)
        assert not asking.is_cut
    with server.clients.request(other):
        server.after(20 + BODY_S + 1)
        assert waiting.is_cut
    assert not asking.is_cut


def test_who_goes_on_asking_stays_and_who_is_silent_does_not() -> None:
    server = Server()
    asking, peer = server.connect()
    silent, other = server.connect()

    with server.clients.request(other):
        pass
    for _ in range(3):
        with server.clients.request(peer):
            server.after(1)
        server.after(NEXT_S - 2)
    assert not asking.is_cut
    assert silent.is_cut


def test_who_comes_from_where_another_was_has_time_of_their_own() -> None:
    server = Server()
    _, peer = server.connect()
    with server.clients.request(peer):
        pass
    server.open.clear()
    server.after(NEXT_S - 1)
    again = Connection(peer[1])
    server.open.append(again)

    server.after(0).after(HEADERS_S - 1)

    assert not again.is_cut
