"""
Warm questions in one process: median and 95th percentile, split into encode, search and read.

    python -m benchmarks.warm QUESTIONS.jsonl [--rounds 5]

Each line of the file has a question under "q" or "question". The documents are those that the
settings name; index them first.
"""

import json
from pathlib import Path

import numpy as np

from answering.question import Question
from benchmarks import parser_of
from bot.assembly import OpenIndex, build_in_child, open_answering, open_fresh_index
from bot.settings import Settings, load_settings


def main() -> None:
    """Run the command."""
    parser = parser_of("warm", __doc__)
    parser.add_argument("questions", type=Path, help="JSON Lines")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is asked")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.questions.read_text().splitlines() if line]
    settings = load_settings()
    questions = [
        Question.typed(row.get("q") or row["question"], settings.max_question_chars) for row in rows
    ]
    answering = open_answering(settings, _open_fresh)
    answerer = answering.answerer()
    answerer.answer(questions[0])
    timings = [
        answerer.answer(question).timings for _ in range(arguments.rounds) for question in questions
    ]
    print(
        f"{len(timings)} questions, {answering.index.generation.manifest.passages:,} passages, ms"
    )
    print(f"{'':8}{'median':>8}{'95 %':>8}")
    for stage in ("encode", "search", "read", "total"):
        seconds = [getattr(timing, f"{stage}_s") for timing in timings]
        median, high = 1e3 * np.percentile(seconds, [50, 95])
        print(f"{stage:8}{median:8.1f}{high:8.1f}")


def _open_fresh(settings: Settings) -> OpenIndex:
    return open_fresh_index(settings, renewing=print, outdated=print, build=build_in_child)


if __name__ == "__main__":
    main()
