"""From evidence to a probability."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.confidence import CALIBRATION_NAME, load_calibration
from reader.errors import ReaderError
from reader.model import MANIFEST_NAME, shipped_weights
from tests.conftest import FAKE_CALIBRATION

numbers = st.floats(-1e6, 1e6)


@given(numbers, numbers)
def test_confidence_is_a_probability_whatever_the_evidence(evidence: float, gap: float) -> None:
    assert 0 <= FAKE_CALIBRATION.confidence(evidence, gap) <= 1


@given(st.floats(-50, 50), st.floats(0, 50))
def test_more_evidence_is_never_less_confidence(evidence: float, more: float) -> None:
    confidence = FAKE_CALIBRATION.confidence

    assert confidence(evidence + more, 0) >= confidence(evidence, 0)


def test_evidence_is_the_weighted_sum() -> None:
    calibration = FAKE_CALIBRATION.model_copy(update={"cosine_weight": 10.0})

    assert calibration.evidence(margin=2.0, cosine=0.5) == 7.0
    assert calibration.confidence(0.0, 5.0) == 0.5


def test_the_shipped_calibration_belongs_to_the_shipped_reader() -> None:
    calibration = load_calibration(shipped_weights() / CALIBRATION_NAME)

    assert calibration.reader_sha256 in (shipped_weights() / MANIFEST_NAME).read_text()


def test_a_calibration_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"format_version": 1}')

    for name in ("c.json", "missing.json"):
        with pytest.raises(ReaderError, match="holds no calibration"):
            load_calibration(tmp_path / name)
