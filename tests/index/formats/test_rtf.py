"""RTF, by what its words say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import Loaded
from tests.index.formats.reading import read_or_refuse


def load(inner: str, head: str = "") -> Loaded:
    return parse(".rtf", f"{{\\rtf1\\ansi{head} {inner}}}".encode("latin-1"))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"A loaf costs \'a35.\par It is rye.", "A loaf costs £5.\n\nIt is rye."),
        (r"\u8220?Caf\'e9\u8221?", "“Café”"),
        (r"\uc2\u8364\'80\'80 5 {\uc0\u8364 6}", "€ 5 €6"),
        (r"a\tab b\line c\~d\-e\_f\{g\}", "a b\nc de\u2011f{g}"),
        (r"{\field{\*\fldinst HYPERLINK \\'22x\\'22}{\fldrslt here}} it is", "here it is"),
        (r"{\v hidden}seen{\*\unknown gone}{\header Page 1}", "seen"),
        (r"{\v hidden\plain shown} and {\deleted gone\plain kept}", "shown and kept"),
        (r"A fee of {\deleted\revauthdel1 5}{\revised 6} marks.", "A fee of 6 marks."),
        (r"{\info{\category Rules}{\hlinkbase http://mill/}}after", "after"),
        (r"\trowd\pard\intbl Fee{\footnote Of Ann.}\cell\row", "Fee\n\nOf Ann."),
        (
            r"{\shp{\*\shpinst{\sp{\sn lTxid}{\sv 65}}{\shptxt \pard A box.\par}}}It is.",
            "A box.\n\nIt is.",
        ),
        (r"{\fonttbl{\f0\fcharset128 M;}}\f0 \'93\'fa \'83A", "日 ア"),
        ("caf\xe9 \x96 5", "café – 5"),
        (r"\mac caf\'8e", "café"),
        (r"\mac\ansicpg10000 caf\'8e", "café"),
        (r"{\pict\bin5 }}}}}\'ff}after", "after"),
        (r"{\pard Lifeboats{\footnote Of any size.} pay nothing.\par}End", None),
    ],
)
def test_words_symbols_and_groups_mean_what_they_say(written: str, text: str | None) -> None:
    assert load(written).text == (text or "Lifeboats pay nothing.\n\nOf any size.\n\nEnd")


def test_the_font_says_what_its_bytes_mean() -> None:
    head = r"\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}"

    assert load(r"\f0 \'e9 {\f1 \'d5\'eb\'e5\'e1} \'e9", head).text == "é Хлеб é"


def test_headings_are_told_by_their_style_or_their_level() -> None:
    head = r"{\stylesheet{\s0 Normal;}{\s3\b heading 2;}}"

    loaded = load(
        r"\pard\s3 Fees\par\pard\s0 First.\par\pard\outlinelevel2 Late\par\pard Second.\par", head
    )

    assert [(place.name, place.level) for place in loaded.places] == [("Fees", 2), ("Late", 3)]
    assert loaded.text == "Fees\n\nFirst.\n\nLate\n\nSecond."


def test_items_stand_below_what_introduces_them() -> None:
    items = r"{\listtext\u8226?\tab}bread\par {\listtext 2.\tab}salt\par"

    assert load(rf"Bring:\par {items} End").text == "Bring:\n- bread\n2. salt\n\nEnd"


def test_a_row_of_a_table_says_the_names_of_its_columns() -> None:
    def row(words: str, *cells: str) -> str:
        inner = "".join(rf"\pard\intbl {cell}\cell" for cell in cells)
        return rf"\trowd{words} {inner}\row "

    table = row(r"\trhdr", "Hall", "Open") + row("", "Loft", r"all\par days")

    assert load(rf"{table}\pard After.\par").text == "Hall: Loft | Open: all days\n\nAfter."


def test_the_title_and_the_date_are_those_that_the_file_states() -> None:
    info = r"{\info{\title The rules}{\author A}{\creatim\yr2024\mo5\dy6\hr7}{\revtim\yr2025}}"

    loaded = load("Text.", info)

    assert (loaded.text, loaded.title, loaded.dated) == ("Text.", "The rules", date(2024, 5, 6))


def test_groups_may_nest_as_deep_as_they_like() -> None:
    assert load("{" * 100_000 + "Deep down." + "}" * 100_000).text == "Deep down."


@given(st.text(alphabet="\\{}'*abcf0123 pardcellrowu\n;", max_size=200))
def test_anything_is_a_document_or_refused(inner: str) -> None:
    read_or_refuse(lambda: load(inner))


def test_another_file_of_that_ending_is_refused() -> None:
    with pytest.raises(DocumentError, match="no RTF document"):
        parse(".rtf", b"Hello")


def test_a_heading_is_one_whatever_stands_in_its_notes_and_boxes() -> None:
    head = r"{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s2 footnote text;}}"
    box = r"{\shp{\*\shpinst{\shptxt \pard\s0 A box.\par}}}"
    note = r"{\footnote \pard\s2 Of any size.}"

    loaded = load(rf"\pard\s1 {box}Boats{note}\par\pard\s0 They float.\par", head)

    assert [place.name for place in loaded.places] == ["Boats"]
    assert loaded.text == "A box.\n\nBoats\n\nOf any size.\n\nThey float."
