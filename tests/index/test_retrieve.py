"""Scores of two kinds, fused."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from index.encoder import Vectors
from index.errors import IndexDamagedError
from index.passages import Splitting
from index.retrieve import LEXICAL_WEIGHT, Hit, Retriever, _Allowed, _Words, fuse
from tests.conftest import Library


@pytest.fixture
def retriever(library: Library) -> Retriever:
    library.splitting = Splitting(max_tokens=12, max_chars=200)
    for name, text in {
        "theft.txt": "Fines for theft are 35 in the town.",
        "arson.txt": "Fines for arson are 90 in the town.",
        "bread.txt": "Bread costs 2 at the station.",
    }.items():
        library.write(name, text)
    library.build()
    return Retriever(library.open(), library.encoder)


def test_the_passage_that_shares_the_words_comes_first(retriever: Retriever) -> None:
    hits = retriever.retrieve("what is the fine for arson", 3).hits

    assert hits[0].passage.document_id == "arson.txt"
    assert (hits[0].dense_rank, hits[0].lexical_rank) == (1, 1)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_every_hit_has_its_cosine(retriever: Retriever) -> None:
    question = "what does bread cost"

    for hit in retriever.retrieve(question, 3).hits:
        query = retriever._encoder.encode_question(question)
        expected = query @ retriever._encoder.encode_question(hit.passage.text)
        assert hit.cosine_score == pytest.approx(float(expected), abs=1e-6)


def test_a_passage_with_its_neighbours_is_a_slice_of_its_document(library: Library) -> None:
    library.splitting = Splitting(max_tokens=12, max_chars=200)
    written = "\n\n".join(f"Fine number {n} is `{n}0` in the town." for n in range(9))
    text = written.replace("`", "")
    library.write("fines.md", written)
    library.build()
    retriever = Retriever(library.open(), library.encoder)
    passage = retriever.retrieve("fine number 4", 1).hits[0].passage

    near, whole = (retriever.around(passage, chars) for chars in (40, len(text)))

    assert len(passage.text) < len(near.text) < len(text)
    assert near.text == text[near.start_char : near.end_char]
    assert passage.text in near.text
    assert [whole.text[start:end] for start, end in whole.sentences] == text.split("\n\n")
    assert [whole.text[start:end] for start, end in whole.code] == [f"{n}0" for n in range(9)]


def test_many_who_ask_at_once_find_what_each_finds_alone(retriever: Retriever) -> None:
    questions = ["fine for arson", "fine for theft", "what does bread cost", "the town"] * 25
    alone = [retriever.retrieve(question, 3).hits for question in questions]

    with ThreadPoolExecutor(8) as askers:
        together = list(
            askers.map(lambda question: retriever.retrieve(question, 3).hits, questions)
        )

    assert together == alone


def test_what_searching_words_raises_reaches_who_asked(retriever: Retriever) -> None:
    class Broken(Retriever):
        def _lexical(self, question: str, allowed: _Allowed) -> _Words:
            raise IndexDamagedError(question)

    with pytest.raises(IndexDamagedError, match="theft"):
        Broken(retriever.generation, retriever._encoder).retrieve("theft", 3)


def test_where_searching_vectors_fails_nothing_searches_on(retriever: Retriever) -> None:
    """Whoever is told of it may close the index."""
    begun, searched = threading.Event(), threading.Event()

    class Broken(Retriever):
        def _lexical(self, question: str, allowed: _Allowed) -> _Words:
            begun.set()
            time.sleep(0.05)
            searched.set()
            return super()._lexical(question, allowed)

        def _dense(self, query: Vectors, allowed: _Allowed) -> dict[int, float]:
            begun.wait(30)
            raise IndexDamagedError(str(query.shape))

    with pytest.raises(IndexDamagedError):
        Broken(retriever.generation, retriever._encoder).retrieve("theft", 3)
    assert searched.is_set()


def test_no_more_come_back_than_there_are(retriever: Retriever) -> None:
    assert len(retriever.retrieve("bread", 50).hits) == 3
    assert len(retriever.retrieve("bread", 1).hits) == 1


def test_a_score_is_the_cosine_and_a_share_of_the_best_bm25() -> None:
    scores = fuse({7: 0.5, 8: 0.4, 9: 0.1}, {8: 12.0, 9: 3.0})

    assert scores == pytest.approx(
        {7: 0.5, 8: 0.4 + LEXICAL_WEIGHT, 9: 0.1 + LEXICAL_WEIGHT / 4},
    )


def test_the_scale_of_bm25_does_not_matter() -> None:
    cosines = {1: 0.3, 2: 0.2}

    assert fuse(cosines, {1: 1.0, 2: 2.0}) == pytest.approx(fuse(cosines, {1: 40.0, 2: 80.0}))


def test_without_shared_words_the_cosine_decides() -> None:
    assert fuse({1: 0.3, 2: -0.2}, {}) == {1: 0.3, 2: -0.2}
    assert fuse({}, {}) == {}


def test_passages_near_what_was_shown_rank_higher(retriever: Retriever) -> None:
    near = retriever.passages_in("base", "bread.txt", 0, 5)
    question = "what is the fine for arson"

    usual = retriever.retrieve(question, 3).hits
    nearer = retriever.retrieve(question, 3, dict.fromkeys(near, 0.25)).hits

    def bread(hits: tuple[Hit, ...]) -> Hit:
        return next(hit for hit in hits if hit.passage.document_id == "bread.txt")

    assert len(near) == 1
    assert bread(nearer).score == pytest.approx(bread(usual).score + 0.25)
    assert bread(nearer).cosine_score == pytest.approx(bread(usual).cosine_score + 0.25)


def test_nothing_is_near_in_a_document_that_is_not_there(retriever: Retriever) -> None:
    assert retriever.passages_in("base", "gone.txt", 0, 5) == []
    assert retriever.passages_in("other", "bread.txt", 0, 5) == []
    assert retriever.passages_in("base", "bread.txt", 5_000, 6_000) == []
