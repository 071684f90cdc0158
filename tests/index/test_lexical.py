"""Passages by their words."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import tantivy

from index.engine import SearchEngine
from index.errors import IndexDamagedError
from index.lexical import (
    LexicalIndex,
    SharedStatistics,
    extend_lexical,
    query_words,
    telling_words,
    write_lexical,
)
from index.sizing import SIZING

TEXTS = [
    "The agency deported 35,927 people for drunk driving.",
    "People were deporting themselves, said a driver.",
    "Café prices rose by 3.5 percent.",
    "Nothing of note happened.",
]


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    (tmp_path / "lexical").mkdir()
    assert write_lexical(tmp_path / "lexical", TEXTS) == len(TEXTS)
    return LexicalIndex(tmp_path / "lexical")


def ids(index: LexicalIndex, question: str, k: int = 10) -> list[int]:
    return [row for row, _ in index.search(dict.fromkeys(query_words(question), 1.0), k)]


def test_words_are_found_by_their_stem(index: LexicalIndex) -> None:
    assert ids(index, "drivers") == [1]
    assert set(ids(index, "deports")) == {0, 1}


def test_a_number_with_its_separators_is_one_word(index: LexicalIndex) -> None:
    assert ids(index, "35,927") == [0]
    assert ids(index, "927") == []
    assert ids(index, "3.5") == [2]


def test_accents_and_case_do_not_matter(index: LexicalIndex) -> None:
    assert ids(index, "CAFE") == [2]


@pytest.mark.parametrize(
    "question",
    ["", "???", "AND OR NOT", 'text:"drunk', "(((", "*", "drunk^1000000", "[a TO z]", "\\", "+-"],
)
def test_nothing_that_is_typed_is_query_syntax(index: LexicalIndex, question: str) -> None:
    assert set(ids(index, question)) <= set(range(len(TEXTS)))


def test_fewer_come_back_than_asked_for_and_never_more(index: LexicalIndex) -> None:
    assert len(ids(index, "people", 1)) == 1
    assert ids(index, "people", 0) == []
    assert ids(index, "unheard") == []


def test_equal_scores_come_in_order_of_id(tmp_path: Path) -> None:
    write_lexical(tmp_path, ["same words"] * 5)

    assert ids(LexicalIndex(tmp_path), "same") == [0, 1, 2, 3, 4]


def test_a_word_weighs_as_much_where_a_passage_has_gone(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    write_lexical(before, [f"the harbour of {number}" for number in range(10)])
    extend_lexical(after, before, [], [9])

    first, second = (LexicalIndex(folder).search({"harbour": 4.0}, 3) for folder in (before, after))

    assert second == first
    assert all(score > 0 for _, score in first)


def test_no_word_weighs_less_than_nothing_where_passages_have_gone() -> None:
    class Engine:
        def count(self) -> int:
            return 9

        def statistics(self, words: Sequence[str]) -> dict[str, int]:
            return dict.fromkeys(words, 10)

    statistics = SharedStatistics([cast("SearchEngine", Engine())], lambda _: [])

    assert statistics.weights("harbour")["harbour"] > 0


def test_among_many_passages_words_that_most_hold_are_searched_only_where_no_other_is() -> None:
    many = SIZING.every_word_up_to + 1
    held = Counter({"the": many, "of": many // 2, "bread": 3})

    def telling(question: str, passages: int = many) -> Sequence[str]:
        return telling_words(query_words(question), passages, held)

    assert telling("The bread of the station") == ["bread", "of", "station"]
    assert telling("the") == ["the"]
    assert telling("the", many // 2) == ["the"]
    assert telling("the zorkmid") == ["the", "zorkmid"]
    assert telling("the bread", SIZING.every_word_up_to) == ["the", "bread"]


def test_a_word_that_is_no_word_does_not_stop_the_index(tmp_path: Path) -> None:
    write_lexical(tmp_path, ["x" * 100_000 + " bread"])

    assert ids(LexicalIndex(tmp_path), "bread") == [0]


def test_what_is_no_index_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(IndexDamagedError, match="is no lexical index"):
        LexicalIndex(tmp_path)


def test_passages_whose_numbers_were_lost_are_damage(tmp_path: Path) -> None:
    write_lexical(tmp_path, ["bread"])
    opened = tantivy.Index.open(str(tmp_path))
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    opened.register_tokenizer("quoth_english", words)
    writer = opened.writer()
    without_number = tantivy.Document()
    without_number.add_text("text", "bread and butter")
    writer.add_document(without_number)
    writer.commit()
    writer.wait_merging_threads()
    index = LexicalIndex(tmp_path)

    with pytest.raises(IndexDamagedError, match="has no number"):
        ids(index, "butter")


def test_a_passage_that_is_none_of_the_collections_is_damage(tmp_path: Path) -> None:
    write_lexical(tmp_path, [*["bread"] * 500, "bread, bread"])
    index = LexicalIndex(tmp_path)

    with pytest.raises(IndexDamagedError, match="another's number"):
        index.search({"bread": 1.0}, 5, np.ones(500, dtype=bool))
