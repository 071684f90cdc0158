"""
Stands where a process of Python would: has it forked, hands signals on, and ends as it ends.

Usage: fork_client.py ADDRESS MODULE:FUNCTION ARGUMENT ...

It imports little, so that it starts at once; see `tests.forks`.
"""

import json
import os
import signal
import socket
import sys


def main() -> None:
    """Be the fork, for whoever started this process."""
    _, address, started, *arguments = sys.argv
    told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    told.connect(address)
    here = os.getcwd()  # noqa: PTH109 - pathlib takes longer to import than all of this
    asked = json.dumps([started, arguments, here, dict(os.environ)]).encode()
    socket.send_fds(told, [asked], [0, 1, 2])
    fork = int(told.recv(64))
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(which, lambda number, _: os.kill(fork, number))
    code = int(told.recv(64))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    # Nothing is left to be done, and much to be torn down.
    os._exit(code)


if __name__ == "__main__":
    main()
