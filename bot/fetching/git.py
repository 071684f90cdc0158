"""A Git repository -> the documents in it, as they are now."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from yarl import URL

from bot.fetching.addresses import check_host, check_no_login, is_public, refusal, unknown_host
from bot.fetching.errors import FetchError, NotPublicError, none_wanted
from bot.fetching.names import name_of
from index.documents import list_documents
from index.provenance import FetchOrigin, is_address

# Limits of a clone without its history: beyond them it is no folder of documents.
_TIME_LIMIT_S = 600.0
_MAX_BYTES = 2_000_000_000
_LOOKED_AT_EVERY_S = 0.2
_TOLD_CHARS = 300
_NO_REPOSITORY = "no repository is there that everybody may read"
# What git says, in the English that it is run in, and what that means; the first one counts.
_MEANINGS = {
    "could not read Username": _NO_REPOSITORY,
    "Authentication failed": _NO_REPOSITORY,
    "not found": _NO_REPOSITORY,
    "is this a git repository": _NO_REPOSITORY,
    "returned error: 401": _NO_REPOSITORY,
    "returned error: 403": _NO_REPOSITORY,
    "returned error: 3": "its server redirects, which is not followed; name where it leads",
    "Could not resolve host": "the name of its server can't be found",
    "certificate": "its server can't prove by its certificate that it is this server",
    "Failed to connect": "its server does not answer",
    "Couldn't connect": "its server does not answer",
    "unable to access": "its server does not answer as one of Git",
}
# The mode of an entry that is a link, as git lists it.
_LINK_MODE = "120000 "
# How these show a file of a commit.
_VIEWS = {"github.com": "blob", "gitlab.com": "-/blob", "codeberg.org": "src/commit"}


@dataclass(frozen=True, slots=True)
class InRepository:
    """A document of a repository."""

    name: str
    """The name of its file below the folder of documents."""
    url: str
    """Where a person can read it; else the repository's."""
    content: bytes


@contextmanager
def cloned(origin: FetchOrigin, *, allow_private: bool) -> Iterator[list[InRepository]]:
    """
    Clone a repository without its history, and read its documents.

    Git connects to the very address that was looked at here, follows no redirect, asks for no
    password, and runs nothing of the repository.

    Only the main thread may do this: SIGTERM and Ctrl-C end git and delete the clone meanwhile.

    Raises:
        FetchError: If that can't be done.
        KeyboardInterrupt: At SIGTERM or Ctrl-C.
    """
    address = URL(origin.url)
    git = _git(address, allow_private=allow_private)
    with _interruptible(), tempfile.TemporaryDirectory(prefix="quoth-git-") as scratch:
        folder = Path(scratch, "clone")
        options = ("--quiet", "--depth=1", "--no-tags", "--template=")
        _run([*git, "clone", *options, "--", str(address), str(folder)], Path(scratch))
        commit = _run(["git", "-C", str(folder), "rev-parse", "HEAD"], Path(scratch)).strip()
        below = f"{origin.under.strip('/')}/" if origin.under else ""
        links = _links(folder, Path(scratch))
        files = [file for file in list_documents(folder).files if file.id not in links]
        wanted = [file for file in files if file.id.startswith(below)][: origin.most]
        if not wanted:
            raise FetchError(none_wanted(len(files), "document", below or None))
        found: dict[str, InRepository] = {}
        for file in wanted:
            name = _name(address, file.id, found)
            view = _view(address, commit, file.id)
            url = view if is_address(view) else origin.url
            found[name] = InRepository(name, url, file.path.read_bytes())
        yield list(found.values())


@contextmanager
def _interruptible() -> Iterator[None]:
    """
    Have the first SIGTERM, SIGHUP or Ctrl-C raise KeyboardInterrupt, and no other cut short what
    cleans up.

    By themselves the first two clean nothing up, and the event loop sees to Ctrl-C only once git
    has ended.
    """
    is_told = False

    def end(_number: int, _frame: object) -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            raise KeyboardInterrupt

    with _handled(end):
        yield


@contextmanager
def _handled(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Have something handle what tells this process to end; what is ignored stays so."""
    # A closed terminal tells git nothing, which has a group of its own.
    ends = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {
        one: signal.signal(one, handler)
        for one in ends
        if signal.getsignal(one) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for one, earlier in before.items():
            signal.signal(one, earlier)


def _links(folder: Path, scratch: Path) -> set[str]:
    """The links of a clone: files that hold nothing but where they lead."""
    listed = _run(["git", "-C", str(folder), "ls-files", "--stage", "-z"], scratch)
    entries = (entry.partition("\t") for entry in listed.split("\0"))
    return {name for mode, _, name in entries if mode.startswith(_LINK_MODE)}


def _name(address: URL, document_id: str, taken: Container[str]) -> str:
    ending = PurePosixPath(document_id).suffix
    below = address / document_id if address.path != "/" else address.origin() / document_id
    return name_of(str(below), ending, taken, is_in_tree=True)


def _view(address: URL, commit: str, document_id: str) -> str:
    view = _VIEWS.get(address.host or "")
    if view is None:
        # A name may hold "#" and "?".
        written = (address.origin() / document_id).raw_path
        return f"{address}#{written.removeprefix('/')}"
    repository = address.with_path(address.path.removesuffix("/").removesuffix(".git"))
    return str(repository / view / commit / document_id)


def _git(address: URL, *, allow_private: bool) -> list[str]:
    """Git with a network that reaches one address alone."""
    if address.scheme != "https" and not (allow_private and address.scheme == "http"):
        raise FetchError("a repository is fetched over https alone")
    check_no_login(address)
    if not address.host:
        raise FetchError("it names no server")
    options = ["protocol.allow=never", f"protocol.{address.scheme}.allow=always"]
    options += ["http.followRedirects=false", "core.symlinks=false", "credential.helper="]
    if not allow_private:
        check_host(address.host)
        where = _resolved(address.host)
        options.append(f"http.curloptResolve={address.host}:{address.port}:{where}")
    return ["git", *(part for option in options for part in ("-c", option))]


def _resolved(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise FetchError(unknown_host(host)) from error
    public = [str(one[4][0]) for one in found if is_public(str(one[4][0]))]
    if not public:
        raise NotPublicError(refusal(host))
    return ",".join(f"[{one}]" if ":" in one else one for one in dict.fromkeys(public))


def _run(command: list[str], scratch: Path) -> str:
    """Run git within limits; what it says on standard output."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(scratch),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
    told: list[int] = []
    process = None
    try:
        # Git may run for a while before it is known here: an end in that moment would leave it.
        with _handled(lambda number, _: told.append(number)):
            process = _started(command, environment)
        for number in told:
            signal.raise_signal(number)
        said, why = _ended(process, scratch)
    except BaseException:
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with process:
                # Git has ended after it, and writes nothing more of what is deleted.
                pass
        raise
    if process.returncode:
        raise FetchError(_why(why, scratch))
    return said


def _why(said: str, scratch: Path) -> str:
    """Why git failed, by what it said on standard error."""
    for words, meaning in _MEANINGS.items():
        if words in said:
            return meaning
    *_, last = said.strip().replace(str(scratch), "").splitlines() or ["nothing"]
    return f"git can't clone it, and says: {last.removeprefix('fatal: ')[:_TOLD_CHARS]}"


def _started(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # noqa: S603 - a fixed program; the address stands after "--"
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A group of its own: what git starts goes on where git alone is killed.
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise FetchError("git is not installed") from error


def _ended(process: "subprocess.Popen[str]", scratch: Path) -> tuple[str, str]:
    until = time.monotonic() + _TIME_LIMIT_S
    while True:
        try:
            return process.communicate(timeout=_LOOKED_AT_EVERY_S)
        except subprocess.TimeoutExpired:
            if time.monotonic() > until:
                raise FetchError(f"it takes longer than {_TIME_LIMIT_S:.0f} s") from None
            if size_of(scratch) > _MAX_BYTES:
                raise FetchError(f"it has more than {_MAX_BYTES / 1e6:,.0f} MB") from None


def size_of(folder: Path) -> int:
    """How many bytes there are in a folder, in which git makes and deletes files meanwhile."""
    size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(where, name).lstat().st_size
    return size
