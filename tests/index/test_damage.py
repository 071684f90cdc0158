"""Damage that keeps a file's size and time is found, and mended by the next build."""

import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from answering.answer import AnswerSpan
from answering.question import Question
from index import generation_folders
from index.errors import IndexDamagedError
from index.inspection import verify
from index.lexical import LexicalIndex
from index.manifest import ADDED_TEXTS_NAME, TEXTS_NAME
from index.sizing import Sizing
from tests.conftest import Library
from tests.damage import files_with_content, flip_unseen, overwrite_unseen

# Few documents are added before all is written anew.
SMALL = Sizing(max_added=8)
APPROXIMATE = Sizing(max_added=8, exact_up_to=16)
QUESTIONS = ("how many for theft3", "how many for arson", "how many for fraud", "nothing of this")


@pytest.fixture(params=[SMALL, pytest.param(APPROXIMATE, marks=pytest.mark.stress)])
def grown(library: Library, request: pytest.FixtureRequest) -> Library:
    library.sizing = request.param
    for number in range(20):
        library.write(
            f"{number}.md", f"# Part {number}\n\nFor theft{number} {number}00 were fined."
        )
    library.build()
    library.write("arson.md", "# New\n\nFor arson 812 were fined.")
    library.write("fraud.md", "For fraud 77 were fined.")
    (library.documents / "7.md").unlink()
    library.build()
    assert (served_folder(library) / ADDED_TEXTS_NAME).exists()
    return library


def served_folder(library: Library) -> Path:
    return library.collection.folder / "generations" / library.collection.current()


def ask(library: Library) -> list[list[AnswerSpan]]:
    """What is answered; vectors in half precision move a confidence by less than can be seen."""
    with closing(library.collection.open()) as generation:
        answerer = library.answerer(generation)
        answers = [answerer.answer(Question(question)) for question in QUESTIONS]
    return [[replace(span, confidence=0.0) for span in answer.spans] for answer in answers]


def ask_or_repair(library: Library) -> list[list[AnswerSpan]]:
    try:
        return ask(library)
    except IndexDamagedError:
        assert library.collection.is_damaged()
    library.build()
    assert not library.collection.is_noted_damaged()
    return ask(library)


@pytest.mark.parametrize("count", [8, pytest.param(260, marks=pytest.mark.stress)])
def test_a_flipped_bit_anywhere_changes_no_answer(grown: Library, count: int) -> None:
    chance = random.Random(7)  # noqa: S311 - places, not secrets
    expected = ask(grown)
    for number in range(count):
        paths = files_with_content(served_folder(grown))
        path = paths[number % len(paths)]
        flipped_at = flip_unseen(path, chance)

        assert ask_or_repair(grown) == expected, (path.name, flipped_at)
        verify(grown.collection)
        if number % 5 == 0:
            # What is built upon the generation that was mended is searched like any other.
            grown.write("more.md", f"Something else, number {number}.")
            grown.build()


@pytest.mark.parametrize("count", [8, pytest.param(260, marks=pytest.mark.stress)])
def test_of_files_that_are_not_compared_when_opened_damage_shows_as_damage(
    grown: Library, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of an index of many passages; another answer may be given, but nothing else happens."""
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", 0)
    chance = random.Random(8)  # noqa: S311 - places, not secrets
    expected = ask(grown)
    for number in range(count):
        folder = served_folder(grown)
        paths = [folder / TEXTS_NAME, *files_with_content(folder / "lexical")]
        paths += [path for path in [folder / "vectors.half"] if path.exists()]
        flip_unseen(paths[number % len(paths)], chance)
        try:
            ask(grown)
        except IndexDamagedError:
            assert grown.collection.is_damaged()

        # As `quoth run` looks in the background; the next build then takes nothing over.
        assert grown.collection.is_damaged()
        with pytest.raises(IndexDamagedError, match="checksum"):
            grown.collection.open()
        grown.build()
        assert ask(grown) == expected


def test_where_tantivy_panics_the_index_is_damaged(
    grown: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", 0)
    folder = served_folder(grown) / "lexical"
    for path in folder.glob("*.idx"):
        overwrite_unseen(path, 0, b"\xff" * path.stat().st_size)
    for path in folder.glob("*.fast"):
        overwrite_unseen(path, 0, b"\xff" * path.stat().st_size)

    with pytest.raises(IndexDamagedError):
        LexicalIndex(folder).search({"arson": 1.0}, 5)
    grown.write("more.md", "Something else.")
    grown.build()
    assert ask(grown)[1][0].text == "812"


def test_a_build_does_not_make_damage_good(grown: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that are written anew are copied from those before, and get a new checksum."""
    expected = ask(grown)
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", 0)
    path = served_folder(grown) / TEXTS_NAME
    content = path.read_bytes()
    for place in (content.find(b"theft3 300"), content.rfind(b"theft3 300")):
        overwrite_unseen(path, place, b"theft3 900")
    for number in range(SMALL.max_added + 1):
        grown.write(f"more{number}.md", f"Something else, number {number}.")
    grown.build()

    assert not (served_folder(grown) / ADDED_TEXTS_NAME).exists()
    assert ask(grown)[0] == expected[0]
    verify(grown.collection)


def test_a_passage_that_was_changed_is_not_shown(
    grown: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", 0)
    path = served_folder(grown) / TEXTS_NAME
    content = path.read_bytes()
    # The text of its document is changed, too, so that the two say the same.
    for place in (content.find(b"theft3 300"), content.rfind(b"theft3 300")):
        overwrite_unseen(path, place, b"theft3 900")

    with pytest.raises(IndexDamagedError, match="was changed"):
        ask(grown)


def test_a_current_that_names_nothing_loses_no_generation(grown: Library) -> None:
    before = grown.collection.generations.ids()
    (grown.collection.folder / "CURRENT").write_text("00000000T000000000000Z-000000\n")
    grown.build()

    assert set(before) < set(grown.collection.generations.ids())
    assert grown.collection.roll_back() == before[-1]
