"""
Quoth for other programs: exact answers from a folder of documents.

    from quoth import open_folder

    with open_folder("docs") as library:
        answer = library.ask("how many were deported for drunk driving?")
        print(answer.spans[0].text if answer.answered else "the documents don't say")

Importing this costs nothing; models are loaded by `open_folder`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from answering.answer import Answer, AnswerSpan, NearestPassage
    from answering.question import QuestionError
    from bot.settings import SettingsError
    from index.errors import IndexingError
    from index.filters import FilterError
    from quoth.library import Library, open_folder
    from reader.errors import ReaderError

__all__ = [
    "Answer",
    "AnswerSpan",
    "FilterError",
    "IndexingError",
    "Library",
    "NearestPassage",
    "QuestionError",
    "ReaderError",
    "SettingsError",
    "open_folder",
]

_HOMES = {
    "Answer": "answering.answer",
    "AnswerSpan": "answering.answer",
    "NearestPassage": "answering.answer",
    "QuestionError": "answering.question",
    "FilterError": "index.filters",
    "IndexingError": "index.errors",
    "ReaderError": "reader.errors",
    "SettingsError": "bot.settings",
    "Library": "quoth.library",
    "open_folder": "quoth.library",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
