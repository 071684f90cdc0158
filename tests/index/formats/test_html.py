"""The main text of a page, without its menus."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.html import add_main_text
from index.formats.html_parsing import parse_html
from index.formats.nested_items import NestedItems
from index.passages import sentences
from tests.index.formats.reading import read_or_refuse

# So many times the time may a page take whose elements nest deep, of one of the same length.
_MOST_GROWTH = 8

PAGE = """
<!doctype html><html><head><title>Fees | Town</title>
<script>var secret = "no text";</script><style>p { color: red }</style>{head}</head><body>
<header><p>The banner</p></header>
<nav><a href="/">Home</a> <a href="/news">News</a></nav>
<div class="sidebar"><p>Related things</p></div>
<ul><li><a href="/a">First link</a></li><li><a href="/b">Second</a></li>
<li><a href="/c">Third</a></li></ul>
<article><header><h1>Fees</h1>{time}</header>
<p>A loaf costs <b>4</b>&nbsp;marks,<br>a roll <a href="/roll">one</a>.</p>
<p hidden>Invisible.</p><p style="display: none">Neither.</p>
<h2>Late fees</h2><div>Whoever is late pays <span>9</span> marks.</div></article>
<footer>Imprint</footer></body></html>
"""


def load(content: str | bytes) -> Loaded:
    return parse(".html", content if isinstance(content, bytes) else content.encode())


def page(head: str = "", time: str = "") -> Loaded:
    return load(PAGE.replace("{head}", head).replace("{time}", time))


def test_the_main_text_is_kept_and_menus_are_not() -> None:
    assert page().text == (
        "Fees\n\nA loaf costs 4\xa0marks,\na roll one.\n\n"
        "Late fees\n\nWhoever is late pays 9 marks."
    )


def test_headings_are_places() -> None:
    loaded = page()

    assert [
        (place.name, loaded.text[place.start_char : place.end_char]) for place in loaded.places
    ][-1] == ("Late fees", "Late fees\n\nWhoever is late pays 9 marks.")
    assert loaded.title == "Fees | Town"


@pytest.mark.parametrize(
    ("head", "time"),
    [
        ('<meta property="article:published_time" content="2024-05-06T08:00:00Z">', ""),
        ('<meta name="DC.date" content="6 May 2024">', ""),
        (
            '<script type="application/ld+json">'
            '{"@graph": [{"datePublished": "2024-05-06"}]}</script>',
            "",
        ),
        ("", '<time datetime="2024-05-06">yesterday</time>'),
        ("", "<p>Published on May 6, 2024</p>"),
    ],
)
def test_the_date_of_publication_is_found(head: str, time: str) -> None:
    assert page(head, time).dated == date(2024, 5, 6)


def test_a_page_of_links_is_still_a_page() -> None:
    links = "".join(f'<li><a href="/{i}">Chapter {i}</a></li>' for i in range(5))

    assert load(f"<ul>{links}</ul>").text.startswith("- Chapter 0\n- Chapter 1")


def test_what_states_latin_1_may_hold_quotation_marks_of_windows() -> None:
    said = "“Fees” – €5 today."
    content = f'<meta charset="iso-8859-1"><p>{said}</p>'.encode("cp1252")

    assert parse(".html", content).text == said


def test_a_declared_encoding_is_believed_where_it_is_not_utf8() -> None:
    content = '<meta charset="windows-1251"><p>Хлеб стоит пять рублей.</p>'.encode("cp1251")

    assert load(content).text == "Хлеб стоит пять рублей."


@pytest.mark.parametrize(
    "mark",
    [
        "<sup><a href='#note-1'>[1]</a></sup>",
        "<a href='#n1'><sup>1</sup></a>",
        "<a epub:type='noteref' href='notes.xhtml#n1'>*</a>",
    ],
)
def test_what_leads_to_a_note_is_no_part_of_what_it_stands_behind(mark: str) -> None:
    page = f"<p>The fee is 5{mark} marks.</p><table><tr><td>5{mark}</td><td>6</td></tr></table>"

    assert load(page).text == "The fee is 5 marks.\n\n5 | 6"


def test_a_footnote_is_read_and_a_link_that_says_something_stays() -> None:
    note = "<aside epub:type='footnote' id='n1'><p>Members pay 3.</p></aside>"
    page = f"<p>See <a href='#4'>4</a> and <sup><a href='#n'>new</a></sup>.</p>{note}"
    power = "<p>It takes <a href='#p'>10<sup>2</sup></a> units.</p>"

    assert load(page).text == "See 4 and new.\n\nMembers pay 3."
    assert load(power).text == "It takes 10² units."


def test_a_power_is_no_figure_of_its_number() -> None:
    page = "<p>10<sup>3</sup> l, 10<sup>-6</sup>, 250<b></b><sup>1</sup>, m<sup>2</sup></p>"
    table = "<table><tr><th>a</th><th>b</th></tr><tr><td>10<sup>3</sup></td><td>1</td></tr></table>"

    assert load(page).text == "10³ l, 10⁻⁶, 250¹, m2"
    assert load(table).text == "a: 10³ | b: 1"


def test_the_lists_of_word_are_lists() -> None:
    """It writes paragraphs of a class, with a mark and spaces within."""
    space = "<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp; </span>"
    bullet = f"<span style='font-family:Symbol'><span>·{space}</span></span>"
    page = (
        "<p class=MsoNormal>Please bring:</p>"
        f"<p class=MsoListParagraphCxSpFirst>{bullet}a towel</p>"
        f"<p class=MsoListParagraphCxSpLast>{bullet}some<br>soap</p>"
        "<p class=MsoNormal>Then:</p>"
        f"<p class=MsoListNumber>1.{space}Ring the bell</p>"
        f"<p class=MsoListParagraph>It is loud.</p><p class=MsoNormal>{bullet}End</p>"
    )

    assert load(page).text == (
        "Please bring:\n- a towel\n- some soap\n\nThen:\n1. Ring the bell\n\nIt is loud.\n\n"
        "·\xa0\xa0\xa0 End"
    )


def test_tables_that_lay_out_a_page_are_paragraphs() -> None:
    long = "word " * 200

    assert load(f"<table><tr><td><p>{long}</p><p>next</p></td></tr></table>").text == (
        long.strip() + "\n\nnext"
    )


def test_a_page_is_read_whole_or_not_at_all_however_deep_its_elements_nest() -> None:
    def nested(depth: int) -> str:
        return "<div>" * depth + "<p>Deep down.</p>" + "</div>" * depth + "<p>And after.</p>"

    assert load(nested(200)).text == "Deep down.\n\nAnd after."
    for depth in (3_000, 50_000):
        with pytest.raises(
            DocumentError,
            match=r"it can't be read to its end \(Excessive depth in document: \d+\)",
        ):
            load(nested(depth))


@pytest.mark.parametrize("spaces", [20_000, 200_000])
def test_a_field_for_a_date_is_read_in_no_time_whatever_it_holds(spaces: int) -> None:
    """One of 200 KB took more than the two minutes that a file may take."""
    stated = "May 1" + " " * spaces

    assert page(f'<meta name="date" content="{stated}x">').dated is None
    assert page(time=f'<time datetime="{stated}x">x</time>').dated is None
    assert page(f'<meta name="date" content="  {stated[:10]}, 2011 {stated}">').dated == date(
        2011, 5, 1
    )


def test_a_page_with_more_times_than_pages_have_is_dated_by_none_of_the_others() -> None:
    times = '<time datetime="x">x</time>' * 100 + '<time datetime="2011-10-18">then</time>'

    assert page(time=times).dated is None
    assert page(time=times[len('<time datetime="x">x</time>') :]).dated == date(2011, 10, 18)


def words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(count))


@pytest.mark.parametrize(
    "crowded",
    [
        f"<p {words(1_001)}>Text.</p>",
        f"<P\n{words(1_001)}",
        f"<script {words(1_001)}>code</script><p>Text.</p>",
        f"<p title=it's {words(1_001)}>Text.</p>",
        f"<script>code</script><p {words(1_001)}>Text.</p>",
    ],
)
def test_an_element_with_more_attributes_than_any_page_has_is_refused(crowded: str) -> None:
    """The parser takes the square of their number: of a million, hours."""
    with pytest.raises(DocumentError, match="an element in it has more than 1,000 attributes"):
        load(crowded)


@pytest.mark.parametrize(
    "crowd",
    [
        f"<p {words(1_000)}>Text.</p>",
        f"<p title='{words(2_000)}'>Text.</p>",
        f"<script>if (i<n) {{ {words(2_000)} }}</script><p>Text.</p>",
        f"<STYLE>a<b {words(2_000)}</Style><p>Text.</p>",
        f"<!-- <p {words(2_000)} --><p>Text.</p>",
        f"<p>Text.</p><!-- <p {words(2_000)}",
    ],
)
def test_what_only_looks_like_attributes_is_none(crowd: str) -> None:
    assert load(crowd).text == "Text."


def test_a_heading_that_is_the_whole_page_is_named_by_its_beginning() -> None:
    loaded = load(f"<h1>{words(10_000)}</h1><p>Text.</p>")

    (place,) = loaded.places
    assert place.name.startswith("w0 w1 w2")
    assert len(place.name) <= 200


@given(st.text(alphabet="<>/abp=\"'& \n!-[]h1tdr\x00é", max_size=200))
def test_anything_is_a_page_or_refused(content: str) -> None:
    read_or_refuse(lambda: load(content))


def test_a_list_stands_right_below_the_line_that_introduces_it() -> None:
    page = """<p>Bring:</p><ul><li>a <b>towel</b></li><li><p>sun<br>cream</p><p>Much of it.</p></li>
        <li><h3>Shoes</h3>Two.</li></ul><p>Then:</p><ol><li>go<ul><li>slowly</li></ul></li><li></li>
        <li>come back</li></ol><p>Good bye.</p>"""

    assert load(page).text == (
        "Bring:\n- a towel\n- sun cream\n\nMuch of it.\n\nShoes\n\nTwo.\n\n"
        "Then:\n1. go\n- go: slowly\n3. come back\n\nGood bye."
    )


@pytest.mark.parametrize(
    "lists",
    [
        "<li>Linux<ul><li>12 GB</li></ul></li><li>Mac</li>",
        "<li><p>Linux:</p><ol><li>12 GB</li></ol></li><li>Mac</li>",
        # No list belongs in a list, but between its items.
        "<li>Linux</li><ul><li>12 GB</li></ul><li>Mac</li>",
    ],
)
def test_an_item_is_written_after_the_items_that_it_stands_in(lists: str) -> None:
    lines = load(f"<p>Needed:</p><ul>{lists}</ul><ul><li>Other</li></ul>").text.split("\n")

    assert [line.replace("1. ", "- ") for line in lines if line != "- Linux:"] == [
        *("Needed:", *["- Linux"] * ("- Linux" in lines)),
        *("- Linux: 12 GB", "- Mac", "- Other"),
    ]


def test_what_stands_in_an_item_without_text_has_no_name_before_it() -> None:
    page = "<ul><li>Linux</li><li><ul><li>12 GB</li></ul></li></ul>"

    assert load(page).text == "- Linux\n- 12 GB"


def test_what_introduces_a_list_may_be_code() -> None:
    page = "<p>Set <code>harbour:</code></p><ul><li>a depth</li></ul>"

    assert load(page).text == "Set harbour:\n- a depth"


def test_a_term_stands_before_each_of_its_definitions() -> None:
    sentence = "A term that is longer than a term may be, " * 3
    page = f"""<dl><dt><code>keep.days</code></dt><dd>After so many.</dd><dd><p>Or more.</p></dd>
        <dt>One</dt><dt>Two</dt><dd>Both.</dd><dt>{sentence}</dt><dd>Alone.</dd><dt>Nothing</dt></dl>
        <p>The end.</p>"""

    assert load(page).text.split("\n\n") == [
        *("keep.days: After so many.", "keep.days: Or more.", "One", "Two: Both."),
        *(sentence.strip(), "Alone.", "Nothing", "The end."),
    ]


def test_a_question_stands_before_its_answer_as_one_sentence() -> None:
    page = "<dl><dt>Who sees it?</dt><dd>Only us.</dd><dt>Price:</dt><dd>£5</dd></dl>"

    text = load(page).text

    assert [text[start:end] for start, end in sentences(text)] == [
        *("Who sees it? Only us.", "Price: £5"),
    ]


def test_the_cells_of_a_layout_table_are_no_items() -> None:
    page = "<table><tr><td><ul><li>a</li><li>b</li></ul></td><td>c</td></tr></table>"

    assert load(page).text == "a b | c"


_GUIDE = """
<html><body><main><article><h1>Mending a boat</h1>
<p>A boat is mended in the spring, before the first guests come to the harbour of Vellmar, since
nobody wants to wait for a boat in the summer, when the weather is good.</p>
{middle}
<p>Whoever has all of that may begin, and should ask the harbourmaster for a place on the slip, who
gives one to each of the boats in turn, in the order in which their owners have asked for it.</p>
<p>The tar is heated slowly, until it runs off the stick, and put on with a broad brush. It has to
dry for two days, in which the boat must not be moved or covered.</p>
</article></main></body></html>
"""
_NOTE = "<p>Tip</p><div><p>Cold tar breaks the brush.</p></div>"
_LINKS = (
    "<ul><li><a href='/1'>Broad brush</a><li><a href='/2'>Tar</a><li><a href='/3'>Oakum</a></ul>"
)


@pytest.mark.parametrize("frame", ["{middle}", _GUIDE], ids=["piece", "page"])
@pytest.mark.parametrize(
    "line",
    [
        "<p>You need these tools:</p>",
        "<h3>What you will need:</h3>",
        "<p>You <b>need</b> these:</p><script>x = 1</script>",
        "<p>You need these:</p><p></p><figure><img></figure>",
        "<p>Mend it with care.<br>You need these:</p>",
        "<div><p>Mend it with care.</p><div><h4>You need these:</h4></div></div>",
        "<p>Read this.</p>You also need these:",
        "<p>This page shows how boats are mended. You need these tools:</p>",
    ],
)
def test_links_that_a_line_introduces_are_a_list(line: str, frame: str) -> None:
    text = load(frame.replace("{middle}", f"<div>{line}{_LINKS}</div>")).text

    assert ":\n- Broad brush\n- Tar\n- Oakum" in text


@pytest.mark.parametrize(
    "frame", ["<p>Text that is long enough.</p>{middle}", _GUIDE], ids=["piece", "page"]
)
@pytest.mark.parametrize(
    "line",
    [
        *("<p>See also:</p>", "<p>Tags:</p>", "<p>These stand by.</p>"),
        *("<p>On this page:</p>", "<p>In this article:</p>", "<p>Table of contents:</p>"),
        *("<p>Share this page:</p>", "<p>Follow us on:</p>", "<p>You might also like:</p>"),
        *("<p>Read more about this:</p>", "<p>More from this author:</p>"),
        *("<p>Pages in this section:</p>", "<p>Jump to a section:</p>", "<p>Go to section:</p>"),
        *("<p>What to read next:</p>", "<p>Related tools and guides:</p>"),
        *("<p>See also the guides:</p>", "<p>Filed under these topics:</p>"),
        "<p>Mend it with care. See also:</p>",
        "<p>Mend it with care.<br>See also:</p>",
        "<p>Mend it with care: <br>It is done.</p>",
        "<div><p>Mend it with care.</p><h4>See also:</h4></div>",
        "<div><p>You need these tools:</p><p>They are sold.</p></div>",
    ],
)
def test_links_below_a_label_are_a_menu(line: str, frame: str) -> None:
    assert "Oakum" not in load(frame.replace("{middle}", f"<div>{line}{_LINKS}</div>")).text


@pytest.mark.parametrize("frame", ["{middle}", _GUIDE], ids=["piece", "page"])
@pytest.mark.parametrize("between", ["{list}", "<div>{list}</div>", "<p hidden>No.</p>{list}"])
def test_a_line_introduces_a_list_across_what_nobody_sees(between: str, frame: str) -> None:
    middle = f"<p>You need these:</p>{between.replace('{list}', _LINKS)}"

    assert ":\n- Broad brush\n- Tar\n- Oakum" in load(frame.replace("{middle}", middle)).text


def test_the_line_above_many_nested_lists_is_looked_at_once() -> None:
    """Not once for each list: the page would take the square of its length."""

    def seconds(depth: int) -> float:
        lists = "<ul><li><a href='/1'>a</a></ul></div>" * depth
        page = parse_html(f"{'<div>' * depth}<p>{'<b>w</b> ' * 20_000}</p>{lists}".encode())
        begun = time.process_time()
        add_main_text(Blocks("heading"), page, NestedItems())
        return time.process_time() - begun

    assert min(seconds(200) for _ in range(2)) <= _MOST_GROWTH * seconds(1)


@pytest.mark.parametrize(
    "frame", ["<p>Text that is long enough.</p>{middle}", _GUIDE], ids=["piece", "page"]
)
@pytest.mark.parametrize(
    "names",
    [
        *("class='doc-aside doc-aside--tip'", "role='note'", "id='warning'", "class='Caution'"),
        *("class='admonition note'", "class='callout-tip'", "class='alert alert-warning'"),
        *("class='callout callout--info'", "class='hint-box' id='hint-1'", "role='doc-tip'"),
    ],
)
def test_a_note_in_an_aside_is_read(names: str, frame: str) -> None:
    note = f"<aside {names}>{_NOTE}</aside>"

    assert "Cold tar" in load(frame.replace("{middle}", note)).text


@pytest.mark.parametrize(
    "frame", ["<p>Text that is long enough.</p>{middle}", _GUIDE], ids=["piece", "page"]
)
@pytest.mark.parametrize(
    "names",
    [
        *("", "class='endnotes'", "class='tip' role='complementary'", "class='note sidebar'"),
        *("class='cookie-notice'", "class='notice-related'", "class='important-links'"),
        *("class='tip-jar'", "class='author-note'", "class='callout callout--newsletter'"),
        *("class='danger-zone'", "class='release-note-list'", "class='margin-note'"),
        *("id='note-related'", "class='note' id='related-notes'", "class='note note--author'"),
    ],
)
def test_another_aside_is_not_read(names: str, frame: str) -> None:
    other = f"<aside {names}>{_NOTE}</aside>"

    assert "Cold tar" not in load(frame.replace("{middle}", other)).text


def test_a_link_within_the_page_that_says_more_than_a_mark_is_read() -> None:
    linked = (
        "<table><tr><th>Key</th><th>Does</th></tr><tr><td><a href='#plus'>+</a></td>"
        "<td>Adds</td></tr></table><p>The <a href='#at'><code>#</code></a> mark has "
        "<a href='#reviews'>★★★</a></p>"
    )

    assert load(linked).text == "Key: + | Does: Adds\n\nThe # mark has ★★★"


def test_the_mark_to_link_to_a_heading_by_is_no_part_of_it() -> None:
    marked = (
        "<h1>Fees<a class='headerlink' href='#fees'>¶</a></h1><p>35 marks.</p>"
        "<h2><a href='#late' aria-label='link'>#</a> Late <code>fees</code></h2>"
        "<p>9 marks<a href='#note'>[1]</a>. <a href='page.html#top'>↩</a></p>"
        "<h2><a href='#all'>All fees</a></h2><p>44 marks. <a href='/next'>→</a></p>"
    )

    loaded = load(marked)

    assert loaded.text == (
        "Fees\n\n35 marks.\n\nLate fees\n\n9 marks[1].\n\nAll fees\n\n44 marks. →"
    )
    assert [place.name for place in loaded.places] == ["Fees", "Late fees", "All fees"]


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ("<td><div>12 July</div><div>Summer fair</div></td>", "12 July Summer fair"),
        ("<td>Fair: <p>12 July</p></td>", "Fair: 12 July"),
        ("<td><p>12 July</p><p>Summer fair</p></td>", "12 July\n\nSummer fair"),
        ("<td><h2>12 July</h2>Summer fair</td>", "12 July\n\nSummer fair"),
        ("<td>12 July <ul><li>Summer fair</li></ul></td>", "12 July\n\n- Summer fair"),
        (
            "<td><table><tr><td>12 July</td></tr><tr><td>Fair</td></tr></table></td>",
            "12 July\n\nFair",
        ),
        ("<td><p>12</p><p>July</p></td><td>Fair</td>", "12 July | Fair"),
        (f"<td><p>{'12' * 300}</p>July</td><td>Fair</td>", f"{'12' * 300}\n\nJuly\n\nFair"),
    ],
)
def test_a_row_is_one_paragraph_unless_it_lays_out_a_part_of_a_page(cells: str, text: str) -> None:
    found = load(f"<table><tr>{cells}</tr><tr><td>End.</td></tr></table>").text

    assert found == f"{text}\n\nEnd."


@pytest.mark.parametrize("title", ["(anonymous)", "Untitled Document", "untitled", "Document"])
def test_what_a_program_writes_for_a_title_is_none(title: str) -> None:
    page = f"<title>{title}</title><h1>Report of 2025</h1><p>It rained.</p>"
    loaded = parse(".html", page.encode())
    text = parse(".html", f"<title>{title}</title><p>It rained.</p>".encode())

    assert loaded.title == "Report of 2025"
    assert text.title == "It rained."


@pytest.mark.parametrize(
    "title",
    [
        *("Anonymous", "Documents", "Document 1: lease", "Untitled (for Ann)", "Untitled poem"),
        *("Presentation of 12 March", "Presentation", "PowerPoint presentations that work"),
        *("The document", "Book 1", "Document 12"),
    ],
)
def test_a_title_with_such_words_is_one(title: str) -> None:
    page = f"<title>{title}</title><h1>Report of 2025</h1><p>It rained.</p>"

    assert parse(".html", page.encode()).title == title


def test_a_block_of_code_keeps_its_lines() -> None:
    block = "make  all\n  make check<br>ls  \n\n<b>cd</b> x\n"
    page = f"<p>So:</p><pre><code>{block}</code></pre><p>And\nso.</p>"

    text = parse(".html", page.encode()).text
    assert text == "So:\n\nmake  all\n  make check\nls\n\ncd x\n\nAnd so."


@pytest.mark.parametrize("paragraphs", [1, 12])
def test_a_form_around_a_page_is_read_with_its_headings(paragraphs: int) -> None:
    text = "".join(
        f"<p>A vessel of {n} metres pays {n} marks a night.</p>" for n in range(paragraphs)
    )
    page = (
        f"<form><a href='/'>Home</a><h1>Fees</h1>{text}<h2>Late</h2><p>It pays 5 more.</p></form>"
    )

    loaded = parse(".html", f"<html><body>{page}</body></html>".encode())

    assert [place.name for place in loaded.places] == ["Fees", "Late"]
    assert "Fees\n\nA vessel of 0 metres pays 0 marks a night." in loaded.text


def test_the_header_of_a_section_holds_its_title() -> None:
    chapter = "<section><header><h2>{0}</h2><p>By {1}.</p></header><p>{0} cost 4.</p></section>"
    page = chapter.format("Oars", "Ann") + chapter.format("Ropes", "Bob")

    loaded = parse(".html", f"<body><header><p>The banner</p></header>{page}</body>".encode())

    assert [place.name for place in loaded.places] == ["Oars", "Ropes"]
    assert loaded.text == "Oars\n\nBy Ann.\n\nOars cost 4.\n\nRopes\n\nBy Bob.\n\nRopes cost 4."


@pytest.mark.parametrize(
    ("suffix", "written"),
    [
        (".md", "{page}"),
        (".eml", "Subject: Fees\nContent-Type: text/html\n\n{page}"),
    ],
)
def test_nothing_stands_around_the_text_of_a_page_in_another_file(
    suffix: str, written: str
) -> None:
    page = (
        "<div><header><h2>Oars</h2></header><aside>Members pay 3.</aside>"
        "<div class='sidebar'>Others pay 5.</div><footer>Until May.</footer>"
        "<ul><li><a href='a'>Old oars</a></li><li><a href='b'>New oars</a></li>"
        "<li><a href='c'>All other oars</a></li></ul></div>"
    )

    loaded = parse(suffix, written.format(page=page).encode())

    assert loaded.text.endswith(
        "Oars\n\nMembers pay 3.\n\nOthers pay 5.\n\nUntil May.\n\n"
        "- Old oars\n- New oars\n- All other oars"
    )
    sections = loaded.places if suffix == ".md" else loaded.headings
    assert [place.name for place in sections][-1:] == ["Oars"]
