"""
Answering nodes: other processes that questions are answered by, over HTTP.

Each is a `quoth serve` with the same documents, reader and node token. A question goes to the node
that answers fewest of ours; where that one can't take it, or breaks off, to the next one.
"""

import http.client
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import ValidationError

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question
from bot.assembly import OpenIndex
from bot.chosen_reader import reader_sha256
from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.serving.node_messages import ANSWER, ASK_PATH, HEALTH_PATH, Health, NodeQuestion, Refused
from bot.serving.queue import BusyError, MendingError, NodesAwayError, TooSlowError
from bot.settings import Settings
from index.filters import FilterError
from index.generation import Generation

_log = logging.getLogger(__name__)

# A node in the same network takes the connection at once, or is not there.
CONNECT_S = 1.0
# A node that failed is asked for its health so often, and for questions only where all have failed.
CHECK_EVERY_S = 2.0
_OK = 200
# Refusals of a node that can take other questions.
_WELL = frozenset({"busy", "mending", "failed", "no_documents"})


class _Refusal(Exception):  # noqa: N818 - the next node is asked
    """A node gave no answer, and another may."""

    def __init__(self, code: str) -> None:
        """Say why, as the HTTP API does, or "away"."""
        super().__init__(code)
        self.code = code


@dataclass(eq=False, slots=True)
class _Node:
    """One node, as it is seen from here."""

    address: str
    under_way: int = 0
    """Questions that it answers for us now."""
    is_resting: bool = False
    """Whether it failed, and was not found healthy since."""


class Nodes:
    """The nodes of one process; any thread may ask."""

    def __init__(
        self,
        addresses: Sequence[str],
        token: str,
        *,
        reader: str | None,
        time_limit_s: float,
        check_every_s: float = CHECK_EVERY_S,
    ) -> None:
        """
        Take the nodes; none is asked yet.

        Args:
            addresses: Such as `http://10.0.0.2:7868`.
            token: What they let in.
            reader: The sha256 of the reader that has to answer; None if any may.
            time_limit_s: So long one question may take at a node.
            check_every_s: Between two looks at a node that failed.
        """
        self._nodes = [_Node(address) for address in dict.fromkeys(addresses)]
        self._count = len(self._nodes)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._reader = reader
        self._time_limit_s = time_limit_s
        self._check_every_s = check_every_s
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def answerer(self, index: OpenIndex, others: Sequence[Generation] = ()) -> "RemoteAnswers":
        """What answers from an index, and from other generations with it."""
        collection = others[0].collection if others else index.generation.collection
        own = None if collection == BASE_COLLECTION else collection
        return RemoteAnswers(self, own, is_alone=own is not None and not others)

    def ask(
        self,
        question: Question,
        earlier: Sequence[Turn],
        alternatives: int,
        collection: str | None,
        *,
        is_alone: bool,
    ) -> Answer:
        """
        Have a question answered.

        Raises:
            FilterError: If the question's filter leaves no document.
            BusyError: If every node that is there has as many questions as it takes.
            TooSlowError: If the node took too long.
            MendingError: If a node that is there is making a damaged index anew.
            NodesAwayError: If no node can take it.
        """
        asked = NodeQuestion(
            reader=self._reader,
            question=question,
            earlier=tuple(earlier),
            alternatives=alternatives,
            collection=collection,
            is_alone=is_alone,
        )
        body = asked.model_dump_json().encode()
        codes = set()
        for node in self._in_turn():
            try:
                with self._under_way(node):
                    return self._ask(node, body)
            except _Refusal as refused:
                codes.add(refused.code)
        if "busy" in codes:
            raise BusyError
        if "mending" in codes:
            raise MendingError
        raise NodesAwayError

    def _in_turn(self) -> Iterator[_Node]:
        """All nodes: the idle before the busy, and last those that failed."""
        asked: set[_Node] = set()
        for _ in range(self._count):
            with self._lock:
                left = [node for node in self._nodes if node not in asked]
                node = min(left, key=lambda one: (one.is_resting, one.under_way))
                # Among nodes that are alike, the one that was asked longest ago comes first.
                self._nodes.remove(node)
                self._nodes.append(node)
            asked.add(node)
            yield node

    @contextmanager
    def _under_way(self, node: _Node) -> Iterator[None]:
        with self._lock:
            node.under_way += 1
        try:
            yield
        finally:
            with self._lock:
                node.under_way -= 1

    def _ask(self, node: _Node, body: bytes) -> Answer:
        try:
            status, content = self._send(node, "POST", ASK_PATH, body, self._time_limit_s)
        except TimeoutError as error:
            self._rest(node, "slow")
            raise TooSlowError from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._rest(node, type(error).__name__)
            raise _Refusal("away") from error
        try:
            if status == _OK:
                return ANSWER.validate_json(content)
            refused = Refused.model_validate_json(content)
        except ValidationError as error:
            # Something else listens there, or another version of Quoth.
            self._rest(node, f"status {status}")
            raise _Refusal("away") from error
        if refused.code == "filter":
            raise FilterError(refused.error)
        if refused.code == "slow":
            raise TooSlowError
        if refused.code not in _WELL:
            self._rest(node, refused.code)
        raise _Refusal(refused.code)

    def _send(
        self, node: _Node, method: str, path: str, body: bytes | None, time_limit_s: float
    ) -> tuple[int, bytes]:
        """Status and body; raises TimeoutError once the connection is there, else OSError."""
        parts = urlsplit(node.address)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.netloc, timeout=CONNECT_S)
        try:
            try:
                connection.connect()
            except TimeoutError as error:
                raise ConnectionError from error
            connection.sock.settimeout(time_limit_s)
            connection.request(method, path, body, self._headers)
            with connection.getresponse() as response:
                return response.status, response.read()
        finally:
            connection.close()

    def _rest(self, node: _Node, reason: str) -> None:
        """Leave a node alone until it is found healthy."""
        with self._lock:
            was_resting, node.is_resting = node.is_resting, True
        if not was_resting:
            event(_log, "node_away", logging.WARNING, node=node.address, reason=reason)
            threading.Thread(target=self._await_health, args=(node,), daemon=True).start()

    def _await_health(self, node: _Node) -> None:
        while not self._closed.wait(self._check_every_s):
            if self.problem(node.address) is None:
                with self._lock:
                    node.is_resting = False
                event(_log, "node_back", node=node.address)
                return

    def problem(self, address: str) -> str | None:
        """
        What is wrong with a node.

        Returns:
            An exception's name, a status ("status 404" of a node of another version), or "reader";
            None if all is well.
        """
        try:
            status, content = self._send(_Node(address), "GET", HEALTH_PATH, None, CONNECT_S)
            if status != _OK:
                return f"status {status}"
            health = Health.model_validate_json(content)
        # A name that can't be one of a machine is a ValueError, as what is no Health is.
        except (OSError, http.client.HTTPException, ValueError) as error:
            return type(error).__name__
        return "reader" if self._reader not in {None, health.reader} else None

    def close(self) -> None:
        """Look no more at nodes that failed."""
        self._closed.set()


@dataclass(frozen=True, slots=True)
class RemoteAnswers:
    """Answers from the base, a collection, or both, by way of nodes."""

    nodes: Nodes
    collection: str | None
    """The collection that is searched beside the base; None if the base is searched alone."""
    is_alone: bool
    """Whether that collection is searched without the base."""

    def answer(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer:
        """See `Answerer.answer` and, for what else may go wrong, `Nodes.ask`."""
        return self.nodes.ask(
            question, earlier, alternatives, self.collection, is_alone=self.is_alone
        )

    def known(self, *_: object, **__: object) -> None:
        """None: what was answered before is known at the nodes alone."""


def nodes_of(settings: Settings) -> Nodes | None:
    """
    The nodes that are set, if any.

    Raises:
        ReaderError: If the reader that has to answer can't be told.
    """
    if not settings.nodes or settings.node_token is None:
        return None
    return Nodes(
        settings.nodes,
        settings.node_token.get_secret_value(),
        reader=reader_sha256(settings),
        time_limit_s=settings.time_limit_s,
    )
