"""Measured comparisons, each a command."""

import argparse
import os
import platform
from pathlib import Path


def parser_of(module: str, about: str | None) -> argparse.ArgumentParser:
    """The parser of a comparison's options; its help is what the module says of itself."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{module}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def processor() -> str:
    """The processor's name."""
    cpus = Path("/proc/cpuinfo")
    for line in cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def resident_mb(pid: int) -> float:
    """The memory that a process has in use."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
