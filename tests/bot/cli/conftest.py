"""What commands are tested on: the seeds and their real index, or a copy that may be changed."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from index.manifest import read_manifest, write_manifest
from tests.conftest import ROOT


@pytest.fixture
def ready(real_data: Callable[[], Path]) -> tuple[str, ...]:
    """Options that name the seeds and their real index."""
    return ("--seeds", str(ROOT / "seeds"), "--data", str(real_data()))


@pytest.fixture
def home(real_data: Callable[[], Path], tmp_path: Path) -> Path:
    """A folder with the seeds and their index, which a test may change and damage."""
    made = real_data()
    data = tmp_path / "data"
    shutil.copytree(made, data, ignore=shutil.ignore_patterns("encoder"))
    # Nobody writes into the encoder's files, which take a hundred megabytes.
    shutil.copytree(made / "encoder", data / "encoder", copy_function=os.link)
    seeds = Path(shutil.copytree(ROOT / "seeds", tmp_path / "seeds"))
    folder = generation(tmp_path)
    manifest = read_manifest(folder)
    write_manifest(folder, manifest.model_copy(update={"folder": str(seeds.resolve())}))
    return tmp_path


def generation(home: Path) -> Path:
    """The folder of the generation that is served."""
    base = home / "data/collections/base"
    return base / "generations" / (base / "CURRENT").read_text().strip()
