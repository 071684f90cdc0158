"""The exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's end means; wrong usage is 2, as click has it."""

    FAILURE = 1
    NOT_IN_DOCUMENTS = 3
    UNSURE = 4
    INTERRUPTED = 130
