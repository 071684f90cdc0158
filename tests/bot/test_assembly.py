"""What is said of the parts that were joined."""

import pytest

from bot.assembly import calibration_notice
from bot.confidence import ChosenCalibration, Model
from bot.settings import load_settings
from tests.conftest import FAKE_CALIBRATION


@pytest.mark.parametrize(
    ("own", "shipped", "said"),
    [
        ((), (), []),
        (("reader",), (), ["data/calibration.json does not count", "another reader.", "until"]),
        (("encoder",), (), ["made with another encoder."]),
        ((), ("reader",), ["The reader roberta is not calibrated"]),
        ((), ("encoder",), ["The encoder mpnet is not calibrated"]),
        (
            ("reader", "encoder"),
            ("reader", "encoder"),
            ["another reader and another encoder.", "reader roberta and the encoder mpnet are not"],
        ),
    ],
)
def test_the_notice_names_what_differs(
    own: tuple[Model, ...], shipped: tuple[Model, ...], said: list[str]
) -> None:
    settings = load_settings(reader="roberta", encoder="mpnet")

    notice = calibration_notice(settings, ChosenCalibration(FAKE_CALIBRATION, own, shipped))

    for part in said:
        assert part.removesuffix(".") in notice
    assert bool(notice) == bool(said)
    assert ("until then" in notice) == (bool(own) and not shipped)
