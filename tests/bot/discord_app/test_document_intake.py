"""What takes in the documents of servers holds up nothing else."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.discord_app import document_intake
from bot.discord_app.document_intake import PAGES_AT_ONCE, Intake, KeptDocument
from bot.fetching.errors import FetchError
from bot.fetching.one_page import Page
from bot.serving.own_documents import OwnDocuments
from bot.settings import load_settings
from tests.discord_service.service import PATIENCE_S


def test_pages_of_slow_servers_hold_up_no_other_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_work = threading.Event()
    was_done: list[bool] = []

    def from_slow_server(url: str, max_bytes: int, *, until: float) -> Page:
        was_done.append(other_work.wait(PATIENCE_S))
        raise FetchError("it takes too long")

    monkeypatch.setattr(document_intake, "one_page", from_slow_server)

    async def add_pages() -> list[KeptDocument | str]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(PAGES_AT_ONCE))
        intake, own = Intake(load_settings(data=tmp_path)), OwnDocuments(tmp_path)
        pages = asyncio.gather(
            *(intake.fetch_page("a", own, "https://slow.example/", {}) for _ in range(9))
        )
        await asyncio.sleep(0)
        await asyncio.to_thread(other_work.set)
        return await pages

    told = asyncio.run(add_pages())

    assert all("it takes too long" in str(each) for each in told)
    assert was_done == [True] * 9
