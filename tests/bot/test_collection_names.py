"""Where collections lie."""

from pathlib import Path

from bot.collection_names import collections_in, make_private


def test_nobody_else_on_the_machine_looks_into_the_collections(tmp_path: Path) -> None:
    """Those that an earlier Quoth has made are closed, too."""
    new, old = tmp_path / "new/collections", tmp_path / "old"
    old.mkdir(mode=0o755)

    make_private(new)
    make_private(old)

    assert {folder.stat().st_mode & 0o777 for folder in (new, old)} == {0o700}


def test_a_folder_whose_name_no_collection_may_have_is_none(tmp_path: Path) -> None:
    """Somebody's copy of an index ended `quoth doctor`, and all that mends indexes."""
    for name in ("base", "press", "base.bak", ".trash", "Old"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()

    assert collections_in(tmp_path) == ["base", "press"]
    assert collections_in(tmp_path / "nowhere") == []
