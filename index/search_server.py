"""Where generations are searched, other than in their own files: the least that is asked of it."""

from collections.abc import Collection
from typing import Protocol

from index.engine import SearchEngine
from index.generation import LocalGeneration
from index.manifest import Manifest


class SearchServer(Protocol):
    """
    Searches generations elsewhere than in their own files.

    Every method raises `SearchServerError` if the server can't be used.
    """

    def examine(self) -> str:
        """Make sure that generations can be published and searched there; say what it is."""
        ...

    def publish(self, generation: LocalGeneration) -> None:
        """Take in a generation; what is there already stays as it is."""
        ...

    def open(self, collection: str, manifest: Manifest) -> SearchEngine:
        """
        What searches a generation of a collection.

        Raises:
            NotPublishedError: If it was not published.
        """
        ...

    def keep(self, collection: str, generations: Collection[str]) -> None:
        """Delete all generations of a collection but these."""
        ...
