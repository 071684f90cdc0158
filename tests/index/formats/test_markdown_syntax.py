"""Which rules a line of Markdown is tried with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats.markdown_syntax import Markdown

LINES = (
    *("# a", "## b", "#", "#c", "a", "b c", "- x", "* y", "+ z", "1. q", "2) r", "> w"),
    *("```", "~~~", "---", "***", "___", "===", "[a]: b", "[^1]: n", "[a]", ": d", "~ e"),
    *("<Info>", "</Info>", "<div>", "<!-- c -->", ":::note", "!!! note", "??? tip"),
    *("    code", "\tcode", "| a | b |", "|---|---|", "", "  ", "\u00a0f", "é", "\\# g", "_h_"),
    *("import x from 'y'", "export const z = 1"),
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
