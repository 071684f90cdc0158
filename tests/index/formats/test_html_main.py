"""What of a page with much around its text is read."""

import re

import pytest

from index.formats import parse
from index.formats.base import Loaded
from index.formats.html_main import MainText, Paragraph, main_paragraphs

PROSE = [
    f"In the {name} year the council let a vessel lie at the {name} quay for {fee} marks, "
    f"and the harbour master wrote down in his {name} book who paid them and who did not."
    for name, fee in (("first", 35), ("second", 39), ("third", 41), ("fourth", 47))
]
NOISE = "".join(
    f'<div class="teaser-{n}"><a href="/{n}">Ten things number {n} about gulls</a><p>Read more on '
    f"gulls and what they eat in our big gull special, part {n}.</p></div>"
    for n in range(8)
)
FRAME = (
    "<html><head><title>Fees</title></head><body><div id='top'><a href='/'>Home</a></div>"
    "<div class='wrap'><div class='post'>{main}</div>"
    f"<div class='recommended-list'><h3>You may also like</h3>{NOISE}</div></div>"
    "<div id='bottom'><p>All rights reserved by the gull newspaper.</p></div></body></html>"
)


def page(*main: str) -> Loaded:
    return parse(".html", FRAME.replace("{main}", "".join(main)).encode())


def paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_what_stands_around_the_text_is_left_out() -> None:
    loaded = page("<h1>Fees of old</h1>", paragraphs(PROSE))

    assert loaded.text == "\n\n".join(["Fees of old", *PROSE])
    assert [place.name for place in loaded.places] == ["Fees of old"]


def test_headings_tables_code_and_their_captions_within_the_text_stay() -> None:
    table = (
        "<table><tr><th>Hall</th><th>Seats</th></tr><tr><td>Loft</td><td>12</td></tr>"
        "<tr><td>Barn</td><td>40</td></tr></table>"
    )
    code = "<figure><pre>quoth ask</pre><figcaption>How to ask</figcaption></figure>"

    loaded = page(
        "<h1>Fees of old</h1>", paragraphs(PROSE[:2]), "<h2>Halls</h2>", table, code,
        "<h2>Later</h2>", paragraphs(PROSE[2:]),
    )  # fmt: skip

    assert loaded.text == "\n\n".join(
        ["Fees of old", *PROSE[:2], "Halls", "Hall: Loft | Seats: 12", "Hall: Barn | Seats: 40",
         "quoth ask", "How to ask", "Later", *PROSE[2:]]
    )  # fmt: skip
    assert [place.name for place in loaded.places] == ["Fees of old", "Halls", "Later"]


def test_a_page_that_is_all_text_is_read_whole() -> None:
    items = "".join(f"<li>Rule {n} holds.</li>" for n in range(30))
    rules = f"<p>These are the rules:</p><ul>{items}</ul>"
    whole = f"<html><body><h1>Rules</h1>{paragraphs(PROSE)}{rules}</body></html>"

    text = parse(".html", whole.encode()).text

    assert [line for line in (*PROSE, "Rule 0 holds.", "Rule 29 holds.") if line not in text] == []


CONTENTS = (
    "<div class='toc'><p>Contents</p><dl><dt><a href='#rules'>1. Rules</a></dt>"
    "<dt><a href='#fees'>2. Fees</a></dt><dt><a href='#gulls'>3. Gulls</a></dt></dl></div>"
)


def test_of_a_page_with_nothing_around_its_text_no_list_is_lost() -> None:
    """Lists whose wrappers hold no more than them are left out by trafilatura."""
    boxed = "<div class='variablelist'><dl><dt>Rope</dt><dd>Of hemp.</dd></dl></div>"
    rules = "".join(f"<div><ul><li>Rule {n} holds.</li></ul></div>" for n in range(9))
    sections = f"<div><h2>Rules</h2>{rules}</div><div><h2>Fees</h2>{boxed}</div>"

    loaded = parse(".html", f"<h1>Port</h1>{CONTENTS}{paragraphs(PROSE)}{sections}".encode())

    assert loaded.text.startswith(f"Port\n\n{PROSE[0]}")
    assert loaded.text.endswith("- Rule 8 holds.\n\nFees\n\nRope: Of hemp.")
    assert loaded.text.count("Rule") == 10


def test_the_contents_of_a_page_are_left_out_for_the_headings_that_they_name() -> None:
    entries = "".join(
        f"<li><a href='#{n}'>{name}</a></li>"
        for n, name in enumerate(["1.1 Berths", "Cranes", "x"])
    )
    text = f"<h2>1.1 Berths</h2>{paragraphs(PROSE[:2])}<h2>1.2 Cranes</h2>{paragraphs(PROSE[2:])}"

    loaded = page(f"<nav><ul>{entries}</ul></nav>", text)

    assert loaded.text == "\n\n".join(["1.1 Berths", *PROSE[:2], "1.2 Cranes", *PROSE[2:]])


def test_a_heading_in_a_box_is_no_entry_of_the_contents() -> None:
    heading = Paragraph("Cranes", heading=("Cranes", 2), is_silent=True)
    boxed = [heading, *map(Paragraph, PROSE)]

    assert main_paragraphs(boxed, MainText("\n".join(["Cranes", *PROSE])), []) == boxed


def test_of_a_page_in_which_nothing_is_found_all_but_the_menus_is_read() -> None:
    cells = "".join(f"<tr><td>{n}</td><td>{n * n}</td></tr>" for n in range(100))

    assert "7 | 49" in parse(".html", f"<table>{cells}</table>".encode()).text


def test_a_page_that_nests_deep_again_and_again_is_read_whole() -> None:
    """To find its main text took minutes."""
    nested = ("<div><p>t</p>" * 100 + "</div>" * 100) * 120

    loaded = page(paragraphs(PROSE), nested)

    assert all(prose in loaded.text for prose in PROSE)
    assert "our big gull special, part 7." in loaded.text


def test_text_that_the_page_hides_until_a_script_runs_is_read_as_it_was_found() -> None:
    main = MainText("\n".join(PROSE))

    assert [each.text for each in main_paragraphs([Paragraph("Home")], main, [])] == PROSE


def test_a_page_that_hides_all_of_its_text_is_read_as_trafilatura_finds_it() -> None:
    hidden = f"<body><div style='display:none'>{paragraphs(PROSE)}</div></body>"

    assert parse(".html", hidden.encode()).text == "\n\n".join(PROSE)


def test_a_short_line_is_kept_only_where_it_is_a_line_of_the_main_text() -> None:
    main = MainText("\n".join([*PROSE, "Closed."]))
    around = [Paragraph(text, group=n) for n, text in enumerate(["year", *PROSE, "Closed."])]

    assert [each.text for each in main_paragraphs(around, main, around)] == [*PROSE, "Closed."]


def test_a_heading_stays_only_with_what_stands_below_it() -> None:
    main = MainText("\n".join(PROSE))
    given = [
        Paragraph("Fees", ("Fees", 1), 1),
        *(Paragraph(text, None, 1) for text in PROSE),
        Paragraph("Gulls", ("Gulls", 2), 2),
        Paragraph("Ten things", None, 2),
    ]

    assert [each.text for each in main_paragraphs(given, main, given)] == ["Fees", *PROSE]


def test_a_list_stays_with_the_line_that_introduces_it_even_if_that_is_code() -> None:
    items = "<ul><li>mend nets</li><li>tar boats</li></ul>"
    of_mark_up = page(paragraphs(PROSE[:2]), "<p><code>quay --help:</code></p>", items)
    plain = page(paragraphs(PROSE[:2]), "<p>quay --help:</p>", items)

    assert of_mark_up.text == plain.text
    assert of_mark_up.text.endswith("quay --help:\n- mend nets\n- tar boats")


def test_a_short_text_is_the_main_one_beside_menus_that_are_much_longer() -> None:
    menus = [Paragraph(f"Vessels and halls number {n}", group=1) for n in range(200)]
    text = [Paragraph(text) for text in PROSE[:3]]
    bottom = Paragraph("All rights reserved by the gull newspaper.", group=2)

    kept = main_paragraphs([*menus, *text, bottom], MainText("\n".join(PROSE[:3])), [*text, bottom])

    assert kept == text


def test_all_outside_of_the_menus_is_taken_where_next_to_none_of_it_was_found() -> None:
    given = [Paragraph(text) for text in PROSE]
    main = MainText("Closed.")

    assert main_paragraphs([*given, Paragraph("Closed.")], main, given) == given


def test_what_stands_in_a_box_or_is_nothing_but_a_link_is_not_kept_for_what_is_around_it() -> None:
    loaded = page(
        paragraphs(PROSE[:1]), "<aside><p>The gull newsletter</p></aside>",
        "<p><a href='/gulls'>The ten best gulls</a></p>",
        "<p><a href='#third'>Fees in the third year</a></p>", paragraphs(PROSE[1:]),
    )  # fmt: skip

    assert loaded.text == "\n\n".join([PROSE[0], "Fees in the third year", *PROSE[1:]])


@pytest.mark.parametrize(
    "line",
    [
        "Email: <a href='mailto:p@v.example'>resident.parking.permits@vellmar-council.example</a>",
        "Website: <a href='https://v.example/hours'>https://www.v.example/visit/opening-hours</a>",
        "Form: <a href='/form.pdf'>Application for a resident's parking permit 2024</a>",
        "Authors: <a href='/a'>Ada Marlowe, Bo Lindqvist and Cyrus Holmgren</a>",
        "Published in: <a href='/p'>Proceedings of the Vellmar Society of Harbour Masters</a>",
        "Harbour master: <a href='/ada'>Ada Marlowe</a>",
        "<a href='mailto:office@v.example'>office@v.example</a>",
        "<a href='tel:+491234'>+49 1234</a>",
        "<a href='https://v.example/hours/'>v.example/hours</a>",
        "<a href='https://v.example/opening/hours'>https://v.example/open…</a>",
    ],
)
def test_a_link_that_the_text_gives_stays(line: str) -> None:
    loaded = page(paragraphs(PROSE[:2]), f"<p>{line}</p>", paragraphs(PROSE[2:]))

    said = re.sub("<.*?>", "", line)
    assert loaded.text == "\n\n".join([*PROSE[:2], said, *PROSE[2:]])


def test_linked_items_of_a_list_within_the_text_stay() -> None:
    items = "<li><a href='/d'>Dinghies and small boats</a></li><li><a href='/b'>Barges</a></li>"

    loaded = page(paragraphs(PROSE[:2]), f"<ul>{items}</ul>", paragraphs(PROSE[2:]))

    assert "\n\n- Dinghies and small boats\n- Barges\n\n" in loaded.text


@pytest.mark.parametrize("label", ["See also", "READ MORE", ">> Mehr lesen", "Lea\u00a0también"])
def test_a_label_of_further_reading_is_left_out_with_the_title_that_it_names(label: str) -> None:
    loaded = page(
        paragraphs(PROSE[:2]),
        f"<p>{label}: <a href='/gulls'>How the gulls came to the town, and stayed</a></p>",
        paragraphs(PROSE[2:]),
    )

    assert loaded.text == "\n\n".join(PROSE)
