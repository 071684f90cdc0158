"""What a build tells while it runs."""

from typing import Protocol


class Reporter(Protocol):
    """Hears how a build goes."""

    def waiting(self, holder: str) -> None:
        """Another build holds the lock; this one waits for it."""
        ...

    def stage(self, name: str, total: int) -> None:
        """
        A stage of `total` steps begins: "read" counts documents, "encode" passages.

        Others have no steps, and a `total` of 0: "export" and "model", in which the encoder is made
        ready, "write", and "ocr", which says that "read" goes on with scanned pages.
        """
        ...

    def advance(self, steps: int) -> None:
        """So many more steps of the stage are done."""
        ...


class SilentReporter:
    """Tells nobody."""

    def waiting(self, holder: str) -> None:
        """See `Reporter`."""

    def stage(self, name: str, total: int) -> None:
        """See `Reporter`."""

    def advance(self, steps: int) -> None:
        """See `Reporter`."""
