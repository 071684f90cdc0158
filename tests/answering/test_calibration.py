"""From evidence to a probability."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from answering.calibration import (
    ChosenCalibration,
    Features,
    choose_calibration,
    load_calibration,
    uncalibrated,
)
from bot.settings import CALIBRATION_NAME
from index.encoder_files import DEFAULT_ENCODER, find_encoder, folder_sha256
from reader.errors import ReaderError
from reader.model import read_manifest, shipped_weights
from tests.conftest import FAKE_CALIBRATION

numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers, numbers)
def test_confidence_is_a_probability_whatever_the_evidence(
    evidence: float, gap: float, alone: float
) -> None:
    assert 0 <= FAKE_CALIBRATION.confidence(evidence, gap, alone) <= 1


@given(st.floats(-50, 50), st.floats(0, 50))
def test_more_evidence_is_never_less_confidence(evidence: float, more: float) -> None:
    confidence = FAKE_CALIBRATION.confidence

    assert confidence(evidence + more, 0, 0) >= confidence(evidence, 0, 0)


def test_evidence_is_the_weighted_sum() -> None:
    calibration = FAKE_CALIBRATION.model_copy(update={"cosine_weight": 10.0, "lexical_weight": 3.0})

    assert calibration.evidence(Features(margin=2.0, cosine=0.5, lexical=1.0)) == 10.0
    assert calibration.confidence(0.0, 5.0, 0.0) == 0.5


def test_the_threshold_falls_as_the_accepted_risk_rises() -> None:
    """Between two per cents it is interpolated."""
    thresholds = [FAKE_CALIBRATION.threshold(risk) for risk in (0.0, 0.2, 0.205, 1.0)]

    assert thresholds == pytest.approx([1.0, 0.8, 0.795, 0.0])


@given(
    st.floats(-3, 3),
    st.floats(-3, 0),
    st.floats(0.05, 0.95),
    st.integers(1, 99),
    st.integers(1, 99),
)
def test_what_is_shown_does_not_depend_on_how_many_passages_there_are(
    evidence: float, weight: float, risk: float, some: int, others: int
) -> None:
    fitted = {"passages_weight": weight, "fewest_passages": 1, "most_passages": 50}
    calibration = FAKE_CALIBRATION.model_copy(update=fitted)

    def above_threshold(passages: int) -> float:
        among = calibration.among(passages)
        return among.confidence(evidence, 0.0, 0.0) - among.threshold(risk)

    assume(abs(above_threshold(some)) > 1e-3)
    assert (above_threshold(some) > 0) == (above_threshold(others) > 0)


@given(st.floats(0, 1), st.integers(1, 99))
def test_a_confidence_among_many_is_more_among_one(confidence: float, passages: int) -> None:
    fitted = {"passages_weight": -0.3, "fewest_passages": 1, "most_passages": 50}
    calibration = FAKE_CALIBRATION.model_copy(update=fitted)

    assert calibration.among_one(confidence, passages) >= confidence - 1e-9


def test_without_calibration_a_span_must_beat_no_answer() -> None:
    plain = uncalibrated("1" * 64)
    worse, better = (Features(margin, cosine=0.9, lexical=1.0) for margin in (-0.1, 0.1))

    for risk in (0.0, 0.2, 1.0):
        threshold = plain.threshold(risk)
        assert plain.confidence(plain.evidence(worse), 0.0, 0.0) < threshold
        assert plain.confidence(plain.evidence(better), 0.0, 0.0) > threshold


def test_the_shipped_calibration_belongs_to_the_shipped_models() -> None:
    calibration = load_calibration(shipped_weights() / CALIBRATION_NAME)

    assert calibration.encoder_sha256 == folder_sha256(find_encoder(DEFAULT_ENCODER))
    assert calibration.reader_sha256 == read_manifest(shipped_weights()).sha256
    assert list(calibration.thresholds) == sorted(calibration.thresholds, reverse=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read"),
        ("", r"holds no calibration \(the whole: "),
        ('{"format_version": 4}', r"holds no calibration \(reader_sha256: Field required"),
        ('{"format_version": 1}', "has format version 1, this Quoth reads 4"),
    ],
)
def test_a_calibration_that_is_none_is_refused(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "c.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ReaderError, match=rf"{message}.*quoth eval --calibrate"):
        load_calibration(path)


def test_a_calibration_that_came_with_a_reader_is_not_to_be_deleted(tmp_path: Path) -> None:
    """Without one, the reader could not be used either."""
    (tmp_path / "shipped.json").write_text('{"format_version": 1}')

    with pytest.raises(ReaderError, match=r"format version 1, .* add the reader again") as told:
        select(tmp_path, "reader", "encoder")

    assert "delete" not in str(told.value)


def chosen(folder: Path, reader: str, encoder: str) -> str:
    """What the calibration was fitted on that counts for a reader and an encoder."""
    return select(folder, reader, encoder).calibration.fitted_on


def select(folder: Path, reader: str, encoder: str) -> ChosenCalibration:
    return choose_calibration(
        folder / "own.json", folder / "shipped.json", reader_sha256=reader, encoder_sha256=encoder
    )


def write(folder: Path, name: str, reader: str, encoder: str = "encoder") -> None:
    made_with = {"reader_sha256": reader, "encoder_sha256": encoder, "fitted_on": name}
    calibration = FAKE_CALIBRATION.model_copy(update=made_with)
    (folder / f"{name}.json").write_text(calibration.model_dump_json())


def test_a_calibration_counts_for_the_reader_and_the_encoder_it_was_made_with(
    tmp_path: Path,
) -> None:
    write(tmp_path, "shipped", "shipped reader")
    assert chosen(tmp_path, "shipped reader", "encoder") == "shipped"
    assert chosen(tmp_path, "other reader", "encoder") == "nothing"
    assert chosen(tmp_path, "shipped reader", "other encoder") == "nothing"

    write(tmp_path, "own", "other reader")
    assert chosen(tmp_path, "shipped reader", "encoder") == "shipped"
    assert chosen(tmp_path, "other reader", "encoder") == "own"
    assert chosen(tmp_path, "other reader", "other encoder") == "nothing"

    write(tmp_path, "own", "shipped reader", "own encoder")
    assert chosen(tmp_path, "shipped reader", "own encoder") == "own"
    assert chosen(tmp_path, "shipped reader", "encoder") == "shipped"


def test_it_is_told_in_what_a_calibration_differs_that_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, "shipped", "new reader")
    write(tmp_path, "own", "old reader")

    updated = select(tmp_path, "new reader", "encoder")
    assert (updated.own_differs, updated.shipped_differs) == (("reader",), ())
    other = select(tmp_path, "old reader", "other encoder")
    assert (other.own_differs, other.shipped_differs) == (("encoder",), ("reader", "encoder"))
    own = select(tmp_path, "old reader", "encoder")
    assert (own.own_differs, own.shipped_differs) == ((), ())


def test_among_more_passages_the_same_evidence_is_worth_less() -> None:
    wary = FAKE_CALIBRATION.model_copy(update={"passages_weight": -0.2, "fewest_passages": 5})
    among = {
        passages: wary.among(passages).confidence(3.0, 1.0, 0.0)
        for passages in (0, 5, 50, 1_000, 1_000_000)
    }

    assert among[0] == among[5] > among[50] > among[1_000] == among[1_000_000]
    assert wary.among(50) == wary.among(50).among(1_000)
