"""Lists in any format: they load, whatever their items hold, and each word is kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.nested_items import lettered, names_before

_TEXTS = ("mill", "Pro", "harbour:", "A sentence.", "IT,")
_MARKDOWN = [
    *("- ", "* ", "1. ", "  - ", "    - ", "-", "-\n\n", "- ![](x.png)", "- <!-- x -->", "> - "),
    *("- [ ] ", "# ", "```\ncode\n```\n", "\n| a | b |\n|---|---|\n| 1 | 2 |\n"),
]
_HTML = ["<ul>", "</ul>", "<ol>", "</ol>", "<li>", "</li>", "<p>", "<pre>x</pre>", "<img src=x>"]
_ASCIIDOC = ["* ", "** ", ". ", "- ", "*", "+\n", "== ", "image::x[]", "----\nx\n----\n", "*** "]
_RST = [
    "- ",
    "* ",
    "1. ",
    "  - ",
    "-\n\n",
    ".. image:: x\n\n",
    "::\n\n  x\n\n",
    "- ::\n\n    x\n\n",
]


@pytest.mark.parametrize(
    ("suffix", "marks"),
    [(".md", _MARKDOWN), (".html", _HTML), (".adoc", _ASCIIDOC), (".rst", _RST)],
)
@given(data=st.data())
def test_lists_load_with_all_their_words(
    suffix: str, marks: list[str], data: st.DataObject
) -> None:
    between = st.sampled_from(["\n", "\n\n", ""])
    line = st.tuples(st.sampled_from([*marks, ""]), st.sampled_from([*_TEXTS, ""]), between)
    lines = data.draw(st.lists(line, max_size=8))
    written = "".join(mark + text + end for mark, text, end in [*lines, ("", "The end.", "\n")])

    text = parse(suffix, written.encode()).text

    words = re.findall(r"mill|Pro|harbour|sentence|IT|end", written)
    assert all(text.count(word) >= words.count(word) for word in words)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("16 GB of memory", "Linux: "),
        ("It was said that nobody minds.", ""),
        ("what was said there " * 4, ""),
        ("", "Linux: "),
    ],
    ids=["name", "sentence", "long", "nothing"],
)
def test_a_name_stands_before_what_means_little_without_it(text: str, before: str) -> None:
    assert names_before(["Linux"], text) == before


def marked(text: str) -> list[str]:
    """What stands behind the letters of a text."""
    found = {text.find("\n", at) for at in lettered(text)}
    lines = [text[text.rfind("\n", 0, end) + 1 : end].split() for end in sorted(found)]
    return [" ".join(line) for line in lines]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a. rope\nb. nets\nc. tar\n", ["a. rope", "b. nets", "c. tar"]),
        ("c) rope\nd) nets\n", ["c) rope", "d) nets"]),
        ("  i. rope\n ii. nets\niii. tar\n", ["i. rope", "ii. nets", "iii. tar"]),
        ("a. rope\nof hemp\nb. nets\n", ["a. rope", "b. nets"]),
        ("a. rope\n\nb. nets\n", ["a. rope", "b. nets"]),
        ("h. rope\ni. nets\nj. tar\n", ["h. rope", "i. nets", "j. tar"]),
        (
            "1. On board\na. rope\ni. long\nii. short\nb. nets\n2. Ashore\na. tar\nb. oil\n",
            ["a. rope", "i. long", "ii. short", "b. nets", "a. tar", "b. oil"],
        ),
        (
            "a. rope\ni. long\nii. short\nb. nets\ni. fine\n",
            ["a. rope", "i. long", "ii. short", "b. nets"],
        ),
        ("a. rope\n", []),
        ("a. rope\n\nThe council met.\n\nb. 1950\n", []),
        ("a. rope\nb) nets\n", []),
        ("a. m. and p. m.\nc. 1950\n", []),
        ("J. Smith\nK. Jones\n", []),
        ("v. Jones\nd. h. nothing\ni. e. none\n", []),
        ("a.m. it opens\nb.m. it does not\n", []),
    ],
)
def test_letters_mark_items_where_they_stand_in_order(text: str, items: list[str]) -> None:
    assert marked(text) == items
