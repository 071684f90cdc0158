"""Candidates ranked again by their words."""

import numpy as np
import pytest

from index.encoder_files import DEFAULT_ENCODER_SHA256
from index.lexical import query_words
from index.passages import Passage
from index.reranking import (
    FEATURES,
    RERANKED,
    Reranker,
    Scored,
    Weights,
    WordVectors,
    features,
    reranker_for,
    stored_words,
    word_vectors,
)
from index.retrieve import Retriever, rerank
from tests.conftest import Library

# "infant" and "babi", as they are stemmed, mean nearly the same; "boat" something else.
VECTORS = WordVectors(
    {"infant": 0, "babi": 1, "boat": 2},
    np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], np.float32),
)

QUESTION_WORDS = frozenset({"what", "is", "the", "at", "a", "of", "with", "have"})


def passage(*sentences: str, context: str = "") -> Passage:
    bounds, text = [], ""
    for sentence in sentences:
        bounds.append((len(text), len(text) + len(sentence)))
        text += f"{sentence} "
    return Passage(0, "a.txt", 0, len(text), text, tuple(bounds), context)


def known(question: str, *passages: Passage) -> list[dict[str, float]]:
    weights = dict.fromkeys(query_words(question), 1.0)
    rows = features(weights, [Scored(each, 0.5) for each in passages], VECTORS, QUESTION_WORDS)
    return [dict(zip(FEATURES, row, strict=True)) for row in rows.tolist()]


def test_words_of_one_sentence_count_more_than_words_that_are_scattered() -> None:
    together, scattered = known(
        "club night days",
        passage("Club night is on two days.", "Bring shoes.", "The pool is closed."),
        passage("The club is open.", "Bring shoes.", "The night train runs on some days."),
    )

    assert together["in passage"] == scattered["in passage"] == 1.0
    assert together["in sentence"] == 1.0
    assert scattered["in sentence"] == pytest.approx(2 / 3)


def test_sentences_that_follow_each_other_are_found_together() -> None:
    next_to, apart = known(
        "boat price",
        passage("The boat leaves at nine.", "Its price is five.", "Bring shoes."),
        passage("The boat leaves at nine.", "Bring shoes.", "Its price is five."),
    )

    assert next_to["in two sentences"] == 1.0
    assert apart["in two sentences"] == 0.5


def test_a_word_of_the_context_counts_in_every_sentence_but_less() -> None:
    (headed,) = known("boat price", passage("The price is five.", context="The boat"))

    assert headed["in passage"] == 1.0
    assert 0.5 < headed["in sentence"] < 1.0


def test_a_word_is_found_by_one_that_means_nearly_the_same() -> None:
    near, far = known("babies", passage("Eight infants died."), passage("Eight boats sank."))

    # Cosines of 0.8 and 0.6, which count from 0.3 on.
    assert near["in sentence"] == pytest.approx(0.5 / 0.7, abs=1e-6)
    assert far["in sentence"] == pytest.approx(0.3 / 0.7, abs=1e-6)


def test_words_that_stand_as_in_the_question_are_found_in_order() -> None:
    same, turned, twice = known(
        "oyster crab",
        passage("An oyster crab."),
        passage("A crab, an oyster."),
        passage("An oyster crab is no oyster crab."),
    )

    assert (same["in order"], turned["in order"], twice["in order"]) == (1.0, 0.0, 1.0)


def test_what_questions_are_made_of_says_little() -> None:
    (found,) = known("what is the boat", passage("What is the time?"))

    assert found["in passage"] == pytest.approx(3 / 7)
    assert known("what", passage("A boat."))[0]["in passage"] == 0.0


@pytest.mark.parametrize("question", ["", "boat"])
def test_passages_without_words_can_be_scored(question: str) -> None:
    empty = Passage(0, "a.txt", 0, 0, "", ())

    rows = features(
        dict.fromkeys(query_words(question), 1.0),
        [Scored(empty, 0.5), Scored(passage("..."), 0.1)],
        VECTORS,
        QUESTION_WORDS,
    )

    assert np.isfinite(rows).all()
    assert rows[:, 0].tolist() == [0.5, 0.1]


def test_what_is_known_of_a_passage_does_not_depend_on_the_others() -> None:
    first, second = passage("A boat.", context="Sea"), passage("Two infants.", "A boat and a sea.")

    assert known("boat at sea", first, second) == [
        *known("boat at sea", first),
        *known("boat at sea", second),
    ]


def test_there_is_none_for_another_encoder() -> None:
    assert reranker_for("0" * 64) is None


def test_what_ships_prefers_the_sentence_that_answers() -> None:
    shipped = reranker_for(DEFAULT_ENCODER_SHA256)
    assert shipped is not None
    weights = dict.fromkeys(query_words("how many babies has it killed"), 5.0)

    right, wrong = shipped.scores(
        weights,
        [
            Scored(passage("Japan has recorded 52 cases, and eight infants have died."), 0.3),
            Scored(passage("How many of it has the town? It has five."), 0.3),
        ],
    )

    assert right > wrong


def test_stored_words_are_read_as_they_were() -> None:
    words = ["babi", "boat"]
    vectors = np.array([[0.6, 0.8], [-1.0, 0.0]], np.float32)

    read = word_vectors(stored_words(words, vectors))

    assert [*read.rows] == words
    assert read.vectors == pytest.approx(vectors, abs=0.01)


class ByLength(Reranker):
    """The shorter, the better."""

    def __init__(self) -> None:
        zero = dict.fromkeys(FEATURES, 0.0)
        weights = Weights(
            format_version=1,
            encoder_sha256="",
            fitted_on="",
            weights=zero,
            question_words=frozenset(),
        )
        super().__init__(weights, VECTORS)

    def scores(self, weights: object, candidates: object) -> list[float]:
        assert isinstance(candidates, list)
        return [-float(len(each.passage.text)) for each in candidates]


def test_others_stay_behind_those_that_are_ranked_again() -> None:
    again = {2: Scored(passage("long enough"), 0.9), 1: Scored(passage("short"), 0.8)}

    scores = rerank(ByLength(), {}, {1: 0.8, 2: 0.9, 3: 0.7, 4: 0.5}, again)

    assert sorted(scores, key=lambda row: -scores[row]) == [1, 2, 3, 4]
    assert scores[3] - scores[4] == pytest.approx(0.2)


def test_a_retriever_ranks_what_it_finds_again(library: Library) -> None:
    library.write(
        "long.txt", "Fines for arson are 90 in the town, and that is all there is to say."
    )
    library.write("short.txt", "Bread costs 2.")
    library.build()
    retriever = Retriever(library.open(), library.encoder)
    question = "what is the fine for arson in the town"
    usual = retriever.retrieve(question, 2).hits

    retriever._reranker = ByLength()
    again = retriever.retrieve(question, 2).hits

    assert [hit.passage.document_id for hit in usual] == ["long.txt", "short.txt"]
    assert [hit.passage.document_id for hit in again] == ["short.txt", "long.txt"]
    assert {hit.passage.id: hit.cosine_score for hit in again} == {
        hit.passage.id: hit.cosine_score for hit in usual
    }


def test_passages_near_what_was_shown_gain_as_much_when_ranked_again(library: Library) -> None:
    library.write("long.txt", "Fines for arson are 90 in the town, and that is all.")
    library.write("short.txt", "Bread costs 2.")
    library.build()
    retriever = Retriever(library.open(), library.encoder)
    retriever._reranker = ByLength()
    (near,) = retriever.passages_in("base", "long.txt", 0, 5)

    usual = {hit.passage.id: hit.score for hit in retriever.retrieve("arson", 2).hits}
    nearer = {hit.passage.id: hit.score for hit in retriever.retrieve("arson", 2, {near: 99}).hits}

    assert nearer[near] == pytest.approx(usual[near] + 99)
    assert max(nearer, key=lambda row: nearer[row]) == near


def test_one_that_stays_behind_with_the_same_score_takes_no_place(library: Library) -> None:
    for number in range(RERANKED + 5):
        library.write(f"{number:02}.txt", "Bread costs 2.")
    library.write(
        "last.txt", "Fines for arson are 90 in the town, and that is all there is to say."
    )
    library.build()
    retriever = Retriever(library.open(), library.encoder)
    retriever._reranker = ByLength()
    (cited,) = retriever.passages_in("base", f"{RERANKED + 4}.txt", 0, 5)

    # It is among the candidates since it was cited, and as good as those before it.
    hits = retriever.retrieve("arson", RERANKED, {cited: 0.0}).hits

    assert len(hits) == RERANKED
    assert hits[-1].passage.document_id == "last.txt"
