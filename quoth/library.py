"""A folder of documents that a program asks questions of."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from answering.followups.turns import turn_of
from answering.question import Question
from bot.assembly import (
    Answering,
    OpenIndex,
    build_in_child,
    open_answering,
    open_fresh_index,
)
from bot.settings import Settings, load_settings
from index.files import real_path
from index.filters import Filter
from prompts import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from answering.answer import Answer


# So much of the folder's name stands in that of its index, which has at most 255 bytes.
_NAME_BYTES = 242


class Library:
    """
    An open folder of documents.

    Any thread may ask. It answers from the documents as they were when it was opened; open the
    folder again to see what has changed since.
    """

    def __init__(self, answering: Answering, outdated: str = "") -> None:
        """Take what answers, and what is to be said of an old index; `open_folder` makes it."""
        self._answering = answering
        self._outdated = outdated
        self._answerer = answering.caching_answerer()

    @property
    def notice(self) -> str:
        """What a person should know before the first answer; "" where all is as it should be."""
        return "\n".join(filter(None, (self._outdated, self._answering.notice)))

    def ask(
        self,
        question: str,
        earlier: Sequence[Answer] = (),
        *,
        alternatives: int = 0,
        within: str | Iterable[str] = (),
        since: str | date | None = None,
    ) -> Answer:
        """
        Answer a question with the exact words of a document.

        Args:
            question: As a person types it.
            earlier: The answers before it, oldest first, which it may lean on.
            alternatives: How many other answers are wanted, at most.
            within: Names of the documents and folders that it is answered from, or patterns such as
                "rules/*"; all if there is none.
            since: The day of the oldest documents that it is answered from, a date or as
                YYYY-MM-DD; those without a date are left out.

        Returns:
            The answer; its `outcome` says whether the documents say. It has no spans unless they
            do: where Quoth is not sure, it has `candidates`, and else the nearest passages.

        Raises:
            QuestionError: If the question is blank, too long or not in English.
            FilterError: If `since` is no day, or no document is left.
            IndexingError: If the index turns out damaged; open the folder again.
        """
        names = [within] if isinstance(within, str) else within
        # A datetime is a date, too, which says more than the day.
        day = since if since is None or isinstance(since, str) else since.isoformat()[:10]
        wanted = Filter.given(names, day)
        asked = Question.typed(question, self._answering.settings.max_question_chars, wanted)
        return self._answerer.answer(asked, [turn_of(one) for one in earlier], alternatives)

    def close(self) -> None:
        """Close the index; nobody may ask any more."""
        self._answering.index.generation.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_folder(folder: str | Path, data: str | Path | None = None) -> Library:
    """
    Open a folder of documents, indexed first if it is new or has changed.

    Where that can't be done, or another process is at it, the index before is opened, and
    `Library.notice` says so. What a build reports goes to standard error. Settings are those of
    the environment (`QUOTH_...`), as for the commands.

    Args:
        folder: The folder of documents.
        data: Where the index is kept. By default each folder has a place of its own in the
            user's cache.

    Raises:
        SettingsError: If a setting can't be used.
        IndexingError: If the documents can't be indexed.
        ReaderError: If the reader or its calibration can't be used.
    """
    # As the settings name it, so that it has one index wherever one works.
    documents = Path(os.path.expanduser(folder))  # noqa: PTH111 - the other raises RuntimeError
    kept = data_of(documents) if data is None else Path(data)
    said: list[str] = []

    def opening(settings: Settings) -> OpenIndex:
        return open_fresh_index(
            settings,
            renewing=lambda _: None,
            outdated=lambda reason: said.append(render("index_outdated.txt", reason=reason)),
            build=build_in_child,
        )

    answering = open_answering(load_settings(seeds=documents, data=kept), opening)
    return Library(answering, "\n".join(said))


def data_of(folder: Path) -> Path:
    """Where the index of a folder is kept: in the user's cache, by the folder's full path."""
    from platformdirs import user_cache_path

    whole = real_path(folder)
    digest = sha256(str(whole).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    # What is not UTF-8 can't be in the path of an index, nor a name that is longer than a folder's.
    name = whole.name.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")
    return user_cache_path("quoth") / f"{name}-{digest}"
