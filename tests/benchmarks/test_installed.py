"""What a distribution takes on the disk, with all that it needs."""

import json
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

import pytest

from benchmarks.installed import Find, closure, folder_bytes, size_bytes


@pytest.fixture
def find(tmp_path: Path) -> Find:
    def found(name: str) -> Distribution:
        try:
            return next(iter(Distribution.discover(name=name, path=[str(tmp_path)])))
        except StopIteration as error:
            raise PackageNotFoundError(name) from error

    return found


def install(site: Path, name: str, *requires: str, content: str = "") -> Path:
    """Lay a distribution into a folder as pip does, with one module of that content."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    metadata = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {one}" for one in requires)]
    (folder / "METADATA").write_text("\n".join(metadata))
    (site / f"{name}.py").write_text(content)
    (folder / "RECORD").write_text(f"{name}.py,,\ngone.py,,\n")
    return folder


def test_all_that_is_needed_is_found_once_however_often_it_is_needed(
    tmp_path: Path, find: Find
) -> None:
    install(tmp_path, "top", "middle>=1", "Bottom")
    install(tmp_path, "middle", "bottom", "top")
    install(tmp_path, "bottom")
    install(tmp_path, "other")

    assert set(closure(["top"], find)) == {"top", "middle", "bottom"}


def test_what_does_not_apply_here_or_was_not_asked_for_is_left_out(
    tmp_path: Path, find: Find
) -> None:
    install(
        tmp_path,
        "top",
        'elsewhere; sys_platform == "nowhere"',
        'plotting; extra == "plot"',
        "notinstalled",
    )
    for name in ("elsewhere", "plotting", "pictures"):
        install(tmp_path, name)

    assert set(closure(["top"], find)) == {"top"}
    assert set(closure(["top[plot]"], find)) == {"top", "plotting"}


def test_an_extra_that_is_asked_for_later_is_resolved_too(tmp_path: Path, find: Find) -> None:
    install(tmp_path, "top", "tool", "tool[fast]")
    install(tmp_path, "tool", 'engine; extra == "fast"')
    install(tmp_path, "engine")

    assert set(closure(["top"], find)) == {"top", "tool", "engine"}


def test_what_is_named_has_to_be_installed(find: Find) -> None:
    with pytest.raises(PackageNotFoundError):
        closure(["missing"], find)


def test_the_files_that_are_there_are_counted(tmp_path: Path, find: Find) -> None:
    install(tmp_path, "top", content="x" * 1_234)

    assert size_bytes(find("top")) == 1_234


def test_of_an_editable_distribution_its_packages_are_counted(tmp_path: Path, find: Find) -> None:
    project = tmp_path / "a project"
    (project / "mine").mkdir(parents=True)
    (project / "mine" / "code.py").write_text("x" * 100)
    (project / "notes.txt").write_text("not installed")
    (project / "pyproject.toml").write_text(
        '[tool.hatch.build.targets.wheel]\npackages = ["mine"]\n'
    )
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}
    (install(tmp_path, "top") / "direct_url.json").write_text(json.dumps(origin))

    assert size_bytes(find("top")) == folder_bytes(project / "mine") == 100
