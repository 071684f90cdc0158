"""Quoth in other programs."""

import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import quoth
from bot.assembly import OpenIndex, Outdated, open_index
from bot.settings import Settings
from quoth import FilterError, IndexingError, Library, QuestionError, open_folder
from quoth.library import data_of
from tests.conftest import ROOT

QUESTION = "how many were deported for drunk driving?"


@pytest.fixture(scope="module")
def library(real_data: Callable[[], Path]) -> Iterator[Library]:
    """The seeds, opened once: a library may be asked by many, one after the other or at once."""
    with open_folder(ROOT / "seeds", real_data()) as opened:
        yield opened


def test_the_example_in_its_docstring_answers(
    real_data: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert quoth.__doc__ is not None
    lines = [line[4:] for line in quoth.__doc__.splitlines() if line.startswith("    ")]
    code = "\n".join(lines).replace('"docs"', f"{str(ROOT / 'seeds')!r}, {str(real_data())!r}")

    exec(compile(code, "example", "exec"), {})  # noqa: S102 - our own example

    assert capsys.readouterr().out == "35,927\n"


def test_an_answer_is_a_span_of_its_document(library: Library) -> None:
    answer = library.ask(QUESTION, alternatives=2)
    text = (ROOT / "seeds" / answer.spans[0].document_id).read_text(encoding="utf-8")

    with pytest.raises(QuestionError):
        library.ask("  ")
    span = answer.spans[0]
    assert text[span.start_char : span.end_char] == span.text
    assert library.notice == ""


def test_a_follow_up_is_asked_with_the_answers_before_it(library: Library) -> None:
    first = library.ask(QUESTION)
    second = library.ask("and for homicide?", earlier=[first])

    assert second.spans[0].text == "1,119"
    assert second.understood == f"{QUESTION} and for homicide?"


@pytest.mark.parametrize(
    ("since", "day"),
    [
        ("2999-01-02", "2999-01-02"),
        (date(2999, 1, 2), "2999-01-02"),
        (datetime(2999, 1, 2, 3, tzinfo=UTC), "2999-01-02"),
        (date.min, "0001-01-01"),
    ],
)
def test_the_day_of_the_oldest_documents_is_a_date_or_written_as_one(
    library: Library, since: str | date, day: str
) -> None:
    with pytest.raises(FilterError, match=f"from {day} or later"):
        library.ask(QUESTION, since=since)


def test_many_threads_may_ask(library: Library) -> None:
    said: list[str] = []

    def ask(number: int) -> None:
        said.append(library.ask(f"{QUESTION}{'?' * number}").spans[0].text)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said == ["35,927"] * 2


def test_of_a_folder_that_is_not_there_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexingError, match="nowhere: there is no such folder"):
        open_folder(tmp_path / "nowhere", data=tmp_path / "data")

    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("reason", "said"), [("building", "A new index is being made"), ("failed", "could not be made")]
)
def test_that_the_index_is_not_of_the_documents_as_they_are_is_noted(
    real_data: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, reason: Outdated, said: str
) -> None:
    def open_outdated(
        settings: Settings, *, outdated: Callable[[Outdated], None], **_: object
    ) -> OpenIndex:
        outdated(reason)
        return open_index(settings)

    monkeypatch.setattr(quoth.library, "open_fresh_index", open_outdated)

    with open_folder(ROOT / "seeds", real_data()) as library:
        assert said in library.notice


def test_each_folder_has_a_place_of_its_own(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "docs", tmp_path / "b" / "docs"

    assert data_of(one) != data_of(other)
    assert data_of(one) == data_of(tmp_path / "a" / ".." / "a" / "docs")
    assert data_of(one).name.startswith("docs-")
    assert data_of(tmp_path / os.fsdecode(b"caf\xe9")).name.startswith("caf?-")
    data_of(tmp_path / f"x{'é' * 127}").relative_to(data_of(one).parent)
    assert len(os.fsencode(data_of(tmp_path / f"x{'é' * 127}").name)) <= 255


def test_a_folder_in_the_home_folder_has_one_place_wherever_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(given: Settings, _: object) -> None:
        raise IndexingError(str(given.data))

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(quoth.library, "open_answering", stop)

    with pytest.raises(IndexingError, match=re.escape(str(data_of(tmp_path / "docs")))):
        open_folder("~/docs")


def test_importing_it_loads_no_model() -> None:
    script = "import sys, quoth; print(*{'numpy', 'pydantic', 'torch'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


@pytest.mark.parametrize("name", quoth.__all__)
def test_every_name_can_be_imported_and_is_documented(name: str) -> None:
    guide = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")

    assert getattr(quoth, name).__name__ == name
    assert re.search(rf"`{name}\b", guide)


def test_type_checkers_read_every_package_that_is_installed() -> None:
    """Its values and errors have types of other packages, which were unknown without a mark."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]

    packages = build["targets"]["wheel"]["packages"]
    assert [name for name in packages if not (ROOT / name / "py.typed").is_file()] == []


def test_a_name_that_it_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        quoth.nothing  # noqa: B018
