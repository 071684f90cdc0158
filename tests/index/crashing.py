"""
Builds that are killed, or that find no room.

`main` is for `test_crashes.py`: one process that forks one build per line it reads. A line is
`operation N`, to be killed at the N-th file operation, or `after S`, to be killed after so many
seconds. The reply is how many file operations there were, or `killed`.
"""

import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

from index.errors import BuildError
from index.sizing import Sizing
from tests.conftest import Library
from tests.forks import fork_parsers

_FILE_OPERATIONS = frozenset(
    {"open", "sqlite3.connect", "shutil.copyfile", "shutil.rmtree"}
    | {
        f"os.{name}"
        for name in ("link", "listdir", "mkdir", "remove", "rename", "rmdir", "scandir")
    }
)


def main() -> None:
    fork_parsers()
    sizing = Sizing(**json.loads(sys.argv[2]))
    library = Library(Path(sys.argv[1]), sizing=sizing)
    # What a build imports on its way is no operation of the build.
    with tempfile.TemporaryDirectory() as folder:
        other = Library(Path(folder), sizing=sizing)
        other.write("a.txt", "Something.")
        other.build()
    for line in sys.stdin:
        how, number = line.split()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _build(library, how, float(number), writing)
        os.close(writing)
        with os.fdopen(reading) as reply:
            operations = reply.read()
        _, status = os.waitpid(child, 0)
        print(operations if status == 0 else "killed", flush=True)  # noqa: T201 - the reply


def on_a_small_disk() -> None:
    """Build where no file may grow beyond so many bytes; exits with 7 if that is refused."""
    fork_parsers()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        Library(Path(sys.argv[1])).build()
    except BuildError as error:
        print(error)  # noqa: T201 - the reply
        sys.exit(7)
    finally:
        # Which lines were run may be written in the end.
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)


def _build(library: Library, how: str, number: float, reply: int) -> None:
    operations = 0

    def count(event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal operations
        if event in _FILE_OPERATIONS:
            operations += 1
            if how == "operation" and operations == number:
                os.kill(os.getpid(), signal.SIGKILL)

    if how == "after":
        # The kernel's own timer: it strikes inside native code as well.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, number)
    sys.addaudithook(count)
    library.build()
    done = operations
    os.write(reply, str(done).encode())
    os._exit(0)
