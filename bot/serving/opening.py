"""Settings -> what a face that runs for long answers from."""

from collections.abc import Callable

from bot.assembly import OpenIndex, open_answering, open_index
from bot.serving.open_indexes import SpaceOpener
from bot.serving.service import AnswerService
from bot.settings import Settings
from index.store import Collection


def open_service(
    settings: Settings,
    opening: Callable[[Settings], OpenIndex],
    say_notice: Callable[[str], None],
) -> AnswerService:
    """
    Open the documents, indexed first if need be.

    Args:
        settings: Which documents, which models.
        opening: Opens the index; it may build it first.
        say_notice: Told what a person should know before the first answer; "" if there is nothing.

    Raises:
        IndexingError: If the index can't be opened.
        ReaderError: If the reader or its calibration can't be used.
    """
    answering = open_answering(settings, opening)
    say_notice(answering.notice)
    # What is published when the service begins may be newer already.
    answering.index.generation.close()
    return AnswerService(
        SpaceOpener(
            open_base=lambda: open_index(settings),
            answerer=answering.caching_answerer,
            collection=lambda name: Collection(settings.collection(name)),
        )
    )
