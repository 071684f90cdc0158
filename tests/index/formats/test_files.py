"""The same document as each format, as a real program wrote it."""

from datetime import date
from pathlib import Path

import pytest

from index.formats import parse
from index.formats.base import Loaded

FILES = Path(__file__).parents[1] / "files"

SENTENCES = [
    "A vessel of up to twelve metres pays 35 marks for each night at the quay, and a longer vessel "
    "pays 4 marks more for every further metre, measured at the water line by the harbour master "
    "or one of his two deputies.",
    "Whoever breaks this rule is fined 120 marks, which the harbour master collects before the "
    "vessel may sail.",
    "Captain Ilse Brandt – “the old heron” – has led the pilots’ guild since 1987.",
]


def load(suffix: str) -> Loaded:
    return parse(suffix, (FILES / f"statutes{suffix}").read_bytes())


@pytest.mark.parametrize("suffix", [".docx", ".epub", ".html", ".odt", ".pdf", ".rtf"])
def test_every_sentence_is_whole_and_the_title_is_known(suffix: str) -> None:
    loaded = load(suffix)

    assert loaded.title == "Harbour statutes of Vellmar"
    for sentence in SENTENCES:
        assert sentence in loaded.text
    assert "\n\nMooring fees\n\nA vessel of" in loaded.text


@pytest.mark.parametrize(
    ("suffix", "kind", "names"),
    [
        (".docx", "heading", ["Mooring fees", "Quiet hours", "Pilots"]),
        (".odt", "heading", ["Mooring fees", "Quiet hours", "Pilots"]),
        (".rtf", "heading", ["Mooring fees", "Quiet hours", "Pilots"]),
        (".html", "heading", ["Mooring fees", "Quiet hours", "Pilots"]),
        (".pdf", "page", ["1", "2", "3"]),
    ],
)
def test_a_sentence_is_found_at_its_place(suffix: str, kind: str, names: list[str]) -> None:
    loaded = load(suffix)

    at = [loaded.text.index(sentence) for sentence in SENTENCES]

    assert [
        (place.kind, place.name)
        for position in at
        for place in loaded.places
        if place.start_char <= position < place.end_char
    ] == [(kind, name) for name in names]


@pytest.mark.parametrize(
    ("suffix", "row"),
    [
        (".docx", "Berth: North quay | Depth: 6.5 metres"),
        (".odt", "Berth: North quay | Depth: 6.5 metres"),
        (".rtf", "Berth: North quay | Depth: 6.5 metres"),
        (".html", "Berth: North quay | Depth: 6.5 metres"),
        # This program marks no header in a book.
        (".epub", "North quay | 6.5 metres"),
    ],
)
def test_a_row_of_a_table_is_one_line_with_the_names_of_its_columns(suffix: str, row: str) -> None:
    assert f"\n\n{row}\n\n" in load(suffix).text


@pytest.mark.parametrize(
    ("suffix", "dated"),
    [(".docx", date(2019, 3, 4)), (".html", date(2019, 3, 4)), (".pdf", date(2026, 11, 25))],
)
def test_the_date_is_the_one_that_the_file_states(suffix: str, dated: date) -> None:
    assert load(suffix).dated == dated
