"""
Questions about documents of the kinds that people have, asked of the folder that holds them.

    python -m benchmarks.folders benchmarks/code_marks benchmarks/labels

Each folder holds documents and `questions.jsonl`, which was written before any was asked. An answer
is exact if it says what is expected and nothing else, all items of a list included; it is right if
it says all of that within few more words, or a part of it. Where Quoth is not sure, what it shows
first is looked at in the same way. A question that the documents don't answer (`"a": null`) counts
in a row of its own, where refusing is right and any answer is wrong.
"""

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from answering.answer import Answer, AnswerSpan
from benchmarks import parser_of
from quoth import open_folder

QUESTIONS = "questions.jsonl"
OUTCOMES = ("exact", "right", "unsure, right first", "unsure", "wrong", "refused")
ALL, WITHOUT_ANSWER = "all", "without an answer"
# An answer may say a little more than what was asked for, or a little less.
_MOST_TIMES = 3
_ARTICLE_CHARS = 20


class FolderQuestion(BaseModel, extra="forbid"):
    """A question, and what the documents say."""

    document: str
    q: str
    a: str | list[str] | None
    """One answer; or the items of a list, or what each of two documents says; or none."""
    also: tuple[str, ...] = ()
    """Other words that are as good as the one answer."""
    kind: str = ALL

    @property
    def expected(self) -> list[list[str]]:
        """All that an answer should show, in each way in which it may be said."""
        if self.a is None:
            return []
        return [[self.a] if isinstance(self.a, str) else self.a, *([one] for one in self.also)]

    @property
    def row(self) -> str:
        """Where it counts."""
        return WITHOUT_ANSWER if self.a is None else self.kind


def outcome(expected: Sequence[Sequence[str]], answer: Answer) -> str:
    """What an answer is worth, as one of `OUTCOMES`."""
    if not answer.spans:
        is_first = any(_is_right(one, answer.candidates[:1]) for one in expected)
        unsure = "unsure, right first" if is_first else "unsure"
        return unsure if answer.candidates else "refused"
    if any(sorted(map(_plain, answer.spans)) == sorted(one) for one in expected):
        return "exact"
    return "right" if any(_is_right(one, answer.spans) for one in expected) else "wrong"


def _plain(span: AnswerSpan) -> str:
    return " ".join(span.text.split())


def _is_right(expected: Sequence[str], shown: Sequence[AnswerSpan]) -> bool:
    return all(any(_says(one, _plain(span)) for span in shown) for one in expected)


def _says(expected: str, text: str) -> bool:
    is_short = len(text) <= _MOST_TIMES * len(expected) + _ARTICLE_CHARS
    is_long = _MOST_TIMES * len(text) >= len(expected)
    wanted, found = f" {expected.lower()} ", f" {text.lower()} "
    return (wanted.strip() in found and is_short) or (found.strip() in wanted and is_long)


def ask(folder: Path, questions_path: Path) -> None:
    """Ask questions of the documents of a folder, and print what became of them."""
    lines = questions_path.read_text(encoding="utf-8").splitlines()
    questions = [FolderQuestion.model_validate_json(line) for line in lines]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        documents = Path(scratch, "documents")
        # The questions are no document.
        shutil.copytree(folder, documents, ignore=shutil.ignore_patterns(QUESTIONS))
        with open_folder(documents, data=Path(scratch, "data")) as library:
            for one in questions:
                answer = library.ask(one.q)
                found = outcome(one.expected, answer)
                for row in {one.row} if one.a is None else {one.row, ALL}:
                    counts[row][found] += 1
                if found != ("refused" if one.a is None else "exact"):
                    texts = [span.text for span in (*answer.spans, *answer.candidates)]
                    missed.append(f"{found}: {one.document}: {one.q}? {one.a} {texts}")
    print(f"| {folder.name} | {' | '.join(OUTCOMES)} |\n|---{'|---' * len(OUTCOMES)}|")
    for row, count in counts.items():
        print(f"| {row} | {' | '.join(str(count[one]) for one in OUTCOMES)} |")
    print("\n".join(["", *missed, ""]), flush=True)


def main() -> None:
    """Ask of each folder."""
    parser = parser_of("folders", __doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help=f"ask these of the folder, which then needs no {QUESTIONS}",
    )
    given = parser.parse_args()
    if given.questions and len(given.folders) > 1:
        parser.error("--questions is about one folder.")
    for folder in given.folders:
        ask(folder, given.questions or folder / QUESTIONS)


if __name__ == "__main__":
    main()
