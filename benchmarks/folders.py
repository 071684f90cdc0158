"""
Questions about documents of the kinds that people have, asked of the folder that holds them.

    python -m benchmarks.folders benchmarks/code_marks benchmarks/labels

Each folder holds documents and `questions.jsonl`, which was written before any was asked. An answer
is exact if it says what is expected and nothing else, all items of a list included; it is right if
it says all of that within few more words, or a part of it.
"""

import argparse
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from answering.answer import Answer
from quoth import open_folder

QUESTIONS = "questions.jsonl"
OUTCOMES = ("exact", "right", "unsure", "wrong", "refused")
# An answer may say a little more than what was asked for, or a little less.
_MOST_TIMES = 3
_ARTICLE_CHARS = 20


class FolderQuestion(BaseModel, extra="forbid"):
    """A question, and what the documents say."""

    document: str
    q: str
    a: str | list[str]
    """One answer; or the items of a list, or what each of two documents says."""
    kind: str = "all"

    @property
    def expected(self) -> list[str]:
        """All that an answer should show."""
        return [self.a] if isinstance(self.a, str) else self.a


def outcome(expected: Sequence[str], answer: Answer) -> str:
    """What an answer is worth, as one of `OUTCOMES`."""
    if not answer.spans:
        return "unsure" if answer.candidates else "refused"
    found = [" ".join(span.text.split()) for span in answer.spans]
    if sorted(found) == sorted(expected):
        return "exact"
    is_right = all(any(_says(one, text) for text in found) for one in expected)
    return "right" if is_right else "wrong"


def _says(expected: str, text: str) -> bool:
    is_short = len(text) <= _MOST_TIMES * len(expected) + _ARTICLE_CHARS
    is_long = _MOST_TIMES * len(text) >= len(expected)
    wanted, found = f" {expected.lower()} ", f" {text.lower()} "
    return (wanted.strip() in found and is_short) or (found.strip() in wanted and is_long)


def ask(folder: Path) -> None:
    """Ask the questions of a folder, and print what became of them."""
    lines = (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
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
                for kind in {one.kind, "all"}:
                    counts[kind][found] += 1
                if found != "exact":
                    texts = [span.text for span in (*answer.spans, *answer.candidates)]
                    missed.append(f"{found}: {one.document}: {one.q}? {one.expected} {texts}")
    print(f"| {folder.name} | {' | '.join(OUTCOMES)} |\n|---{'|---' * len(OUTCOMES)}|")
    for kind, count in counts.items():
        print(f"| {kind} | {' | '.join(str(count[one]) for one in OUTCOMES)} |")
    print("\n".join(["", *missed, ""]), flush=True)


def main() -> None:
    """Ask of each folder."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.folders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    for folder in parser.parse_args().folders:
        ask(folder)


if __name__ == "__main__":
    main()
