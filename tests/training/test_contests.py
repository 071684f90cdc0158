"""Questions with the passages that are found for them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bot.evaluation.questions import QuestionedPassage
from bot.evaluation.run import document_id
from index.passages import Splitting
from index.retrieve import Retriever
from tests.conftest import Library
from training.contests import RIVALS, Mix, Search, epoch_of_contests, searching
from training.examples import Corpus, Group, gives_away, leaning_forms
from training.sources import FollowUp, Passage, Question, read_passages

PASSAGES = read_passages("dev")[:30]


def count_words(text: str) -> int:
    return len(text.split())


def corpus(passages: Sequence[Passage]) -> Corpus:
    return Corpus(passages, count_words)


def indexed(library: Library, passages: Sequence[Passage]) -> Search:
    for passage in passages:
        name = document_id(QuestionedPassage("", passage.text, ()))
        library.write(name, passage.text)
    library.build()
    retriever = Retriever(library.open(), library.encoder)
    return lambda question: retriever.retrieve(question, 5).hits


@pytest.fixture
def search(library: Library) -> Search:
    return indexed(library, PASSAGES)


def answered(passage: Passage, asked: str, answer: str) -> Passage:
    at = passage.text.index(answer)
    question = Question(asked, ((at, at + len(answer)),))
    return Passage(passage.id, passage.text, (*passage.questions, question), passage.followups)


def written(identifier: str, text: str) -> Passage:
    return Passage(identifier, text, (), ())


def only(contests: Sequence[Group]) -> Group:
    (contest,) = contests
    return contest


def test_contests_repeat_with_their_seed(search: Search) -> None:
    mix = Mix(10, 10, 10)
    one, same, other = (epoch_of_contests([corpus(PASSAGES)], search, mix, n) for n in (1, 1, 2))

    assert one == same != other


def test_so_many_of_each_kind_come(search: Search) -> None:
    questions = {one.text for passage in PASSAGES for one in passage.questions}
    followups = {
        form
        for passage in PASSAGES
        for followup in passage.followups
        for form in leaning_forms(followup, passage)
    }

    contests = epoch_of_contests([corpus(PASSAGES)], search, Mix(9, 8, 7), seed=1)

    assert len(contests) == 9 + 8 + 7
    # The others are typed otherwise than they are written.
    asked = [own.question for own, *_ in contests]
    assert sum(question in questions for question in asked[:9]) > 4
    assert questions.isdisjoint(asked[9:])
    assert sum(question in followups for question in asked[9:17]) > 4
    assert followups.isdisjoint([*asked[:9], *asked[17:]])
    assert sum(any(map(pair.startswith, questions)) for pair in asked[17:]) > 3


def test_each_has_its_own_passage_first_and_rivals_that_do_not_give_the_answer_away(
    search: Search,
) -> None:
    contests = epoch_of_contests([corpus(PASSAGES)], search, Mix(60, 20), seed=1)

    assert len(contests) == 80
    assert any(own.spans for own, *_ in contests)
    assert any(not own.spans for own, *_ in contests)
    for own, *rivals in contests:
        assert 1 <= len(rivals) <= RIVALS
        answers = [own.context[start:end] for start, end in own.spans]
        for rival in rivals:
            assert rival.question == own.question
            assert rival.context != own.context
            assert not rival.spans
            assert not gives_away(rival.context, answers)


def test_answers_keep_their_place_in_the_part_that_is_found(library: Library) -> None:
    library.splitting = Splitting(max_tokens=12)
    first, second = "Ada rows on the lake. ", "Bo sails on the sea since 1901."
    own = answered(written("a", 3 * first + second), "when did bo sail on the sea", "1901")
    passages = [own, written("b", "Cy swims on the sea.")]

    search = indexed(library, passages)
    contest = only(epoch_of_contests([corpus(passages)], search, Mix(1, 0), seed=1))

    assert len(contest[0].context) < len(own.text)
    (span,) = contest[0].spans
    assert contest[0].context[slice(*span)] == "1901"


def test_a_question_whose_passage_is_not_found_is_left_out(library: Library) -> None:
    lakes = [written(f"lake {n}", f"Ada rows on lake {n}, as she did before.") for n in range(9)]
    own = answered(written("z", "Zed drifts."), "who rows on the lake as she did before", "Zed")
    passages = [*lakes, own]

    search = indexed(library, passages)
    assert epoch_of_contests([corpus(passages)], search, Mix(1, 0), seed=1) == []


def test_a_question_that_nothing_else_is_found_for_is_left_out(library: Library) -> None:
    own = answered(written("a", "Ada rows."), "who rows", "Ada")

    assert epoch_of_contests([corpus([own])], indexed(library, [own]), Mix(1, 0), seed=1) == []


def test_a_passage_that_is_known_to_answer_the_same_is_no_rival(library: Library) -> None:
    asked = "Who rows on the lake"
    answers = answered(written("a", "Ada rows on the lake."), f"{asked.lower()}?", "Ada")
    silent = Passage("b", "Somebody rows on the lake.", (Question(asked, ()),), ())
    also = answered(written("c", "Cy rows on the lake."), asked, "Cy")
    passages = [answers, silent, also, written("d", "Di rows on the lake.")]

    contests = epoch_of_contests([corpus(passages)], indexed(library, passages), Mix(9, 0), seed=1)

    rivals = {own.context[:3]: {one.context[:3] for one in others} for own, *others in contests}
    assert rivals == {"Ada": {"Som", "Di "}, "Som": {"Di "}, "Cy ": {"Som", "Di "}}


def test_follow_ups_are_asked_after_their_first_question_and_after_its_answer(
    library: Library,
) -> None:
    followup = FollowUp("who rows?", "since when?", "Since when has Ada rowed?", ((15, 19),))
    first = Question("who rows?", ((0, 3),))
    own = Passage("a", "Ada rows since 1901.", (first,), (followup,))
    passages = [own, written("b", "Bo rows, since he may.")]

    contests = epoch_of_contests([corpus(passages)], indexed(library, passages), Mix(0, 9), seed=1)

    assert {own.context[slice(*own.spans[0])] for own, _ in contests} == {"1901"}
    assert sorted(own.question.lower()[:5] for own, _ in contests) == ["ada s", "who r"]


def test_pairs_are_a_question_after_another_that_the_passage_answers(library: Library) -> None:
    own = answered(written("a", "Ada rows since 1901."), "who rows on?", "Ada")
    own = Passage(own.id, own.text, (*own.questions, Question("who is she wed to?", ())), ())
    passages = [own, written("b", "Bo rows on, and is wed to Cy.")]

    contest = only(
        epoch_of_contests([corpus(passages)], indexed(library, passages), Mix(0, 0, 9), seed=1)
    )

    assert contest[0].question.lower().startswith("who rows on")
    assert contest[0].question.lower().rstrip("?").endswith("wed to")
    assert [one.spans for one in contest] == [(), ()]


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_the_product_finds_what_is_compared(real_data: Callable[[], Path]) -> None:
    passages = PASSAGES[:6]
    twice = [corpus(passages), corpus(passages[:1])]

    with searching(twice, real_data()) as search:
        contests = epoch_of_contests(twice, search, Mix(10, 0), seed=1)
        hits = search("what happened")

    assert len(contests) == 10
    assert len({hit.passage.text for hit in hits}) == len(hits) == 5
