"""Builds run beside the bot, one at a time, and say how far they are."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.serving import builder
from bot.serving.builder import Builder, Progress
from bot.settings import Settings, load_settings
from tests.bot.discord_app.launcher import fake_index_command
from tests.conftest import Library

SCOPE = "server-aaaa"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(builder, "index_command", fake_index_command(tmp_path))
    return load_settings(data=tmp_path / "data", seeds=tmp_path / "documents")


@pytest.fixture
def own(library: Library) -> Library:
    return library.other(SCOPE)


def fields(caplog: pytest.LogCaptureFixture, name: str) -> dict[str, object]:
    (record,) = [record for record in caplog.records if record.getMessage() == name]
    found: dict[str, object] = record.__dict__["quoth_fields"]
    return found


def test_a_build_says_how_far_it_is_and_what_it_made(
    settings: Settings, own: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    own.write("secret.txt", "For fraud 55 were counted.")
    own.write("broken.pdf", "no PDF")
    seen: list[Progress] = []
    outcomes: list[str] = []
    builder = Builder(settings, outcomes.append)
    built = asyncio.run(builder.build(SCOPE, progress=seen.append))

    assert built is not None
    assert (built.documents, built.passages) == (1, 1)
    assert [failure.id for failure in built.failures] == ["broken.pdf"]
    assert seen[:2] == [Progress("read", 0, 2), Progress("read", 1, 2)]
    assert seen[-1] == Progress("encode", 1, 1)
    assert outcomes == ["built"]
    assert fields(caplog, "built")["unreadable"] == 1
    assert "secret" not in repr([record.__dict__ for record in caplog.records])


def test_a_build_of_members_documents_that_fails_names_none(
    settings: Settings, own: Library, caplog: pytest.LogCaptureFixture
) -> None:
    own.write("secret.txt", "For fraud 55 were counted.")
    own.build()
    generations = own.collection.folder / "generations"
    generations.rename(generations.with_name("away"))
    generations.write_text("in the way of secret.txt")
    outcomes: list[str] = []

    assert asyncio.run(Builder(settings, outcomes.append).build(SCOPE)) is None
    assert outcomes == ["failed"]
    assert fields(caplog, "build_failed") == {"collection": SCOPE, "code": 1}


def test_a_build_of_the_base_that_fails_is_said(
    settings: Settings, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    assert list(library.documents.iterdir()) == []
    assert asyncio.run(Builder(settings).build()) is None
    assert "documents" in str(fields(caplog, "build_failed")["said"])


def test_builds_run_one_after_the_other_until_they_are_ended(
    settings: Settings, library: Library, own: Library
) -> None:
    own.write("own.txt", "For fraud 55 were counted.")
    (library.folder / "hold-build").touch()
    waits: list[Progress] = []

    async def build() -> list[object]:
        builder = Builder(settings)
        encoding = asyncio.Event()
        first = asyncio.create_task(
            builder.build(
                SCOPE, progress=lambda now: encoding.set() if now.stage == "encode" else None
            )
        )
        await encoding.wait()
        second = asyncio.create_task(builder.build(SCOPE, progress=waits.append))
        while not waits:
            await asyncio.sleep(0.01)
        assert builder.waiting == 2
        builder.close()
        return list(await asyncio.gather(first, second))

    assert asyncio.run(build()) == [None, None]
    assert waits == [Progress("wait")]
