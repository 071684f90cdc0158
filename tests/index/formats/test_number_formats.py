"""What Excel shows of a number, by the code of its format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats.number_formats import number_format

_ACCOUNTING = '_-"£"* #,##0.00_-;-"£"* #,##0.00_-;_-"£"* "-"??_-;_-@_-'


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0%", 0.15, "15%"),
        ("0.0%", 0.1534, "15.3%"),
        ('"£"#,##0.00', 1234.5, "£1,234.50"),
        (_ACCOUNTING, -3, "-£3.00"),
        (_ACCOUNTING, 0, "£0.00"),
        ('_("$"* #,##0.00_);_("$"* \\(#,##0.00\\)', -1200, "$(1,200.00)"),
        ("#,##0.00\\ [$€-407]", 35, "35.00 €"),
        ('#,##0.00 "€";[Red]-#,##0.00 "€"', -35.555, "-35.56 €"),
        ('0" kg"', 5.4, "5 kg"),
        ('General" kg"', 5.4, "5.4 kg"),
        ('0.###"m"', 2.5, "2.5m"),
        ("00000", 123, "00123"),
        ("000,000", 1234, "001,234"),
        ('"£"#,##0.00;[Red]"£"#,##0.00', -10, "-£10.00"),
        ('"£"#,##0.00_);[Red]"£"#,##0.00', -10, "-£10.00"),
        ("0%", -0.001, "0%"),
        ("+0%;-0%;0%", 0, "0%"),
        ('0" days";"overdue";"today"', 0, "today"),
        ('0" days";"overdue";"today"', -2, "overdue"),
        ('0" days";"-";"-"', 0, "0 days"),
    ],
)
def test_a_format_shows_signs_units_and_zeros(code: str, number: float, shown: str) -> None:
    made = number_format(code)

    assert made is not None
    assert made.written(number) == shown


@pytest.mark.parametrize(
    "code",
    [
        *("General", "0.00", "#,##0_);(#,##0)", "yyyy-mm-dd", "[h]:mm", "[>100]0;0", "0.00E+00"),
        *("# ?/?", "@", '#,##0,"k"', "000-0000", ";;;", "", '"£"0' + " " * 300),
    ],
)
def test_a_format_that_shows_no_more_than_a_number_or_something_else_is_none(code: str) -> None:
    assert number_format(code) is None


@pytest.mark.parametrize(
    ("code", "number"),
    [("0%", float("nan")), ("0%", float("inf")), ("0%", 1e15), (f'0.{"0" * 15}"m"', 1e14)],
)
def test_a_number_with_more_figures_than_are_shown_stays_as_it_is(code: str, number: float) -> None:
    made = number_format(code)

    assert made is not None
    assert made.written(number) is None


@given(
    st.text('0#?.,%"\\[]$€;-_*yGEneral ')
    | st.integers(0, 40).map(lambda places: f'0.{"0" * places}"m"'),
    st.floats() | st.integers(-(10**15), 10**15).map(float),
)
def test_any_code_shows_any_number_or_says_nothing(code: str, number: float) -> None:
    made = number_format(code)

    assert made is None or made.written(number) != ""
