"""Many members at once, and days of questions."""

import threading
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest

from index.encoder_files import DEFAULT_ENCODER
from tests.bot.discord_app.crowd import FULL, SMALL, Load, ask_all, places
from tests.bot.discord_app.process import Process
from tests.conftest import ROOT, Library
from tests.discord_service import LocalDiscord
from tests.discord_service.service import PATIENCE_S
from tests.discord_service.world import MANAGE_GUILD, Channel, Upload, User
from tests.fakes import FakeEncoder

# How much resident memory may grow over 3,000 questions, as the mean of five sizes: less than one
# more model needs, and more than noise.
MAX_GROWTH_BYTES = 32_000_000
DEPORTED = "how many were deported for drunk driving?"


def test_every_question_of_a_crowd_is_answered_or_refused_once(
    local: LocalDiscord, faked: Callable[..., Process]
) -> None:
    channels = places(local, SMALL.servers)
    faked(QUOTH_COOLDOWN_QUESTIONS="1000", QUOTH_MAX_WAITING="10")

    answered, _ = ask_all(local, channels, SMALL, "how many for arson", lambda _: "812")
    assert answered


@pytest.mark.stress
def test_a_crowd_with_the_real_models(local: LocalDiscord, real: Callable[..., Process]) -> None:
    local.gateway.heartbeat_ms = 2_000
    channels = places(local, FULL.servers)
    real()

    answered, refused = ask_all(local, channels, FULL, DEPORTED, lambda _: "35,927")
    print(f"of 300 questions in 10 s: {answered} answered, {refused} refused")  # noqa: T201
    assert local.gateway.late_beats == 0
    assert local.gateway.missed_beats == 0
    assert (local.gateway.identified, local.gateway.resumed) == (1, 0)


@pytest.mark.stress
def test_memory_is_flat_over_thousands_of_questions(
    local: LocalDiscord, real: Callable[..., Process]
) -> None:
    channels = places(local, FULL.servers)
    process = real(QUOTH_COOLDOWN_QUESTIONS="100000")
    sizes: list[int] = []
    for _ in range(20):
        ask_all(local, channels, FULL, DEPORTED, lambda _: "35,927")
        sizes.append(process.resident_bytes())

    print("resident MB after each 300 questions:", [size // 1_000_000 for size in sizes])  # noqa: T201
    # Threads get memory of their own while they are first busy at once, and give some of it back:
    # one size says little.
    assert mean(sizes[-5:]) - mean(sizes[5:10]) < MAX_GROWTH_BYTES


@pytest.mark.parametrize(
    ("load", "rounds"), [(SMALL, 1), pytest.param(FULL, 5, marks=pytest.mark.stress)]
)
def test_a_crowd_is_answered_from_its_own_servers_while_indexes_change(
    local: LocalDiscord,
    faked: Callable[..., Process],
    library: Library,
    load: Load,
    rounds: int,
) -> None:
    """The base and every server's collection are built and rolled back again and again."""
    channels = places(local, load.servers)
    process = faked(QUOTH_COOLDOWN_QUESTIONS="100000", QUOTH_FOLLOW_S="0.2")
    own = {
        channel.id: stock(local, library, channel, f"For fraud {100 + number} were counted.")
        for number, channel in enumerate(channels)
    }
    over = threading.Event()
    errors: list[Exception] = []

    def change() -> None:
        number = 0
        try:
            while not over.is_set():
                number += 1
                for each in own.values():
                    each.write("more.txt", f"Another document, number {number}.")
                    each.build()
                    each.collection.roll_back()
                library.write("more.txt", f"Another document, number {number}.")
                library.build()
                library.collection.roll_back()
        except Exception as error:
            errors.append(error)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(rounds):
            answered, _ = ask_all(
                local,
                channels,
                load,
                "how many for fraud",
                lambda channel: str(100 + channels.index(channel)),
            )
            assert answered
    finally:
        over.set()
        changing.join()
    assert errors == []
    assert "collection_broken" not in process.logged
    assert "Traceback" not in process.logged


def stock(local: LocalDiscord, library: Library, channel: Channel, text: str) -> Library:
    """Give a server a document of its own."""
    asked = local.slash(channel, User("mod"), "status", permissions=MANAGE_GUILD)
    status = local.answer_to(asked).text
    name = status.rpartition("collection `")[2].partition("`")[0]
    own = Library(library.folder, FakeEncoder(name=DEFAULT_ENCODER), name=name)
    own.write("own.txt", text)
    own.build()
    return own


@pytest.mark.stress
def test_documents_are_added_with_the_real_models_while_a_crowd_asks(
    local: LocalDiscord, real: Callable[..., Process]
) -> None:
    """
    The bot answers on, and takes every question in time, while a child process reads and encodes.

    How long an answer takes is up to the machine, which has more to do here than it can.
    """
    channels = places(local, FULL.servers)
    process = real(QUOTH_TIME_LIMIT_S=str(PATIENCE_S))
    seed = next((ROOT / "seeds").glob("*.txt")).read_bytes()
    letter = b"The lighthouse of Brindle Point was lit for the first time in 1874 by Maud Ferrars."
    added = [
        local.slash(
            channel,
            User("mod"),
            "documents add",
            permissions=MANAGE_GUILD,
            file=Upload("own.txt", letter + b"\n\n" + seed * 20),
        )
        for channel in channels[:2]
    ]
    ask_all(local, channels[2:], FULL, DEPORTED, lambda _: "35,927")
    for each in added:
        local.wait_for(
            lambda each=each: each.answered and "I now answer from 1" in each.response.content,  # type: ignore[misc]
            "an index",
        )

    for number, channel in enumerate(channels):
        asked = local.slash(channel, User("x"), "ask", question="who lit Brindle Point lighthouse?")
        title = local.answer_to(asked).title
        assert ("Maud Ferrars" in title) == (number < 2)
    assert "onnxruntime" in process.libraries()
    assert "torch" not in process.libraries()


@pytest.mark.stress
def test_a_new_document_is_indexed_and_answered_from(
    local: LocalDiscord, real: Callable[..., Process], tmp_path: Path, asker: User
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "first.txt").write_text((next((ROOT / "seeds").glob("*.txt"))).read_text())
    (channel,) = places(local, 1)
    process = real(seeds, QUOTH_FOLLOW_S="0.5")
    (seeds / "lighthouse.txt").write_text(
        "The lighthouse of Brindle Point was lit for the first time in 1874 by Maud Ferrars."
    )
    local.wait_for(lambda: "index_changed" in process.logged, "a new generation")

    asked = local.slash(channel, asker, "ask", question="who lit the Brindle Point lighthouse?")
    assert "Maud Ferrars" in local.answer_to(asked).title
