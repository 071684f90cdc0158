"""
What a process gives up before it reads files that strangers wrote.

A parser needs its libraries and the bytes it is handed. Everything else is taken from it, as far as
the kernel knows how: should a file take a parser over, it finds no network, no other file, no
program, no process and no privilege. Nothing of this can be undone by the process itself.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import sysconfig
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from index.landlock import FileRules
from index.processes import bare_environment, module_command
from index.seccomp import filter_calls, filter_processes

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CAPABILITIES_VERSION = 0x20080522
# To read files whatever their owner: where root runs what somebody else has installed, the
# libraries need it. Which files those are is not for this to say.
_CAP_DAC_READ_SEARCH = 1 << 2

# What compiled modules are linked with, and the names of time zones.
_SYSTEM_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"),
    *("/etc/ld.so.cache", "/usr/share/zoneinfo"),
)
# Where packages are installed, and nothing else lies.
_LIBRARY_FOLDERS = frozenset({"site-packages", "dist-packages"})
_MODULE_SUFFIXES = frozenset({".py", ".so"})

# For a parser's start, which takes some milliseconds.
_PATIENCE_S = 30.0

Protection = Literal["network", "files", "calls", "privileges"]
"""
`network`: it has a network of its own, in which there is nothing. `files`: Landlock lets it read
its libraries only. `calls`: seccomp refuses the system calls that no parser needs. `privileges`: it
has none, and gets none by running a program.
"""


@dataclass(frozen=True, slots=True)
class Confinement:
    """Which protections are in force."""

    network: bool
    files: bool
    calls: bool
    privileges: bool

    @property
    def missing(self) -> tuple[Protection, ...]:
        """The protections that this system does not give."""
        names: tuple[Protection, ...] = ("network", "files", "calls", "privileges")
        return tuple(name for name in names if not getattr(self, name))


class Confining:
    """
    A process that has given up most of what a parser does not need, and can give up the rest.

    Each of its forks can do so for itself.
    """

    def __init__(self) -> None:
        """Give up all but to start processes, to end them, and to read files."""
        # No file grows by what it writes, and its memory is not written down when it crashes.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # It needs a privilege, so it comes before the others.
        self._network = enter_own_network()
        self._libc = _libc()
        self._privileges = _give_up_privileges(self._libc)
        self._rules = FileRules(self._libc, *_libraries())
        self._calls = self._privileges and filter_calls(self._libc)

    def end_with(self, parent: int) -> None:
        """
        Let the kernel end this process, a fork, as soon as its parent ends.

        Raises:
            ProcessLookupError: If it has ended already.
        """
        if hasattr(self._libc, "prctl"):
            self._libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            raise ProcessLookupError(parent)

    def confine(self) -> Confinement:
        """Give up the rest, for good, as far as the kernel knows how. What is open stays open."""
        with closing(self._rules):
            files = self._privileges and self._rules.restrict()
        calls = self._calls and filter_processes(self._libc)
        return Confinement(self._network, files, calls, self._privileges)


def confine() -> Confinement:
    """
    Give up what a parser does not need, for good, as far as the kernel knows how.

    Call it before threads are started, and before anything is read. What this process has open
    stays open.
    """
    return Confining().confine()


def confinement() -> Confinement:
    """The protections that a parser has on this system, as one tells that is started for that."""
    told = subprocess.run(  # noqa: S603 - our own program
        module_command("index.confinement"),
        env=bare_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=_PATIENCE_S,
    )
    return Confinement(**json.loads(told.stdout))


def enter_own_network() -> bool:
    """
    Put this process into a network of its own, in which there is nothing, if that is permitted.

    Call it before threads are started: the kernel takes no process with several.
    """
    libc = _libc()
    if not hasattr(libc, "unshare"):
        return False
    # Who may not make a network may often make one together with users of its own.
    return any(
        libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWNET | _CLONE_NEWUSER)
    )


def keep_memory_private() -> bool:
    """
    Let no other process of the same user read this one's memory and environment from now on.

    Root still can, and a debugger only as root.
    """
    libc = _libc()
    return hasattr(libc, "prctl") and bool(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        # It takes any number of arguments, and looks at the whole of each.
        libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    return libc


def _give_up_privileges(libc: ctypes.CDLL) -> bool:
    if not hasattr(libc, "prctl"):
        return False
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    # Effective, permitted and inheritable; the lower halves of all, then the upper ones.
    held = (ctypes.c_uint32 * 6)()
    if libc.capget(header, held) != 0:
        return False
    kept = held[1] & _CAP_DAC_READ_SEARCH
    fewer = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    given_up = libc.capset(header, fewer) == 0
    return given_up and bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _libraries() -> tuple[list[Path], list[Path]]:
    """
    What a parser reads of the disk.

    Returns:
        Files and folders that are read whole; and folders in which modules are looked for.
    """
    ours = Path(__file__).resolve().parent
    readable = [ours, Path(sys.base_prefix, "lib"), *map(Path, _SYSTEM_LIBRARIES)]
    listable = []
    for entry in map(Path, sys.path):
        if not entry.is_dir() or _holds_libraries(entry):
            readable.append(entry)
        elif entry.resolve() != ours.parent:
            # It may be the folder in which somebody works, with documents and secrets.
            listable.append(entry)
            readable += _modules_in(entry)
    return readable, listable


def _holds_libraries(folder: Path) -> bool:
    standard = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
    return folder.name in _LIBRARY_FOLDERS or any(map(folder.is_relative_to, standard))


def _modules_in(folder: Path) -> list[Path]:
    try:
        return [
            path
            for path in folder.iterdir()
            if path.suffix in _MODULE_SUFFIXES or Path(path, "__init__.py").is_file()
        ]
    # Then nothing is imported from there either.
    except OSError:
        return []


def main() -> None:
    """Confine this process, and say on standard output what came of it."""
    sys.stdout.write(json.dumps(asdict(confine())))


if __name__ == "__main__":
    main()
