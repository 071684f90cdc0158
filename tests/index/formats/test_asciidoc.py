"""AsciiDoc: headings, lists, tables, and what stands between delimiters."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.base import Loaded
from tests.index.formats.reading import read_or_refuse

PAGE = """\
= Harbour rules
Ann Harbour <ann@example.org>
v1.2, 2024-05-06
:fee: 35 marks

Who comes by *night* pays `{fee}`, as the https://example.org/a_b[council^]
and <<top,the master>> say.footnote:[In a letter.]

[#fees]
== Fees

// Nobody sees this.
Bring:

* bread
  and salt
** fine salt
* [x] water

. Moor.
. Pay `!close`.
+
At the *desk*.
. Leave.

Depth:: What a vessel needs.
Night::
* lamps
"""


def load(text: str) -> Loaded:
    return parse(".adoc", text.encode())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "* Europe\n.. Spain\n- Vigo\n.. Italy\n\n* Asia\n- Kobe",
            "- Europe\n1. Europe: Spain\n- Europe: Spain: Vigo\n2. Europe: Italy\n- Asia\n"
            "- Asia: Kobe",
        ),
        ("1. Go\na. slowly\nb. home\n2. Rest", "1. Go\na. Go: slowly\nb. Go: home\n2. Rest"),
        ("* Linux\n\n. Moor", "- Linux\n1. Moor"),
        (
            "* Linux\n\n** kernel\n* Win\n** 16 GB",
            "- Linux\n- Linux: kernel\n- Win\n- Win: 16 GB",
        ),
        ("** Linux\n* Win\n*** 16 GB", "- Linux\n- Win\n- Win: 16 GB"),
        ("* Linux\n\n+\nMore.\n- 12 GB", "- Linux\n\nMore.\n\n- Linux: 12 GB"),
        ("* Linux\n\n=== Next\n\n* One\n. Moor", "- Linux\n\nNext\n\n- One\n1. One: Moor"),
        ("* Linux\n+\nMore.\n** 12 GB", "- Linux\n\nMore.\n\n- Linux: 12 GB"),
    ],
)
def test_an_item_is_written_after_the_items_that_it_stands_in(written: str, read: str) -> None:
    assert load(written).text == read


def test_a_page_is_what_its_reader_sees() -> None:
    loaded = load(PAGE)

    assert loaded.text == (
        "Harbour rules\n\nAuthor: Ann Harbour\n\n"
        "Who comes by night pays 35 marks, as the council and the master say.\n\nIn a letter.\n\n"
        "Fees\n\nBring:\n- bread and salt\n- bread and salt: fine salt\n- water\n1. Moor.\n"
        "2. Pay !close.\n\nAt the desk.\n\n3. Leave.\n\nDepth: What a vessel needs.\n\n"
        "Night:\n- lamps"
    )
    assert (loaded.title, loaded.dated) == ("Harbour rules", date(2024, 5, 6))


def test_places_name_the_heading_and_the_line() -> None:
    loaded = load(PAGE)

    placed = {
        loaded.text[place.start_char :][:5]: (place.name, place.level, place.line)
        for place in loaded.places
    }
    assert placed["Who c"] == ("Harbour rules", 1, 6)
    assert placed["Fees\n"] == ("Fees", 2, 10)
    assert placed["Depth"] == ("Fees", 2, 26)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("[source,python]\n----\nfee = 35 # *x* <1>\n----\n<1> In marks.",
         "fee = 35 # *x*\n\n- In marks."),
        ("```python\nfee = 35\n```\n", "fee = 35"),
        ("....\n  a *b*\n....\n", "a *b*"),
        ("NOTE: Pilots are free.", "Pilots are free."),
        ("[NOTE]\n.Pilots\n====\nThey are free.\n====\n", "Pilots\n\nThey are free."),
        ('[quote, Ann, "Letters"]\n____\nBe kind.\n____\n', "Be kind.\n\nAnn, Letters"),
        ("////\nno\n////\nEnd.", "End."),
        ("include::/etc/passwd[]\nEnd.", "End."),
        ("image::map.png[A map]\n\nEnd.", "End."),
        ("++++\n<p>Half <b>price</b>.</p>\n++++\n", "Half price."),
        ("ifdef::pdf[]\nno\nendif::[]\nifndef::pdf[End.]", "End."),
        ("Fees\n----\n\nEnd.", "Fees\n\nEnd."),
        ("One +\nline.", "One\nline."),
        (" indented\n   code", "indented\n  code"),
    ],
)  # fmt: skip
def test_blocks_are_what_stands_in_them(written: str, text: str) -> None:
    assert load(written).text == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("__un__bound and a_b_c and 2 * 3 * 4", "unbound and a_b_c and 2 * 3 * 4"),
        ("[.small]#Small# and `+*.md+` and `*.txt`", "Small and *.md and *.txt"),
        ("link:fees.adoc[the fees,window=_blank] or https://example.org/a_b_[]",
         "the fees or https://example.org/a_b_"),
        ("press kbd:[Ctrl+C], then menu:File[Save > As]", "press Ctrl+C, then File > Save > As"),
        ("a \\*star*, {unknown} and \"`quoted`\"", 'a *star*, {unknown} and "quoted"'),
        ("((Berths)) are free(((berth))) image:x.png[] here", "Berths are free here"),
    ],
)  # fmt: skip
def test_a_line_is_read_without_its_marks(written: str, text: str) -> None:
    assert load(written).text == text


@pytest.mark.parametrize(
    "table",
    [
        "|===\n|Hall |Price\n\n|Loft |15\n.2+|West\n|20\n|30\n|===\n",
        '[%header,cols="2*"]\n|===\n|Hall\n|Price\n|Loft\n|15\n.2+|West |20 |30\n|===\n',
        '[cols=",",options="header",]\n|===\n|Hall\n|Price\n|Loft |15\n.2+|West |20 |30\n|===\n',
        "[%header]\n,===\nHall,Price\nLoft,15\nWest,20\nWest,30\n,===\n",
        "[format=csv,options=header]\n|===\nHall,Price\nLoft,15\nWest,20\nWest,30\n|===\n",
        '[%header, cols="1,3"]\n|===\n|Hall\n|Price\n|Loft\n|15\n.2+|West |20 |30\n|===\n',
        "[separator=¦]\n|===\n¦Hall ¦Price\n\n¦Loft ¦15\n.2+¦West\n¦20\n¦30\n|===\n",
    ],
)
def test_tables_are_rows_with_the_names_of_their_columns(table: str) -> None:
    assert load(f".Halls\n{table}").text == (
        "Halls\n\nHall: Loft | Price: 15\n\nHall: West | Price: 20\n\nHall: West | Price: 30"
    )


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("|===\n|a|Price\n\n|s|5\n|m |7\n|===", "a: s | Price: 5\n\na: m | Price: 7"),
        ("|===\n|Hall |Prices\n\n|Loft a|\n[%header, cols=2*]\n!===\n!Day\n!Fee\n!Mon\n!*5*\n"
         "!Tue\n!6\n!===\n|===", "Hall: Loft | Prices: Day: Mon, Fee: 5; Day: Tue, Fee: 6"),
        (f",===\nHall,Plan\n\nLoft,{'x' * 140_000}\n,===", f"Hall: Loft | Plan: {'x' * 140_000}"),
    ],
    ids=["cells like marks of cells", "a table in a cell", "a cell beyond csv's usual limit"],
)  # fmt: skip
def test_a_cell_is_what_stands_in_it(table: str, text: str) -> None:
    assert load(table).text == text


@given(
    st.lists(
        st.sampled_from(
            ["= Title", "== A", "----", "....", "```", "====", "--", "|===", "|a |2+|b", ".3+|c",
             ",===", "!===", "a!b", "* a", ". b", "1. c", "a:: b", "+", "[quote, x]", "[%header]",
             ".Title", "", "  code", "NOTE: x", ":a: b", ":a!:", "{a} *b* `c` [.d]#e#",
             "footnote:[n] <<o,p>>", "ifdef::a[]", "ifndef::a[]", "ifndef::b[* x]", "endif::[]",
             "text +", "<1> q", "////"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_any_lines_are_a_page_or_refused(lines: list[str]) -> None:
    read_or_refuse(lambda: load("\n".join(lines)))
