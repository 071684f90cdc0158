"""A build makes way for another: it waits, between two steps, until it is told to go on."""

import os
import signal
import time

PAUSE, GO_ON = signal.SIGUSR1, signal.SIGUSR2
_LOOK_S = 0.05


class BuildPauses:
    """The pauses of a build; made once, in the main thread of its process."""

    def __init__(self) -> None:
        """Listen to the process that started this one."""
        self._is_paused = False
        self._parent = os.getppid()
        signal.signal(PAUSE, self._pause)
        signal.signal(GO_ON, self._go_on)

    def _pause(self, *_: object) -> None:
        self._is_paused = True

    def _go_on(self, *_: object) -> None:
        self._is_paused = False

    def wait(self) -> None:
        """Wait while it is paused; not for ever, where nobody is left who could let it go on."""
        while self._is_paused and os.getppid() == self._parent:
            time.sleep(_LOOK_S)
