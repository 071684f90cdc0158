"""Untrusted text is shown as it is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_app.markdown import end_of, escape, fit, start_of, unescape

TEXTS = st.text(alphabet=st.sampled_from("ab 1.*_~`|<>@#[]()\\:/-+\n\u200b\u202eé😀"), max_size=300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _it_ ~~no~~", r"\*\*bold\*\* \_it\_ \~\~no\~\~"),
        ("<@123> <#4> @everyone", r"\<\@123\> \<\#4\> \@everyone"),
        ("[a](https://b.example)", r"\[a\]\(https\://b.example\)"),
        ("```code``` ||spoiler||", r"\`\`\`code\`\`\` \|\|spoiler\|\|"),
        ("# Heading\n> quote\n- item\n1. one", "\\# Heading\n\\> quote\n\\- item\n1\\. one"),
        (
            "````\n```\ncode\n```\n````",
            "\\`" * 4 + "\n" + "\\`" * 3 + "\ncode\n" + "\\`" * 3 + "\n" + "\\`" * 4,
        ),
        (":smile: at 10:30", r"\:smile: at 10:30"),
        ("a\u200bb\u202ec", "abc"),
        ("a\u061cb\u00ad\U000e0041\u3164\u0090c\td", "ab\ufffdc d"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("35,927 people - 3.5 %", "35,927 people - 3.5 %"),
    ],
)
def test_formatting_mentions_and_links_become_plain_text(text: str, expected: str) -> None:
    assert escape(text) == expected


@given(TEXTS)
def test_without_its_backslashes_an_escaped_text_is_the_text(text: str) -> None:
    assert unescape(escape(text)) == re.sub("[\u200b\u202e]", "", text)


@given(TEXTS, st.integers(10, 80))
def test_a_fitted_text_keeps_its_limit_and_ends_in_no_half_escape(text: str, most: int) -> None:
    fitted = fit(text, most)

    assert len(fitted) <= most
    assert (len(fitted) - len(fitted.rstrip("\\"))) % 2 == 0


def test_a_text_that_fits_is_not_shortened() -> None:
    assert fit("a_b c", 256) == r"a\_b c"


def test_the_ends_of_a_text_are_cut_between_words() -> None:
    assert start_of("one two three", 8) == "one two …"
    assert end_of("one two three", 8) == "… three"
    assert start_of("one", 8) == end_of("one", 8) == "one"
