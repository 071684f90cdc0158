"""A filter of system calls: what a parser has no use for is refused by the kernel."""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterator

from index.system_calls import FORKING, REFUSED, UNKNOWN

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# What the kernel calls the architectures, and where `REFUSED` has their numbers.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# On x86_64 the same calls can be made by other numbers, for programs with pointers of 32 bits.
_X32_BIT = 0x40000000
# The calls whose arguments are looked at, on x86_64 and on aarch64.
_OWN_SIGNALS = {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)}
_LIMITS = (302, 261)
_FCNTL = (72, 25)
# Who gets a signal when there is something to read, and which; and how much a pipe holds.
_OF_DESCRIPTORS = {"F_SETOWN": 8, "F_SETSIG": 10, "F_SETOWN_EX": 15, "F_SETPIPE_SZ": 1031}
_PRCTL = (157, 167)
_PR_SET_PDEATHSIG = 1
_CLONE = (56, 220)
_CLONE_THREAD = 0x10000
_OPEN = (2, None)
_OPENAT = (257, 56)
# To write, to make or to empty a file.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# A program for the kernel's filters: one instruction is a code, two distances and a number.
_Instruction = tuple[int, int, int, int]
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = (_RETURN, 0, 0, 0x7FFF0000)
_REFUSE = (_RETURN, 0, 0, 0x00050000 | 1)  # "not permitted"
_SAY_UNKNOWN = (_RETURN, 0, 0, 0x00050000 | 38)  # "no such system call"
# What the kernel knows of a call: its number, the architecture, and the low half of each argument.
_NUMBER, _ARCHITECTURE = (_LOAD, 0, 0, 0), (_LOAD, 0, 0, 4)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def filter_calls(libc: ctypes.CDLL) -> bool:
    """
    Refuse this process, and its forks, what `index.system_calls` lists, for good.

    Also files that are opened for writing, and limits of others. The process must have given up new
    privileges.
    """
    return _filter(libc, _calls)


def filter_processes(libc: ctypes.CDLL) -> bool:
    """
    Refuse this process, for good, processes that are no threads, and signals to others.

    Also to outlive its parent, and to let a pipe hold less.
    """
    return _filter(libc, _processes)


def _filter(libc: ctypes.CDLL, instructions: Callable[[int], Iterator[_Instruction]]) -> bool:
    known = _ARCHITECTURES.get(platform.machine())
    # A Python of 32 bits makes other calls than its machine.
    if known is None or sys.maxsize < 1 << 32:
        return False
    architecture, column = known
    said = (_ARCHITECTURE, *_unless(_IF_EQUAL, architecture), _NUMBER, *instructions(column))
    code = b"".join(struct.pack("=HBBI", *each) for each in (*said, _ALLOW))
    program = _Program(len(code) // 8, code)
    address = ctypes.addressof(program)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, address, 0, 0) == 0)


def _calls(column: int) -> Iterator[_Instruction]:
    yield from _when(_IF_AT_LEAST, _X32_BIT, _REFUSE)
    for numbers in REFUSED.values():
        yield from _when(_IF_EQUAL, numbers[column], _REFUSE)
    for numbers in UNKNOWN.values():
        yield from _when(_IF_EQUAL, numbers[column], _SAY_UNKNOWN)
    yield from _looked_at(_OPEN[column], 1, (_IF_ANY_BIT, 0, 1, _WRITING), _REFUSE, _ALLOW)
    yield from _looked_at(_OPENAT[column], 2, (_IF_ANY_BIT, 0, 1, _WRITING), _REFUSE, _ALLOW)
    # Its own limits are of process 0, as the C library asks.
    yield from _looked_at(_LIMITS[column], 0, (_IF_EQUAL, 0, 1, 0), _ALLOW, _REFUSE)


def _processes(column: int) -> Iterator[_Instruction]:
    for numbers in FORKING.values():
        yield from _when(_IF_EQUAL, numbers[column], _REFUSE)
    yield from _looked_at(_CLONE[column], 0, (_IF_ANY_BIT, 0, 1, _CLONE_THREAD), _ALLOW, _REFUSE)
    yield from _without(_FCNTL[column], 1, tuple(_OF_DESCRIPTORS.values()))
    # What it was forked from set it.
    yield from _without(_PRCTL[column], 0, (_PR_SET_PDEATHSIG,))
    own = os.getpid()
    for numbers in _OWN_SIGNALS.values():
        yield from _looked_at(numbers[column], 0, (_IF_EQUAL, 0, 1, own), _ALLOW, _REFUSE)


def _when(test: int, value: int | None, then: _Instruction) -> Iterator[_Instruction]:
    """End with `then` if the test holds; a value that there is not never does."""
    if value is not None:
        yield (test, 0, 1, value)
        yield then


def _unless(test: int, value: int) -> Iterator[_Instruction]:
    """Refuse everything unless the test holds."""
    yield (test, 1, 0, value)
    yield _REFUSE


def _without(number: int, argument: int, values: tuple[int, ...]) -> Iterator[_Instruction]:
    """For one call, refuse these values of an argument, and end with any other."""
    yield (_IF_EQUAL, 0, 2 * len(values) + 2, number)
    yield (_LOAD, 0, 0, 16 + 8 * argument)
    for value in values:
        yield from _when(_IF_EQUAL, value, _REFUSE)
    yield _ALLOW


def _looked_at(
    number: int | None,
    argument: int,
    test: _Instruction,
    then: _Instruction,
    otherwise: _Instruction,
) -> Iterator[_Instruction]:
    """For one call, end with `then` if the test of an argument holds, and else with `otherwise`."""
    if number is not None:
        yield (_IF_EQUAL, 0, 4, number)
        yield (_LOAD, 0, 0, 16 + 8 * argument)
        yield test
        yield then
        yield otherwise
