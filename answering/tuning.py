"""
Every number that was chosen by measuring answers.

They hold for one reader and one encoder, as a calibration does: margins are logits, and each reader
has logits of its own. `benchmarks/tune.py` makes them again. For models that nothing was tuned for,
each number is neutral: what it is for has no effect, or costs time instead of answers.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from answering.fitted import Fitted, Model, load_fitted

FORMAT_VERSION = 4
_AGAIN = (
    "Add the reader again, or delete the file: nothing is tuned then, until "
    "python -m benchmarks.tune has written another."
)


@dataclass(frozen=True, slots=True)
class Number:
    """What is known of a tuned number, whatever its value."""

    unit: str
    lowest: float
    highest: float
    neutral: float
    """For models that nothing was tuned for."""
    safer: Literal["lower", "higher"]
    """In which direction it does less harm where it is wrong."""


def _number(
    unit: str,
    lowest: float,
    highest: float,
    *,
    neutral: float,
    safer: Literal["lower", "higher"],
) -> Any:
    return field(metadata={"number": Number(unit, lowest, highest, neutral, safer)})


@dataclass(frozen=True, slots=True)
class Tuning:
    """The numbers; see `Number` for what each may be."""

    far_behind: float = _number("fused score", 0.0, 2.5, neutral=2.5, safer="higher")
    """How much the score of a passage may be below the best one's for it to be read."""
    far_behind_unsure: float = _number("fused score", 0.0, 2.5, neutral=2.5, safer="higher")
    """How much it may be below the best one's for it to be read where the first ones that are read
    give no answer."""
    near_gain: float = _number("cosine", 0.0, 1.0, neutral=0.0, safer="lower")
    """What a passage near what was just shown gains while passages are ranked."""
    near_margin: float = _number("logits", 0.0, 20.0, neutral=0.0, safer="lower")
    """What a span near what was just shown gains."""
    named_margin: float = _number("logits", 0.0, 20.0, neutral=0.0, safer="lower")
    """What a span gains that is in the cell of a table that the question names by its column and
    its row."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        for name, number in numbers().items():
            value = getattr(self, name)
            if not number.lowest <= value <= number.highest:
                raise ValueError(f"{name} is {value}, not from {number.lowest} to {number.highest}")


def numbers() -> dict[str, Number]:
    """What there is to tune, by name."""
    return {one.name: one.metadata["number"] for one in fields(Tuning)}


_NEUTRAL: dict[str, Any] = {name: number.neutral for name, number in numbers().items()}
NEUTRAL = Tuning(**_NEUTRAL)
"""For models that nothing was tuned for."""


class StoredTuning(Fitted):
    """The numbers, and the models that they were chosen for."""

    numbers: Tuning


@dataclass(frozen=True, slots=True)
class ChosenTuning:
    """The numbers that count, and why others don't."""

    tuning: Tuning
    differs: tuple[Model, ...] = ()
    """In which models those that come with the reader differ from those in use."""


def choose_tuning(path: Path, *, reader_sha256: str, encoder_sha256: str) -> ChosenTuning:
    """
    Find the numbers for a reader and an encoder.

    Args:
        path: Comes with a reader, unless that was added before readers were tuned.
        reader_sha256: The hash of the reader in use.
        encoder_sha256: The hash of the encoder in use.

    Raises:
        ReaderError: If the file is damaged.
    """
    if not path.exists():
        return ChosenTuning(NEUTRAL, ("reader",))
    stored = load_tuning(path)
    differs = stored.differs(reader_sha256, encoder_sha256)
    return ChosenTuning(NEUTRAL if differs else stored.numbers, differs)


def load_tuning(path: Path) -> StoredTuning:
    """
    Read tuned numbers.

    Raises:
        ReaderError: If they are missing or damaged, or have another format version.
    """
    return load_fitted(path, StoredTuning, name="tuning", version=FORMAT_VERSION, again=_AGAIN)
