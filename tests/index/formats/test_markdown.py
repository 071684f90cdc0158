"""Markdown: what a reader of the page sees, and where it stands in the file."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.base import Loaded


def load(text: str, suffix: str = ".md") -> Loaded:
    return parse(suffix, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("At most **256 characters**, _not_ ~~more~~.", "At most 256 characters, not more."),
        (
            "Run `!close  now` to \\*close\\* it &amp; leave.",
            "Run !close now to *close* it & leave.",
        ),
        (
            "See [the *guide*](http://x.y 'title') or [this][ref].\n\n[ref]: /z",
            "See the guide or this.",
        ),
        ("Nothing at [undefined] or [x][undefined].", "Nothing at [undefined] or [x][undefined]."),
        ("![a picture](a.png) [![badge](b.svg)](c) Text.", "Text."),
        ('<span class="fas fa-x"></span> Tea<br>time<!-- no -->', "Tea\ntime"),
        ("<Info>\nBe **kind**.\n</Info>", "Be kind."),
        ('<Tab title="On *Linux*" icon={x => <b/>}>Text.</Tab>', "Text."),
        ('<Accordion title="How long?">\n\nTwo days.\n\n</Accordion>', "How long?\n\nTwo days."),
        ("<>\nText.\n</>", "Text."),
        ('See the [*fee* list]({% page "/fees list" %}#a "t").', "See the fee list."),
        ('See [it]({{< ref "fees.md" >}}), ![b]({% static "b.png" %}) too.', "See it, too."),
        (
            "[A]({{ site.url }}/a) [b]({{ '/b' | relative_url }}) [c]\n\n[c]: {% link c.md %}",
            "A b c",
        ),
        (
            '{% note "Closed on Mondays" %}\nBe *kind*.\n{% endnote %}',
            "Closed on Mondays\nBe kind.",
        ),
        ('{{% expand "How long?" %}}Two days.{{% /expand %}}', "How long? Two days."),
        ('Call {% phone "office" %}5{% x %}7 ({% phone "desk" %}).', "Call office 5 7 (desk)."),
        ('Ask in {% channel "help" %}. {% comment %}Or [a](b)?{% endcomment %}', "Ask in help."),
        ("{% comment %}\nOld.\n\nOlder.\n{% endcomment %}",) * 2,
        ('{% include "a.html"\nstep: 2\n%}\n\n{%- if a > b -%} Yes. {% endif %}', "Yes."),
        ('{% include note.html content="The hall is closed." %}', "The hall is closed."),
        ('{% render "alert", text: "Closed." %} {{< details summary="Why?" >}}', "Closed. Why?"),
        ('{{< figure src="a.png" caption="A boat." >}} {{% /tab %}}', "A boat."),
        ('{% image "a.png", "A boat" %} {% trans "Fee of 5" context "x" %}', "A boat Fee of 5"),
        ('{{< highlight go "linenos=table" >}}x{{< /highlight >}} {{< vimeo "123" >}}', "x"),
        ("Up to {% data limits.max %} of {{ name }}, 100{%}.",) * 2,
        ("{ {% if x %}a{% endif %}} b", "{ a} b"),
        ("Write `{% raw %}`:\n\n    {% if x %}", "Write {% raw %}:\n\n{% if x %}"),
        (
            "Give it to <@1234> at <t:99> in <channel>.",
            "Give it to <@1234> at <t:99> in <channel>.",
        ),
        ("a < b and c > d", "a < b and c > d"),
        ("```py\n# no *mark*\n\nx = 1\n```\n", "# no *mark*\n\nx = 1"),
        ("    indented *code*", "indented *code*"),
        (
            "```\nBoat  Fee  Deck\nSwan    4  tar\nTeal   12  tar\n```",
            "Boat: Swan | Fee: 4 | Deck: tar\n\nBoat: Teal | Fee: 12 | Deck: tar",
        ),
        (
            "```sh\nBoat  Fee  Deck\nSwan    4  tar\nTeal   12  tar\n```",
            "Boat  Fee  Deck\nSwan    4  tar\nTeal   12  tar",
        ),
        ("> Quoted\n> text.\n>\n> > Twice.", "Quoted\ntext.\n\nTwice."),
        ("> [!NOTE]\n> Text.", "Text."),
        (":::tip Use it\nText.\n:::", "Use it\n\nText."),
        ('!!! note "Look *out*"\n    Text.\n', "Look out\n\nText."),
        ("!!! note\n    Text.\n", "Text."),
        ("Text[^1].\n\n[^1]: A remark.", "Text.\n\nA remark."),
        ("Port\n: 1212\n: or 1213", "Port: 1212\n\nPort: or 1213"),
        ("Port\n: 1212\n\nHost\n: here\n", "Port: 1212\n\nHost: here"),
        ("Is it free?\n: Yes.", "Is it free? Yes."),
        ("Cox.\n: Who steers.", "Cox.: Who steers."),
        ("Row!\n: The call to begin.", "Row!: The call to begin."),
        ("***\n\n---\n\nText", "Text"),
        ("Pay the [[council/Harbour-Master|master]] [[fees]].", "Pay the master fees."),
        (
            "See [[notes/Old Quay.md]], [[Fees#At night]] and [[#Berths]].",
            "See Old Quay, Fees > At night and Berths.",
        ),
        (
            "Open [[opening hours|24/7]]: [[Input|I/O]] in [[C Sharp|C#]], [[Ticket one|#12]].",
            "Open 24/7: I/O in C#, #12.",
        ),
        ("Ask the [[master|council/master.md]] of [[a|b|c]].", "Ask the council/master.md of b|c."),
        ("Pay [[rules/Fees|]] now, [[|or]] [[a/]] x.", "Pay Fees now, or [[a/]] x."),
        ("Stop![[Fees]] are due.", "Stop!Fees are due."),
        ("The [[Foo]], [[bar]][a], [[fee]].\n\n[foo]: /f\n\n[a]: /a", "The [Foo], [bar], fee."),
        ("*Any* [[`b` *c*]] or *[[x|y *z*]]* of **[[w]]**.", "Any b c or y z of w."),
        (
            "| Berth | Fee |\n|---|---|\n| [[a/North\\|North]] | 35 |\n^berths\n\nEnd.",
            "Berth: North | Fee: 35\n\nEnd.",
        ),
        ("![[quay.png]]\n\nA ![[map.png|300]] map of **[[Vellmar]]**.", "A map of Vellmar."),
        ("%% Begin Waypoint %%\n- [[a]]\n\n%% End Waypoint %%", "- a"),
        ("%% a %% is %% b %%\n\n%%%%",) * 2,
        ("- [[a]]\n  %% c %%\n  b\n  %% d %%", "- a %% c %% b"),
        ("Press\n^C\nto stop it, and press\n^Break\nto end it.\n\n^C",) * 2,
        ("$$\nx\n^2\n$$\n\ny\n^2",) * 2,
        ("- [[a]]\n  ^id\n  b\n- c\n  ^the-id\n\n^fees", "- a ^id b\n- c"),
        (
            "Says [[1]](a.md), [[2]], x[[n]], [[ -f y ]], [[[z]]] and 5%% of 6%%.",
            "Says [1], [[2]], x[[n]], [[ -f y ]], [[[z]]] and 5%% of 6%%.",
        ),
        ("# Fees {#fees}\n", "Fees"),
        ("<div align='center'><h1>Quoth</h1><p>Text.</p></div>", "Quoth\n\nText."),
        ("<details>\n<summary>Why?</summary>\n\nSo.\n\n</details>", "Why?\n\nSo."),
        ("<!-- <b>nothing</b>\n\nof this -->\n\nText", "Text"),
        (
            "The first line of this paragraph is full\nand goes on.",
            "The first line of this paragraph is full and goes on.",
        ),
        ("Host: a\nPort: 1212\n", "Host: a\nPort: 1212"),
    ],
)
def test_marks_are_no_text(written: str, read: str) -> None:
    assert load(written).text == read


def test_a_list_stands_right_below_the_line_that_introduces_it() -> None:
    written = "You need:\n\n* a passport\n* photos\n  of you\n  1. one\n  2. two\n\nThat is all."

    assert load(written).text == (
        "You need:\n- a passport\n- photos of you\n1. photos of you: one\n2. photos of you: two"
        "\n\nThat is all."
    )
    assert load("Before.\n\n- a\n- b").text == "Before.\n\n- a\n- b"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "- Europe\n  - Spain\n    - Vigo\n  - Italy\n- Asia\n  - Kobe",
            "- Europe\n- Europe: Spain\n- Europe: Spain: Vigo\n- Europe: Italy\n"
            "- Asia\n- Asia: Kobe",
        ),
        ("- On `Linux`:\n\n  You need:\n  - 12 GB", "- On Linux:\n\nYou need:\n- On Linux: 12 GB"),
        ("- Linux\n  - Linux 6.1\n  - 12 GB", "- Linux\n- Linux 6.1\n- Linux: 12 GB"),
        ("- Bring it.\n  - By noon", "- Bring it.\n- By noon"),
        (f"- {'word ' * 20}\n  - end", f"- {('word ' * 20).strip()}\n- end"),
        ("- Linux\n\n> - 12 GB", "- Linux\n- 12 GB"),
        ("- Linux\n-\n  - 12 GB", "- Linux\n- 12 GB"),
        (
            "- Pro\n  - 8 processors\n  - The Pro alone",
            "- Pro\n- Pro: 8 processors\n- The Pro alone",
        ),
        ("- IT\n  - it is open\n  - with a key", "- IT\n- IT: it is open\n- IT: with a key"),
        ("- Linux,\n  - 12 GB", "- Linux,\n- Linux: 12 GB"),
        ("- [x] Linux\n  - [ ] 12 GB", "- [x] Linux\n- Linux: [ ] 12 GB"),
        ("- \u202eLinux\n  - 12 GB", "- \u202eLinux\n- Linux: 12 GB"),
        ("- ```\n  make\n  ```\n  - 12 GB", "- make\n- 12 GB"),
        ("- | a | b |\n  |---|---|\n  | 1 | 2 |\n  - 12 GB", "- a: 1 | b: 2\n- 12 GB"),
    ],
    ids=[
        "several levels",
        "two paragraphs",
        "said itself",
        "sentence",
        "long",
        "quoted",
        "no text",
        "part of a word",
        "capital letters",
        "comma",
        "box",
        "letters turned around",
        "code",
        "table",
    ],
)
def test_an_item_is_written_after_the_items_that_it_stands_in(written: str, read: str) -> None:
    assert load(written).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-\n\ntext", "text"),
        ("# Shopping\n\n- milk\n-\n\nThe shop closes.", "Shopping\n\n- milk\n\nThe shop closes."),
        ("- ![](x.png)\n\nThe end.", "The end."),
        ("- <!-- x -->\n\nend", "end"),
        ("- [](x)\n\n```\ncode\n```", "code"),
        ("-\n\n| a | b |\n|---|---|\n| 1 | 2 |", "a: 1 | b: 2"),
    ],
)
def test_an_item_without_text_leaves_nothing_to_what_follows_it(written: str, read: str) -> None:
    assert load(written).text == read


def test_code_that_names_an_item_is_code_before_the_items_in_it() -> None:
    loaded = load("- `quoth`\n  - `ask`")

    assert loaded.text == "- quoth\n- quoth: ask"
    assert [loaded.text[slice(*bounds)] for bounds in loaded.code] == ["quoth", "quoth", "ask"]


def test_what_is_written_before_an_item_is_bounded_however_deep_it_stands() -> None:
    written = "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(60))

    assert max(map(len, load(written).text.split("\n"))) < 130


_NESTED = f"- {'P' * 46}\n  - {'Q' * 46}\n" + "    - a word or two\n" * 50
_PAGE = (
    f"<ul><li>{'P' * 46}<ul><li>{'Q' * 46}<ul>{'<li>a word or two' * 50}</ul></ul></ul>"
    "\n\nText.\n\n"
)


@pytest.mark.parametrize("part", [_NESTED, _PAGE])
def test_a_text_of_twice_the_size_is_read_as_one_of_twice_the_size(part: str) -> None:
    once, twice = (len(load(part * count).text) for count in (100, 200))

    assert twice < 2.1 * once
    assert once < 3 * 100 * len(part)


def test_a_row_of_a_table_has_the_names_of_its_columns() -> None:
    loaded = load(
        "| Who | Price |\n|:--|--:|\n| **adults** | 12 € |\n| children<br>to 12 | `6` € |\n"
    )

    assert loaded.text == "Who: adults | Price: 12 €\n\nWho: children to 12 | Price: 6 €"
    assert [(place.kind, place.line) for place in loaded.places] == [("line", 3), ("line", 4)]


def test_a_name_of_a_column_that_no_row_repeats_stands_once() -> None:
    loaded = load("| a | b | c |\n|-|-|-|\n| 1 | 2 | |\n")

    assert loaded.text == "a | b | c\n\na: 1 | b: 2"
    assert [place.line for place in loaded.places] == [1, 3]


def test_a_place_is_the_heading_above_and_the_file_s_line() -> None:
    written = (
        "---\ntitle: T\n---\n\nBefore.\n\n# The *rules* ##\nBe kind.\n\nTwo\n---\n\n- a\n- b\n\n"
        "```\n# no heading\n```\n"
    )

    loaded = load(written)

    assert [
        (
            place.name,
            place.level,
            place.line,
            loaded.text[place.start_char : place.end_char].strip(),
        )
        for place in loaded.places
    ] == [
        ("5", 0, 5, "Before."),
        ("The rules", 1, 7, "The rules"),
        ("The rules", 1, 8, "Be kind."),
        ("Two", 2, 10, "Two"),
        ("Two", 2, 13, "- a"),
        ("Two", 2, 14, "- b"),
        ("Two", 2, 16, "# no heading"),
    ]
    assert loaded.places[0].kind == "line"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# One\n\ntext\n\n## Two ##\n", ["One", "Two"]),
        ("One\n===\ntext\n\nTwo\n---\n", ["One", "Two"]),
        ("# One\nTwo\n---\n", ["One", "Two"]),
        ("- a point\n---\n\n> a quotation\n---\n\n    code\n---\n", []),
        ("text\n\n---\n", []),
        ("a | b\n--- | ---\n", []),
        ("````\n```\n# no\n```\n````\n# One\n", ["One"]),
        ("~~~ text\n```\n# no\n~~~\n# One\n", ["One"]),
        ("```\n# no\n``` not the end\n# no\n```\n# One\n", ["One"]),
        ("```not a fence```\n# One\n", ["One"]),
    ],
)
def test_headings_are_those_of_commonmark(text: str, names: list[str]) -> None:
    found = dict.fromkeys(place.name for place in load(text).places if place.kind == "heading")

    assert list(found) == names


def test_the_title_is_the_front_matter_s_or_the_first_heading_or_none() -> None:
    assert load("---\ntitle: Mine\n---\n# One\n").title == "Mine"
    assert load("Before.\n\n## *One*\n\n# Two\n").title == "One"
    assert load("Just text.\n").title is None


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("---\ntitle: 'It''s fees'\ndate: 2011-10-18\n---\n", "It's fees"),
        ("---\ntitle: >-\n  The\n  fees\ndate: 2011-10-18 10:00:00 +0100\n...\n", "The fees"),
        ("---\nTitle: Fees: all of them\nDate: Oct 18, 2011\ntags: [a\n---\n", "Fees: all of them"),
        ('+++\ntitle = "Fees"\ndate = 2011-10-18T10:00:00Z\n+++\n', "Fees"),
        ("---\ntitle: 2024\npublished: 2011-10-18\ntags: [a]\n---\n", "2024"),
        ('---\ntitle: "Fair \\ud83c\\udf89, \\udf89"\ndate: 2011-10-18\n---\n', "Fair 🎉, \ufffd"),
    ],
)
def test_front_matter_states_title_and_date_and_is_no_text(written: str, title: str) -> None:
    loaded = load(f"{written}# Heading\n\nText.\n")

    assert (loaded.title, loaded.dated) == (title, date(2011, 10, 18))
    assert loaded.text == "Heading\n\nText."
    assert loaded.places[0].line == written.count("\n") + 1


def test_a_description_is_read_as_text_with_its_line() -> None:
    loaded = load("---\ntitle: T\ndescription: What it is.\n---\nText.\n")

    assert loaded.text == "What it is.\n\nText."
    assert [place.line for place in loaded.places] == [3, 5]


def test_a_rule_at_the_beginning_is_no_front_matter() -> None:
    assert load("---\nJust text.\n---\n").text == "Just text."
    assert load("---\n\nText: with a colon.\n").text == "Text: with a colon."


def test_keys_merged_over_and_over_are_not_followed() -> None:
    """Each of these has twice as much as the one before: more than any memory holds."""
    merged = "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 90))

    assert load(f"---\na0: &a0 {{x: y}}\n{merged}title: T\n---\nText.\n").title == "T"


def test_imports_exports_and_comments_of_mdx_are_no_text() -> None:
    written = (
        "import Tabs from '@theme/Tabs';\nimport {\n  A,\n} from 'b'\n\n"
        "export const x = {\n  a: 1,\n\n  b: 2,\n};\n\n# One\n\n{/* no\ntext */}\n\n"
        "Text{/* no */} <Tabs items={['a', {b: 1}]}>here</Tabs>.\n\nimport duties are due.\n"
    )

    assert load(written, ".mdx").text == "One\n\nText here.\n\nimport duties are due."
    assert "import Tabs" in load(written).text


HOSTILE = {
    "headings": "# a\n",
    "fences": "```\n",
    "backticks": "`` ` ",
    "quotations": ">" * 60 + "\n",
    "brackets": "[",
    "pictures": "![",
    "stars": "*a_ ",
    "lists": "- " * 30 + "a\n",
    "tables": "a|b\n-|-\nc\n\n",
    "components": "<A {{{",
    "tags": "<a b='",
    "comments": "a <!-- ",
    "data": "a <![CDATA[ ",
    "notes": "!!! note\n",
    "colons": ":::\n",
    "definitions": "a\n: b\n",
    "footnotes": "[^1]: a\n",
    "wiki links": "[[a|*b]] ![[`c]]",
    "hidden lines": "a\n^ab\n%% c %%\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_markdown_is_read_and_becomes_no_more_than_it_was(kind: str) -> None:
    written = HOSTILE[kind] * (6_000 // len(HOSTILE[kind])) + "\n\nthe end"

    for suffix in (".md", ".mdx"):
        loaded = load(written, suffix)
        assert len(loaded.text) <= 2 * len(written)
        assert len(loaded.places) <= written.count("\n") + 1


def test_a_term_is_not_written_again_without_end() -> None:
    assert load("t" * 5_000 + "\n" + ": d\n" * 1_000).text.count("t" * 100) == 50


def test_a_power_stays_raised() -> None:
    written = "10<sup>3</sup> l, **10**<sup>-6</sup>, m<sup>2</sup>, the 2<sup>*nd*</sup>"

    assert load(written).text == "10³ l, 10⁻⁶, m2, the 2nd"


@given(st.text(alphabet="#*_`~[]()<>!|:-=+{}\\/\"'&;^ \n\tab1.é🍞\ud800\x00", max_size=200))
def test_any_text_is_read_and_its_places_lie_in_it_in_order(written: str) -> None:
    if "\x00" in written:
        return
    for suffix in (".md", ".mdx"):
        loaded = load(written.replace("\ud800", "?"), suffix)
        end = 0
        for place in loaded.places:
            assert end <= place.start_char < place.end_char <= len(loaded.text)
            assert place.line is not None
            assert 1 <= place.line <= written.count("\n") + 1
            end = place.end_char


@given(st.lists(st.text(alphabet="abc ,.\n", min_size=1), max_size=5))
def test_text_without_marks_loses_no_word(parts: list[str]) -> None:
    written = "\n\n".join(parts)

    assert load(written).text.split() == written.split()


def test_a_definition_begins_on_the_line_of_its_term() -> None:
    loaded = parse(".md", b"mill\n: It grinds.\n: It stands.\n\nbarn\n\n: It is full.\n")

    assert loaded.text == "mill: It grinds.\n\nmill: It stands.\n\nbarn: It is full."
    assert [place.line for place in loaded.places] == [1, 3, 5]
