import pytest

from training.loop import rate_at


def test_the_rate_rises_then_falls_to_zero() -> None:
    rates = [rate_at(step, 100, 0.1) for step in range(100)]

    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 90)
    assert rate_at(100, 100, 0.1) == 0.0


def test_a_run_of_one_step_has_a_rate() -> None:
    assert rate_at(0, 1, 0.06) == 1.0
