"""What the commands share: their options, their errors, their progress bar."""

import functools
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.output import say
from bot.collection_names import BASE_COLLECTION
from prompts import render

if TYPE_CHECKING:
    from bot.assembly import OpenIndex, Outdated, Renewal
    from bot.cli.rendering import Look
    from bot.collection_builds import ChildProcess
    from bot.discord_app.records import Records
    from bot.serving.mirror import Mirror
    from bot.settings import Settings
    from index.filters import Filter
    from index.generation import Generation

_Command = Callable[..., Any]

# Children are given the environment. They build, for which they need QUOTH_SEARCH_DATABASE, and
# read members' files; none of them needs what lets people in, nor asks nodes, which would not let
# it in without their token.
_SECRETS = (
    "DISCORD_TOKEN",
    "QUOTH_API_TOKENS",
    "QUOTH_DATABASE",
    "QUOTH_NODES",
    "QUOTH_NODE_TOKEN",
    "QUOTH_STORAGE",
    "QUOTH_WEB_PASSWORD",
)


class _Folder(click.Path):
    """The name of a folder. An empty one is refused: it would mean the current folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail('it is empty. For the current folder, write ".".', param, ctx)
        return super().convert(value, param, ctx)


class WholeNumber(click.IntRange):
    """A whole number, with an error that says between which two."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is no such number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            most = "" if self.max is None else f" to {self.max}"
            self.fail(f"{str(value)!r}: give a number from {self.min}{most}.", param, ctx)


_PORT_HELP = "Listen at this port; 0 means any that is free.  [default: {}, or {}]"
_PORT = WholeNumber(0, 65_535)
# The option for each of these settings.
_SETTINGS_OPTIONS = {
    "seeds": click.option(
        "--seeds",
        type=_Folder(),
        metavar="DIR",
        help="Folder of documents.  [default: seeds, or QUOTH_SEEDS]",
    ),
    "data": click.option(
        "--data",
        type=_Folder(),
        metavar="DIR",
        help="Folder of index and records; made if it is not there.  "
        "[default: data, or QUOTH_DATA]",
    ),
    "encoder": click.option(
        "--encoder",
        metavar="NAME",
        help="sentence-transformers folder, or a hub model as owner/model@COMMIT.  "
        "[default: the one that comes with Quoth]",
    ),
    "web_host": click.option(
        "--host",
        "web_host",
        metavar="ADDRESS",
        help="Listen at this address.  [default: 127.0.0.1, or QUOTH_WEB_HOST]",
    ),
    "web_port": click.option(
        "--port",
        "web_port",
        type=_PORT,
        metavar="N",
        help=_PORT_HELP.format(7868, "QUOTH_WEB_PORT"),
    ),
    "mcp_port": click.option(
        "--port",
        "mcp_port",
        type=_PORT,
        metavar="N",
        help=_PORT_HELP.format(7869, "QUOTH_MCP_PORT"),
    ),
}


def settings_options(*settings: str) -> Callable[[_Command], _Command]:
    """Add the options that go before some settings; `settings_from` takes what they give."""

    def added(command: _Command) -> _Command:
        for name in reversed(settings):
            command = _SETTINGS_OPTIONS[name](command)
        return command

    return added


def collections_option(command: _Command) -> _Command:
    """Add `--collection`, as `collections`: each once, and none that is the base."""

    def others(_ctx: click.Context, _param: click.Parameter, names: Sequence[str]) -> Sequence[str]:
        return tuple(dict.fromkeys(name for name in names if name != BASE_COLLECTION))

    return click.option(
        "--collection",
        "collections",
        multiple=True,
        callback=others,
        metavar="NAME",
        help="Answer from this collection too; may be given several times.",
    )(command)


def filter_options(command: _Command) -> _Command:
    """Add `--in` and `--since`, as `names` and `since`."""
    since = click.option(
        "--since",
        metavar="DAY",
        help="Answer only from documents of this day or later, such as 2024-01-31 or 2024; those "
        "without a date are left out.",
    )
    within = click.option(
        "--in",
        "names",
        multiple=True,
        metavar="NAME",
        help="Answer only from this document, this folder, or those that a pattern fits ('a/*'); "
        "may be given several times.",
    )
    return within(since(command))


def filter_from(names: Sequence[str], since: str | None, folder: Path) -> "Filter":
    """
    Which documents a command is to answer from.

    Args:
        names: As they were typed; also paths to what lies in the documents folder.
        since: See `Filter.given`.
        folder: The documents folder.

    Raises:
        click.UsageError: If that can't be told.
    """
    from index.filters import Filter, FilterError

    try:
        return Filter.given([_name_in(folder, name.strip()) for name in names], since)
    except FilterError as error:
        raise click.UsageError(str(error)) from error


def _name_in(folder: Path, name: str) -> str:
    """The name of a document, or a pattern, that may have been typed as a path."""
    from index.files import real_path

    top, path = real_path(folder), real_path(Path(name))
    first = Path(name).parts[:1]
    # A relative name is a path only where it leads into the folder by the folder's own name; and
    # not where there is a folder of that name in it, too.
    is_name = first not in {(), (os.sep,), ("..",)} and (
        Path.cwd().is_relative_to(top) or _is_there(folder.joinpath(*first))
    )
    if not name or is_name or not path.is_relative_to(top):
        return name
    inside = path.relative_to(top).as_posix()
    return "*" if inside == "." else inside


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # It is too long for the name of a file.
        return False


def collection_option(command: _Command) -> _Command:
    """Add `--collection`, one name."""
    return click.option(
        "--collection",
        default=BASE_COLLECTION,
        metavar="NAME",
        help="Use the folder collections/NAME/documents under the data folder, instead of the "
        "seeds.",
    )(command)


def settings_from(**arguments: object) -> "Settings":
    """
    Read the settings for a command, once: what lets people in then leaves the environment.

    Raises:
        click.UsageError: If one can't be used.
    """
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings(**arguments)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    for name in [name for name in os.environ if name.upper().removesuffix("_FILE") in _SECRETS]:
        del os.environ[name]
    return settings


def require_extra(extra: str, module: str) -> None:
    """
    Tell before anything is done if what an extra brings is missing.

    Args:
        extra: Its name in pyproject.toml.
        module: One that it brings.

    Raises:
        click.ClickException: If that can't be imported.
    """
    if importlib.util.find_spec(module) is None:
        raise click.ClickException(render("extra_missing.txt", extra=extra, module=module))


@contextmanager
def failures_shown() -> Iterator[None]:
    """Turn the errors that a user can cause into a message and exit code 1."""
    from bot.evaluation.errors import EvaluationError
    from bot.settings import SettingsError
    from index.errors import IndexDamagedError, IndexingError
    from index.filters import FilterError
    from reader.errors import ReaderError

    try:
        yield
    except (SettingsError, FilterError) as error:
        raise click.UsageError(str(error)) from error
    except IndexDamagedError as error:
        raise click.ClickException(render("index_damaged.txt", detail=str(error))) from error
    except (IndexingError, ReaderError, EvaluationError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def open_records(settings: "Settings") -> "Iterator[Records]":
    """
    Open what `quoth run` has written, less what may not be kept any longer.

    Raises:
        click.ClickException: If there is nothing, or it can't be used.
    """
    from bot.database import DatabaseError, RecordsError
    from bot.discord_app.records import records_of

    if settings.database is None and not settings.records.exists():
        raise click.ClickException(f"{settings.records}: there is none yet; quoth run makes it.")
    try:
        with closing(records_of(settings)) as records:
            try:
                # What may not be kept any longer is not given away either.
                records.tidy(settings)
                yield records
            except DatabaseError as error:
                raise RecordsError(f"{records.database}: can't be used ({error}).") from error
    except RecordsError as error:
        raise click.ClickException(str(error)) from error


def say_notice(notice: str) -> None:
    """Say on standard error what a person should know, if there is anything."""
    if notice:
        say(notice, err=True)


def look_of(settings: "Settings") -> "Look":
    """How to print answers on standard output."""
    from bot.cli.rendering import Look, styles

    # A dumb terminal, such as the one in an editor, shows the marks themselves.
    is_plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    bold, dim = styles(colour=sys.stdout.isatty() and not is_plain)
    return Look(settings.seeds, bold, dim, shutil.get_terminal_size().columns, settings.links)


def write_file(path: Path, content: str) -> None:
    """
    Write a file whole or not at all, in a folder that need not be there.

    Raises:
        click.ClickException: If it can't be written.
    """
    from index.files import replace_text

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, content)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> click.ClickException:
    """Say which file can't be written, and why."""
    return click.ClickException(f"{path}: can't be written ({error.strerror}).")


def open_documents(settings: "Settings", child: "ChildProcess | None" = None) -> "OpenIndex":
    """
    Open the index, built by a child process if need be; what happens is said on standard error.

    Args:
        settings: Which documents, which data folder.
        child: See `build_in_child`.

    Raises:
        IndexingError: If there is no index and none could be built.
    """
    from bot.assembly import build_in_child, open_fresh_index

    mirror = _mirror_of(settings)
    if mirror is not None:
        return mirror.open_base(
            waiting=lambda: say(render("waiting_for_builders.txt"), err=True),
            away=lambda detail: say(render("shared_away.txt", detail=detail), err=True),
        )

    def renewing(renewal: "Renewal") -> None:
        _say_renewal(renewal.reason, renewal.detail, settings.seeds)

    def outdated(reason: "Outdated") -> None:
        say(render("index_outdated.txt", reason=reason), err=True)

    return open_fresh_index(
        settings,
        renewing=renewing,
        outdated=outdated,
        build=functools.partial(build_in_child, child=child),
    )


def _mirror_of(settings: "Settings") -> "Mirror | None":
    """What brings indexes here that builders make; imported only where that is set."""
    if settings.storage is None:
        return None
    from bot.serving.mirror import mirror_of

    return mirror_of(settings)


def open_others(settings: "Settings", names: Sequence[str]) -> list["Generation"]:
    """
    Open other collections as they were last indexed; one that is damaged is built anew.

    Raises:
        SettingsError: If a name is none that a collection may have.
        IndexingError: If one was not indexed, or can't be opened.
    """
    return [_open_other(settings, name) for name in names]


def _open_other(settings: "Settings", name: str) -> "Generation":
    from bot.assembly import open_collection
    from bot.collection_builds import ChildProcess, index_command
    from index.errors import IndexDamagedError

    mirror = _mirror_of(settings)
    if mirror is not None:
        mirror.bring(name)
    try:
        return open_collection(settings, name)
    except IndexDamagedError as error:
        if mirror is not None and mirror.bring(name, is_suspect=True):
            return open_collection(settings, name)
        _say_renewal("damaged", str(error), settings.documents(name))
        # The build says what keeps it from being built; then it still can't be opened.
        ChildProcess().run(index_command(settings, name))
        return open_collection(settings, name)


def _say_renewal(reason: str, detail: str, documents: Path) -> None:
    say(render("indexing.txt", reason=reason, detail=detail, seeds=documents), err=True)
