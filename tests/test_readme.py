"""
The README shows nothing that a test does not ask.

A line `$ quoth ask ...` or `$ make ask Q="..."` is followed by what it prints, and `$ quoth chat`
by a conversation, whose questions stand behind `> `. Whoever changes what Quoth answers, with
another reader for instance, corrects the README.

A confidence may be some hundredths off: processors that multiply int8 without VNNI clip large sums,
and round elsewhere than others do.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from answering.question import Question
from bot.assembly import Answering, open_answering
from bot.cli.rendering import MAX_WIDTH, Look, answer_text, styles
from bot.cli.talk import Sources, Talk
from bot.settings import load_settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SEEDS = Path("seeds")
LOOK = Look(SEEDS, *styles(colour=False), MAX_WIDTH)

_BLOCK = re.compile(r"(?:^    .*\n|^\n(?=(?:\n)*    ))+", re.MULTILINE)
_ASKING = re.compile(r"(?:\S*/)?(?:quoth ask|make ask) ")
_CHATTING = re.compile(r"(?:\S*/)?quoth chat")
_CONFIDENCE = re.compile(r"(?<=confidence )\d\.\d\d")
# What one processor's confidence was seen to differ from another's by, and as much again.
_NEAR = 0.06
# A question that is spoken of, or asked by another program, in quotation marks.
_QUOTED_QUESTION = re.compile(r'"([^"\n]+\?)"')


@dataclass(frozen=True)
class Shown:
    """A command of the README, and what it is said to print."""

    command: str
    output: str

    @property
    def question(self) -> str | None:
        """What it asks, if it asks once."""
        asked = _ASKING.match(self.command)
        if asked is None:
            return None
        return " ".join(shlex.split(self.command[asked.end() :])).removeprefix("Q=")

    @property
    def turns(self) -> list[tuple[str, str]]:
        """The questions of a conversation, each with its answer."""
        parts = re.split(r"^> (.*)\n", self.output, flags=re.MULTILINE)
        return [(parts[at], parts[at + 1].strip()) for at in range(1, len(parts), 2)]


def blocks() -> list[str]:
    return [
        re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n")
        for block in _BLOCK.findall(README)
    ]


def examples() -> Iterator[Shown]:
    for block in blocks():
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
        for at in range(1, len(parts), 2):
            yield Shown(parts[at], parts[at + 1].strip("\n"))


ASKED = [shown for shown in examples() if shown.question is not None]
CONVERSATIONS = [shown for shown in examples() if _CHATTING.match(shown.command)]
PROGRAMS = [block for block in blocks() if block.startswith("from quoth import")]


@pytest.fixture(scope="module")
def answering(real_data: Callable[[], Path]) -> Iterator[Answering]:
    opened = open_answering(load_settings(seeds=ROOT / "seeds", data=real_data()))
    yield opened
    opened.index.generation.close()


def assert_printed(text: str, expected: str) -> None:
    assert _CONFIDENCE.sub("_", text) == _CONFIDENCE.sub("_", expected)
    printed, wanted = (
        [float(one) for one in _CONFIDENCE.findall(each)] for each in (text, expected)
    )
    assert printed == pytest.approx(wanted, abs=_NEAR)


@pytest.mark.parametrize("shown", ASKED, ids=lambda shown: shown.question)
def test_a_question_of_the_readme_is_answered_as_it_says(
    answering: Answering, shown: Shown
) -> None:
    assert shown.question is not None
    answer = answering.answerer().answer(Question.typed(shown.question, 4_000))

    text = answer_text(answer, LOOK)

    assert_printed(text, shown.output)


@pytest.mark.parametrize("shown", CONVERSATIONS, ids=lambda shown: shown.turns[0][0])
def test_a_conversation_of_the_readme_goes_as_it_says(answering: Answering, shown: Shown) -> None:
    sources = Sources((answering.index.generation,), answering.answerer())
    talk = Talk(lambda: sources, LOOK, 4_000)

    for asked, expected in shown.turns:
        assert_printed(str(talk.say(asked)), expected)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_the_readme_prints_an_answer(
    real_data: Callable[[], Path], program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = program.replace('"docs"', f"{str(ROOT / 'seeds')!r}, {str(real_data())!r}")
    assert code != program

    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own example

    assert f"{capsys.readouterr().out.strip()}\n" in {
        f"{shown.output.splitlines()[0]}\n" for shown in ASKED if f'"{shown.question}"' in program
    }


def test_every_question_in_the_readme_is_one_of_these() -> None:
    asked = {shown.question for shown in ASKED}
    asked |= {question for shown in CONVERSATIONS for question, _ in shown.turns}

    assert ASKED
    assert CONVERSATIONS
    assert PROGRAMS
    assert set(_QUOTED_QUESTION.findall(README)) <= asked
    commands = re.findall(r'^    .*\b(?:quoth ask |make ask Q=)"?(.*?)"?$', README, re.MULTILINE)
    assert set(commands) <= asked
