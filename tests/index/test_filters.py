"""A question that is asked of some documents is answered from these alone."""

import difflib
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.compressed import STORED, halves_path
from index.filters import EVERYTHING, MAX_NAME_CHARS, MAX_NAMES, Filter, FilterError, Narrowed
from index.lexical import LexicalIndex, write_lexical
from index.retrieve import Retriever
from index.sizing import SIZING, Sizing
from index.vectors import VectorIndex, write_exact, write_vectors
from tests.conftest import Library
from tests.index.test_vectors import SMALL, nearest, reading, unit_vectors

QUESTION = "what is the fine for theft"


@pytest.fixture
def fines(library: Library) -> Library:
    for name, text in {
        "rules/town.md": "---\ndate: 2024-03-05\n---\n\nThe fine for theft is 35.",
        "rules/old/town.md": "---\ndate: 1999-03-05\n---\n\nThe fine for theft is 12.",
        "rules/[draft] Café.txt": "The fine for theft is 70.",
        "news/theft.txt": "The fine for theft, for theft, for theft is 90.",
    }.items():
        library.write(name, text)
    library.build()
    return library


def found(library: Library, within: Filter, *others: Library) -> set[str]:
    retriever = Retriever(library.open(), library.encoder, *(other.open() for other in others))
    hits = retriever.retrieve(QUESTION, 9, within=within).hits
    return {hit.passage.document_id for hit in hits}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rules/*", {"rules/town.md", "rules/old/town.md", "rules/[draft] Café.txt"}),
        ("rules", {"rules/town.md", "rules/old/town.md", "rules/[draft] Café.txt"}),
        ("./Rules/OLD/", {"rules/old/town.md"}),
        ("*.md", {"rules/town.md", "rules/old/town.md"}),
        ("rules/[draft] cafe\u0301.txt", {"rules/[draft] Café.txt"}),
        ("news/theft.txt", {"news/theft.txt"}),
    ],
)
def test_names_folders_and_patterns_choose_documents(
    fines: Library, name: str, expected: set[str]
) -> None:
    assert found(fines, Filter.given([name])) == expected


@pytest.mark.parametrize("name", ["Fines [old]", "fines [old]/", "Fines [old]/*"])
def test_a_folder_is_named_whatever_its_name_holds(library: Library, name: str) -> None:
    library.write("Fines [old]/1999/town.md", "The fine for theft is 12.")
    library.write("town.md", "The fine for theft is 35.")
    library.build()

    assert "Fines [old]/*" in library.open().names()
    assert found(library, Filter.given([name])) == {"Fines [old]/1999/town.md"}


def test_documents_of_earlier_days_and_without_one_are_left_out_and_counted(
    fines: Library,
) -> None:
    retriever = Retriever(fines.open(), fines.encoder)

    retrieval = retriever.retrieve(QUESTION, 9, within=Filter.given([], "2024"))

    assert {hit.passage.document_id for hit in retrieval.hits} == {"rules/town.md"}
    assert retrieval.narrowed == Narrowed(documents=1, of=4, undated=2)
    assert retriever.retrieve(QUESTION, 9).narrowed is None


def test_the_first_day_is_in(fines: Library) -> None:
    assert found(fines, Filter((), date(2024, 3, 5))) == {"rules/town.md"}
    with pytest.raises(
        FilterError,
        match=r"^No document there is known to be from 2024-03-06 or later \(2 without a date\)",
    ):
        found(fines, Filter((), date(2024, 3, 6)))


def test_a_filter_holds_in_every_collection(fines: Library) -> None:
    own = fines.other("own")
    own.write("rules/own.txt", "The fine for theft is 5.")
    own.write("talk.txt", "The fine for theft is 1.")
    own.build()

    assert found(fines, Filter.given(["rules/own.txt", "news"]), own) == {
        "rules/own.txt",
        "news/theft.txt",
    }
    assert found(fines, Filter.given(["talk*"]), own) == {"talk.txt"}


def test_a_name_may_begin_with_the_collection_it_is_in(fines: Library) -> None:
    own = fines.other("own")
    own.write("rules/town.md", "The fine for theft is 5.")
    own.write("talk.txt", "The fine for theft is 1.")
    own.build()

    assert found(fines, Filter.given(["own/talk.txt"]), own) == {"talk.txt"}
    retriever = Retriever(fines.open(), fines.encoder, own.open())
    (hit,) = retriever.retrieve(QUESTION, 9, within=Filter.given(["own/rules"])).hits
    assert retriever.source(hit.passage).collection == "own"
    with pytest.raises(FilterError, match="called 'own/news'"):
        found(fines, Filter.given(["own/news"]), own)


def test_what_gains_by_an_earlier_answer_is_filtered_too(fines: Library) -> None:
    generation = fines.open()
    retriever = Retriever(generation, fines.encoder)
    gains = dict.fromkeys(retriever.passages_in("base", "news/theft.txt", 0, 99), 1.0)

    retrieval = retriever.retrieve(QUESTION, 9, gains, Filter.given(["rules"]))

    assert gains
    assert "news/theft.txt" not in {hit.passage.document_id for hit in retrieval.hits}


def test_a_name_that_no_document_has_is_told_with_the_nearest(fines: Library) -> None:
    with pytest.raises(FilterError, match=r"called 'rulse/town.md'.*: rules/town.md, rules/old/"):
        found(fines, Filter.given(["rulse/town.md"]))


def test_many_names_that_no_document_has_are_compared_no_longer_than_a_few(
    fines: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among thousands of documents, each takes half a second."""
    compared = []

    def close_matches(name: str, *others: Any) -> list[str]:
        compared.append(name)
        return get_close_matches(name, *others)

    monkeypatch.setattr(difflib, "get_close_matches", close_matches)

    for names in (["rules/twn.md"] * MAX_NAMES, ["?!"] * MAX_NAMES):
        with pytest.raises(FilterError, match="There is, for example: "):
            found(fines, Filter.given([f"{name}{place}" for place, name in enumerate(names)]))

    assert len(compared) < 10


def test_a_name_that_no_document_has_is_refused_beside_one_that_is_there(fines: Library) -> None:
    with pytest.raises(FilterError, match=r"is called 'nosuch\.md'\. There"):
        found(fines, Filter.given(["news", "nosuch.md"]))


@pytest.mark.parametrize("since", ["2024-13", "yesterday", "24", "2024-1-1", "２０２４", "0000"])
def test_what_is_no_day_is_told_with_one_that_is(since: str) -> None:
    with pytest.raises(FilterError, match="Write it as 2024-01-31"):
        Filter.given([], since)


def test_a_blank_name_and_too_much_are_refused() -> None:
    assert Filter.given([], " ") == EVERYTHING
    with pytest.raises(FilterError, match="blank"):
        Filter.given(["a", " "])
    with pytest.raises(FilterError, match="names"):
        Filter.given(["a"] * (MAX_NAMES + 1))
    with pytest.raises(FilterError, match="characters"):
        Filter.given(["a" * (MAX_NAME_CHARS + 1)])


def test_an_index_that_grew_is_filtered_as_one(fines: Library) -> None:
    """What was added, changed and removed since stands in other files than the rest."""
    fines.write("rules/new.txt", "The fine for theft is 3.")
    fines.write("news/theft.txt", "The fine for theft has gone up to 91.")
    (fines.documents / "rules/town.md").unlink()
    fines.build()

    assert found(fines, Filter.given(["rules"])) == {
        "rules/new.txt",
        "rules/old/town.md",
        "rules/[draft] Café.txt",
    }
    assert found(fines, Filter.given(["news"])) == {"news/theft.txt"}


@pytest.mark.parametrize(
    "sizing",
    [SIZING, SMALL],
    ids=["exact", "approximate"],
)
@pytest.mark.parametrize("share", [0.0, 0.002, 0.02, 0.1, 0.5, 1.0])
def test_filtered_vectors_are_the_nearest_of_those_allowed(
    tmp_path: Path, sizing: Sizing, share: float
) -> None:
    vectors = unit_vectors(3_000)
    path = tmp_path / "v.faiss"
    write_vectors(path, 16, 2_500, reading(vectors), sizing)
    write_exact(tmp_path / "added", 16, 500, reading(vectors[2_500:]))
    allowed = np.random.default_rng(1).random(3_000) < share
    removed = np.flatnonzero(~allowed)[:50].tolist()
    index = VectorIndex(path, tmp_path / "added", removed, sizing)
    kept = np.flatnonzero(allowed)

    recalls = []
    for query in unit_vectors(3_020)[-20:]:
        rows = [row for row, _ in index.search(query, 10, allowed)]
        expected = [int(kept[row]) for row in nearest(vectors[kept], query, 10)]
        assert allowed[rows].all()
        assert len(rows) == len(expected)
        recalls.append(len({*rows} & {*expected}) / max(1, len(expected)) if expected else 1.0)

    assert np.mean(recalls) > 0.95


def test_a_filter_that_leaves_half_has_only_the_vectors_near_by_their_codes_compared(
    tmp_path: Path,
) -> None:
    vectors = unit_vectors(3_000)
    path = tmp_path / "v.faiss"
    sizing = Sizing(exact_up_to=2_000, rescored=200)
    write_vectors(path, 16, 3_000, reading(vectors), sizing)
    query = unit_vectors(3_001)[-1]
    allowed = np.arange(3_000) % 2 == 0
    farthest = 2 * int((vectors[::2] @ query).argmin())
    stored = np.memmap(halves_path(path), STORED, "r+")
    stored.reshape(-1, 16)[farthest] = query
    stored.flush()

    rows = [row for row, _ in VectorIndex(path, sizing=sizing).search(query, 50, allowed)]

    assert farthest not in rows
    expected = {2 * row for row in nearest(vectors[::2], query, 50)}
    assert len(expected & {*rows}) >= 49


@pytest.mark.parametrize("k", [3, 20], ids=["by words first", "by ids"])
def test_filtered_words_are_found_as_all_are_less_the_others(tmp_path: Path, k: int) -> None:
    words = np.random.default_rng(2).integers(30, size=(600, 8))
    write_lexical(tmp_path, (" ".join(f"word{number}" for number in text) for text in words))
    index = LexicalIndex(tmp_path)
    allowed = np.arange(600) % 7 == 3
    asked = {"word1": 3.0, "word2": 2.0, "word3": 1.0}

    hits = index.search(asked, k, allowed)

    everything = index.search(asked, 600)
    expected = [hit for hit in everything if allowed[hit[0]]][:k]
    assert dict(hits) == pytest.approx(dict(expected))
    assert index.search(asked, k, np.zeros(600, dtype=np.bool_)) == []
