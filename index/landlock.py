"""Landlock: the kernel lets a process reach the files it was granted, and no others."""

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# These numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_FOR_VERSION = 1
_RULE_PATH_BENEATH = 1

# The rights to files, as bits: 13 of the first version, and one more of each of three later ones.
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FIRST_RIGHTS = (1 << 13) - 1
_LATER_RIGHTS = ((2, 1 << 13), (3, 1 << 14), (5, 1 << 15))
# To bind and to connect TCP sockets; to reach abstract sockets and to send signals to others.
_NETWORK_SINCE, _NETWORK_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


class FileRules:
    """What a process may reach of the disk, as the kernel has it: for itself, or for its forks."""

    def __init__(
        self, libc: ctypes.CDLL, readable: Iterable[Path], listable: Iterable[Path]
    ) -> None:
        """
        Hand the rules to the kernel, if it knows how; they are not in force yet.

        Args:
            libc: The C library.
            readable: Files, and folders with all that is in them; one that is not there is left
                out.
            listable: Folders whose names may be read, but not the files.
        """
        self._libc = libc
        version = libc.syscall(_CREATE_RULESET, None, 0, _ASK_FOR_VERSION)
        self._ruleset = (
            libc.syscall(_CREATE_RULESET, *_sized(_handled(version)), 0) if version >= 1 else -1
        )
        if self._ruleset < 0:
            return
        for path in readable:
            self._grant(path, _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE)
        for path in listable:
            self._grant(path, _READ_DIR)

    def restrict(self) -> bool:
        """
        Let this process read what it was granted, for good, and nothing else.

        It can't write, make, remove or run a file either, and, where the kernel knows how, reach no
        other process by a signal or a socket. What was opened before stays open. The process must
        have given up new privileges.

        Returns:
            Whether the kernel does it.
        """
        return self._ruleset >= 0 and bool(
            self._libc.syscall(_RESTRICT_SELF, self._ruleset, 0) == 0
        )

    def close(self) -> None:
        """Let go of the rules; those that are in force stay so."""
        if self._ruleset >= 0:
            os.close(self._ruleset)

    def _grant(self, path: Path, rights: int) -> None:
        with suppress(OSError):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = struct.pack("=Qi", rights, descriptor)
                self._libc.syscall(_ADD_RULE, self._ruleset, _RULE_PATH_BENEATH, rule, 0)
            finally:
                os.close(descriptor)


def _handled(version: int) -> bytes:
    """All that the kernel's version can refuse."""
    rights = _FIRST_RIGHTS
    for since, right in _LATER_RIGHTS:
        rights |= right if version >= since else 0
    network = _NETWORK_RIGHTS if version >= _NETWORK_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    values = (rights, network, scopes)
    known = 3 if version >= _SCOPES_SINCE else 2 if version >= _NETWORK_SINCE else 1
    return struct.pack(f"={known}Q", *values[:known])


def _sized(attributes: bytes) -> tuple[bytes, int]:
    return attributes, len(attributes)
