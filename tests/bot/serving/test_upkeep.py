"""What goes on beside the answers of a face."""

import asyncio
import errno
from pathlib import Path

import pytest

from bot.serving import upkeep
from bot.serving.service import AnswerService
from bot.settings import load_settings
from tests.conftest import Library


def test_who_follows_no_documents_changes_to_what_others_publish(
    library: Library, service: AnswerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_PUBLISHED_EVERY_S", 0.01)
    before = service.generation
    library.write("new.txt", "For fraud 55 were counted.")
    library.build()

    async def serve() -> None:
        async with upkeep.queue_of(service, load_settings(data=tmp_path / "data", follow_s=0)):
            while service.generation == before:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(serve(), 60))


def test_what_others_publish_is_looked_for_again_after_a_look_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "_PUBLISHED_EVERY_S", 0.0)
    looks: list[bool] = []

    class OutOfFiles(AnswerService):
        """As where too many files are open."""

        def __init__(self) -> None:
            """Open nothing."""

        def refresh(self, *, anew: bool = False) -> bool:
            looks.append(anew)
            raise OSError(errno.EMFILE, "Too many open files")

    async def serve() -> None:
        async with upkeep.beside(upkeep._take_published(OutOfFiles())):
            while len(looks) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(serve(), 60))


def test_what_ends_before_anything_beside_it_has_begun_leaves_no_complaint() -> None:
    async def duty() -> None:
        raise AssertionError

    async def serve() -> None:
        async with upkeep.beside(duty()):
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(serve())
