"""What the benchmark of Discord writes down."""

from itertools import islice
from pathlib import Path

from benchmarks.discord_load import MeasuredRate, page, phrases, quantile, table

ROWS = [
    MeasuredRate(10, 9.96, 100, 0, 0.041, 0.0524),
    MeasuredRate(40, 29.5, 1_390, 210, 3.4, 4.2, late=3),
]


def test_a_rate_is_a_row() -> None:
    assert table(ROWS).splitlines()[2:] == [
        "| 10 | 10.0 | 100 | 0 | 0 | 41 ms | 52 ms |",
        "| 40 | 29.5 | 1,390 | 210 | 3 | 3,400 ms | 4,200 ms |",
    ]


def test_where_nothing_was_answered_there_is_no_latency() -> None:
    nothing = quantile([], 0.5)

    assert table([MeasuredRate(5, 0.0, 0, 40, nothing, nothing, late=10)]).endswith(
        "| 5 | 0.0 | 0 | 40 | 10 | – | – |"
    )
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([3.0, 1.0, 2.0], 0.95) == 3.0


def test_the_page_says_how_it_was_made_and_what_was_sustained() -> None:
    text = page(ROWS, 10.0)

    assert "python -m benchmarks.discord_load --write docs/lab/discord_load.md" in text
    assert "answered up to 10.0 questions a second" in text
    assert table(ROWS) in text


def test_no_question_is_asked_twice(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two three four five six seven eight nine ten")

    asked = list(islice(phrases(tmp_path), 30))

    assert len(set(asked)) == 30
