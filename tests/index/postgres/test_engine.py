"""What is found in the database, beside what is found in files."""

import re
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import numpy as np
import psycopg
import pytest

from answering.question import Question
from index.engine import SearchEngine
from index.errors import IndexDamagedError, NotPublishedError
from index.lexical import bm25, indexed_words, query_words
from index.postgres import engine
from index.postgres.engine import PostgresEngine
from index.postgres.server import PostgresSearch, own_name
from index.postgres.tables import COLLECTION, READER, SCHEMA
from index.retrieve import Retriever
from tests.conftest import Library
from tests.index.postgres.conftest import publish

QUESTIONS = ("theft of boats", "what is the fine for arson and rye", "35 marks", "unheard", "???")
# Its vectors are of half precision.
TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, server: PostgresSearch) -> Library:
    """A library that no test changes."""
    return publish(tmp_path_factory.mktemp("library"), "town", server)


@pytest.fixture(scope="module")
def engines(published: Library) -> Iterator[tuple[PostgresEngine, SearchEngine]]:
    """What searches a library in the database, and what searches it in its files."""
    with (
        closing(published.collection.open()) as there,
        closing(published.open()) as here,
    ):
        assert isinstance(there.engine, PostgresEngine)
        assert here.texts.removed_count
        yield there.engine, here.engine


def test_a_question_finds_what_it_finds_in_files(published: Library) -> None:
    with closing(published.collection.open()) as there, closing(published.open()) as here:
        for question in QUESTIONS:
            found = Retriever(there, published.encoder).retrieve(question, 50).hits
            expected = Retriever(here, published.encoder).retrieve(question, 50).hits

            by_id = {hit.passage.id: hit for hit in expected}
            assert {hit.passage.id: hit.passage for hit in found} == {
                hit.passage.id: hit.passage for hit in expected
            }
            for hit in found:
                same = by_id[hit.passage.id]
                assert hit.cosine_score == pytest.approx(same.cosine_score, abs=TOLERANCE)
                assert (hit.bm25_score is None) is (same.bm25_score is None)


def test_words_score_as_counting_them_has_it(
    engines: tuple[PostgresEngine, SearchEngine], published: Library
) -> None:
    there, _ = engines
    with closing(published.open()) as here:
        kept = [*here.texts.keys(range(here.texts.next_id))]
        texts = {row: indexed_words(text) for row, text in here.texts.searched(kept).items()}
    average = sum(map(len, texts.values())) / len(texts)
    weights = {"theft": 2.0, "boat": 1.0}

    assert dict(there.lexical(weights, 50)) == pytest.approx(
        {
            row: sum(
                bm25(weight, words.count(word), len(words), average)
                for word, weight in weights.items()
            )
            for row, words in texts.items()
            if weights.keys() & words
        }
    )


def test_answers_stand_in_the_documents(published: Library) -> None:
    with closing(published.collection.open()) as there:
        answer = published.answerer(there).answer(Question("theft of boats and arson"))

    assert answer.spans[0].text == "35"
    assert answer.spans[0].document_id == "last.txt"


@pytest.mark.parametrize("exact_up_to", [0, 10_000], ids=["by the index", "one by one"])
def test_a_filter_leaves_nothing_else_to_be_found(
    engines: tuple[PostgresEngine, SearchEngine],
    published: Library,
    exact_up_to: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "_EXACT_UP_TO", exact_up_to)
    there, here = engines
    present = np.array([*published.open().texts.keys(range(40))])
    allowed = np.zeros(published.open().texts.next_id, dtype=np.bool_)
    allowed[present[::3]] = True
    query = published.encoder.encode_question("theft of boats")
    words = {"theft": 2.0, "boat": 1.0}

    for k in (3, 40):
        found, expected = there.dense(query, k, allowed), here.dense(query, k, allowed)
        assert [score for _, score in found] == pytest.approx(
            [score for _, score in expected], abs=TOLERANCE
        )
        assert allowed[[row for row, _ in found]].all()
        assert (
            dict(there.lexical(words, k, allowed)).keys()
            == dict(here.lexical(words, k, allowed)).keys()
        )
    assert there.dense(query, 3, np.zeros_like(allowed)) == []
    assert there.lexical(words, 3, np.zeros_like(allowed)) == []


def test_common_words_count_though_their_postings_are_not_fetched(
    engines: tuple[PostgresEngine, SearchEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, _ = engines
    words = dict.fromkeys(query_words("35 marks for theft of boats in the town"), 1.0)
    scores = dict(there.lexical(words, 50))

    monkeypatch.setattr(engine, "_MOST_POSTINGS", 1)
    found = dict(there.lexical(words, 50))

    assert 0 < len(found) < len(scores)
    assert found == pytest.approx({row: scores[row] for row in found})


def test_a_passage_that_is_not_there_is_damage(
    engines: tuple[PostgresEngine, SearchEngine],
) -> None:
    there, _ = engines

    with pytest.raises(IndexDamagedError, match="no passage 999"):
        there.passages([999])
    assert there.passages([]) == {}


def test_under_a_forged_collection_nothing_is_found(
    engines: tuple[PostgresEngine, SearchEngine], published: Library, server: PostgresSearch
) -> None:
    """The number of the generation is right, and the collection another one, or none."""

    def refuse(collection: str) -> int:
        raise NotPublishedError(f"no {collection}")

    there, _ = engines
    query = published.encoder.encode_question("theft")
    for name in ("base", "", "%", "x' OR true --"):
        forged = PostgresEngine(
            partial(server.ask, name),
            name,
            number=there._number,
            find=partial(refuse, name),
            passages=40,
            average_words=10.0,
            dim=published.encoder.dim,
        )

        for search in (
            lambda: forged.statistics(["theft"]),  # noqa: B023 - called at once
            lambda: forged.lexical({"theft": 1.0}, 10),  # noqa: B023
            lambda: forged.dense(query, 10),  # noqa: B023
            lambda: forged.cosines(query, [0]),  # noqa: B023
        ):
            with pytest.raises(NotPublishedError, match=re.escape(f"no {name}")):
                search()


@pytest.mark.parametrize("table", ["generations", "passages", "words"])
def test_row_level_security_shows_one_collection(
    published: Library, address: str, table: str
) -> None:
    """Even to a query that asks for all of them."""
    name = own_name("here", published.name)
    seen = f"SELECT DISTINCT collection FROM {SCHEMA}.{table}"  # noqa: S608
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config('role', %s, true)", (READER,))
        unsaid = connection.execute(seen).fetchall()
        connection.execute("SELECT set_config(%s, %s, true)", (COLLECTION, name))
        own = connection.execute(seen).fetchall()
        connection.execute("SELECT set_config(%s, 'other', true)", (COLLECTION,))
        others = connection.execute(f"{seen} WHERE collection = %s", (name,)).fetchall()

    assert (unsaid, own, others) == ([], [(name,)], [])


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {schema}.passages_{number}",
        "SELECT * FROM {schema}.words_{number}",
        "UPDATE {schema}.generations SET collection = 'base'",
        "INSERT INTO {schema}.words VALUES (1, 'base', 'word', 0, 1, '')",
        "ALTER TABLE {schema}.passages DISABLE ROW LEVEL SECURITY",
    ],
)
def test_who_searches_may_not_go_around_it(
    engines: tuple[PostgresEngine, SearchEngine], address: str, statement: str
) -> None:
    number = engines[0]._number
    with psycopg.connect(address) as connection:
        connection.execute("SELECT set_config('role', %s, true)", (READER,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.format(schema=SCHEMA, number=number))


def test_the_next_who_has_the_connection_is_nobody(
    engines: tuple[PostgresEngine, SearchEngine], server: PostgresSearch
) -> None:
    engines[0].statistics(["theft"])

    with server._pool.connection() as connection:
        left = connection.execute(
            "SELECT current_setting('role'), current_setting(%s, true)", (COLLECTION,)
        ).fetchone()

    assert left == ("none", "")
