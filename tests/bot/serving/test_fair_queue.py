"""Whoever wants little does not wait for whoever wants much."""

from hypothesis import given
from hypothesis import strategies as st

from bot.serving.fair_queue import ANYBODY, Asker, FairQueue


def never(_: object) -> bool:
    return False


def line(*askers: Asker) -> FairQueue[str]:
    """Items that are named by asker and number, in the order in which they came."""
    made: FairQueue[str] = FairQueue()
    for number, asker in enumerate(askers):
        made.put(asker, f"{asker.group}{asker.member}{number}")
    return made


def taken(waiting: FairQueue[str]) -> list[str]:
    found = []
    while (item := waiting.take(never)) is not None:
        found.append(item)
    return found


A1, A2, B1 = Asker("a", "x"), Asker("a", "y"), Asker("b", "z")


def test_groups_take_turns_and_their_members_do() -> None:
    assert taken(line(A1, A1, A1, A2, B1, B1)) == ["ax0", "bz4", "ay3", "bz5", "ax1", "ax2"]


def test_one_alone_is_served_in_order() -> None:
    assert taken(line(*[ANYBODY] * 4)) == ["0", "1", "2", "3"]


def test_where_the_first_is_hopeless_the_newest_of_the_group_is_taken() -> None:
    waiting = line(A1, A2, A1, A2)

    assert waiting.take(lambda item: item == "ax0") == "ay3"
    assert waiting.take(lambda item: item == "ax0") == "ax2"
    assert taken(waiting) == ["ay1", "ax0"]


def test_what_can_not_be_served_now_keeps_its_turn() -> None:
    waiting = line(A1, A2, B1, A1)

    def but(item: str) -> str | None:
        return waiting.take(never, lambda other: other != item)

    assert but("ax0") == "ax3"
    assert [but("ax0"), but("ax0"), but("ax0")] == ["bz2", "ay1", None]
    assert taken(waiting) == ["ax0"]


def test_of_what_can_be_served_the_newest_is_taken_where_the_first_is_hopeless() -> None:
    waiting = line(A1, A2, A1, A2)

    assert waiting.take(lambda item: item == "ax0", lambda item: item != "ay3") == "ax2"
    assert waiting.take(lambda item: item == "ay1", lambda item: item != "ax0") == "ay3"
    assert sorted(taken(waiting)) == ["ax0", "ay1"]


def test_who_has_few_takes_the_last_place_of_who_has_most() -> None:
    waiting = line(A1, A1, A2, A1)

    assert waiting.may_push_out(B1)
    assert waiting.push_out(B1) == "ax3"
    assert waiting.push_out(A2) is None
    assert not waiting.may_push_out(A1)
    assert line(A1, A1, A1).push_out(A2) == "ax2"
    assert line(A1, B1).push_out(Asker("c", "x")) is None
    assert line().push_out(A1) is None


def test_what_may_not_be_lost_is_neither_counted_nor_pushed_out() -> None:
    waiting: FairQueue[str] = FairQueue(lambda item: "kept" not in item)
    for item in ("kept 1", "one", "two", "kept 2"):
        waiting.put(A1, item)

    assert waiting.push_out(B1) == "two"
    assert waiting.push_out(B1) is None
    assert taken(waiting) == ["kept 1", "one", "kept 2"]


def test_what_waits_no_longer_is_not_taken() -> None:
    waiting: FairQueue[str] = FairQueue()
    waiting.put(A1, "one")
    waiting.discard(A1, "another")
    waiting.discard(B1, "one")
    waiting.discard(A1, "one")

    assert taken(waiting) == []


_ASKERS = st.builds(Asker, st.sampled_from("abc"), st.sampled_from("xyz"))


@given(st.lists(_ASKERS, max_size=30))
def test_everything_that_waits_is_taken_once(askers: list[Asker]) -> None:
    found = taken(line(*askers))

    assert sorted(found) == sorted(f"{one.group}{one.member}{n}" for n, one in enumerate(askers))


@given(st.lists(_ASKERS, max_size=30), _ASKERS)
def test_no_group_is_served_twice_before_another_that_waits(
    askers: list[Asker], late: Asker
) -> None:
    waiting = line(*askers)
    waiting.put(late, "late")
    groups = {one.group for one in askers} | {late.group}
    first = [waiting.take(never) for _ in range(len(groups))]

    assert {(item or "")[0] if item != "late" else late.group for item in first} == groups


@given(st.lists(_ASKERS, max_size=30), _ASKERS)
def test_a_place_is_taken_from_nobody_with_as_few(askers: list[Asker], late: Asker) -> None:
    waiting = line(*askers)
    expected = waiting.may_push_out(late)
    item = waiting.push_out(late)

    assert (item is not None) is expected
    if item is not None:
        (loser,) = {one for n, one in enumerate(askers) if f"{one.group}{one.member}{n}" == item}
        in_group = [sum(one.group == each.group for one in askers) for each in (loser, late)]
        of_member = [askers.count(each) for each in (loser, late)]
        assert in_group[0] > in_group[1] + 1 or (
            loser.group == late.group and of_member[0] > of_member[1] + 1
        )
