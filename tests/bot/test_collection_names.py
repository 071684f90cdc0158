"""Where collections lie."""

from pathlib import Path

from bot.collection_names import make_private


def test_nobody_else_on_the_machine_looks_into_the_collections(tmp_path: Path) -> None:
    """Those that an earlier Quoth has made are closed, too."""
    new, old = tmp_path / "new/collections", tmp_path / "old"
    old.mkdir(mode=0o755)

    make_private(new)
    make_private(old)

    assert {folder.stat().st_mode & 0o777 for folder in (new, old)} == {0o700}
