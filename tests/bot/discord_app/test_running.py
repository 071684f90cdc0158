"""`quoth run` as a process: how it starts, what stops it, and what it says."""

import http.client
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bot.discord_app.process import Process
from tests.bot.discord_app.test_http_port import free_port
from tests.commands import quoth
from tests.conftest import ROOT, Library
from tests.discord_service import LocalDiscord
from tests.discord_service.service import TOKEN
from tests.discord_service.world import Channel, User

Run = Callable[..., Process]


@pytest.fixture
def run(local: LocalDiscord, channel: Channel, article: Library) -> Iterator[Run]:
    started: list[Process] = []

    def start(*options: str, token: str = TOKEN, **settings: str) -> Process:
        arguments = ("--data", str(article.folder / "data"), *options)
        process = Process(local, arguments, library=article.folder, token=token, settings=settings)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def test_it_says_where_to_add_it_and_stops_in_good_order(
    local: LocalDiscord, run: Run, library: Library, channel: Channel, asker: User
) -> None:
    process = run()
    process.until_ready()
    (library.folder / "open").touch()
    asked = local.slash(channel, asker, "ask", question="how many for arson")
    assert local.answer_to(asked).title == "812"
    process.signal(signal.SIGTERM)

    assert process.code() == 0
    link = re.search(r"https://\S+", process.said)
    assert link is not None
    assert f"client_id={local.bot.id}" in link[0]
    assert "scope=bot+applications.commands" in link[0]
    assert TOKEN not in process.said + process.logged
    assert "arson" not in process.logged
    assert "voice" not in process.logged


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_sigterm_waits_for_the_answers_in_flight(
    local: LocalDiscord, run: Run, library: Library, channel: Channel, asker: User
) -> None:
    port = free_port()
    process = run(QUOTH_HTTP_PORT=str(port))
    process.until_ready()
    assert status(port, "/readyz") == 200
    asked = local.slash(channel, asker, "ask", question="how many for arson")
    local.wait_for(lambda: asked.deferred, "a deferral")
    process.signal(signal.SIGTERM)
    local.wait_for(lambda: " stopping " in process.logged, "the end")
    assert (status(port, "/readyz"), status(port, "/healthz")) == (503, 200)
    (library.folder / "open").touch()

    assert local.answer_to(asked).title == "812"
    assert process.code() == 0


def test_a_wrong_token_ends_with_a_reason(local: LocalDiscord, run: Run) -> None:
    process = run(token="wrong.secret.token")

    assert process.code() == 1
    assert "does not accept the token" in process.logged
    assert "wrong.secret" not in process.said + process.logged
    assert "Traceback" not in process.logged


def test_a_close_that_no_second_try_changes_ends_with_a_reason(
    local: LocalDiscord, run: Run
) -> None:
    local.gateway.close_on_identify = 4014
    process = run()

    assert process.code() == 1
    assert "intents" in process.logged.splitlines()[-1]
    assert "(4014" in process.logged


def test_a_second_one_on_the_same_data_is_refused_and_the_next_one_sends_lost_commands_again(
    local: LocalDiscord, run: Run
) -> None:
    first = run(token=f"{TOKEN}\n")
    first.until_ready()
    second = run()
    assert second.code() == 1
    assert "another quoth run, restore or migrate is at work on it" in second.logged
    assert len(second.logged.splitlines()) == 1
    first.signal(signal.SIGTERM)
    assert first.code() == 0
    local.commands.clear()
    run("--sync").until_ready()

    assert local.syncs == 2
    assert local.commands


def test_a_taken_port_ends_with_a_reason(local: LocalDiscord, run: Run) -> None:
    port = local.url.rpartition(":")[2]
    process = run(QUOTH_HTTP_PORT=port)

    assert process.code() == 1
    assert "QUOTH_HTTP_PORT" in process.logged


def test_without_a_token_it_says_how_to_get_one(tmp_path: Path) -> None:
    done = quoth("run", "--data", str(tmp_path))

    assert done.returncode == 2
    assert "Reset Token" in done.stderr
    assert "View Channels, Send Messages," in done.stderr


_RUN_AND_TELL = """
import ctypes
from bot.cli.main import main
try:
    main()
except SystemExit:
    PR_GET_DUMPABLE = 3
    print("dumpable:", ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
"""


def test_nobody_else_reads_the_memory_of_a_process_that_knows_the_token(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_TELL, "run", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "dumpable: 0\n"
