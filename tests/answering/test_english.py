"""What the words of a text say about it."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from answering.english.quantities import years_said
from answering.english.questions import (
    asks_for_judgement,
    asks_for_yes_or_no,
    is_question,
    small_talk,
    years_asked,
)
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello", "greeting"),
        ("Good morning!", "greeting"),
        ("hi there, bot", "greeting"),
        ("thanks, that helped", "thanks"),
        ("thank you so much for your help", "thanks"),
        ("Ok, thanks!", "thanks"),
        ("bye", "farewell"),
        ("thanks, bye", "farewell"),
        ("ok", "other"),
        ("lol", "other"),
    ],
)
def test_small_talk_has_a_kind(text: str, kind: str) -> None:
    assert small_talk(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "good?",
        "hello world program",
        "thanks to whom was it built",
        "is that ok",
        "help",
        "evening",
        "who said hello",
        "that helped",
        "",
    ],
)
def test_what_asks_something_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None


def test_no_question_that_quoth_was_measured_with_is_small_talk() -> None:
    lines = (ROOT / "training" / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [qa["q"] for line in lines for qa in json.loads(line)["qas"]]

    assert [question for question in questions if small_talk(question)] == []


@pytest.mark.parametrize(
    "question",
    [
        "is the pool open on Sundays?",
        "Can I park here",
        "does it cost more",
        "doesn't it cost more",
        "and can I park there?",
        "how do I apply for a visa?",
        "how to renew a card",
        "how should we report it",
    ],
)
def test_yes_or_no_and_how_to_ask_for_more_than_a_span(question: str) -> None:
    assert asks_for_judgement(question)


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("do rosters need a photo", True),
        ("is it open on Sundays or Mondays?", True),
        ("is there anything I should bring", False),
        ("are there any fees and how much", False),
        ("may I know which days it is open", False),
        ("do you know who is on the board", False),
        ("can you name the fees", False),
    ],
)
def test_whoever_wants_to_be_told_something_wants_more_than_a_yes(
    question: str, wants: bool
) -> None:
    assert asks_for_yes_or_no(question) is wants


@pytest.mark.parametrize(
    "question",
    [
        "how many were deported",
        "how did he die",
        "how do whales catch their food",
        "who is it",
        "which cans are there",
        "May 2012",
        "what does it cost",
        "canals in Venice",
        "isolated cases",
        "",
    ],
)
def test_other_questions_are_answered_by_a_span(question: str) -> None:
    assert not asks_for_judgement(question)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("and for theft?", True),
        ("how many were counted", True),
        ("and who said so", True),
        ("Can I bring a dog", True),
        ("lunch?  ", True),
        ("where's the gym", True),
        ("so where’s the gym", True),
        ("wheres the gym", True),
        ("when'll it open", True),
        ("isn't it open", True),
        ("isn’t it open", True),
        ("dont they open on Sundays", True),
        ("can't I bring a dog", True),
        ("arent there lockers", True),
        ("Don't forget the meeting tonight", False),
        ("dont worry", False),
        ("and can't make it tonight sorry", False),
        ("Won’t be there on Friday", False),
        ("Won't be there on Friday?", True),
        ("haha yes", False),
        ("👍", False),
        ("that is a lot", False),
        ("thanks, that helped", False),
        ("", False),
    ],
)
def test_a_question_is_told_by_its_mark_or_its_first_word(text: str, asks: bool) -> None:
    assert is_question(text) is asks


_CALLS_OF_RE = {"compile", "search", "match", "fullmatch", "finditer", "findall", "split", "sub"}
# What a pattern writes in letters that is no word: escapes, names of groups, flags.
_NOT_WORDS = re.compile(r"\\.|\(\?P[<=]\w+[>)]?|\(\?[a-z]+\)|\[[^\]]*\]")
# A list of one word may be a rule of its own.
_FEWEST = 2


def written_words(source: str) -> Iterator[tuple[int, str]]:
    """The patterns and collections of a module that hold English words, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_pattern = ast.unparse(node.func.value) == "re" and node.func.attr in _CALLS_OF_RE
            text = _text(node.args[0]) if is_pattern else ""
            if re.search("[A-Za-z]{2}", _NOT_WORDS.sub(" ", text)):
                yield node.lineno, text
        elif isinstance(node, ast.Set | ast.List | ast.Dict):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts
            beside = node.values if isinstance(node, ast.Dict) else []
            words = [_text(one) for one in parts if one is not None]
            is_list = all(isinstance(one, ast.Constant) for one in beside)
            if is_list and sum(one.isalpha() and one.islower() for one in words) >= _FEWEST:
                yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("_words", ".split")):
            texts = [*map(_text, node.args), ast.unparse(node.func).removesuffix(".split")]
            if any(re.search("[a-z]+ [a-z]+", text) for text in texts):
                yield node.lineno, ast.unparse(node)


def _text(node: ast.expr) -> str:
    """What a text in a source says, but for what is filled in."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("and in 2019 for theft?", {"2019"}),
        ("what about 2019?", {"2019"}),
        ("In 2019 and 2020?", {"2019", "2020"}),
        ("and for 2000 people?", set()),
        ("how much has it grown since 1990?", set()),
        ("and on platform 2010?", set()),
    ],
)
def test_a_year_is_asked_about_where_it_says_when(question: str, years: set[str]) -> None:
    assert years_asked(question) == years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("In 2019, 40 were open; 12019 and 2,000 are none.", {"2019"}),
        ("The season 2019-20", {"2019", "2020"}),
        ("From 2018 – 2021", {"2018", "2019", "2020", "2021"}),
        ("The 1990s", {str(year) for year in range(1990, 2000)}),
        ("Summer of ’19", {"1919", "2019"}),
        ("2020-1999", {"2020", "1999"}),
        ("Since 2001-12-05", {"2001"}),
    ],
)
def test_a_text_speaks_of_all_years_between_two(text: str, years: set[str]) -> None:
    assert years_said(text) == years


# "language.py" holds the words of other languages.
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "answering").rglob("*.py"))
        if path.parent.name != "english" and path.name != "language.py"
    ],
    ids=lambda path: path.name,
)
def test_words_and_patterns_of_english_stand_in_one_package(path: Path) -> None:
    assert list(written_words(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        r'_OPEN = re.compile(r"\bwhat\b")',
        r'_OPEN = re.compile(rf"{_ANY}(?:and|or)\s")',
        '_WORDS = frozenset({"yes", "no"})',
        '_WORDS = "how many".split()',
        '_WORDS = _words("how many")',
        '_SCALES = {"hundred": 1e2, "thousand": 1e3}',
    ],
)
def test_a_word_list_elsewhere_is_found(source: str) -> None:
    assert list(written_words(source))


@pytest.mark.parametrize(
    "source",
    [
        r'_SPACE = re.compile(r"(?P<space>\s+)[a-z]\d")',
        'parts = text.split("\\n")',
        'kind: Literal["one", "list"] = "one"',
        "words = content_words(text)",
    ],
)
def test_what_is_no_english_is_none(source: str) -> None:
    assert not list(written_words(source))
