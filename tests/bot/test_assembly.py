"""What is said of the parts that are joined, and what is left of them where one is missing."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from answering.question import Question
from bot.assembly import (
    OpenIndex,
    open_answering,
    open_collection,
    open_fresh_index,
    open_index,
)
from bot.settings import Settings, load_settings
from index.errors import EncoderError, IndexFormatError, IndexMissingError
from index.manifest import MANIFEST_NAME
from reader.model import Reader
from tests.conftest import CANT_LIST_OPEN_FILES, ROOT, FakeReader, Library, open_files
from tests.reader.test_transformers_reader import make_model
from tests.waiting import until


def test_a_collection_that_can_not_be_opened_names_the_command_that_makes_it(
    library: Library,
) -> None:
    settings = load_settings(data=library.folder / "data")
    town = library.other("town")
    with pytest.raises(IndexMissingError, match="`quoth index --collection town` makes it"):
        open_collection(settings, "town")
    town.write("a.txt", "Fines for theft 35.")
    town.build()
    path = town.collection.folder / "generations" / town.collection.current() / MANIFEST_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 1}))

    with pytest.raises(IndexFormatError, match="`quoth index --collection town` makes it"):
        open_collection(settings, "town")


@pytest.mark.skipif(CANT_LIST_OPEN_FILES, reason="reads Linux's /proc")
def test_an_index_whose_encoder_is_missing_is_closed_again(library: Library) -> None:
    library.write("a.txt", "Fines for theft 35.")
    library.build()
    settings = load_settings(seeds=library.documents, data=library.folder / "data")

    with pytest.raises(EncoderError) as caught:
        open_index(settings)

    # Which still holds everything that was reached where it was raised.
    assert caught.tb is not None
    # A thread of tantivy's may hold its lock for another moment.
    until(lambda: open_files(library.folder) == [])


def test_a_folder_of_the_default_encoder_s_name_makes_nothing_anew(
    real_data: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody has downloaded it once more, with other files beside it."""
    settings = load_settings(seeds=ROOT / "seeds", data=real_data())
    (tmp_path / settings.encoder).mkdir()
    (tmp_path / settings.encoder / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)

    def build(_: Settings) -> None:
        raise AssertionError

    opened = open_fresh_index(
        settings, renewing=lambda _: None, outdated=lambda _: None, build=build
    )
    opened.generation.close()


def test_a_reader_that_somebody_has_begun_to_open_is_waited_for(
    real_data: Callable[[], Path],
) -> None:
    settings = load_settings(seeds=ROOT / "seeds", data=real_data())
    reading: Future[Reader] = Future()

    def opening(settings: Settings) -> OpenIndex:
        index = open_index(settings)
        reading.set_result(FakeReader())
        return index

    answering = open_answering(settings, opening, reading)
    with closing(answering.index.generation):
        assert answering.reader is reading.result()


def test_another_reader_answers_by_a_plain_rule_and_says_so(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    reader = make_model(tmp_path / "tiny")
    settings = load_settings(seeds=ROOT / "seeds", data=real_data(), reader=str(reader))

    answering = open_answering(settings)
    with closing(answering.index.generation):
        answer = answering.answerer().answer(Question("how many"))

    assert f"The reader {reader} is not calibrated" in answering.notice
    assert f"Nothing was tuned for the reader {reader}" in answering.notice
    assert (answer.outcome == "answered") is (answer.confidence >= 0.5)
