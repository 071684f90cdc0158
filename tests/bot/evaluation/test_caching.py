"""Nothing is read or looked for twice."""

from contextlib import closing
from pathlib import Path

from bot.evaluation.caching import CachingReader, CachingRetriever
from reader.model import PassageText
from tests.conftest import FakeReader, Library


class CountingReader(FakeReader):
    """Counts the passages that it is given."""

    def __init__(self) -> None:
        self.read_passages = 0

    def read(self, question, passages, spans_per_passage):  # type: ignore[no-untyped-def]
        self.read_passages += len(passages)
        return super().read(question, passages, spans_per_passage)


FINES = PassageText(3, "Fines for theft 35 and for arson 90.")
OTHER = PassageText(4, "Fees for theft 12.")


def test_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    counting = CountingReader()
    path = tmp_path / "read.sqlite"
    with closing(CachingReader(counting, path)) as once:
        first = once.read("how many for theft", [FINES], 2)
    assert counting.read_passages == 1

    with closing(CachingReader(counting, path)) as again:
        both = again.read("how many for theft", [OTHER, PassageText(9, FINES.text)], 2)

    assert counting.read_passages == 2
    assert [one.text for one in first] == ["35"]
    assert {(one.passage_id, one.text) for one in both} == {(9, "35"), (4, "12")}
    assert both == sorted(both, key=lambda one: -one.margin)


def test_another_wording_is_another_question(tmp_path: Path) -> None:
    counting = CountingReader()
    with closing(CachingReader(counting)) as reader:
        reader.read("how many for theft", [FINES], 1)

        reader.read("and for theft?", [FINES], 1)

    assert counting.read_passages == 2


def test_what_was_found_is_not_looked_for_again(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    retriever = CachingRetriever(library.open(), library.encoder)

    found = retriever.retrieve("theft", 3)

    assert retriever.retrieve("theft", 3) is found
    assert retriever.retrieve("theft", 3, {0: 0.5}) is not found
