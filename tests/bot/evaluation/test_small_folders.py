"""Groups of few passages."""

from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.small_folders import SIZES, groups


@given(st.integers(0, 400))
def test_each_passage_is_in_one_group(count: int) -> None:
    divided = groups(range(count))

    assert sorted(one for group in divided for one in group) == list(range(count))
    assert all(divided)
    assert all(len(group) <= size for group, size in zip(divided, SIZES * 4, strict=False))


def test_groups_are_the_same_each_time_and_mixed() -> None:
    divided = groups(range(200))

    assert divided == groups(range(200))
    assert [len(group) for group in divided] == [2, 8, 32, 128, 2, 8, 20]
    assert divided[3] != sorted(divided[3])
