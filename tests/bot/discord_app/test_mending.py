"""`quoth run` answers from the index that it mended."""

from collections.abc import Callable
from pathlib import Path

from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.crowd import places
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.damage import change_in_document
from tests.discord_service import LocalDiscord
from tests.discord_service.world import User


def test_quoth_run_answers_from_the_index_that_it_mended(
    local: LocalDiscord, faked: Callable[..., Process], library: Library, tmp_path: Path
) -> None:
    (channel,) = places(local, 1)
    seeds = tmp_path / "documents"
    process = faked(QUOTH_SEEDS=str(seeds))
    assert (seeds / "figures.txt").read_text() == ARTICLE
    change_in_document(library, b"arson 812", b"arson 999")

    asked = local.slash(channel, User("ada"), "ask", question="how many for arson")
    assert local.answer_to(asked).title == "812"
    assert "index_damaged" in process.logged
    assert "Traceback" not in process.logged
