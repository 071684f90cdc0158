"""`quoth serve` as people run it: the real models, in a process of its own."""

import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import cli
from bot.settings import Settings
from tests.bot.test_access import PASSWORD, TOKEN
from tests.commands import QUESTION, quoth
from tests.conftest import ROOT
from tests.forks import forked_command
from tests.postgres import Way
from tests.waiting import PATIENCE_S, until

ANY = "0.0.0.0"  # noqa: S104 - nothing listens there


@contextmanager
def served(*arguments: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server, once it says its address."""
    with subprocess.Popen(
        forked_command("bot.cli.main", "serve", "--port", "0", *arguments),
        cwd=ROOT,
        env={**os.environ, "QUOTH_TIME_LIMIT_S": str(PATIENCE_S), **environment},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        try:
            said = ""
            # Notices come first.
            while not (found := re.search(r"http://[0-9.]+:\d+", said)):
                line = server.stderr.readline()
                assert line, said
                said += line
            assert ("index that was fetched last" in said) == ("QUOTH_STORAGE" in environment)
            assert ("answers come without links" in said) == ("QUOTH_DATABASE" in environment)
            yield found[0], server
        finally:
            server.kill()


def test_who_asks_nodes_indexes_first_what_it_shows(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    for name in ("seeds", "data"):
        (tmp_path / name).mkdir()
    # It need not be exported once more.
    (tmp_path / "data" / "encoder").symlink_to(real_data() / "encoder")
    (tmp_path / "seeds" / "rye.txt").write_text("A loaf of rye costs two francs.")
    folders = ("--seeds", str(tmp_path / "seeds"), "--data", str(tmp_path / "data"))

    with (
        served(*folders, QUOTH_NODES="http://127.0.0.1:9", QUOTH_NODE_TOKEN=TOKEN) as (address, _),
        urllib.request.urlopen(f"{address}/documents") as page,  # noqa: S310 - our own
    ):
        assert "rye.txt" in page.read().decode()


def test_the_readmes_question_is_answered_as_in_the_terminal(ready: tuple[str, ...]) -> None:
    body = json.dumps({"question": QUESTION, "alternatives": 2}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}

    with served(*ready, QUOTH_API_TOKENS=TOKEN) as (address, server):
        asked = urllib.request.Request(f"{address}/v1/ask", body, headers)  # noqa: S310 - our own
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as reply:  # noqa: S310
            answer = json.load(reply)
        with urllib.request.urlopen(f"{address}/?q=drunk+driving", timeout=PATIENCE_S) as reply:  # noqa: S310
            page = reply.read().decode()
        kept = f"{address}/a/{answer['id']}"
        with urllib.request.urlopen(kept, timeout=PATIENCE_S) as reply:  # noqa: S310
            linked = reply.read().decode()
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE_S) == 0
    printed = json.loads(
        quoth("ask", "--json", "--top", "2", QUESTION, *ready, is_real=True).stdout
    )
    for described in (answer, printed):
        # An answer of the terminal's is not kept.
        del described["timings_ms"], described["id"]

    assert answer == printed
    assert answer["answer"] == "35,927"
    assert "<mark>" in page
    assert '<p class="found">35,927</p>' in linked


@pytest.mark.parametrize("command", [("serve",), ("mcp", "--http")])
def test_other_machines_reach_nothing_without_a_secret(
    ready: tuple[str, ...], command: tuple[str, ...]
) -> None:
    refused = quoth(*command, "--host", ANY, *ready)

    assert refused.returncode == 2
    assert f"{ANY} is reached from other machines" in refused.stderr
    assert "QUOTH_WEB_PASSWORD" in refused.stderr


def test_an_address_that_cannot_be_listened_at_is_named(ready: tuple[str, ...]) -> None:
    refused = quoth("serve", "--host", "203.0.113.1", *ready, QUOTH_WEB_PASSWORD=PASSWORD)

    assert refused.returncode == 1
    assert "203.0.113.1, port 7868: can't be listened at" in refused.stderr


def test_ctrl_c_ends_mcp_while_it_waits_for_its_client(ready: tuple[str, ...]) -> None:
    client: dict[str, object] = {"protocolVersion": "2025-11-25", "capabilities": {}}
    client["clientInfo"] = {"name": "test", "version": "1"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}

    with subprocess.Popen(
        forked_command("bot.cli.main", "mcp", *ready),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(json.dumps(asked) + "\n")
            server.stdin.flush()
            assert "serverInfo" in server.stdout.readline()
            server.send_signal(signal.SIGINT)
            assert server.wait(PATIENCE_S) == -signal.SIGINT
        finally:
            server.kill()


def test_mcp_takes_an_address_for_http_alone(ready: tuple[str, ...]) -> None:
    refused = quoth("mcp", "--port", "5", *ready)

    assert refused.returncode == 2
    assert "--host and --port are for --http." in refused.stderr


@pytest.mark.parametrize(("command", "setting"), [("serve", "web_port"), ("mcp", "mcp_port")])
def test_the_help_names_the_port_that_is_the_default(command: str, setting: str) -> None:
    found = cli.get_command(None, command)  # type: ignore[arg-type]

    assert found is not None
    (port,) = [each for each in found.params if each.name == setting]
    assert f"default: {Settings.model_fields[setting].default}," in str(getattr(port, "help", ""))


def test_a_node_starts_from_what_it_has_where_database_and_storage_are_away(
    home: Path, postgres_database: str
) -> None:
    body = json.dumps({"question": QUESTION}).encode()

    def ask(address: str) -> dict[str, Any]:
        asked = urllib.request.Request(  # noqa: S310 - our own
            f"{address}/v1/ask", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as reply:  # noqa: S310
            answer: dict[str, Any] = json.load(reply)
        return answer

    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        way = Way(postgres_database, Path(folder))
        way.close()
        shared = {"QUOTH_DATABASE": way.address, "QUOTH_STORAGE": str(home / "unmounted")}
        with served(*("--data", str(home / "data"), "--seeds", str(home / "none")), **shared) as (
            address,
            server,
        ):
            assert ask(address)["answer"] == "35,927"
            assert ask(address)["id"] is None
            way.open()
            until(lambda: ask(address)["id"] is not None)
            server.send_signal(signal.SIGTERM)
            assert server.wait(PATIENCE_S) == 0
        way.close()
