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

HOURS = 6.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "seeds").mkdir()
    return load_settings(seeds=tmp_path / "seeds", data=tmp_path / "data", fetch_hours=HOURS)


def run(settings: Settings, until: Callable[[], bool]) -> None:
    command = [*fetch_command(settings, BASE_COLLECTION), "--allow-private", "--delay=0"]

    async def beside() -> None:
        work = asyncio.create_task(
            fetch_again(settings, BASE_COLLECTION, command=command, look_s=0.01)
        )
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
