"""Documents that are not in English are told apart, and English ones never."""

import json

import pytest

from index.language import foreign_language
from tests.conftest import ROOT, Library

GERMAN = "Die Bibliothek ist von neun bis siebzehn Uhr geöffnet. Ein Ausweis kostet zwölf Euro. "
FRENCH = "La bibliothèque ouvre à neuf heures. Une carte de lecteur coûte douze euros par an. "
SPANISH = "La biblioteca está abierta de nueve a cinco, y un carné de lector cuesta doce euros. "
JAPANESE = (
    "図書館は九時から五時まで開いています。カードは年間十二ユーロです。"
    "返すのが遅れた本には一日につき十セントかかります。閲覧室では静かにしてください。"
)
ENGLISH = "The library is open from nine to five. A reader's card costs twelve euros a year. "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GERMAN, "German"),
        (GERMAN * 200, "German"),
        (FRENCH, "French"),
        (
            "Библиотека открыта с девяти до семнадцати часов. Билет стоит двенадцать евро.",
            "Russian",
        ),
        (JAPANESE, "Japanese"),
        (SPANISH, "Spanish"),
        (ENGLISH, None),
        (f"{ENGLISH}{GERMAN}", None),
        (f"{GERMAN * 100}{ENGLISH * 100}", None),
        (f"{GERMAN * 100}{FRENCH * 100}", None),
        ("", None),
        ("Müller, Schmidt, Weber", None),
        ("| Köln | 12 | 3,5 | 2024-01-01 |\n" * 50, None),
        (
            "def main():\n    return x[0]\n\nfor n in range(10):\n    print(n)\n" * 20,
            None,
        ),
    ],
)
def test_a_language_is_told_where_it_is_certain(text: str, expected: str | None) -> None:
    assert foreign_language(text) == expected


def test_no_english_passage_counts_as_foreign() -> None:
    lines = (ROOT / "training" / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()

    assert [text for line in lines if foreign_language(text := json.loads(line)["text"])] == []


def test_an_index_and_its_passages_say_which_documents_are_foreign(library: Library) -> None:
    library.write("card.txt", ENGLISH)
    library.write("karte.txt", GERMAN)
    library.write("mehr/karte.txt", GERMAN * 2)

    report = library.build()

    (found,) = report.foreign
    assert (found.language, found.documents, found.example) == ("German", 2, "karte.txt")
    texts = library.open().texts
    assert [texts.document(name).language for name in ("card.txt", "karte.txt")] == [None, "German"]
