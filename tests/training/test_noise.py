from hypothesis import given
from hypothesis import strategies as st

from training.chance import seeded
from training.noise import keywords, mistyped, noisy

QUESTIONS = st.sampled_from(
    [
        "How many boats sank in 1901?",
        "who's the captain",
        "Why?",
        "What did the people of Zürich pay for 35,927 boats in the harbour?",
    ]
)


@given(QUESTIONS, st.integers(0, 10_000))
def test_noise_repeats_with_its_seed_and_leaves_something(question: str, seed: int) -> None:
    noised = noisy(question, seeded(seed))

    assert noised == noisy(question, seeded(seed))
    assert noised.strip()


@given(QUESTIONS, st.integers(0, 10_000))
def test_digits_survive(question: str, seed: int) -> None:
    def digits(text: str) -> str:
        return "".join(filter(str.isdigit, text))

    assert digits(noisy(question, seeded(seed))) == digits(question)


def test_keywords_keep_content_and_a_leading_question_word() -> None:
    assert keywords("How many boats sank in the harbour?") == "How many boats sank harbour"
    assert keywords("What is the captain of the Osprey?") == "captain Osprey"


def test_a_question_without_two_keywords_stays() -> None:
    assert keywords("Who is it?") == "Who is it?"


@given(st.integers(0, 1_000))
def test_a_typo_changes_one_longer_word_by_one_letter(seed: int) -> None:
    before = ["how", "many", "harbours", "are", "in", "use"]

    after = mistyped(" ".join(before), seeded(seed)).split()

    assert [one for one in after if one not in before] in ([], [after[2]])
    assert after[2][0] == "h"
    assert abs(len(after[2]) - len("harbours")) <= 1


def test_without_longer_words_nothing_is_mistyped() -> None:
    assert mistyped("who is 12345678", seeded(1)) == "who is 12345678"
