"""Which rules a line of Markdown is tried with."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.token import Token

from index.formats.markdown_syntax import Markdown

LINES = (
    *("# a", "## b", "#", "#c", "a", "b c", "- x", "* y", "+ z", "1. q", "2) r", "> w"),
    *("```", "~~~", "---", "***", "___", "===", "[a]: b", "[^1]: n", "[a]", ": d", "~ e"),
    *("<Info>", "</Info>", "<div>", "<!-- c -->", ":::note", "!!! note", "??? tip"),
    *("    code", "\tcode", "| a | b |", "|---|---|", "", "  ", "\u00a0f", "é", "\\# g", "_h_"),
    *("import x from 'y'", "export const z = 1", "%% c %%", "^id", "[[w|x]]", "![[y]]"),
)


@pytest.mark.parametrize("is_mdx", [False, True])
@given(lines=st.lists(st.sampled_from(LINES), max_size=12))
def test_a_rule_that_is_not_tried_would_not_have_taken_the_line(
    is_mdx: bool, lines: list[str]
) -> None:
    some, every = Markdown(is_mdx=is_mdx), Markdown(is_mdx=is_mdx)
    all_rules = tuple(every._parser.block.ruler.getRules(""))
    every._rules = dict.fromkeys(every._rules, all_rules)
    text = "\n".join(lines)

    found, expected = (
        [[token.as_dict() for token in block] for block in parser.blocks(text)]
        for parser in (some, every)
    )

    assert found == expected


@pytest.mark.parametrize("is_mdx", [False, True])
@example(text="_a_")
@example(text="a\nb")
@example(text="a&amp;b")
@given(text=st.text(st.sampled_from("a _*`[](<&;\\\n.é"), max_size=12))
def test_text_in_which_no_mark_can_stand_is_what_the_parser_makes_of_it(
    is_mdx: bool, text: str
) -> None:
    parser = Markdown(is_mdx=is_mdx)
    expected: list[Token] = []
    parser._parser.inline.parse(text, parser._inline, {}, expected)

    found = [token for token in parser._children(text, {}) if token.content or token.type != "text"]

    assert found == [token for token in expected if token.content or token.type != "text"]
