"""Builds run beside the bot, one at a time, and say how far they are."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.serving import build_queue
from bot.serving.build_process import Built, NotBuilt, Progress
from bot.serving.build_queue import Builder
from bot.settings import Settings, load_settings
from tests.bot.discord_app.launcher import fake_index_command
from tests.conftest import Library
from tests.waiting import until_in_loop

SCOPE = "server-aaaa"
_MANY = 7


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(build_queue, "index_command", fake_index_command(tmp_path))
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
    builder = Builder(settings)
    builder.counted = outcomes.append
    built = asyncio.run(builder.build(SCOPE, progress=seen.append))

    assert isinstance(built, Built)
    assert (built.documents, built.passages) == (1, 1)
    assert [failure.id for failure in built.failures] == ["broken.pdf"]
    assert seen[:2] == [Progress("read", 0, 2), Progress("read", 1, 2)]
    assert Progress("encode", 1, 1) in seen
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
    builder = Builder(settings)
    builder.counted = outcomes.append

    assert asyncio.run(builder.build(SCOPE)) == NotBuilt("failed")
    assert outcomes == ["failed"]
    assert fields(caplog, "build_failed") == {"collection": SCOPE, "code": 1}


def test_why_a_build_could_not_be_started_is_logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(build_queue, "index_command", lambda *_: ["no-such-command"])

    assert asyncio.run(Builder(settings).build(SCOPE)) == NotBuilt("failed")
    logged = fields(caplog, "build_not_started")
    assert logged["collection"] == SCOPE
    assert "No such file" in str(logged["reason"])


def test_a_build_of_the_base_that_fails_is_said(
    settings: Settings, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    assert list(library.documents.iterdir()) == []
    assert asyncio.run(Builder(settings).build()) == NotBuilt("failed")
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
        await until_in_loop(encoding.is_set)
        second = asyncio.create_task(builder.build(SCOPE, progress=waits.append))
        await until_in_loop(lambda: waits != [])
        assert builder.waiting == 2
        builder.close()
        return list(await asyncio.gather(first, second))

    assert asyncio.run(build()) == [NotBuilt("closed")] * 2
    assert waits == [Progress("wait")]


def test_a_build_that_makes_a_collection_too_large_is_refused_with_both_numbers(
    settings: Settings, own: Library, caplog: pytest.LogCaptureFixture
) -> None:
    own.write("some.txt", "For fraud 55 were counted.")
    own.build()
    own.write("more.txt", paragraphs(9))
    served = own.collection.current()
    few = settings.model_copy(update={"max_server_passages": 4})

    refused = asyncio.run(Builder(few).build(SCOPE))
    assert refused == NotBuilt("too_many_passages", passages=10, most=4)
    assert own.collection.current() == served
    assert fields(caplog, "build_refused") == {
        "collection": SCOPE,
        "reason": "too_many_passages",
    }


def test_a_collection_that_is_too_large_already_may_shrink_and_be_made_again(
    settings: Settings, own: Library
) -> None:
    own.write("some.txt", paragraphs(5))
    own.write("more.txt", paragraphs(4))
    own.build()
    builder = Builder(settings.model_copy(update={"max_server_passages": 2}))

    assert asyncio.run(builder.build(SCOPE, rebuild=True)) == Built(2, 9, ())
    (own.documents / "more.txt").unlink()
    assert asyncio.run(builder.build(SCOPE)) == Built(1, 5, ())


def test_a_build_that_takes_too_long_is_ended_and_the_next_one_runs(
    settings: Settings, library: Library, own: Library, caplog: pytest.LogCaptureFixture
) -> None:
    own.write("own.txt", "For fraud 55 were counted.")
    library.write("figures.txt", "For arson 812 were counted.")
    hold = library.folder / "hold-build"
    hold.touch()
    short = settings.model_copy(update={"build_limit_s": 0.1})

    async def build() -> tuple[object, object]:
        builder = Builder(short)
        ended = await builder.build(SCOPE)
        hold.unlink()
        return ended, await builder.build()

    ended, base = asyncio.run(build())
    assert ended == NotBuilt("too_long")
    assert isinstance(base, Built)
    assert fields(caplog, "build_refused") == {"collection": SCOPE, "reason": "too_long"}


@pytest.mark.parametrize("between", ["base", "server-bbbb"])
def test_a_large_build_pauses_for_the_base_and_for_much_smaller_ones(
    settings: Settings, library: Library, own: Library, between: str
) -> None:
    own.write("large.txt", paragraphs(30))
    small = library if between == "base" else library.other(between)
    small.write("small.txt", "For arson 812 were counted.")
    (library.folder / "slow-build").write_text("0.05")
    seen: list[Progress] = []

    async def build() -> list[str]:
        # Less time than the pause takes, which does not count.
        builder = Builder(settings)
        ended: list[str] = []

        async def run(name: str, size: int, heard: list[Progress]) -> None:
            built = await builder.build(name, size=size, progress=heard.append)
            assert isinstance(built, Built)
            ended.append(name)

        large = asyncio.create_task(run(SCOPE, 30_000, seen))
        await until_in_loop(lambda: Progress("encode", 1, 30) in seen)
        # However many go between: each takes a moment, and those of all servers are many.
        for _ in range(_MANY):
            await run(between, 30, [])
        await large
        return ended

    assert asyncio.run(build()) == [between] * _MANY + [SCOPE]
    paused = seen.index(Progress("wait"))
    assert 0 < seen[paused - 1].done < 30
    assert Progress("encode", 30, 30) in seen


def test_a_build_that_is_paused_ends_with_the_others(
    settings: Settings, library: Library, own: Library
) -> None:
    own.write("large.txt", paragraphs(30))
    library.write("small.txt", "For arson 812 were counted.")
    (library.folder / "slow-build").write_text("0.05")
    hold = library.folder / "hold-build"
    seen: list[Progress] = []

    async def build() -> list[object]:
        builder = Builder(settings)
        large = asyncio.create_task(builder.build(SCOPE, size=30_000, progress=seen.append))
        await until_in_loop(lambda: Progress("encode", 1, 30) in seen)
        hold.touch()
        base = asyncio.create_task(builder.build())
        await until_in_loop(lambda: Progress("wait") in seen)
        builder.close()
        return list(await asyncio.gather(large, base))

    assert asyncio.run(build()) == [NotBuilt("closed")] * 2


def paragraphs(count: int) -> str:
    """A text of so many passages."""
    return "\n\n".join(f"Number {n}: " + "word " * 150 for n in range(count))
