"""
What a run began with, kept in its folder, so that it goes on with nothing else.

A run that is cut and resumed after the data or the recipe changed would be neither the one nor the
other, and nobody could make it again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.errors import RunError
from training.features import RowGroup, TokenTarget

FINGERPRINT_NAME = "fingerprint.json"
# Decimals of wanted probabilities: another machine's exponential may differ in the last bit.
_DECIMALS = 6


def claim(folder: Path, recipe: Mapping[str, object], groups: Sequence[RowGroup]) -> None:
    """
    Begin a run in a folder, or make sure that the one in it began in the same way.

    A complete run without a fingerprint is let be: it will not go on.

    Args:
        folder: Made if it isn't there.
        recipe: What JSON can hold.
        groups: What is learnt.

    Raises:
        RunError: If the folder holds a run of another recipe or other rows, or one of which this
            can't be told.
    """
    wanted = {"recipe": dict(recipe), "rows": rows_sha256(groups)}
    path = folder / FINGERPRINT_NAME
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        changed = [name for name, value in wanted.items() if kept.get(name) != value]
        if changed:
            raise RunError(
                f"{folder} holds a run that began with other {' and '.join(changed)} ({path}). "
                "Delete the folder to start anew, or bring back what changed."
            )
    elif (folder / "final").exists():
        return
    elif folder.exists() and any(folder.iterdir()):
        raise RunError(
            f"{folder} holds a run without {FINGERPRINT_NAME}, so that nobody can tell whether it "
            "began with this recipe and these rows. Delete the folder to start anew."
        )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".partial")
        scratch.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        scratch.replace(path)


def rows_sha256(groups: Sequence[RowGroup]) -> str:
    """A hash of everything in the rows, in their order, and of how they are grouped."""
    digest = hashlib.sha256()
    for group in groups:
        # One alone is told by its row.
        if len(group) > 1:
            digest.update(json.dumps(len(group)).encode())
        for row in group:
            ids = row.ids.astype("<u2").tobytes()
            about = (len(ids), _rounded(row.starts), _rounded(row.ends))
            digest.update(json.dumps(about).encode())
            digest.update(ids)
    return digest.hexdigest()


def _rounded(target: TokenTarget) -> list[tuple[int, float]]:
    return [(place, round(chance, _DECIMALS)) for place, chance in sorted(target.items())]
