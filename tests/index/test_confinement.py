"""What a file that takes its parser over can do: nothing, where the kernel knows how."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from index.confinement import Confinement, Protection, confinement
from index.parsing import ParserProcess
from index.processes import module_environment
from tests.conftest import ROOT

_WORD = b"a word in the parent's memory"

# Each is called in the other process, with what the test gives it; what it returns was possible.
_PROBES = '''
import ctypes, fcntl, json, os, resource, signal, socket, struct, subprocess, threading
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)

def environment(given):
    return Path(f"/proc/{os.getppid()}/environ").read_bytes() != b""

def memory(given):
    with open(f"/proc/{os.getppid()}/mem", "rb") as memory:
        memory.seek(given["address"])
        return memory.read(given["length"]).decode()

def memory_by_a_call(given):
    class Piece(ctypes.Structure):
        _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))
    ours = ctypes.create_string_buffer(given["length"])
    here = Piece(ctypes.addressof(ours), given["length"])
    there = Piece(given["address"], given["length"])
    count = libc.process_vm_readv(
        os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0
    )
    if count < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    return ours.raw.decode()

def secret(given):
    return Path(given["folder"], ".env").read_text()

def database(given):
    return Path(given["folder"], "data", "quoth.sqlite").read_text()

def names(given):
    return os.listdir(given["folder"])

def write(given):
    return Path(given["folder"], "data", "new").write_text("new")

def overwrite(given):
    with open(Path(given["folder"], "data", "quoth.sqlite"), "r+") as file:
        return file.write("x")

def make_folder(given):
    os.mkdir(Path(given["folder"], "data", "folder"))
    return True

def empty(given):
    os.truncate(Path(given["folder"], "data", "quoth.sqlite"), 0)
    return True

def open_up(given):
    os.chmod(Path(given["folder"], ".env"), 0o777)
    return True

def remove(given):
    os.unlink(Path(given["folder"], "data", "quoth.sqlite"))
    return True

def connect(given):
    with socket.create_connection(("127.0.0.1", given["port"]), timeout=5):
        return True

def connect_here(given):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\\0" + given["name"])
        return True

def run(given):
    return subprocess.run(["/bin/sh", "-c", "exit 0"]).returncode == 0

def fork(given):
    if os.fork() == 0:
        os._exit(0)
    return True

def send_signal(given):
    os.kill(os.getppid(), 0)
    return True

def set_of_a_pipe(command, value):
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(reading, command, value)
    finally:
        os.close(reading)
        os.close(writing)
    return True

def signal_by_a_pipe(given):
    return set_of_a_pipe(fcntl.F_SETOWN, os.getppid())

def choose_the_signal_of_a_pipe(given):
    return set_of_a_pipe(10, signal.SIGKILL)

def signal_by_a_pipe_and_kind(given):
    return set_of_a_pipe(15, struct.pack("ii", 1, os.getppid()))

def shrink_a_pipe(given):
    return set_of_a_pipe(1031, 4096)

def outlive(given):
    if libc.prctl(1, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "prctl")
    return True

def limit(given):
    resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (0, 0))
    return True

def attempts(given):
    """What came of each: empty if it was possible, or else why not."""
    came_of = {}
    for name in given["names"]:
        try:
            came_of[name] = "" if globals()[name](given) else "nothing"
        except OSError as error:
            came_of[name] = str(error)
    return came_of
'''
_TAKEN_OVER = """
import json, threading, probes
from index.formats.base import Loaded

def load_html(suffix, content):
    given = json.loads(content)
    if given == "itself":
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        return Loaded(json.dumps(dict(probes.os.environ)))
    return Loaded(json.dumps(probes.attempts(given)))
"""
_WITH_ONE = """
import json, sys
from pathlib import Path
import probes
from index import confinement
from index.landlock import FileRules
from index.seccomp import filter_calls, filter_processes

given = json.load(sys.stdin)
libc = confinement._libc()
holds = True
if given["protection"] == "network":
    holds = confinement.enter_own_network()
elif given["protection"] is not None:
    holds = confinement._give_up_privileges(libc)
    if given["protection"] == "files":
        holds = holds and FileRules(libc, *confinement._libraries()).restrict()
    elif given["protection"] == "calls":
        holds = holds and filter_calls(libc) and filter_processes(libc)
print(json.dumps([holds, probes.attempts(given)]))
"""
# Each of the protections refuses it alone.
REFUSED_BY: dict[str, tuple[Protection, ...]] = {
    "environment": ("files",),
    "memory": ("files",),
    "memory_by_a_call": ("files", "calls"),
    "secret": ("files",),
    "database": ("files",),
    "names": ("files",),
    "write": ("files", "calls"),
    "overwrite": ("files", "calls"),
    "make_folder": ("files", "calls"),
    "empty": ("calls",),
    "open_up": ("calls",),
    "remove": ("files", "calls"),
    "connect": ("network", "calls"),
    "connect_here": ("calls",),
    "run": ("files", "calls"),
    "fork": ("calls",),
    "send_signal": ("calls",),
    "signal_by_a_pipe": ("calls",),
    "choose_the_signal_of_a_pipe": ("calls",),
    "signal_by_a_pipe_and_kind": ("calls",),
    "shrink_a_pipe": ("calls",),
    "outlive": ("calls",),
    "limit": ("calls",),
}


# What the kernel may refuse a child of anybody but root without any of them.
_DELICATE = {"environment", "memory", "memory_by_a_call"}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules for the other process, in which a parser does what it is told."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "probes.py").write_text(_PROBES)
    (folder / "taken_over.py").write_text(_TAKEN_OVER)
    (folder / "sitecustomize.py").write_text(
        "import sys\nimport taken_over\nsys.modules['index.formats.html'] = taken_over\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{ROOT}")
    return folder


@pytest.fixture
def given(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What is worth taking: files, memory, and sockets that listen."""
    (tmp_path / "home" / "data").mkdir(parents=True)
    (tmp_path / "home" / ".env").write_text("DISCORD_TOKEN=a.secret.token")
    (tmp_path / "home" / "data" / "quoth.sqlite").write_text("records")
    buffer = ctypes.create_string_buffer(_WORD)
    name = f"quoth-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as here:
        here.bind(f"\0{name}")
        here.listen()
        yield {
            "folder": str(tmp_path / "home"),
            "address": ctypes.addressof(buffer),
            "length": len(_WORD),
            "port": server.getsockname()[1],
            "name": name,
            "names": list(REFUSED_BY),
        }


def with_one(protection: Protection | None, given: dict[str, Any]) -> tuple[bool, set[str]]:
    """Whether the kernel gives a protection, and what it refuses with that one alone."""
    done = subprocess.run(
        [sys.executable, "-c", _WITH_ONE],
        input=json.dumps(given | {"protection": protection}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    holds, came_of = json.loads(done.stdout)
    return holds, {name for name, reason in came_of.items() if reason}


@pytest.mark.usefixtures("site")
def test_without_protection_all_of_it_is_possible(given: dict[str, Any]) -> None:
    _, refused = with_one(None, given)

    assert refused <= _DELICATE


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("protection", get_args(Protection))
def test_each_protection_refuses_its_part(protection: Protection, given: dict[str, Any]) -> None:
    holds, refused = with_one(protection, given)

    assert holds == getattr(confinement(), protection)
    expected = {name for name, by in REFUSED_BY.items() if protection in by}
    assert refused >= (expected if holds else set())


@pytest.mark.usefixtures("site")
def test_a_parser_that_is_taken_over_finds_nothing(given: dict[str, Any]) -> None:
    held = confinement()
    with ParserProcess() as parser:
        told = parser.parse(".html", json.dumps(given).encode())

    refused = {name for name, reason in json.loads(told.text).items() if reason}
    assert refused >= {
        name for name, by in REFUSED_BY.items() if any(getattr(held, each) for each in by)
    }


@pytest.mark.usefixtures("site")
def test_a_parser_knows_no_setting_and_may_have_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a.secret.token")
    monkeypatch.setenv("QUOTH_SEEDS", "seeds")
    with ParserProcess() as parser:
        environment = json.loads(parser.parse(".html", b'"itself"').text)

    assert set(environment) <= {
        *("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONUSERBASE"),
        *("PYTHONDONTWRITEBYTECODE", "HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LC_CTYPE"),
        # Which it sets itself.
        *("ORT_DISABLE_TELEMETRY", "OPENBLAS_NUM_THREADS", "TOKENIZERS_PARALLELISM"),
    }


def test_what_a_system_does_not_give_is_named() -> None:
    some = Confinement(network=False, files=True, calls=False, privileges=True)

    assert some.missing == ("network", "calls")


# Root may read anybody's, but not without these capabilities.
_LESS_ROOT = ("setpriv", "--bounding-set", "-sys_ptrace,-perfmon,-sys_admin", "--")
_AS_ANYBODY = _LESS_ROOT if os.geteuid() == 0 else ()
_READ_A_CHILD = """
import os, sys, time
from pathlib import Path
from index.confinement import keep_memory_private

ready, tell = os.pipe()
child = os.fork()
if child == 0:
    if sys.argv[1] == "private":
        assert keep_memory_private()
    os.write(tell, b".")
    time.sleep(60)
os.read(ready, 1)
try:
    print("SECRET" in Path(f"/proc/{child}/environ").read_text())
except PermissionError:
    print("refused")
finally:
    os.kill(child, 9)
"""


@pytest.mark.parametrize(("kept", "told"), [("open", "True"), ("private", "refused")])
def test_a_process_that_keeps_its_memory_private_is_not_read(kept: str, told: str) -> None:
    done = subprocess.run(
        [*_AS_ANYBODY, sys.executable, "-c", _READ_A_CHILD, kept],
        env=module_environment() | {"SECRET": "token"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{told}\n"
