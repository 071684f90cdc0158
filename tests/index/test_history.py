"""What changed when: remembered for longer than generations stay."""

import pytest

from index import history as history_of
from index.history import HISTORY_NAME, BuildStamp, history
from index.store import KEPT_GENERATIONS
from tests.conftest import Library, QuietReporter


def builds(library: Library) -> list[BuildStamp]:
    """What led to the generation that is served."""
    return history(library.collection.folder, library.collection.current())


def named(stamp: BuildStamp) -> dict[str, tuple[object, ...]]:
    return {"added": stamp.added, "changed": stamp.changed, "removed": stamp.removed}


def test_each_build_says_what_was_new_changed_gone_or_renamed(library: Library) -> None:
    library.write("a.txt", "The fine is 8 francs.")
    library.write("b.txt", "The toll is 3 francs.")
    library.build()
    library.write("a.txt", "The fine is 9 francs.")
    library.write("c.txt", "The rent is 5 francs.")
    (library.documents / "b.txt").rename(library.documents / "d.txt")
    library.write("broken.pdf", "no PDF")
    library.build()
    (library.documents / "c.txt").unlink()
    library.build()

    last, second, first = builds(library)

    assert (first.is_anew, first.before, first.documents) == (True, None, 2)
    # What could not be read is no document.
    assert named(second) == {"added": ("c.txt",), "changed": ("a.txt",), "removed": ()}
    assert [(one.old, one.new) for one in second.renamed] == [("b.txt", "d.txt")]
    assert named(last) == {"added": (), "changed": (), "removed": ("c.txt",)}
    assert last.before == second.generation
    assert last.built > second.built > first.built


def test_it_outlives_generations_and_is_bounded(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_of, "MAX_BUILDS", KEPT_GENERATIONS + 2)
    monkeypatch.setattr(history_of, "MAX_NAMED", 1)
    for number in range(KEPT_GENERATIONS + 4):
        for letter in "ab":
            library.write(f"{letter}{number}.txt", f"Fine {letter}{number} costs 1 franc.")
        library.build()

    found = builds(library)

    assert len(found) == KEPT_GENERATIONS + 2
    assert [one.added for one in found[:2]] == [("a6.txt",), ("a5.txt",)]
    assert {one.unnamed for one in found} == {1}


def test_what_was_gone_back_from_is_left_out(library: Library) -> None:
    for name in ("a.txt", "wrong.txt"):
        library.write(name, f"The fine of {name} is 8 francs.")
        library.build()
    with library.collection.lock.hold(lambda _: None):
        library.collection.roll_back()
    (library.documents / "wrong.txt").unlink()
    library.write("right.txt", "The fine is 9 francs.")
    library.build()

    assert [one.added for one in builds(library)] == [("right.txt",), ()]


def test_where_removed_documents_are_forgotten_none_is_named(library: Library) -> None:
    library.write("a.txt", "The fine is 8 francs.")
    library.build(forget_removed=True)

    assert not (library.collection.folder / HISTORY_NAME).exists()


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x1e", "\n"])
def test_a_name_that_breaks_lines_breaks_no_history(library: Library, mark: str) -> None:
    library.write("a.txt", "The fine is 8 francs.")
    library.build()
    library.write(f"b{mark}c.txt", "The toll is 3 francs.")
    library.build()
    library.write("d.txt", "The rent is 5 francs.")
    library.build()

    assert [one.added for one in builds(library)] == [("d.txt",), (f"b{mark}c.txt",), ()]


@pytest.mark.parametrize("damage", ["", "{", "\n\n{}\n", "\x00" * 50])
def test_a_damaged_history_hinders_no_build(library: Library, damage: str) -> None:
    library.write("a.txt", "The fine is 8 francs.")
    library.build()
    (library.collection.folder / HISTORY_NAME).write_text(damage)
    library.write("b.txt", "The toll is 3 francs.")

    assert library.build(QuietReporter()).published

    assert [one.added for one in builds(library)] == [("b.txt",)]
