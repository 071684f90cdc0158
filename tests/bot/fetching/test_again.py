"""What was fetched is fetched again when it is time."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.collection_names import BASE_COLLECTION
from bot.fetching.again import MARK_NAME, fetch_again, fetch_command
from bot.settings import Settings, load_settings
from index.provenance import FetchOrigin, Provenance, write_provenance
from tests.bot.fetching.site import serving

PATIENCE_S = 120.0
HOURS = 6.0
ORIGIN = FetchOrigin(kind="page", url="https://example.org/fees", most=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "seeds").mkdir()
    return load_settings(seeds=tmp_path / "seeds", data=tmp_path / "data", fetch_hours=HOURS)


def run(settings: Settings, until: Callable[[], bool], command: list[str] | None = None) -> None:
    if command is None:
        command = [*fetch_command(settings, BASE_COLLECTION), "--allow-private", "--delay=0"]

    async def beside() -> None:
        work = asyncio.create_task(
            fetch_again(settings, BASE_COLLECTION, command=command, look_s=0.01)
        )
        async with asyncio.timeout(PATIENCE_S):
            while not until():
                assert not work.done()
                await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    asyncio.run(beside())


def for_a_while() -> Callable[[], bool]:
    ends = time.monotonic() + 0.3
    return lambda: time.monotonic() > ends


def test_documents_are_fetched_again_each_time_that_the_hours_have_passed(
    settings: Settings,
) -> None:
    mark = settings.base_collection / MARK_NAME

    def says(text: str) -> bool:
        return any(text in page.read_text() for page in settings.seeds.rglob("*.html"))

    with serving() as site:
        origin = FetchOrigin(kind="page", url=f"{site.url}/fees", most=1)
        write_provenance(settings.seeds, Provenance(origins=(origin,)))
        site.put("/fees", "The fee is 35 marks.")
        run(settings, lambda: says("35 marks"))
        site.put("/fees", "The fee is 40 marks.")
        run(settings, for_a_while())
        assert not says("40 marks")

        long_ago = time.time() - HOURS * 3600 - 1
        os.utime(mark, (long_ago, long_ago))

        run(settings, lambda: says("40 marks"))
        assert mark.stat().st_mtime > long_ago + 1


def test_where_nothing_was_fetched_nothing_is_done(settings: Settings) -> None:
    run(settings, for_a_while())

    assert not (settings.base_collection / MARK_NAME).exists()


def hours_left(settings: Settings) -> float:
    passed_s = time.time() - (settings.base_collection / MARK_NAME).stat().st_mtime
    return HOURS - passed_s / 3600


def make_due(settings: Settings) -> None:
    os.utime(settings.base_collection / MARK_NAME, (0, 0))


@pytest.mark.parametrize(("code", "pauses"), [(0, [6, 6]), (1, [1, 2, 4, 6])])
def test_what_failed_is_repeated_sooner(
    settings: Settings, code: int, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    write_provenance(settings.seeds, Provenance(origins=(ORIGIN,)))
    caplog.set_level("INFO")
    found: list[float] = []

    def all_found() -> bool:
        if caplog.messages.count("fetched_again") > len(found):
            found.append(hours_left(settings))
            make_due(settings)
        return len(found) == len(pauses)

    run(settings, all_found, ["sh", "-c", f"exit {code}"])

    assert found == pytest.approx(pauses, abs=0.1)


def test_what_is_interrupted_is_repeated_within_an_hour_however_long_it_took(
    settings: Settings, tmp_path: Path
) -> None:
    write_provenance(settings.seeds, Provenance(origins=(ORIGIN,)))
    begun = tmp_path / "begun"
    is_long = False

    def is_noted_again() -> bool:
        nonlocal is_long
        if begun.exists() and not is_long:
            is_long = True
            make_due(settings)
        return is_long and hours_left(settings) > 0

    run(settings, is_noted_again, ["sh", "-c", f"echo > {begun}; exec sleep 60"])

    assert hours_left(settings) == pytest.approx(1, abs=0.1)
