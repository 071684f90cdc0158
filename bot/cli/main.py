"""`quoth`: the group of commands."""

import gc
import importlib
import os
import sys
from typing import TextIO, cast

import click

from bot import __version__
from bot.cli.exits import Exit
from bot.cli.output import OutputError, guard_streams, say

# Imported when named: `quoth --version` should pay for none of them.
COMMANDS = {
    "ask": "bot.cli.ask",
    "chat": "bot.cli.chat",
    "eval": "bot.cli.eval",
    "questions": "bot.cli.questions",
    "gaps": "bot.cli.gaps",
    "audit": "bot.cli.audit",
    "fetch": "bot.cli.fetch",
    "index": "bot.cli.index",
    "reader": "bot.cli.reader",
    "run": "bot.cli.run",
    "build": "bot.cli.build",
    "serve": "bot.cli.serve",
    "mcp": "bot.cli.mcp",
    "backup": "bot.cli.backup",
    "restore": "bot.cli.restore",
    "migrate": "bot.cli.migrate",
    "doctor": "bot.cli.doctor",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        return command


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="quoth %(version)s")
def cli() -> None:
    """
    Find exact answers in a folder of documents.

    Every answer is a part of a document, word for word, shown in its sentence with the document's
    name. When the documents don't say, Quoth says so. It runs offline, on the processor.

    Settings come from options, else from QUOTH_... environment variables, else from a .env file.
    """


def main() -> None:
    """Run the command line and end the process with its exit code."""
    if sys.stdin is None:
        sys.stdin = _nowhere(0, "r")
    if sys.stderr is None:
        sys.stderr = _nowhere(2, "w")
    if sys.stdout is None:
        click.echo("Error: standard output is closed, so there is nowhere to answer.", err=True)
        sys.exit(Exit.FAILURE)
    guard_streams()
    try:
        code = cli.main(prog_name="quoth", standalone_mode=False)
    except click.exceptions.Abort:
        # Click has ended the line.
        code = Exit.INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        code = error.exit_code
    except OutputError as error:
        # Click has ended the process where its reader just left.
        say(f"Error: the output can't be written ({error.strerror}).", err=True)
        os._exit(Exit.FAILURE)
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        say(f"Error: {where}{error.strerror or type(error).__name__}.", err=True)
        code = Exit.FAILURE
    # The interpreter's last collection would walk through all that the libraries made (75 ms after
    # an answer), and the kernel takes it back in one go anyway.
    gc.freeze()
    sys.exit(code)


def _nowhere(descriptor: int, mode: str) -> TextIO:
    """Open a stream that is closed: else the next file that is opened is taken for it."""
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    # Children have it, too.
    os.set_inheritable(descriptor, True)
    return cast("TextIO", open(descriptor, mode, encoding="utf-8", closefd=False))


if __name__ == "__main__":
    main()
