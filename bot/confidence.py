"""
How sure Quoth is: what is known of a span -> the probability that it is right.

Spans of different passages compete by their evidence, a weighted sum. A logistic function of the
best one's evidence and of its lead is the confidence. The weights are fitted on questions with
known answers and stored beside the reader's weights, since they hold for that reader alone.
"""

import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from reader.errors import ReaderError

CALIBRATION_NAME = "calibration.json"


class Calibration(BaseModel):
    """The fitted weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    reader_sha256: str
    """Of the reader's model file that the weights were fitted for."""
    fitted_on: str
    """For people: which questions, and how many."""
    cosine_weight: float
    intercept: float
    evidence_weight: float
    gap_weight: float

    def evidence(self, margin: float, cosine: float) -> float:
        """
        On one scale across passages, how much speaks for a span.

        Args:
            margin: Its score over the no-answer score of its passage, in logits.
            cosine: Between the question and its passage.
        """
        return margin + self.cosine_weight * cosine

    def confidence(self, evidence: float, gap: float) -> float:
        """
        The probability in [0, 1] that a span is right.

        Args:
            evidence: Of the span.
            gap: By how much it exceeds that of the best span with another text.
        """
        logit = self.intercept + self.evidence_weight * evidence + self.gap_weight * gap
        # Both forms are the same function; each is exact where the other overflows.
        if logit >= 0:
            return 1 / (1 + math.exp(-logit))
        return math.exp(logit) / (1 + math.exp(logit))


def load_calibration(path: Path) -> Calibration:
    """
    Read fitted weights.

    Raises:
        ReaderError: If they are missing or damaged.
    """
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ReaderError(f"{path}: holds no calibration ({error}). Reinstall Quoth.") from error
