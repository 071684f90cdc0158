from collections import Counter

from training.chance import seeded
from training.examples import (
    QAMR_MAX_OTHERS,
    SERVING_TOKENS,
    Corpus,
    Example,
    cut,
    epoch_of_leaning,
    epoch_of_mismatches,
    epoch_of_passages,
    epoch_of_qamr,
    followup_forms,
    gives_away,
    titled,
)
from training.sources import (
    Sentence,
    TrainingFollowUp,
    TrainingPassage,
    TrainingQuestion,
    read_passages,
)


def count_words(text: str) -> int:
    return len(text.split())


PASSAGES = read_passages("dev")[:30]
CORPUS = Corpus(PASSAGES, count_words)
EXAMPLES = epoch_of_passages(CORPUS, seed=1)


def test_an_epoch_repeats_with_its_seed() -> None:
    assert epoch_of_passages(CORPUS, seed=1) == EXAMPLES
    assert epoch_of_passages(CORPUS, seed=2) != EXAMPLES


def test_every_span_is_one_of_the_written_answers() -> None:
    """Whatever window is cut, the slice of its text is an answer as it stands in the passage."""
    written = {
        passage.text[start:end]
        for passage in PASSAGES
        for spans in [
            *(question.spans for question in passage.questions),
            *(followup.spans for followup in passage.followups),
        ]
        for start, end in spans
    }

    for example in EXAMPLES:
        for start, end in example.spans:
            assert example.context[start:end] in written


def test_a_title_is_read_before_its_context_and_moves_the_answers_along() -> None:
    examples = [example for example in EXAMPLES if example.title not in example.context]

    assert {bool(example.spans) for example in examples} == {True, False}
    for example in examples:
        (read,) = titled((example,))
        assert read.context == f"{example.title}\n{example.context}"
        assert [read.context[start:end] for start, end in read.spans] == [
            example.context[start:end] for start, end in example.spans
        ]


def test_a_title_that_the_context_says_or_lacks_is_not_read_before_it() -> None:
    says = Example("who?", "Ada of Boats rows.", ((0, 3),), "passage", "Boats")
    lacks = Example("who?", "Ada rows.", ((0, 3),), "passage")

    assert titled((says, lacks)) == (says, lacks)


def test_contexts_are_slices_of_passages() -> None:
    texts = [passage.text for passage in PASSAGES]

    assert all(any(example.context in text for text in texts) for example in EXAMPLES)


def test_every_question_and_follow_up_is_asked() -> None:
    kinds = Counter(example.kind for example in EXAMPLES)
    questions = [question for passage in PASSAGES for question in passage.questions]

    assert kinds["passage"] == sum(bool(question.spans) for question in questions)
    unanswerable = sum(not question.spans for question in questions)
    unanswerable += sum(not f.spans for passage in PASSAGES for f in passage.followups)
    assert kinds["unanswerable"] == unanswerable
    assert kinds["followup joined"] > 0
    assert kinds["followup rewritten"] > 0
    assert kinds["elsewhere"] > 0
    assert kinds["mismatched"] > 0


def test_only_answered_kinds_have_spans() -> None:
    without = {"unanswerable", "elsewhere", "mismatched"}

    assert all(bool(example.spans) != (example.kind in without) for example in EXAMPLES)


def test_retrieved_windows_come_from_other_passages_and_fit() -> None:
    for passage in PASSAGES[:5]:
        for window in CORPUS.retrieved(passage.questions[0].text, passage, 3):
            assert window.text not in passage.text
            assert count_words(window.text) <= SERVING_TOKENS


def test_mismatches_are_asked_of_passages_that_do_not_give_the_answer_away() -> None:
    corpora = [Corpus(PASSAGES[:15], count_words), Corpus(PASSAGES[15:], count_words)]

    examples = epoch_of_mismatches(corpora, 40, seed=1)

    assert len(examples) > 30
    assert {example.spans for example in examples} == {()}
    assert epoch_of_mismatches(corpora, 40, seed=1) == examples
    answers = {
        question.text: passage.text[start:end]
        for passage in PASSAGES
        for question in passage.questions
        for start, end in question.spans[:1]
    }
    as_written = [example for example in examples if example.question in answers]
    assert len(as_written) > 10
    for example in as_written:
        assert answers[example.question].lower() not in example.context.lower()


def test_a_follow_up_comes_in_all_its_forms() -> None:
    followup = TrainingFollowUp("who rows?", "since when?", "Since when has Ada rowed?", ())
    passage = TrainingPassage(
        "w", "Ada rows.", (TrainingQuestion("who rows?", ((0, 3),)),), (followup,)
    )

    assert dict(followup_forms(followup, passage)) == {
        "followup rewritten": "Since when has Ada rowed?",
        "followup joined": "who rows? since when?",
        "followup with topic": "Ada since when?",
    }


def test_follow_ups_that_lean_are_asked_of_their_own_passage() -> None:
    corpora = [Corpus(PASSAGES[:15], count_words), Corpus(PASSAGES[15:], count_words)]
    every = sum(len(passage.followups) for passage in PASSAGES)

    examples = epoch_of_leaning(corpora, every, seed=1)

    leaning = [one for one in examples if one.kind.startswith("followup")]
    assert {one.kind for one in leaning} == {"followup joined"}
    answered = sum(bool(f.spans) for passage in PASSAGES for f in passage.followups)
    assert len(leaning) == answered
    texts = {
        f"{followup.first} {followup.elliptical}".lower(): passage.text
        for passage in PASSAGES
        for followup in passage.followups
    }
    as_written = [one for one in leaning if one.question.lower() in texts]
    assert len(as_written) > len(leaning) / 2
    assert all(one.context in texts[one.question.lower()] for one in as_written)
    assert epoch_of_leaning(corpora, every, seed=1) == examples
    assert len(epoch_of_leaning(corpora, 5, seed=1)) < len(examples)
    assert epoch_of_leaning(corpora, 0, seed=1) == []


def test_a_first_question_that_is_not_the_passages_gives_no_topic() -> None:
    followup = TrainingFollowUp("who swims?", "since when?", "Since when has Bo swum?", ())
    passage = TrainingPassage("w", "Ada rows.", (), (followup,))

    assert len(followup_forms(followup, passage)) == 2


def test_cutting_moves_spans_and_drops_those_outside() -> None:
    passage = TrainingPassage("w", "Ada rows. Bo sails. Cy swims.", (), ())

    assert cut(passage, [(0, 3), (10, 12), (20, 22)], (10, 29)) == (
        "Bo sails. Cy swims.",
        ((0, 2), (10, 12)),
    )


def test_giving_away_ignores_case() -> None:
    assert gives_away("ADA rows", ["Ada"])
    assert not gives_away("Ada rows", ["Bo"])


def sentence(number: int) -> Sentence:
    text = f"Boat {number} carried crew number {number * 7}."
    answer = text.index("crew"), len(text) - 1
    return Sentence(
        f"W:{number}", text, (TrainingQuestion("What did the boat carry then?", (answer,)),)
    )


SENTENCES = [sentence(number) for number in range(40)]


def test_qamr_answers_keep_their_place_among_other_sentences() -> None:
    examples = epoch_of_qamr(SENTENCES, 40, seed=1)

    assert len(examples) == 40
    answered = [example for example in examples if example.spans]
    assert {example.kind for example in examples} == {"qamr", "qamr unanswered"}
    answers = {s.text[slice(*s.questions[0].spans[0])] for s in SENTENCES}
    for example in answered:
        (span,) = example.spans
        assert example.context[slice(*span)] in answers
        assert example.context.count(".") <= QAMR_MAX_OTHERS + 1
    assert len({example.spans[0][0] for example in answered}) > 2


def test_short_qamr_questions_are_left_out() -> None:
    vague = Sentence("W", "Ada rows.", (TrainingQuestion("Who rows?", ((0, 3),)),))

    assert epoch_of_qamr([vague], 5, seed=1) == []


def test_a_seeded_generator_repeats() -> None:
    assert seeded(4).random() == seeded(4).random()
