"""
How sure Quoth is: what is known of a span -> the probability that it is right.

Spans of different passages compete by their evidence, a weighted sum of features. The confidence is
a logistic function of the best one's evidence, of its lead, of what the reader says of its sentence
alone, and of how many passages were searched: the more there are, the likelier one of them looks
right and is not. The weights are fitted by `quoth eval --calibrate` on questions with known
answers, and hold for one reader and one encoder alone.

Which spans are shown does not depend on that number: the wrong ones among few passages have as much
evidence as among many, there are only fewer of them. So the threshold on confidence moves with it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from answering.fitted import Fitted, Model, load_fitted
from reader.model import AGAIN

FORMAT_VERSION = 4
# Thresholds are kept for a risk of 0, 1, ... 100 %.
RISK_STEPS = 100

# Two probabilities of being right. They mean the same whatever the reader, since each reader has a
# calibration of its own. docs/lab/confidence.md has the figures.
#
# A shown answer below it is marked as doubtful.
SURE_FROM = 0.8
# From here on, a best span that is not good enough for an answer is shown among candidates: one in
# three such questions has a right one. Below it, one in ten has, and the documents don't say.
UNSURE_FROM = 0.12

_AGAIN = "Make it again with quoth eval --calibrate, or delete it."


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for a span before it is compared with others."""

    margin: float
    """Its score over the no-answer score of its passage, in logits, and what it gains for standing
    near what was just shown (`answering.tuning.Tuning.near_margin`)."""
    cosine: float
    """Between the question and its passage."""
    lexical: float
    """The BM25 score of its passage over the best one that was found, in [0, 1]."""


class PassageCalibration(BaseModel):
    """Weights for questions about one given passage, where nothing is retrieved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    intercept: float
    margin_weight: float
    min_confidence: float
    """Below it the passage doesn't say: the threshold of the best overall F1."""

    def confidence(self, margin: float) -> float:
        """The probability in [0, 1] that a span is right."""
        return logistic(self.intercept + self.margin_weight * margin)


class Calibration(Fitted):
    """The fitted weights."""

    cosine_weight: float
    lexical_weight: float
    intercept: float
    evidence_weight: float
    gap_weight: float
    sentence_weight: float
    """The weight of the margin that the sentence has when it is read alone."""
    sentence_intercept: float
    sentence_slope: float
    """With the intercept, what that margin is expected to be by the margin in the passage."""
    passages_weight: float
    """The weight of the natural logarithm of how many passages are searched; see `among`."""
    fewest_passages: int
    most_passages: int
    """The most that were searched for the questions it was fitted on; beyond, nothing is known."""
    thresholds: tuple[float, ...] = Field(min_length=RISK_STEPS + 1, max_length=RISK_STEPS + 1)
    """One for each risk from 0 to 100 %, among one passage; see `threshold` and `among`."""
    given_passage: PassageCalibration
    expected_calibration_error: float
    """Measured on the questions it was fitted on, cross-fitted by passage, in 10 bins."""

    def among(self, passages: int) -> "Calibration":
        """
        The calibration for an index of so many passages, whose number then is part of the intercept
        and of the thresholds.

        Fewer or more than were searched while it was fitted count as the fewest or the most.
        """
        shift = self._shift(passages)
        return self.model_copy(
            update={
                "intercept": self.intercept + shift,
                "passages_weight": 0.0,
                "thresholds": tuple(shifted(one, shift) for one in self.thresholds),
            }
        )

    def among_one(self, confidence: float, passages: int) -> float:
        """What a confidence among so many passages would be among one."""
        return shifted(confidence, -self._shift(passages))

    def _shift(self, passages: int) -> float:
        searched = min(max(passages, self.fewest_passages, 1), max(self.most_passages, 1))
        return self.passages_weight * math.log(searched)

    def evidence(self, features: Features) -> float:
        """How much speaks for a span, on one scale for the spans of all passages."""
        return (
            features.margin
            + self.cosine_weight * features.cosine
            + self.lexical_weight * features.lexical
        )

    def expected_sentence_margin(self, margin: float) -> float:
        """What the margin of a span's sentence is likely to be, where it was not read alone."""
        return self.sentence_intercept + self.sentence_slope * margin

    def confidence(self, evidence: float, gap: float, sentence_margin: float) -> float:
        """
        The probability in [0, 1] that a span is right; see `among`.

        Args:
            evidence: The evidence of the span.
            gap: By how much it exceeds that of the best span with another text.
            sentence_margin: The margin of its sentence, read alone; see `expected_sentence_margin`.
        """
        return logistic(
            self.intercept
            + self.evidence_weight * evidence
            + self.gap_weight * gap
            + self.sentence_weight * sentence_margin
        )

    def threshold(self, max_risk: float) -> float:
        """
        The confidence from which an answer is shown; see `among`.

        Args:
            max_risk: The share, in [0, 1], of the questions whose best span is wrong that may be
                answered with it, whether the documents say or not.
        """
        place = max_risk * RISK_STEPS
        below = min(int(place), RISK_STEPS - 1)
        low, high = self.thresholds[below : below + 2]
        return low + (high - low) * (place - below)


def unsure_from(min_confidence: float) -> float:
    """
    The confidence from which Quoth says that it is not sure.

    Args:
        min_confidence: From here on an answer is shown. Where that is lower, nothing is unsure.
    """
    return min(UNSURE_FROM, min_confidence)


def uncalibrated(reader_sha256: str) -> Calibration:
    """
    The plain rule for a reader that nobody has calibrated: SQuAD 2.0's.

    Spans compete by their margins, and one is shown if its margin is above 0, whatever risk is
    accepted: how often that is wrong is not known.
    """
    return Calibration(
        format_version=FORMAT_VERSION,
        reader_sha256=reader_sha256,
        encoder_sha256="",
        fitted_on="nothing",
        cosine_weight=0.0,
        lexical_weight=0.0,
        intercept=0.0,
        evidence_weight=1.0,
        gap_weight=0.0,
        sentence_weight=0.0,
        sentence_intercept=0.0,
        sentence_slope=0.0,
        passages_weight=0.0,
        fewest_passages=0,
        most_passages=0,
        thresholds=(0.5,) * (RISK_STEPS + 1),
        given_passage=PassageCalibration(intercept=0.0, margin_weight=1.0, min_confidence=0.5),
        expected_calibration_error=1.0,
    )


@dataclass(frozen=True, slots=True)
class ChosenCalibration:
    """The calibration that counts, and why another doesn't."""

    calibration: Calibration
    own_differs: tuple[Model, ...] = ()
    """In which models one's own calibration differs from those in use, where it doesn't count."""
    shipped_differs: tuple[Model, ...] = ()
    """In which the shipped one does, where none counts."""


def choose_calibration(
    own: Path, shipped: Path, *, reader_sha256: str, encoder_sha256: str
) -> ChosenCalibration:
    """
    Find the calibration for a reader and an encoder; it counts for those it was made with.

    Args:
        own: Made by whoever runs Quoth; it need not be there.
        shipped: Comes with the shipped reader.
        reader_sha256: The hash of the reader in use.
        encoder_sha256: The hash of the encoder in use.

    Returns:
        The first one that counts, else the plain rule.

    Raises:
        ReaderError: If one of the files is damaged.
    """
    own_differs: tuple[Model, ...] = ()
    if own.exists():
        calibration = load_calibration(own)
        own_differs = calibration.differs(reader_sha256, encoder_sha256)
        if not own_differs:
            return ChosenCalibration(calibration)
    calibration = load_calibration(shipped, again=AGAIN)
    shipped_differs = calibration.differs(reader_sha256, encoder_sha256)
    if shipped_differs:
        calibration = uncalibrated(reader_sha256)
    return ChosenCalibration(calibration, own_differs, shipped_differs)


def logistic(logit: float) -> float:
    """`logit` as a probability."""
    # Both forms are the same function; each is exact where the other overflows.
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))


def shifted(probability: float, shift: float) -> float:
    """The probability whose logit is larger by `shift`; 0 and 1 stay."""
    if not shift or not 0 < probability < 1:
        return probability
    return logistic(math.log(probability / (1 - probability)) + shift)


def load_calibration(path: Path, again: str = _AGAIN) -> Calibration:
    """
    Read fitted weights.

    Args:
        path: The file.
        again: How to make it again.

    Raises:
        ReaderError: If they are missing or damaged, or have another format version.
    """
    return load_fitted(path, Calibration, name="calibration", version=FORMAT_VERSION, again=again)
