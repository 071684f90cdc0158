"""Questions without a good answer, put together by what they mean."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from answering.answer import NearestPassage
from bot.evaluation import gaps
from bot.evaluation.gaps import OpenQuestion, Period, find_gaps, last_days
from index.encoder import Vectors
from tests.fakes import FakeEncoder

DAY_S = 24 * 60 * 60.0
NOW = 100 * DAY_S
PERIOD = last_days(14, NOW, kept_days=30)


def encode(texts: Sequence[str]) -> Vectors:
    """The vectors of words in common."""
    return np.stack([FakeEncoder().encode_question(text) for text in texts])


def near(text: str = "Tea is made at five.", document: str = "tea.md") -> NearestPassage:
    return NearestPassage(document, "Tea", 0, len(text), text, None)


def asked(text: str | None, days_ago: float = 1, **values: object) -> OpenQuestion:
    given = {"nearest": near(), "reason": "unanswered", "expected": ()} | values
    return OpenQuestion(asked=NOW - days_ago * DAY_S, text=text, **given)  # type: ignore[arg-type]


def test_what_means_the_same_is_one_group_with_its_size_and_trend() -> None:
    found = find_gaps(
        [
            asked("when is the tea made"),
            asked("when is tea made here", 2),
            asked("When is the TEA made?", 20),
            asked("who pays for parking", 3, reason="wrong", expected=("the city",)),
            asked("may dogs come in", 20),
        ],
        encode,
        PERIOD,
    )

    assert [(gap.count, gap.before) for gap in found] == [(2, 1), (1, 0)]
    tea, parking = found
    assert tea.example in {"when is the tea made", "when is tea made here"}
    assert tea.reasons == {"unanswered": 2}
    assert (parking.example, parking.expected) == ("who pays for parking", ("the city",))
    assert parking.reasons == {"wrong": 1}


def test_the_example_is_a_question_of_this_period() -> None:
    (gap,) = find_gaps(
        [asked("when is the tea made now", 1), *[asked("when is the tea made", 20)] * 5],
        encode,
        PERIOD,
    )

    assert (gap.example, gap.count, gap.before) == ("when is the tea made now", 1, 5)


def test_questions_whose_text_is_not_kept_are_grouped_by_their_passage() -> None:
    def never(texts: Sequence[str]) -> Vectors:
        raise AssertionError("there is no text to encode")

    found = find_gaps(
        [
            asked(None),
            asked(None, 2),
            asked(None, 20),
            asked(None, 2, nearest=near("Milk is in the fridge.")),
            asked(None, nearest=None),
        ],
        never,
        PERIOD,
    )

    assert [(gap.count, gap.before, gap.example) for gap in found] == [(2, 1, None), (1, 0, None)]
    assert found[0].nearest == near()


def test_the_document_to_change_is_the_one_that_came_nearest_most_often() -> None:
    questions = [
        asked("when is the tea made", 1, nearest=near("A", "other.md")),
        asked("when is the tea made", 2, nearest=near("B", "tea.md")),
        asked("when is the tea made", 3, nearest=near("C", "tea.md")),
        asked("when is the tea made", 4, nearest=None),
    ]

    (gap,) = find_gaps(questions, encode, PERIOD)
    assert gap.nearest == near("B", "tea.md")


def test_a_trend_needs_a_whole_period_before() -> None:
    assert last_days(15, NOW, kept_days=30) == Period(85 * DAY_S, 70 * DAY_S, True)
    (gap,) = find_gaps([asked("when is tea")], encode, last_days(16, NOW, kept_days=30))

    assert gap.before is None


def test_of_too_many_texts_the_newest_are_grouped() -> None:
    most = gaps.MAX_TEXTS
    questions = [asked(f"word{number}", 1 + number / most / 2) for number in range(most + 5)]
    seen: list[str] = []

    def alike(texts: Sequence[str]) -> Vectors:
        seen.extend(texts)
        return np.ones((len(texts), 1), np.float32)

    (gap,) = find_gaps(reversed(questions), alike, PERIOD)
    assert (gap.count, len(seen)) == (most, most)
    assert f"word{most}" not in seen


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text("abc ", min_size=1, max_size=6).filter(str.strip)),
            st.floats(0, 28, exclude_max=True),
        ),
        max_size=12,
    )
)
def test_every_question_of_the_period_is_in_one_group(
    values: list[tuple[str | None, float]],
) -> None:
    questions = [asked(text, days) for text, days in values]
    found = find_gaps(questions, encode, PERIOD)

    assert sum(gap.count for gap in found) == sum(days <= 14 for _, days in values)
    assert all(gap.count for gap in found)
    assert [gap.count for gap in found] == sorted((gap.count for gap in found), reverse=True)
    for gap in found:
        assert sum(gap.reasons.values()) == gap.count
        assert gap.example is None or gap.example in {text for text, _ in values}
