"""Two values say the same where they are one in other units, figures or words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.values import is_amount, parts_of, say_the_same


def same(one: str, other: str) -> bool:
    forwards = say_the_same(one, other)
    assert forwards == say_the_same(other, one)
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
        ("a twenty-minute walk", "20 minutes"),
        # Two units are added up only where they say one amount.
        ("1 hour and 30 minutes", "90 min"),
        ("1 hour, 30 minutes", "90 min"),
        ("one week (7 days)", "7 days"),
        ("one week (7 days)", "one week"),
        ("one week, 7 days", "7 days"),
        ("2 weeks (14 days)", "14 days"),
        ("2 weeks (14 days)", "2 weeks"),
        ("1 hour (60 minutes)", "60 minutes"),
        ("3 years (36 months)", "36 months"),
        ("3 years (36 months)", "3 years"),
        ("2 km (2000 m)", "2 km"),
        ("2 km (2000 m)", "2000 metres"),
        ("1 hour on 30 minutes' notice", "1 hour"),
        ("2 hours with 30 minutes break", "2 hours"),
        ("3 m × 80 cm", "3 m x 80 cm"),
        ("60 by 90 cm", "600 x 900 mm"),
        ("60 × 90 cm", "60x90 cm"),
        ("60x90x30 mm", "60 by 90 by 30 mm"),
        ("60cmx90cm", "60 cm by 90 cm"),
        ("1.4 tonnes", "1,400 kg"),
        ("3 metres × 80 cm", "3 metres x 80 cm"),
        # One letter, two units.
        ("5m", "5 minutes"),
        ("500 m", "0.5 km"),
        ("1h 5m", "1 hour 5 minutes"),
        ("1h5m", "65 min"),
        ("£5m", "5 million pounds"),
        ("512M", "512 MB"),
        ("8G", "8 GB"),
        ("3w", "3 weeks"),
        ("5 W", "5 watts"),
        # Ranges.
        ("2 to 3 weeks", "14 to 21 days"),
        ("2–3 weeks", "14-21 days"),
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
        ("7:20", "7:20 p.m."),
        ("12:00", "midnight"),
        ("12:30", "12:30 a.m."),
        ("0:00", "midnight"),
        ("0:30", "12:30 a.m."),
        ("24", "midnight"),
        ("9.30–17.30", "9:30–17:30"),
        ("9.30 to 17.30", "9:30 a.m. to 5:30 p.m."),
        ("half past seven", "7:30"),
        ("half past 7 p.m.", "19:30"),
        ("a quarter past seven", "7:15"),
        ("twenty-five past seven", "7:25"),
        ("ten past seven in the evening", "19:10"),
        ("8 in the morning", "8 a.m."),
        ("7:30 in the evening", "19:30"),
        ("five past ten", "10:05"),
        # Days.
        ("1 June 2025", "2025-06-01"),
        ("01.06.2025", "June 1"),
        ("June 1st", "1 June 2025"),
        ("1st June", "2025-06-01"),
        ("the 1st of June", "June 1"),
        ("Sunday, 1 June", "1 June 2025"),
        ("Sun, 1 Jun", "2025-06-01"),
        ("Sunday", "Sunday, 1 June"),
        # Numbers.
        ("twenty-five", "25"),
        ("eighty", "80"),
        ("4,50 €", "4.50 euros"),
        ("20 euros a year", "20 euros per year"),
        ("1,990 visitors", "1,987 visitors"),
        ("1,990 metres", "1987 metres"),
        ("minus 5 °C", "−5 °C"),
        ("5 -7 °C", "5–7 °C"),
        # Signs and their words.
        ("£24", "24 pounds"),
        ("£3.2 million", "£3,200,000"),
        ("GBP 24", "£24"),
        ("5 %", "5 per cent"),
        ("5 percent", "5%"),
        ("every day except Mondays", "daily except"),
        ("£24", "24"),
        # Limits.
        ("before 22:00", "until 10 p.m."),
        ("until 22:00", "22:00"),
        ("from 9 to 17:00", "9:00 until 17:00"),
        ("9:00 until 17:00", "from 9:00"),
        ("until 17:00, from 9:00", "9:00-17:00"),
        # What says where, or who, is no limit.
        ("by Ada Bell", "from Ada Bell"),
        ("under the stage", "from under the stage"),
        ("temperature -5 to 9", "temperature −5 to 9"),
        ("9 am -5 pm", "9 am–5 pm"),
        # Words that begin a cell.
        ("Companies", "Company"),
        ("Secretary", "Secretaries"),
        ("Swimming Club", "Swimmers Club"),
        ("Cycling Club", "Cyclists Club"),
        ("Photography", "Photographers"),
        # Names, whole or in short, and words that only begin a sentence.
        ("Sat", "Saturdays"),
        ("Chris Lee", "Christine Lee"),
        ("the Members", "the Membership"),
        ("Directed by Lee", "director Lee"),
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
        ("1 hour to 30 minutes", "90 minutes"),
        ("1 hour, half an hour", "90 minutes"),
        ("10 m", "10 km"),
        ("5 m", "5 hours"),
        ("£5m", "£5"),
        ("2 to 3 weeks", "2 to 3 days"),
        ("9:30", "21:30"),
        ("9:30 a.m.", "9:30 p.m."),
        ("19:15", "19:30"),
        ("11", "12:00"),
        ("24 hours", "until midnight"),
        ("7 days", "7 p.m."),
        ("10 minutes", "10:00"),
        ("34", "10:00"),
        ("2024", "8 a.m."),
        ("noon", "0:00"),
        ("0", "noon"),
        ("00:00", "12 p.m."),
        ("0:30", "12:30 p.m."),
        ("32:15", "8:15"),
        ("10:75", "11:15"),
        ("half past seven", "7:00"),
        ("8 in the morning", "20:00"),
        # "p" is no penny everywhere, nor is "50p" 50 cents.
        ("£30,000 p.a.", "£300"),
        ("720p", "7.2"),
        ("50 cents", "0.5"),
        ("60 by 90 cm", "60 by 90 mm"),
        ("quarter past seven", "7"),
        ("9.30–17.30", "9:30–17:00"),
        ("2025-06-01", "2025-06-02"),
        ("2025-06-01", "1 July 2025"),
        ("June 1st", "2nd of June"),
        ("Sunday, 1 June", "Sunday, 8 June"),
        ("Sunday", "Monday"),
        ("2019", "2020"),
        ("in 1987", "1990"),
        ("555-1200", "555-1199"),
        ("0551 1200", "0551 1199"),
        ("9 to 9", "9 to 5"),
        ("seventy", "seven"),
        ("4,500", "4.50"),
        ("20 euros", "20 pounds"),
        ("4 euros a day", "4 euros a week"),
        ("-5 °C", "5 °C"),
        ("(−5 °C)", "5 °C"),
        ("minus 5", "5"),
        # What a number is counted in.
        ("£24", "$24"),
        ("£5", "5%"),
        ("£15", "15%"),
        ("USD 24", "GBP 24"),
        ("5 miles", "5 km"),
        ("20 lb", "20 kg"),
        ("5.5 inches", "5.5 cm"),
        ("6 ft", "6 m"),
        # Versions and names that begin alike.
        ("28.0.4", "28.0.9"),
        ("version 1.20.4", "version 1.20.1"),
        ("Christine Lee", "Christopher Lee"),
        ("Northgate", "Northern Road"),
        # Limits of opposite kinds.
        ("before 22:00", "after 22:00"),
        ("until 1 June", "from 1 June"),
        ("before Friday", "after Friday"),
        ("at least 16", "under 16"),
        ("up to £60", "over £60"),
        ("over-18s", "under-18s"),
        ("before the 1st", "after the 1st"),
        ("Parker", "Parkinson"),
        # Below zero, after a word.
        ("temperature -5", "temperature 5"),
        ("down to -5 °C", "down to 5 °C"),
    ],
)
def test_values_that_are_two(one: str, other: str) -> None:
    assert not same(one, other)


def test_an_x_in_a_name_is_no_sign_between_measures() -> None:
    assert "x" in parts_of("Linux x86")
    assert "x" in parts_of("3 x86 machines")


@pytest.mark.parametrize(
    "text",
    [
        *("15 July 2026 in the evening", "July 8 in the evening", "the 8th in the evening"),
        *("8/7 in the morning", "1.8 in the morning"),
    ],
)
def test_no_day_or_year_becomes_a_time(text: str) -> None:
    assert parts_of(text)[-1] in {"morning", "evening"}


@pytest.mark.parametrize(
    "text",
    [
        *("3 mm", "20 euros", "€20", "-5 °C", "an hour", "3rd floor"),
        *("10 Business Days", "20 Euros Per Person", "12 Months Interest Free"),
        "20 USD For Members Only",
    ],
)
def test_what_begins_with_a_number_is_an_amount(text: str) -> None:
    assert is_amount(text)


@pytest.mark.parametrize(
    "text",
    [
        *("11 May", "31 Jan", "12 Sept.", "1st June", "1st of June", "18:00", "the end of May"),
        *("3 Chapel Row", "3 St Mary's Road", ""),
    ],
)
def test_a_day_a_time_and_an_address_are_no_amounts(text: str) -> None:
    assert not is_amount(text)


NUMBER_PIECES = [
    "25",
    "-5",
    "1.2.3",
    "9.30",
    "1st",
    "10:99",
    "0:30",
    "2025-13-41",
    "99.99.2025",
    "half",
    "€",
    "%",
]
WORD_PIECES = ["a", "and", "past", "to", "hour", "minutes", "m", "p.m.", "Sun", "May"]


@given(st.lists(st.sampled_from(NUMBER_PIECES + WORD_PIECES) | st.text(max_size=6)).map(" ".join))
def test_every_value_says_the_same_as_itself(text: str) -> None:
    assert same(text, text)
