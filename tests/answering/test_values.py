"""Two values say the same where they are one in other units, figures or words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.values import is_amount, parts_of, say_the_same


def same(one: str, other: str) -> bool:
    forwards = say_the_same(parts_of(one), parts_of(other))
    assert forwards == say_the_same(parts_of(other), parts_of(one))
    return forwards


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Units.
        ("ninety minutes", "an hour and a half"),
        ("180 min", "3 hours"),
        ("two and a half hours", "150 minutes"),
        ("1 hour 30 minutes", "90 min"),
        ("half an hour", "30 minutes"),
        ("a week", "7 days"),
        ("a year", "twelve months"),
        ("2 TB", "2,000 GB"),
        ("up to 1.5 km", "1,500 metres"),
        ("10 days", "ten"),
        # Times of day.
        ("22 to 7", "10 p.m. to 7 a.m."),
        ("10:30 pm", "22:30"),
        ("10.30 p.m.", "22:30"),
        ("at 7", "19:00"),
        ("7:15", "7:15 p.m."),
        ("noon", "12:00"),
        ("midnight", "24:00"),
        ("10", "10:00"),
        ("Tuesdays at 18:00", "6 p.m."),
        # Days.
        ("1 June 2025", "2025-06-01"),
        ("01.06.2025", "June 1"),
        # Numbers.
        ("twenty-five", "25"),
        ("eighty", "80"),
        ("4,50 €", "4.50 euros"),
        ("20 euros a year", "20 euros per year"),
    ],
)
def test_values_that_are_one(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8 days", "a week"),
        ("10 days", "10 weeks"),
        ("10 metres", "10 km"),
        ("1 hour 30 minutes", "1 hour 45 minutes"),
        ("an hour", "an hour and a half"),
        ("half an hour", "an hour"),
        ("9:30", "21:30"),
        ("9:30 a.m.", "9:30 p.m."),
        ("19:15", "19:30"),
        ("11", "12:00"),
        ("2025-06-01", "2025-06-02"),
        ("2025-06-01", "1 July 2025"),
        ("seventy", "seven"),
        ("4,500", "4.50"),
        ("20 euros", "20 pounds"),
        ("4 euros a day", "4 euros a week"),
    ],
)
def test_values_that_are_two(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_day_and_a_time_are_no_amounts() -> None:
    assert [is_amount(parts_of(text)) for text in ("3 mm", "20 euros", "an hour")] == [True] * 3
    assert not any(is_amount(parts_of(text)) for text in ("11 May", "18:00", "the end of May", ""))


PIECES = st.sampled_from(
    ["a", "and", "half", "hour", "minutes", "25", "10:99", "p.m.", "2025-13-41", "99.99.2025", "€"]
)


@given(st.lists(PIECES | st.text(max_size=6)).map(" ".join))
def test_every_value_says_the_same_as_itself(text: str) -> None:
    assert same(text, text)
