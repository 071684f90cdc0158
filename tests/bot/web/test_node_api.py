"""Answering nodes over real sockets: a process that leaves its questions to others."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answering.answer import Answer, Timings
from answering.followups.turns import turn_of
from answering.question import Question
from bot.serving.fair_queue import Asker
from bot.serving.node_messages import ANSWER, ASK_PATH, HEALTH_PATH, NodeQuestion
from bot.serving.nodes import Nodes
from bot.serving.open_indexes import SpaceOpener
from bot.serving.queue import AnswerQueue, BusyError, NodesAwayError, TooSlowError
from bot.serving.service import AnswerService
from index.filters import Filter, FilterError
from tests.bot.conftest import opener
from tests.bot.web.conftest import MakeVisitor, Visitor
from tests.conftest import Library
from tests.waiting import until

TOKEN = "between-nodes-0123456789"  # noqa: S105 - made up
ARSON = Question("how many for arson")
READER = "the reader's sha256"
# Something that takes connections and answers nothing, or no HTTP.
Listener = Callable[[bytes], str]
Ask = Callable[..., Answer]


@pytest.fixture
def node(visit: MakeVisitor, service: AnswerService) -> Visitor:
    service.reader_sha256 = READER
    return visit(node_token=TOKEN)


@pytest.fixture
def gateway(library: Library, service: AnswerService) -> Iterator[Callable[..., AnswerService]]:
    """Makes services that leave their questions to nodes."""
    made: list[tuple[AnswerService, Nodes]] = []

    def make(
        *addresses: str, token: str = TOKEN, reader: str | None = READER, time_limit_s: float = 20
    ) -> AnswerService:
        nodes = Nodes(
            addresses, token, reader=reader, time_limit_s=time_limit_s, check_every_s=0.01
        )
        made.append((AnswerService(replace(opener(library), answerer=nodes.answerer)), nodes))
        return made[-1][0]

    yield make
    for remote, nodes in made:
        remote.close()
        nodes.close()


@pytest.fixture
def listening() -> Iterator[Listener]:
    """Listens at a port, says something to whoever connects, and hangs up."""
    opened: list[socket.socket] = []

    def listen(said: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(said)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield listen
    for listener in opened:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class Slow(AnswerService):
    """Answers how many there were for arson once it is let, and all else at once."""

    def __init__(self, opener: SpaceOpener) -> None:
        super().__init__(opener, READER)
        self.gate = threading.Event()
        self.asked: list[str] = []

    def answer(self, question: Question, *asked: Any, **named: Any) -> Answer:
        self.asked.append(question.text)
        if question == ARSON:
            assert self.gate.wait(60)
        return super().answer(question, *asked, **named)


@pytest.fixture
def slow(library: Library, node: Visitor) -> Iterator[Slow]:
    """What the node answers from, with two workers."""
    made = Slow(opener(library))
    node.site.service = made
    yield made
    made.gate.set()
    made.close()


class Counted(AnswerService):
    """Notes what it is asked, and answers once it is let."""

    def __init__(self, opener: SpaceOpener, gate: threading.Event) -> None:
        super().__init__(opener, READER)
        self._gate = gate
        self.asked: list[str] = []

    def answer(self, question: Question, *asked: Any, **named: Any) -> Answer:
        self.asked.append(question.text)
        assert self._gate.wait(60)
        return super().answer(question, *asked, **named)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Several nodes."""

    nodes: tuple[Visitor, ...]
    services: tuple[Counted, ...]
    gate: threading.Event
    """Set, unless they are to answer nothing yet."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where they listen."""
        return tuple(node.address for node in self.nodes)

    def asked(self, name: str) -> list[int]:
        """How many questions that begin so each has got."""
        return [sum(one.startswith(name) for one in service.asked) for service in self.services]


@pytest.fixture
def fleet(library: Library, visit: MakeVisitor) -> Iterator[Fleet]:
    """Four nodes of two workers."""
    gate = threading.Event()
    gate.set()
    services = tuple(Counted(opener(library), gate) for _ in range(4))
    nodes = tuple(visit(node_token=TOKEN, workers=2) for _ in services)
    for node, made in zip(nodes, services, strict=True):
        node.site.service = made
    yield Fleet(nodes, services, gate)
    gate.set()
    for made in services:
        made.close()


def ask_each(remote: AnswerService, count: int, name: str) -> None:
    """Ask so many questions, one after the other, of which no two are the same."""
    for number in range(count):
        asked = Question(f"{name} {number}: how many for arson")
        assert remote.answer(asked, (), 0, None).spans[0].text == "812"


def nobody() -> str:
    """An address that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def same(answer: Answer) -> Answer:
    """What of an answer is the same whoever gives it."""
    return replace(answer, id="", timings=Timings(0, 0, 0, 0))


async def mend() -> None:
    """Nothing is damaged here."""
    raise AssertionError


def own_documents(library: Library) -> None:
    own = library.other("server-1")
    own.write("own.txt", "For fraud 55 were counted, a zebra said.")
    own.build()


def test_a_node_answers_as_if_it_were_here(
    library: Library,
    node: Visitor,
    service: AnswerService,
    gateway: Callable[..., AnswerService],
) -> None:
    own_documents(library)
    remote = gateway(node.address)

    first = remote.answer(ARSON, (), 4, None)
    assert first.spans[0].text == "812"
    for asked in (
        (ARSON, (), 4, None),
        (ARSON, (), 0, "server-1"),
        (Question("how many for fraud"), (), 2, "server-1"),
        (Question("how many for fraud"), (), 2, None),
        (Question("and for theft"), (turn_of(first),), 2, "server-1"),
        (Question("how many for theft", Filter(("figures*",))), (), 2, None),
    ):
        assert same(remote.answer(*asked)) == same(service.answer(*asked))


def test_it_leaves_the_base_out_where_the_server_does(
    library: Library, node: Visitor, gateway: Callable[..., AnswerService]
) -> None:
    own_documents(library)
    remote = gateway(node.address)

    remote.use_base("server-1", is_on=False)

    assert remote.answer(Question("how many for fraud"), (), 0, "server-1").spans[0].text == "55"
    assert remote.answer(ARSON, (), 0, "server-1").spans == ()


def test_a_filter_that_leaves_nothing_is_told_as_here(
    node: Visitor, gateway: Callable[..., AnswerService]
) -> None:
    with pytest.raises(FilterError, match="nowhere"):
        gateway(node.address).answer(Question("how many", Filter(("nowhere",))), (), 0, None)


def test_where_one_is_away_the_next_answers(
    node: Visitor, listening: Listener, gateway: Callable[..., AnswerService]
) -> None:
    others = (nobody(), listening(b""), listening(b"HTTP/1.1 200 OK\r\n\r\n{"), listening(b"?"))

    remote = gateway(*others, node.address)

    for _ in range(len(others) + 1):
        assert remote.answer(ARSON, (), 0, None).spans[0].text == "812"


def test_where_all_are_away_that_is_told(
    listening: Listener, gateway: Callable[..., AnswerService]
) -> None:
    with pytest.raises(NodesAwayError):
        gateway(nobody(), listening(b"HTTP/1.1 500 No\r\n\r\n")).answer(ARSON, (), 0, None)


def test_one_that_was_away_is_found_again(
    visit: MakeVisitor,
    node: Visitor,
    gateway: Callable[..., AnswerService],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    node.site.is_closing = True
    remote = gateway(node.address)
    with pytest.raises(NodesAwayError):
        remote.answer(ARSON, (), 0, None)

    node.site.is_closing = False
    until(lambda: "node_back" in caplog.messages)

    assert remote.answer(ARSON, (), 0, None).spans[0].text == "812"
    assert caplog.messages.count("node_away") == 1


def hold(node: Visitor) -> Callable[[], None]:
    """Keep a node's only worker busy until the result is called."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(30)

    done = node.start(node.site.queue.do(work))
    assert begun.wait(30)

    def let_go() -> None:
        go_on.set()
        done()

    return let_go


def test_a_busy_one_is_passed_over(
    visit: MakeVisitor, node: Visitor, gateway: Callable[..., AnswerService]
) -> None:
    busy = visit(node_token=TOKEN, workers=1, max_waiting=0)
    let_go = hold(busy)
    try:
        assert gateway(busy.address, node.address).answer(ARSON, (), 0, None).answered
        with pytest.raises(BusyError):
            gateway(busy.address, nobody()).answer(ARSON, (), 0, None)
    finally:
        let_go()


def test_each_of_several_gets_as_many_questions_as_the_others(
    fleet: Fleet, gateway: Callable[..., AnswerService]
) -> None:
    remote = gateway(*fleet.addresses)

    ask_each(remote, 12, "one by one")
    assert fleet.asked("one by one") == [3, 3, 3, 3]
    fleet.gate.clear()
    with ThreadPoolExecutor(8) as askers:
        done = [askers.submit(ask_each, remote, 1, f"together {number}") for number in range(8)]
        until(lambda: sum(fleet.asked("together")) == len(done))
        fleet.gate.set()
        for one in done:
            one.result(60)
    assert fleet.asked("together") == [2, 2, 2, 2]


def test_one_that_is_slow_gets_no_question_while_others_have_none(
    fleet: Fleet, gateway: Callable[..., AnswerService]
) -> None:
    remote = gateway(*fleet.addresses)
    slow, go_on = fleet.services[0], threading.Event()
    slow._gate = go_on

    with ThreadPoolExecutor(1) as asker:
        waiting = asker.submit(ask_each, remote, 1, "slow")
        until(lambda: bool(slow.asked))
        ask_each(remote, 9, "meanwhile")
        assert fleet.asked("meanwhile") == [0, 3, 3, 3]
        go_on.set()
        waiting.result(60)
    ask_each(remote, 4, "afterwards")
    assert fleet.asked("afterwards") == [1, 1, 1, 1]


def test_one_that_stands_still_is_left_alone_until_it_goes_on(
    fleet: Fleet,
    gateway: Callable[..., AnswerService],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    begun, go_on = threading.Event(), threading.Event()

    async def stand_still() -> None:
        begun.set()
        assert go_on.wait(60)

    send = Nodes._send
    remote = gateway(*fleet.addresses)
    ask_each(remote, 4, "before")
    end = fleet.nodes[0].start(stand_still())
    assert begun.wait(60)
    # Its system takes the connection, and nothing comes. No other question has so little time.
    with monkeypatch.context() as patch:
        patch.setattr(
            Nodes,
            "_send",
            lambda nodes, node, method, path, body, _: send(nodes, node, method, path, body, 0.5),
        )
        with pytest.raises(TooSlowError):
            ask_each(remote, 1, "lost")
    ask_each(remote, 6, "meanwhile")
    assert fleet.asked("meanwhile") == [0, 2, 2, 2]

    go_on.set()
    end()
    until(lambda: "node_back" in caplog.messages)
    ask_each(remote, 4, "afterwards")
    assert fleet.asked("afterwards") == [1, 1, 1, 1]


def test_one_that_takes_too_long_is_not_waited_for_and_left_alone(
    visit: MakeVisitor,
    node: Visitor,
    gateway: Callable[..., AnswerService],
    caplog: pytest.LogCaptureFixture,
) -> None:
    slow = visit(node_token=TOKEN, workers=1)
    let_go = hold(slow)
    remote = gateway(slow.address, node.address, time_limit_s=0.05)
    caplog.set_level("WARNING")
    try:
        with pytest.raises(TooSlowError):
            remote.answer(ARSON, (), 0, None)
        assert caplog.messages == ["node_away"]
    finally:
        let_go()


def test_a_crowd_that_asks_the_same_sends_one_request_and_keeps_nobody_out(
    node: Visitor, slow: Slow, gateway: Callable[..., AnswerService]
) -> None:
    remote = gateway(node.address)
    queue = AnswerQueue(remote, mend, workers=2, max_waiting=2, time_limit_s=60)

    async def ask() -> None:
        def asked(text: str, group: str) -> asyncio.Task[Answer]:
            return asyncio.create_task(
                queue.ask(Question(text), (), 0, None, asker=Asker(group, "member"))
            )

        crowd = [asked(ARSON.text, "crowd") for _ in range(50)]
        await asyncio.sleep(0)
        for text in ("how many for theft", "how many for fraud"):
            assert (await asked(text, "guest")).question == text
        slow.gate.set()
        found = await asyncio.gather(*crowd)
        assert {answer.spans[0].text for answer in found} == {"812"}
        assert len({answer.id for answer in found}) == 50

    asyncio.run(ask())
    queue.close()
    # The first may have been sent before the others came.
    assert slow.asked.count(ARSON.text) <= 2
    assert queue.taken == 0


def test_a_crowd_hears_so_where_no_node_is_there(gateway: Callable[..., AnswerService]) -> None:
    queue = AnswerQueue(gateway(nobody()), mend, workers=1, max_waiting=1, time_limit_s=60)

    async def ask() -> None:
        asked = [asyncio.create_task(queue.ask(ARSON, (), 0, None)) for _ in range(50)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(one) for one in told} == {NodesAwayError}

    asyncio.run(ask())
    queue.close()
    assert queue.taken == 0


def test_the_same_question_of_several_processes_takes_one_worker_of_a_node(
    node: Visitor, slow: Slow, gateway: Callable[..., AnswerService]
) -> None:
    with ThreadPoolExecutor(3) as askers:
        same = [askers.submit(gateway(node.address).answer, ARSON, (), 0, None) for _ in range(3)]
        until(lambda: bool(slow.asked))
        assert gateway(node.address).answer(Question("how many for theft"), (), 0, None).answered
        slow.gate.set()
        found = [one.result(60) for one in same]

    assert {answer.spans[0].text for answer in found} == {"812"}
    assert len({answer.id for answer in found}) == 3


def test_a_node_with_another_reader_answers_nothing(
    node: Visitor, gateway: Callable[..., AnswerService], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    with pytest.raises(NodesAwayError):
        gateway(node.address, reader="of another version").answer(ARSON, (), 0, None)

    assert [record.quoth_fields["reason"] for record in caplog.records] == ["reader"]  # type: ignore[attr-defined]


def test_a_node_that_does_not_see_a_servers_documents_answers_none_of_its_questions(
    node: Visitor, gateway: Callable[..., AnswerService]
) -> None:
    asked = NodeQuestion(reader=READER, question=ARSON, collection="server-1").model_dump(
        mode="json"
    )

    refused = node.post(ASK_PATH, asked, headers={"Authorization": f"Bearer {TOKEN}"})

    assert (refused.status, refused.json["code"]) == (404, "no_documents")
    assert gateway(node.address).answer(ARSON, (), 0, None).answered


@pytest.mark.parametrize("token", [None, "another-token-0123456789", "api-token-0123456789"])
def test_nobody_else_is_let_in(visit: MakeVisitor, token: str | None) -> None:
    asked = NodeQuestion(reader=None, question=ARSON, collection="server-1").model_dump(mode="json")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    node = visit(node_token=TOKEN, api_tokens="api-token-0123456789")

    assert node.post(ASK_PATH, asked, headers=headers).status == 401
    assert node.get(HEALTH_PATH, headers=headers).status == 401
    assert visit().post(ASK_PATH, asked, headers=headers).status in {401, 404}


def test_what_is_no_question_is_refused(node: Visitor) -> None:
    shown = {"headers": {"Authorization": f"Bearer {TOKEN}"}}

    for body in ({}, {"question": "how many"}, {"reader": None, "question": {"text": 3}}):
        reply = node.post(ASK_PATH, body, **shown)
        assert (reply.status, reply.json["code"]) == (400, "bad_request")


def test_a_node_that_leaves_its_questions_to_others_is_nobodys_node(
    visit: MakeVisitor, node: Visitor, gateway: Callable[..., AnswerService]
) -> None:
    # Two that named each other would pass a question on for ever.
    between = gateway(node.address)
    relay = visit(node_token=TOKEN)
    relay.site.service = between

    with pytest.raises(NodesAwayError):
        gateway(relay.address).answer(ARSON, (), 0, None)


# No answer has a number that is none, or has no end.
FINITE = st.from_type(Answer).filter(lambda answer: not re.search("=(-?inf|nan)", repr(answer)))


@given(FINITE)
@settings(max_examples=20)
def test_an_answer_arrives_as_it_was_sent(answer: Answer) -> None:
    assert ANSWER.validate_json(ANSWER.dump_json(answer)) == answer


def problems(nodes: Nodes, addresses: Sequence[str]) -> list[str | None]:
    return [nodes.problem(address) for address in addresses]


def test_what_is_wrong_with_a_node_is_told(node: Visitor, listening: Listener) -> None:
    addresses = (node.address, nobody(), listening(b"HTTP/1.1 404 No\r\n\r\n"))

    def nodes(token: str, reader: str) -> Nodes:
        return Nodes(addresses, token, reader=reader, time_limit_s=20)

    found = problems(nodes(TOKEN, READER), addresses)
    assert found == [None, "ConnectionRefusedError", "status 404"]
    assert nodes("another-token-0123456789", READER).problem(node.address) == "status 401"
    assert nodes(TOKEN, "another").problem(node.address) == "reader"
