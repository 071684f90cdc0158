"""What a serving process must not load, and what a terminal must not pay for."""

import subprocess
import sys

from tests.conftest import ROOT

# What is imported, one after the other, and what must not be there then.
_STEPS = (
    (
        "bot.cli.ask, bot.cli.chat, bot.cli.eval, bot.cli.index, bot.cli.run, bot.cli.doctor",
        "asyncio numpy onnxruntime faiss pydantic jinja2 prompt_toolkit",
    ),
    ("bot.assembly, answering.answerer", "discord aiohttp prometheus_client"),
    ("bot.discord_app.running", "torch transformers sentence_transformers"),
)


def test_unwanted_modules_stay_unloaded() -> None:
    lines = [
        f"import {loaded}; print(*set({unwanted.split()!r}) & set(sys.modules))"
        for loaded, unwanted in _STEPS
    ]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "\n".join(("import sys", *lines))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    there = zip((loaded for loaded, _ in _STEPS), done.stdout.splitlines(), strict=True)
    assert {loaded: found for loaded, found in there if found} == {}
