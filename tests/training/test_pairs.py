"""Questions are put beside the passages that answer them, and beside some that nearly do."""

import re
from collections.abc import Sequence

from training.chance import seeded
from training.pairs import AskedTexts, Pair, batches, pairs_of
from training.sources import TrainingPassage, TrainingQuestion

TOPICS = ["bread", "boats", "bells", "bridges", "barns", "books"]


def words(texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
    return [[match.span() for match in re.finditer(r"\w+", text)] for text in texts]


def source(text: str, *asked: tuple[str, str], title: str = "") -> TrainingPassage:
    def spans(answer: str) -> tuple[tuple[int, int], ...]:
        start = text.find(answer)
        return ((start, start + len(answer)),) if answer else ()

    questions = tuple(TrainingQuestion(question, spans(answer)) for question, answer in asked)
    return TrainingPassage("one", text, questions, (), title)


def long_source(*asked: tuple[str, str]) -> TrainingPassage:
    filler = "The harbour was quiet all day and nothing was said about it by anybody there. " * 12
    return source(f"Bread costs 2 francs. {filler}Rye bread is baked at dawn.", *asked)


def sources(places: Sequence[str] = ("Vellmar", "Brunn")) -> list[TrainingPassage]:
    pairs = ((topic, place) for topic in TOPICS for place in places)
    return [
        source(
            f"The {topic} of {place} cost {cost} francs.",
            (f"in {place}, what cost the {topic}", str(cost)),
        )
        for cost, (topic, place) in enumerate(pairs, start=11)
    ]


def test_a_question_stands_beside_the_part_of_its_document_that_answers_it() -> None:
    pairs = pairs_of([long_source(("when is it baked", "dawn"), ("how much", "2"))], words)

    assert len(pairs.texts) > 1
    baked, costs = pairs.asked
    assert "dawn" in pairs.texts[baked.right]
    assert "2 francs" in pairs.texts[costs.right]
    assert costs.right == 0


def test_a_passage_is_embedded_below_its_title() -> None:
    pairs = pairs_of([source("It costs 2 francs.", ("how much", "2"), title="Bread")], words)

    assert pairs.texts == ["Bread\nIt costs 2 francs."]


def test_a_question_that_nothing_answers_is_left_out() -> None:
    assert pairs_of([source("It costs 2 francs.", ("when", ""))], words).asked == []


def test_a_passage_that_comes_again_with_other_questions_is_one() -> None:
    text = "Bread costs 2 francs, and it is baked at dawn."
    pairs = pairs_of([source(text, ("how much", "2")), source(text, ("when", "dawn"))], words)

    assert len(pairs.texts) == 1
    assert [pair.right for pair in pairs.asked] == [0, 0]


def test_another_passage_with_the_answers_words_may_answer_too() -> None:
    texts = ["Bread costs two francs.", "Two francs is the price.", "It is old.", "Of 2."]
    pairs = AskedTexts(texts, [])

    assert [pairs.may_answer(one, Pair("how much?", "two francs", 0)) for one in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert not pairs.may_answer(3, Pair("how many?", "2", 0))


def test_the_questions_of_a_batch_are_about_different_passages_and_come_once() -> None:
    pairs = pairs_of(sources(), words)
    made = [*batches(pairs, 4, seeded(1))]

    assert len(made) >= 2
    for batch in made:
        assert len({pair.right for pair in batch}) == len(batch) == 4
    asked = [pair for batch in made for pair in batch]
    assert len(set(asked)) == len(asked)


def test_a_question_stands_beside_one_about_a_passage_like_its_own() -> None:
    pairs = pairs_of(sources(), words)
    topics = [
        [pair.question.rpartition(" ")[2] for pair in batch]
        for batch in batches(pairs, 2, seeded(1))
    ]

    assert len(topics) == len(TOPICS)
    assert all(one == other for one, other in topics)


def test_a_passage_that_answers_a_question_too_is_no_rival() -> None:
    texts = ["The bread of Vellmar costs two.", "Vellmar sells bread for two.", "The bread is old."]
    asked = [
        Pair("what costs the bread of Vellmar", "two", 0),
        Pair("who sells bread", "Vellmar", 1),
        Pair("what is old", "The bread", 2),
    ]
    beside = [
        second.right
        for seed in range(20)
        for first, second in batches(AskedTexts(texts, asked), 2, seeded(seed))
        if first is asked[0]
    ]

    assert set(beside) == {2}
