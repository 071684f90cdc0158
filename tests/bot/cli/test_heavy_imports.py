"""What a serving process must not load, and what a terminal must not pay for."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("loaded", "unwanted"),
    [
        ("bot.cli.ask, bot.assembly, answering.answerer", "discord aiohttp prometheus_client"),
        ("bot.cli.run, bot.discord_app.running", "torch transformers sentence_transformers"),
        (
            "bot.cli.ask, bot.cli.chat, bot.cli.eval, bot.cli.index, bot.cli.run, bot.cli.doctor",
            "asyncio numpy onnxruntime faiss pydantic jinja2 prompt_toolkit",
        ),
    ],
)
def test_unwanted_modules_stay_unloaded(loaded: str, unwanted: str) -> None:
    script = f"import sys, {loaded}; print(*set({unwanted.split()!r}) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == []
