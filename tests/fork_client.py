"""
Stands where a process of Python would: has it forked, hands signals on, and ends as it ends.

Usage: fork_client.py ADDRESS MODULE:FUNCTION ARGUMENT ...

It imports only what is built into Python, not what wraps that: tests start a thousand of these, and
to import `json`, `signal` and `socket` takes longer than all else.

Where no process forks any more, it says so, and ends with a code of its own.
"""

import _json
import _signal  # type: ignore[import-not-found]
import _socket
import posix
import sys

# No test expects it: 1 would pass for a refusal.
_NO_FORK = 70


def main() -> None:
    """Be the fork, for whoever started this process."""
    try:
        code = _forked()
    except OSError as error:
        said = f"The process that forks for the tests can't be asked any more: {error}\n"
        posix.write(2, said.encode())
        code = _NO_FORK
    if code < 0:
        # What SIGKILL does can't be set.
        if code != -_signal.SIGKILL:
            _signal.signal(-code, _signal.SIG_DFL)
        posix.kill(posix.getpid(), -code)
    # Nothing is left to be done, and much to be torn down.
    posix._exit(code)


def _forked() -> int:
    """
    Have a process forked, and hand signals on to it.

    Returns:
        Its exit code, negative for a signal, once it has ended.

    Raises:
        OSError: If there is nobody to fork it, or to tell how it ended.
    """
    _, address, started, *arguments = sys.argv
    told = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    told.connect(address)
    given = ",".join(map(_quoted, arguments))
    environment = ",".join(f"{_text(name)}:{_text(value)}" for name, value in posix.environ.items())
    asked = f"[{_quoted(started)},[{given}],{_quoted(posix.getcwd())},{{{environment}}}]".encode()
    streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
    told.sendmsg([asked], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    fork = _heard(told)

    def hand_on(number: int, _: object) -> None:
        try:
            posix.kill(fork, number)
        except ProcessLookupError:
            # It has ended, and how it did is about to be told.
            return

    for which in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGUSR1, _signal.SIGUSR2):
        _signal.signal(which, hand_on)
    return _heard(told)


def _heard(told: _socket.socket) -> int:
    """A number that the process tells which forks."""
    if number := told.recv(64):
        return int(number)
    raise ConnectionResetError("it has hung up")


def _quoted(text: str) -> str:
    """A string of JSON."""
    return _json.encode_basestring_ascii(text)


def _text(content: bytes) -> str:
    return _quoted(content.decode("utf-8", "surrogateescape"))


if __name__ == "__main__":
    main()
