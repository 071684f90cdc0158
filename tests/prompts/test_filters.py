"""What templates write of numbers."""

from types import SimpleNamespace

import pytest

from prompts import duration, render, sized


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.2, "1 s"),
        (59, "59 s"),
        (70, "1 min"),
        (3_661, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, "1 byte"),
        (1_023, "1,023 bytes"),
        (1_024, "1 KiB"),
        (2**20 - 2**9 - 1, "1023 KiB"),
        (2**20 - 1, "1.0 MiB"),
    ],
)
def test_a_size_has_the_unit_that_its_rounded_number_needs(size: int, expected: str) -> None:
    assert sized(size) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1.0, "1 second"),
        (2.5, "2.5 seconds"),
        (20.0, "20 seconds"),
        (2_592_000.0, "2,592,000 seconds"),
    ],
)
def test_a_cooldown_is_said_in_seconds(seconds: float, expected: str) -> None:
    rule = SimpleNamespace(questions=5, seconds=seconds)

    said = render("discord/notices.txt", notice="cooldowns", everybody=rule, rules=())

    assert said == f"A member may ask 5 questions within {expected}; moderators may always ask."
