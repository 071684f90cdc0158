"""A number is chosen where it gains more than chance, or where it saves time and loses nothing."""

from collections.abc import Sequence

from bot.evaluation.tuning import Worth, best_value, cheapest_value

NEUTRAL = 0.0


def worths(points: Sequence[float]) -> list[Worth]:
    """What questions of as many passages gave."""
    return [Worth(f"{place:03}", each) for place, each in enumerate(points)]


NOTHING = worths([0.0] * 40)
EVERY_THIRD = worths([float(place % 3 == 0) for place in range(40)])
ONE_PASSAGE = worths([1.0] + [0.0] * 39)
ONE_EACH_WAY = worths([1.0] + [0.0] * 38 + [-1.0])
MANY_LESS = worths([-1.0] * 20 + [0.0] * 20)


def test_the_value_that_gains_most_in_both_halves_is_chosen() -> None:
    tried = {1.0: ONE_PASSAGE, 2.0: EVERY_THIRD, 3.0: MANY_LESS}

    value, crossed = best_value(NEUTRAL, NOTHING, tried)

    assert value == 2.0
    assert crossed == EVERY_THIRD


def test_what_one_passage_alone_gains_is_chance() -> None:
    assert best_value(NEUTRAL, NOTHING, {1.0: ONE_PASSAGE})[0] == NEUTRAL


def test_where_all_lose_the_neutral_value_stays() -> None:
    assert best_value(NEUTRAL, NOTHING, {1.0: MANY_LESS}) == (NEUTRAL, NOTHING)


def test_what_saves_time_is_taken_as_far_as_nothing_is_lost_but_chance() -> None:
    assert cheapest_value(9.0, NOTHING, {5.0: ONE_EACH_WAY, 3.0: MANY_LESS, 1.0: NOTHING}) == (
        5.0,
        ONE_EACH_WAY,
    )


def test_where_the_first_step_loses_nothing_is_saved() -> None:
    assert cheapest_value(9.0, NOTHING, {5.0: MANY_LESS}) == (9.0, NOTHING)
