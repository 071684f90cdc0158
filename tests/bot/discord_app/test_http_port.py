"""Health, readiness and metrics over HTTP."""

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

from bot.cli.doctor import command as doctor
from bot.discord_app.http_port import PortError, http_port
from tests.bot.discord_app.conftest import RunningBot
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, User


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pages(running: RunningBot, *paths: str) -> list[tuple[int, str]]:
    port = free_port()

    async def fetch() -> list[tuple[int, str]]:
        async with (
            http_port(running.bot, "127.0.0.1", port),
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            found = []
            for path in paths:
                async with session.get(path) as response:
                    found.append((response.status, await response.text()))
            return found

    result: Any = running.do(fetch())
    return list(result)


def test_a_connected_bot_is_alive_and_ready(bot: RunningBot) -> None:
    assert pages(bot, "/healthz", "/readyz") == [(200, "alive\n"), (200, "ready\n")]


def test_what_is_sent_along_is_not_unpacked(
    bot: RunningBot, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()

    async def send() -> int:
        async with (
            http_port(bot.bot, "127.0.0.1", port),
            aiohttp.ClientSession() as session,
            session.get(
                f"http://127.0.0.1:{port}/healthz",
                data=b"broken",
                headers={"Content-Encoding": "gzip"},
            ) as response,
        ):
            return response.status

    assert bot.do(send()) == 200
    # Unpacking what is broken would have failed.
    assert "aiohttp.server" not in {record.name for record in caplog.records}


def test_a_bot_that_is_about_to_stop_is_alive_and_not_ready(bot: RunningBot) -> None:
    bot.do(bot.bot.asking.drain(5))

    assert pages(bot, "/healthz", "/readyz") == [(200, "alive\n"), (503, "not ready\n")]


def test_a_bot_without_a_connection_is_alive_and_not_ready(
    local: LocalDiscord, bot: RunningBot
) -> None:
    local.gateway.refused_upgrades = 1_000
    local.drop(4000)
    local.wait_for(lambda: bot.bot.shards_up == 0, "a lost connection")

    assert pages(bot, "/healthz", "/readyz") == [(200, "alive\n"), (503, "not ready\n")]
    local.gateway.refused_upgrades = 0


def test_metrics_count_what_became_of_questions(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    for question in ("how many for arson", "how many for arson", "who likes tea", "?"):
        local.answer_to(local.slash(channel, asker, "ask", question=question))
    own = library.other(bot.bot.records.collection(channel.guild.id) or "")  # type: ignore[union-attr]
    own.write("own.txt", "For fraud 55 were counted.")
    bot.do(bot.bot.builder.build(own.name))
    asked = local.slash(channel, asker, "sources")
    assert "own.txt" in local.answer_to(asked).text
    ((status, text),) = pages(bot, "/metrics")

    assert status == 200
    for line in (
        'quoth_questions_total{outcome="answered"} 2.0',
        'quoth_questions_total{outcome="not_in_documents"} 1.0',
        'quoth_questions_total{outcome="question"} 1.0',
        'quoth_stage_seconds_count{stage="total"} 3.0',
        # The second time nothing was read.
        'quoth_stage_seconds_count{stage="read"} 2.0',
        "quoth_questions_waiting 0.0",
        "quoth_gateway_shards_up 1.0",
        "quoth_collections_open 1.0",
        "quoth_collections_broken 0.0",
        "quoth_builds_waiting 0.0",
        'quoth_builds_total{outcome="built"} 1.0',
        f'quoth_index{{generation="{bot.bot.service.generation}"}} 1.0',
    ):
        assert line in text.splitlines()


def asked_by_doctor(running: RunningBot, monkeypatch: pytest.MonkeyPatch, host: str) -> Result:
    """What `quoth doctor --ready` says of a bot, beside which the health check of an image runs."""
    port = free_port()
    monkeypatch.setenv("QUOTH_HTTP_PORT", str(port))
    monkeypatch.setenv("QUOTH_HTTP_HOST", host)

    async def ask() -> Result:
        async with http_port(running.bot, host, port):
            return await asyncio.to_thread(CliRunner().invoke, doctor, ["--ready"])

    done = running.do(ask())
    assert isinstance(done, Result)
    return done


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - in a container
def test_the_doctor_asks_a_bot_whether_it_is_ready(
    bot: RunningBot, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    ready = asked_by_doctor(bot, monkeypatch, host)
    assert ready.exit_code == 0
    assert "is connected and takes questions" in ready.stdout
    bot.do(bot.bot.asking.drain(5))
    stopping = asked_by_doctor(bot, monkeypatch, host)

    assert stopping.exit_code == 1
    assert "is not ready" in stopping.stderr


def test_the_doctor_says_that_no_bot_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    without = CliRunner().invoke(doctor, ["--ready"])
    assert without.exit_code == 2
    assert "set QUOTH_HTTP_PORT" in without.stderr
    both = CliRunner().invoke(doctor, ["--ready", "--json"])
    assert both.exit_code == 2
    monkeypatch.setenv("QUOTH_HTTP_PORT", str(free_port()))
    silent = CliRunner().invoke(doctor, ["--ready"])

    assert silent.exit_code == 1
    assert "nothing answers at 127.0.0.1" in silent.stderr
    monkeypatch.setenv("QUOTH_HTTP_HOST", "127.0..1")
    mistyped = CliRunner().invoke(doctor, ["--ready"])
    assert mistyped.exit_code == 1
    assert "nothing answers at 127.0..1" in mistyped.stderr


def test_a_taken_port_is_named(bot: RunningBot) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def open_it() -> None:
            async with http_port(bot.bot, "127.0.0.1", port):
                pass

        with pytest.raises(PortError, match=f"127.0.0.1:{port}"):
            asyncio.run(open_it())


def test_an_address_that_no_machine_can_have_is_named(bot: RunningBot) -> None:
    async def open_it() -> None:
        async with http_port(bot.bot, "a..b", 0):
            pass

    with pytest.raises(PortError, match=r"a\.\.b:0: the HTTP port can't be opened"):
        asyncio.run(open_it())
