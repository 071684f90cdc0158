"""What the compared systems are given: documents, passages and questions, the same for all."""

import json
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.peers import Folder
from bot.evaluation.questions import ExamQuestion, Misfits, read_distractors, read_questions

_SEED = 7


def write_documents(folder: Folder, asked: Path, distractors: Path) -> None:
    """
    Write the documents into a folder, in place of those of an earlier run.

    Args:
        folder: Where.
        asked: A file of questions; all its passages become documents.
        distractors: Another, whose passages are in the way; it needs no questions.
    """
    folder.documents.mkdir(parents=True, exist_ok=True)
    for old in folder.documents.iterdir():
        old.unlink()
    for passage in chain(read_questions(asked, Misfits()), read_distractors(distractors)):
        # Written as it is: newlines are part of the passage.
        path = folder.documents / f"{passage.key}.txt"
        path.write_bytes(passage.text.encode("utf-8"))


def write_passages(folder: Folder) -> int:
    """
    Take the passages from Quoth's index, for the others.

    Returns:
        How many there are.
    """
    from bot.assembly import open_index
    from bot.settings import load_settings

    with closing(open_index(load_settings(data=folder.store("quoth"))).generation) as generation:
        found = generation.texts.passages(range(generation.texts.next_id))
        passages = [passage.text for passage in found.values()]
    folder.passages.write_text(json.dumps(passages, ensure_ascii=False), encoding="utf-8")
    return len(passages)


@dataclass(frozen=True, slots=True)
class Sample:
    """Questions of a file, each for one purpose, so that none is asked of a process twice."""

    graded: tuple[ExamQuestion, ...]
    """Asked one after the other, timed and graded."""
    crowd: tuple[ExamQuestion, ...]
    """Asked by many at once."""
    warming: tuple[ExamQuestion, ...]
    """Asked before anything is measured."""


def sample(asked: Path, graded: int, crowd: int, warming: int) -> Sample:
    """
    Choose questions, always the same ones of a file.

    Raises:
        ValueError: If the file has too few.
    """
    passages = read_questions(asked, Misfits())
    # What is asked of two passages in the same words would be asked of a process twice.
    by_text = {one.text: one for passage in passages for one in passage.questions}
    every = list(by_text.values())
    if graded + crowd + warming > len(every):
        raise ValueError(
            f"{asked} has {len(every):,} different questions, and {graded + crowd + warming:,} are "
            "wanted. Ask for fewer."
        )
    random.Random(_SEED).shuffle(every)  # noqa: S311 - a sample, no secret
    return Sample(
        graded=tuple(every[:graded]),
        crowd=tuple(every[graded : graded + crowd]),
        warming=tuple(every[graded + crowd : graded + crowd + warming]),
    )


def blocks(questions: Sequence[str], count: int) -> list[list[str]]:
    """Deal questions into rounds of nearly equal size; rounds that would be empty are left out."""
    return [list(questions[start::count]) for start in range(min(count, len(questions)))]
