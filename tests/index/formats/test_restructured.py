"""reStructuredText: headings, lists, tables, and what Sphinx adds."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.base import Loaded
from tests.index.formats.reading import read_or_refuse

PAGE = """\
=============
Harbour rules
=============

:Author: Ann
:Date: 2024-05-06

Who comes by *night* pays ``35`` marks, as :ref:`the council <top>` and
:py:func:`~fees.night` say [1]_.

Fees
====

Bring:

- bread
  and salt
- water

Depth
   What a vessel needs.

.. note:: Pilots are |who|.

.. |who| replace:: free

.. comment

.. [1] In a letter.
"""


def load(text: str) -> Loaded:
    return parse(".rst", text.encode())


def test_an_item_is_written_after_the_items_that_it_stands_in() -> None:
    loaded = load("- Europe\n\n  1. Spain\n\n     - Vigo\n\n  2. Italy\n\n- Asia\n")

    assert loaded.text == (
        "- Europe\n- Europe: Spain\n- Europe: Spain: Vigo\n- Europe: Italy\n- Asia"
    )


def test_a_page_is_what_its_reader_sees() -> None:
    loaded = load(PAGE)

    assert loaded.text == (
        "Harbour rules\n\nAuthor: Ann\n\nDate: 2024-05-06\n\n"
        "Who comes by night pays 35 marks, as the council and fees.night say.\n\n"
        "Fees\n\nBring:\n- bread and salt\n- water\n\nDepth: What a vessel needs.\n\n"
        "Pilots are free.\n\nIn a letter."
    )
    assert (loaded.title, loaded.dated) == ("Harbour rules", date(2024, 5, 6))


def test_places_name_the_heading_and_the_line() -> None:
    loaded = load(PAGE)

    placed = {
        loaded.text[place.start_char :][:5]: (place.name, place.level, place.line)
        for place in loaded.places
    }
    assert placed["Who c"] == ("Harbour rules", 1, 8)
    assert placed["Fees\n"] == ("Fees", 2, 11)
    assert placed["Depth"][:2] == ("Fees", 2)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (".. versionadded:: 3.2\n   Half price.\n", "Added in version 3.2: Half price."),
        (".. deprecated:: 4\n\n   Ask.\n", "Deprecated since version 4.\n\nAsk."),
        (".. versionremoved:: 5.1\n", "Removed in version 5.1."),
        (".. py:function:: f(x)\n   :module: fees\n\n   A price.\n", "f(x): A price."),
        (
            ".. option:: -p <port>\n   :mandatory:\n\n   The *port*.\n\n   From 1 on.\n",
            "-p <port>: The port.\n\nFrom 1 on.",
        ),
        (".. confval:: fees.night\n\n.. envvar:: FEE\n\n   Half.\n", "fees.night\n\nFEE: Half."),
        (".. py:data:: FEE\n\n   - a\n   - b\n", "FEE\n\n- a\n- b"),
        (".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nEnd.\n", "End."),
        (".. code-block:: python\n   :linenos:\n\n   fee = 35\n", "fee = 35"),
        (".. include:: /etc/passwd\n\nEnd.\n", "End."),
        (".. raw:: html\n\n   <b>no</b>\n\nEnd.\n", "End."),
        (".. unknown-thing::\n\n   Its text.\n", "Its text."),
    ],
)  # fmt: skip
def test_directives_are_what_stands_in_them(written: str, text: str) -> None:
    assert load(written).text == text


def test_tables_are_rows_with_the_names_of_their_columns() -> None:
    grid = (
        "+------+-----------+\n| Hall | Price     |\n|      +-----+-----+\n|      | day | week|\n"
        "+======+=====+=====+\n| Loft | 15  | 70  |\n+------+-----+-----+\n"
    )
    listed = (
        ".. list-table:: Berths\n   :header-rows: 1\n\n   * - Berth\n     - Depth\n"
        "   * - North\n     - 6.5\n"
    )

    assert load(grid).text == "Hall: Loft | Price day: 15 | Price week: 70"
    assert load(listed).text == "Berths\n\nBerth: North | Depth: 6.5"


def test_what_docutils_remarks_on_a_text_is_no_part_of_it() -> None:
    remarked = (
        "=====  ===  ====\n\\      Day  Week\n=====  ===  ====\n**A**  35   70\n"
        "=====  ===  ====\n\n"
        "Odd\n--\n\nA term\n  A meaning.\n Ill indented.\n"
    )

    assert load(remarked).text == (
        "A | Day: 35 | Week: 70\n\nOdd --\n\nA term\n\nA meaning.\n\nIll indented."
    )
    assert load("Bad ``lit\n\n" * 3).text == "Bad ``lit\n\nBad ``lit\n\nBad ``lit"


@pytest.mark.parametrize("name", ["emphasis", "custom"])
def test_what_a_file_defines_is_forgotten_with_it(name: str) -> None:
    uses = f"Ann pays :{name}:`35` marks."
    before = load(uses)

    defined = f".. role:: {name}(raw)\n   :format: html\n\nAnn pays :{name}:`35` marks."
    assert load(defined) != before

    assert load(uses) == before


@given(
    st.lists(
        st.sampled_from(
            ["=" * 9, "-" * 9, "Title", "- a", "  b", ".. x:: y", "   :o: p", "", ":f: g", "::",
             ".. code-block:: x",
             "+--+--+", "|a |b |", "|x|_ `y`_ :z:`w`", "[1]_", ".. [1] n", "* *", "`", ">>> 1"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_any_lines_are_a_page_or_refused(lines: list[str]) -> None:
    read_or_refuse(lambda: load("\n".join(lines)))


def test_marks_within_a_paragraph_part_nothing_that_stands_together() -> None:
    fields = ":Contact: Ann <ann@mill.example>\n:Runs: at noon (*daily*), or on *call*\n"

    assert load(f"Mill\n====\n\n{fields}").text.endswith(
        "Contact: Ann <ann@mill.example>\n\nRuns: at noon (daily), or on call"
    )


def test_lines_and_terms_within_a_field_are_parted() -> None:
    fields = ":Way:\n  | over the *bridge*\n  | to the mill\n:Corn:\n  rye : kind\n    for bread\n"

    assert load(f"Mill\n====\n\n{fields}").text.endswith(
        "Way: over the bridge to the mill\n\nCorn: rye kind for bread"
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("mill\n  - corn\n  - rye", "mill\n\n- corn\n- rye"),
        ("mill\n  .. image:: x.png\n\n  It grinds.", "mill: It grinds."),
        ("- .. image:: x.png\n\n  corn", "- corn"),
        (f"{'mill ' * 30}\n  It grinds.", f"{'mill ' * 29}mill\n\nIt grinds."),
        ("- ::\n\n    make\n\n  - corn", "- make\n- corn"),
    ],
    ids=["list", "picture", "item with a picture", "long", "code"],
)
def test_a_term_and_a_mark_stand_before_what_is_read_first(written: str, read: str) -> None:
    assert parse(".rst", written.encode()).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("wait : seconds : 30\n    How long.", "wait: seconds: 30: How long."),
        ("wait : seconds\n    - long", "wait\n\nseconds\n\n- long"),
        ("-a  all\n-f FILE, --file=FILE  that one", "-a: all\n\n-f FILE, --file=FILE: that one"),
        (":Author: Ann\n:Date: 2026-01-02", "Author: Ann\n\nDate: 2026-01-02"),
        (".. math::\n\n   a = b", "a = b"),
    ],
    ids=["classifier", "classifier of a list", "options", "fields that begin it", "formula"],
)
def test_nothing_that_a_reader_sees_is_left_out(written: str, read: str) -> None:
    assert load(written).text == read


def test_the_date_is_also_that_of_fields_that_begin_a_file() -> None:
    assert load(":Date: 2026-01-02\n\nAnn pays.").dated == date(2026, 1, 2)


def test_a_table_that_is_drawn_wrongly_stays_as_it_stands() -> None:
    drawn = "+---+---+\n| a | b |\n+===+===+\n| Ann | 2 |\n+---+---+"

    loaded = load(f"Ann pays.\n\n{drawn}\n\nBob does not.")

    assert loaded.text == f"Ann pays.\n\n{drawn}\n\nBob does not."
    assert [place.line for place in loaded.places] == [1, 3, 9]


def test_a_directive_begins_on_its_line() -> None:
    lines = ["Ann.", "", ".. versionadded:: 2.1", "", ".. code:: sh", "", "   make", ""]
    lines += [".. option:: --port", "", ".. tab:: Bob", "", "::", "", "  x", ""]

    loaded = load("\n".join(lines))

    assert [
        (place.line, loaded.text[place.start_char : place.end_char].strip())
        for place in loaded.places
    ] == [
        (1, "Ann."),
        (3, "Added in version 2.1."),
        (7, "make"),
        (9, "--port"),
        (11, "Bob"),
        (15, "x"),
    ]


def test_a_definition_begins_on_the_line_of_its_term() -> None:
    loaded = load("Ann.\n\nmill\n  It grinds.\n\n  Daily.\n")

    assert [place.line for place in loaded.places] == [1, 3, 6]


def test_what_is_only_for_pages_is_read() -> None:
    only = ".. only:: {0}\n\n   For {0}.\n\n".format

    kinds = ["html", "latex", "not html", "not latex", "(html and not draft)"]

    assert load("".join(map(only, kinds))).text == (
        "For html.\n\nFor not latex.\n\nFor (html and not draft)."
    )


def test_a_picture_with_an_option_that_nobody_knows_is_no_table() -> None:
    assert load("Ann pays.\n\n.. figure:: a.png\n   :table: 1\n\n   Ann.").text == "Ann pays."
