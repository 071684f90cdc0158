"""How processes of our own program are started."""

import os
import sys
from pathlib import Path

# What Python needs to find its libraries, and no setting or secret.
_NEEDED = (
    *("PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONUSERBASE", "HOME"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)


# What opens the storage that this process shares with others, by the tools that do so.
_OTHERS = ("AWS_", "AZURE_", "FSSPEC_", "GOOGLE_")


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules; it needs `module_environment`."""
    # -P: a module of that name in the current folder is not ours.
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> dict[str, str]:
    """The environment of this process without what is for it alone; our modules come first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    return {**kept, "PYTHONPATH": _paths()}


def bare_environment() -> dict[str, str]:
    """As little as one of our modules needs to start, for a process that is not trusted."""
    needed = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    # It may write nothing, so it need not try to keep what it compiled.
    return {**needed, "PYTHONPATH": _paths(), "PYTHONDONTWRITEBYTECODE": "1"}


def _paths() -> str:
    ours = str(Path(__file__).resolve().parents[1])
    return os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])
