"""Settings -> what a face that runs for long answers from."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.assembly import OpenIndex, open_answering, open_index
from bot.configured_collections import collection_of
from bot.serving.mirror import mirror_of
from bot.serving.nodes import nodes_of
from bot.serving.open_indexes import ServedAnswers, SpaceOpener
from bot.serving.service import AnswerService
from bot.settings import Settings
from index.errors import SharedError
from index.generation import Generation


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
    nodes = nodes_of(settings)
    mirror = mirror_of(settings)
    if mirror is not None:
        # Nothing is answered from what a server has removed since this machine stopped. Whoever
        # opens the base says it where that can't be looked up.
        with suppress(SharedError):
            mirror.bring_all()
    answerer: Callable[[OpenIndex, Sequence[Generation]], ServedAnswers]
    if nodes is None:
        answering = open_answering(settings, opening)
        say_notice(answering.notice)
        index, answerer = answering.index, answering.caching_answerer
        reader_sha256 = answering.reader.sha256
    else:
        index, answerer, reader_sha256 = opening(settings), nodes.answerer, ""
    # What is published when the service begins may be newer already.
    index.generation.close()
    opener = SpaceOpener(
        open_base=lambda: open_index(settings),
        answerer=answerer,
        collection=lambda name: collection_of(settings, name),
    )
    return AnswerService(opener, reader_sha256)
