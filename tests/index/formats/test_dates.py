"""The date that a document states for itself, and no other."""

from datetime import date

import pytest

from index.formats.dates import date_in_name, parse_date, stated_date

OCTOBER = date(2011, 10, 18)


@pytest.mark.parametrize(
    "text",
    [
        "Title\n\nOctober 18, 2011\n\nText.",
        "Title\nBy Ann Bee\nPublished: Tuesday, 18 October 2011\nText.",
        "Posted on Oct. 18th, 2011 at 10:20 AM EST\nText",
        "Last updated 2011-10-18",
        "WASHINGTON, Oct. 18, 2011 (Reuters) - The government deported more.",
        "LONDON (AP), 18 October 2011 — Something happened.",
        "Minutes of the committee, 18 October 2011\n\nPresent: Ann",
        "Committee minutes – Tuesday, 18 October 2011",
        "Minutes of 2011-10-18",
        "Minutes of the annual meeting, held on Tuesday, 18 October 2011",
        "Minutes of the committee meeting on October 18, 2011",
        "Club Newsletter No. 8 (October 18, 2011)",
    ],
)
def test_a_dateline_or_a_line_of_its_own_states_the_date(text: str) -> None:
    assert stated_date(text) == OCTOBER


@pytest.mark.parametrize(
    "name",
    [
        "2011-10-18 minutes",
        "minutes_2011_10_18",
        "20111018",
        "IMG-20111018-104500",
        "report.2011.10.18.final",
        "Minutes of 18 October 2011",
        "minutes-october-18-2011",
        "18th_of_Oct_2011",
        "2011-10-18 again 20111018",
    ],
)
def test_a_name_holds_a_date(name: str) -> None:
    assert date_in_name(name) == OCTOBER


def test_a_month_of_an_old_print_is_one() -> None:
    found = [date_in_name("list-18-ſept-1911"), stated_date("18 ſeptember 1911\n\nText.")]

    assert found == [date(1911, 9, 18)] * 2


@pytest.mark.parametrize(
    "name",
    [
        "minutes",
        "2011",
        "2011-10",
        "2011-13-18",
        "2011-02-30",
        "12011101899",
        "2011-1018",
        "18-10-2011",
        "2011-10-18 to 2011-10-20",
        "000_b5621b009607970c",
    ],
)
def test_a_name_holds_no_date_or_none_that_is_the_only_one(name: str) -> None:
    assert date_in_name(name) is None


@pytest.mark.parametrize(
    "text",
    [
        "It was on October 18, 2011 that it happened.",
        "On October 18, 2011, the agency said: more people than ever were deported.",
        "February 31, 2011",
        "Call 2011-10-1845",
        "Summer fair, 18 October 2011",
        "Agenda\n\nMinutes of the committee, 18 October 2011",
        "Minutes of 18 October 2011 and what came of them",
        "Reply to the circular of 18 October 2011",
        "Reply to the circular (18 October 2011)",
        "Agenda: approve minutes of 2011-10-18",
        "We have attached the bulletin, newsletter and minutes of 18 October 2011\nto this.",
        "The pool opens minutes from the beach on 18 October 2011",
        "Circular bench, delivered on 18 October 2011",
        "Ready in 20 minutes, 18 October 2011",
        "",
        "Line\n" * 20 + "October 18, 2011",
    ],
)
def test_a_date_that_a_text_tells_of_is_not_its_own(text: str) -> None:
    assert stated_date(text) is None


@pytest.mark.parametrize(
    "text", ["2011-10-18", "2011-10-18T10:00:00Z", "18 October 2011", "October 18, 2011 10:00"]
)
def test_fields_of_metadata_are_read_in_their_usual_forms(text: str) -> None:
    assert parse_date(text) == OCTOBER


@pytest.mark.parametrize("text", ["", "soon", "2011", "99/99/9999"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None
