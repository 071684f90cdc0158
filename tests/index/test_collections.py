"""Several collections searched as one, and none that a retriever was not given."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.answerer import Answerer
from answering.question import Question
from index import lexical
from index.errors import EncoderError
from index.generation import Generation
from index.postgres.server import PostgresSearch
from index.retrieve import Retriever
from index.search_server import SearchServer
from index.sizing import SIZING
from tests import postgres
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, FakeReader, Library
from tests.fakes import FakeEncoder

TOWN = {
    f"town{number}.txt": f"The town of number{number} takes {number} marks for bread and {word}."
    for number, word in enumerate(["rye", "wheat", "oats", "barley", "millet", "spelt"])
}
HARBOUR = {
    f"harbour{number}.txt": f"The harbour takes {number} marks for a {word} that is moored."
    for number, word in enumerate(["boat", "barge", "ship", "yawl", "ferry"])
} | {"note.txt": "Bread for boats."}


def collection(
    folder: Path,
    name: str,
    texts: dict[str, str],
    encoder: FakeEncoder,
    server: SearchServer | None = None,
) -> Generation:
    """The opened index of some texts."""

    class Named(Library):
        @property
        def documents(self) -> Path:
            return self.folder / name

    library = Named(folder / name, encoder)
    for document_id, text in texts.items():
        library.write(document_id, text)
    library.build()
    (library.collection.folder).rename(library.collection.folder.with_name(name))
    renamed = library.folder / "data" / "collections" / name
    named = type(library.collection)(renamed, server=server)
    named.keep()
    return named.open()


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def town(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Generation]:
    with closing(collection(tmp_path, "town", TOWN, encoder)) as made:
        yield made


@pytest.fixture
def harbour(tmp_path: Path, encoder: FakeEncoder) -> Iterator[Generation]:
    with closing(collection(tmp_path, "harbour", HARBOUR, encoder)) as made:
        yield made


QUESTIONS = ["bread", "how many marks for a ferry", "moored ship", "bread for boats", "number3 rye"]


@pytest.mark.parametrize("every_word_up_to", [SIZING.every_word_up_to, 3])
@pytest.mark.parametrize("question", QUESTIONS)
def test_two_collections_are_searched_as_one(
    tmp_path: Path,
    encoder: FakeEncoder,
    town: Generation,
    harbour: Generation,
    question: str,
    every_word_up_to: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The scores are those that one collection of all documents gives, few or many."""
    monkeypatch.setattr(lexical, "SIZING", replace(SIZING, every_word_up_to=every_word_up_to))
    both = Retriever(town, encoder, harbour)
    together = both.retrieve(question, 12).hits
    with closing(collection(tmp_path, "whole", TOWN | HARBOUR, encoder)) as all_of_them:
        whole = Retriever(all_of_them, encoder)
        expected = {hit.passage.document_id: hit for hit in whole.retrieve(question, 12).hits}

    assert len(together) == both.passages == whole.passages == 12
    for hit in together:
        other = expected[hit.passage.document_id]
        assert hit.cosine_score == pytest.approx(other.cosine_score, abs=1e-6)
        if other.bm25_score is None:
            assert hit.bm25_score is None
        else:
            # tantivy keeps a passage's length in one byte, so the last digits differ.
            assert hit.bm25_score == pytest.approx(other.bm25_score, rel=0.03)


def test_a_word_s_rarity_is_that_in_all_collections(
    encoder: FakeEncoder, town: Generation, harbour: Generation
) -> None:
    """In the harbour's documents alone, "bread" would be rare and "boats" as rare."""
    alone = Retriever(harbour, encoder).retrieve("bread boats", 3).hits[0]
    together = Retriever(harbour, encoder, town).retrieve("bread boats", 3).hits[0]

    assert alone.passage.document_id == together.passage.document_id == "note.txt"
    assert alone.bm25_score is not None
    assert together.bm25_score is not None
    assert together.bm25_score != pytest.approx(alone.bm25_score, rel=0.05)


def test_a_hit_knows_its_collection(
    encoder: FakeEncoder, town: Generation, harbour: Generation
) -> None:
    retriever = Retriever(town, encoder, harbour)

    for hit in retriever.retrieve("marks for bread and a boat", 12).hits:
        source = retriever.source(hit.passage)
        assert source.collection == ("harbour" if hit.passage.document_id in HARBOUR else "town")
        text = source.texts.text(
            hit.passage.document_id, hit.passage.start_char, hit.passage.end_char
        )
        assert text == hit.passage.text


@pytest.fixture(scope="module", params=["files", "postgres"])
def server(request: pytest.FixtureRequest) -> Iterator[SearchServer | None]:
    """Where collections are searched; none where it is in their own files."""
    if request.param == "files":
        yield None
        return
    address = request.getfixturevalue("postgres_server")
    with (
        postgres.database(address, "collections") as database,
        closing(PostgresSearch(database, "here")) as opened,
    ):
        yield opened


@contextmanager
def pair(folder: Path, server: SearchServer | None = None) -> Iterator[tuple[Retriever, Retriever]]:
    """What retrieves from the town's documents alone, and from the harbour's alone."""
    encoder = FakeEncoder()
    with (
        closing(collection(folder, "town", TOWN, encoder, server)) as town,
        closing(collection(folder, "harbour", HARBOUR, encoder, server)) as harbour,
    ):
        yield Retriever(town, encoder), Retriever(harbour, encoder)


@pytest.fixture(scope="module")
def retrievers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Retriever, Retriever]]:
    with pair(tmp_path_factory.mktemp("pair")) as made:
        yield made


@given(st.text(alphabet="abdehmnorst 0123", max_size=30), st.integers(1, 20))
def test_a_retriever_finds_nothing_that_it_was_not_given(
    retrievers: tuple[Retriever, Retriever], words: str, k: int
) -> None:
    for question in (words or "x", "bread moored harbour boat town"):
        for retriever, documents in zip(retrievers, (TOWN, HARBOUR), strict=True):
            found = {hit.passage.document_id for hit in retriever.retrieve(question, k).hits}
            assert found <= documents.keys()


def test_nor_does_one_in_a_database(tmp_path: Path, server: SearchServer | None) -> None:
    with pair(tmp_path, server) as made:
        for retriever, documents in zip(made, (TOWN, HARBOUR), strict=True):
            for question in (*QUESTIONS, "bread moored harbour boat town"):
                found = {hit.passage.document_id for hit in retriever.retrieve(question, 20).hits}
                assert found == documents.keys()


def test_collections_of_different_encoders_are_refused(tmp_path: Path, town: Generation) -> None:
    other = FakeEncoder(sha256="0" * 64)
    with (
        closing(collection(tmp_path, "other", HARBOUR, other)) as generation,
        pytest.raises(EncoderError, match="town and other were made by different encoders"),
    ):
        Retriever(town, other, generation)


def test_answers_of_two_collections_name_theirs(
    tmp_path: Path, encoder: FakeEncoder, server: SearchServer | None
) -> None:
    """Both have a document of the same name, with the number at the same place."""
    mine = collection(tmp_path, "mine", {"fees.txt": "Fee for theft 35."}, encoder, server)
    yours = collection(tmp_path, "yours", {"fees.txt": "Fee for theft 99."}, encoder, server)
    with closing(mine), closing(yours):
        answerer = Answerer(
            Retriever(mine, encoder, yours),
            FakeReader(),
            FAKE_CALIBRATION,
            FAKE_TUNING,
            passages=5,
            max_risk=1.0,
        )
        answer = answerer.answer(Question("fee for theft"), alternatives=5)

    found = {(span.collection, span.text) for span in (*answer.spans, *answer.alternatives)}
    assert found == {("mine", "35"), ("yours", "99")}
