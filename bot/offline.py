"""A process that can't reach anything: proof that an answer needs no network."""

import sys
from typing import Literal

from index.confinement import enter_own_network


class OfflineError(OSError):
    """Something tried to use a socket."""


def go_offline() -> Literal["kernel", "python"]:
    """
    Cut this process off, for good.

    Call it before threads are started: the kernel takes no process with several.

    Returns:
        "kernel" if the process is in a network of its own, in which there is nothing, so that not
        even compiled libraries reach anything; "python" where that is not permitted, and only the
        sockets of Python are blocked.
    """
    sys.addaudithook(_refuse)
    return "kernel" if enter_own_network() else "python"


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith("socket."):
        raise OfflineError(f"{event} {arguments!r}: this process is offline.")
