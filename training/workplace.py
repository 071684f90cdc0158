"""Where a training run finds its data and leaves its results, and what it makes of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from training.chance import seeded
from training.contests import Mix, epoch_of_contests, searching
from training.distil import plan
from training.errors import RunError
from training.examples import (
    Corpus,
    Example,
    Group,
    alone,
    epoch_of_leaning,
    epoch_of_mismatches,
    epoch_of_passages,
    epoch_of_qamr,
)
from training.features import load_tokenizer
from training.measure import Exam, Report, questions_of, sample
from training.models import Network
from training.sources import DATA_FOLDER, Sentence, read_passages, read_qamr
from training.tables import epoch_of_tables, read_kinds

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SEED = 20
SPLITS = ("train", "train-2", "train-3", "train-4", "train-5", "train-6", "train-7")
"""In the order in which they were written. Each keeps a corpus of its own, so that the examples of
the first, and with them the teacher's opinions, do not change when another comes."""
TEACHER_QAMR_EXAMPLES = 4_000
STUDENT_QAMR_EXAMPLES = 2_000
STUDENT_MISMATCHES = 5_000
LESSON_QAMR_EXAMPLES = 500
"""For each split that is asked."""
DEV_SAMPLE = 150
"""Questions asked while training; the whole of dev would take as long as the training."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a later stage of the student asks."""

    splits: tuple[str, ...]
    """Whose questions are asked, in other words and windows than in other lessons."""
    turn: int
    """The lesson's own, part of its seed."""
    examples: int | None = None
    """Of questions and follow-ups that are asked of one passage, drawn at random; all if None."""
    mismatches: int = 2_500
    """Questions that are also asked of a passage retrieved for them that doesn't answer them."""
    followups: int = 0
    """Follow-ups of all splits so far that are also asked so that they lean on what was said."""
    contests: Mix | None = None
    """Questions that are asked of several passages, which are compared (`training.contests`)."""
    tables: int = 0
    """That are put together by chance, with some questions each (`training.tables`)."""
    rounds: bool = False
    """Whether the network rounds as int8 does while it learns (`training.rounding`)."""


_FIRST_FIVE = SPLITS[:5]
LESSONS = {
    "student-again": Lesson(("train", "train-2"), 4),
    "student-third": Lesson(("train-3",), 5),
    "student-fourth": Lesson(("train-4", "train-5"), 6, mismatches=5_000, rounds=True),
    "student-fifth": Lesson(
        _FIRST_FIVE, 7, examples=12_000, mismatches=0, contests=Mix(7_000, 3_000), rounds=True
    ),
    "student-sixth": Lesson(
        _FIRST_FIVE,
        8,
        examples=3_500,
        mismatches=0,
        contests=Mix(questions=1_800, followups=4_200, pairs=1_800),
        tables=400,
        rounds=True,
    ),
    "student-seventh": Lesson(
        _FIRST_FIVE,
        9,
        examples=3_000,
        mismatches=0,
        contests=Mix(questions=6_000, followups=1_200, pairs=400),
        tables=1_400,
        rounds=True,
    ),
    "student-eighth": Lesson(
        ("train-6",),
        10,
        contests=Mix(questions=2_500, followups=1_500),
        tables=300,
        rounds=True,
    ),
    "student-ninth": Lesson(
        ("train-7",),
        11,
        mismatches=1_000,
        followups=6_000,
        contests=Mix(questions=1_500, followups=1_000),
        tables=200,
        rounds=True,
    ),
}
"""By stage, in order."""


@dataclass(frozen=True)
class Workplace:
    """Folders, and what is read from them when it is first needed."""

    qamr: Path
    mpnet: Path
    """The teacher's base model."""
    minilm: Path
    """The student's."""
    work: Path
    """For checkpoints and results."""
    out: Path
    """Where the shipped files go."""
    data: Path = DATA_FOLDER
    """Our own passages, the kinds of our tables, and the teacher's opinions."""

    @property
    def scratch(self) -> Path:
        """A data folder of the product, for the encoder's export and vectors."""
        return self.work / "data"

    @property
    def opinions(self) -> Path:
        """The teacher's."""
        return self.data / "opinions.bin"

    def result(self, stage: str) -> Path:
        """
        What a stage of training left.

        Raises:
            RunError: If it is not complete.
        """
        final = self.work / stage / "final"
        if not final.exists():
            msg = f"{final} is not there: run the stage {stage} first."
            raise RunError(msg)
        return final

    def count_tokens(self, text: str) -> int:
        """Count as the encoder does; both base models share its vocabulary."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return load_tokenizer(self.minilm / "tokenizer.json")

    @cached_property
    def corpora(self) -> list[Corpus]:
        """The passages to train on, by split."""
        return [Corpus(read_passages(split, self.data), self.count_tokens) for split in SPLITS]

    @cached_property
    def exam(self) -> Exam:
        """All questions of dev."""
        return Exam(questions_of(read_passages("dev", self.data)), self._token_offsets)

    @cached_property
    def _sample(self) -> Exam:
        return Exam(sample(self.exam.asked, DEV_SAMPLE), self._token_offsets)

    def _token_offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [self._tokenizer.encode(text, add_special_tokens=False).offsets for text in texts]

    def dev_sample(self, network: Network) -> Report:
        """Measure on a fixed part of dev."""
        return self._sample.measure(network)

    @cached_property
    def sentences(self) -> list[Sentence]:
        """QAMR."""
        return read_qamr(self.qamr)

    def teacher_examples(self) -> list[Example]:
        """What the teacher is trained on."""
        ours = [example for corpus in self.corpora for example in epoch_of_passages(corpus, SEED)]
        return ours + epoch_of_qamr(self.sentences, TEACHER_QAMR_EXAMPLES, SEED)

    def plan(self) -> Iterator[Example]:
        """What the teacher is asked."""
        return plan(self.corpora, self.sentences, SEED)

    def student_examples(self) -> list[Example]:
        """
        What the student is trained on from written answers alone, of the first two splits.

        It has met the questions of the first split before; so it meets each one twice in all, in
        other words and windows each time.
        """
        first, second = self.corpora[:2]
        examples = epoch_of_passages(first, SEED + 2)
        examples += epoch_of_passages(second, SEED + 2)
        examples += epoch_of_passages(second, SEED + 3)
        examples += epoch_of_mismatches((first, second), STUDENT_MISMATCHES, SEED + 2)
        return examples + epoch_of_qamr(self.sentences, STUDENT_QAMR_EXAMPLES, SEED + 2)

    def lesson_groups(self, lesson: Lesson) -> list[Group]:
        """
        What the student is asked in a lesson.

        Wrong passages are from all splits so far, those of contests from the ones that are asked.

        Raises:
            RunError: If no question that is asked has a rival passage.
            IndexingError: If the passages can't be indexed.
            EvaluationError: If one of them can't be.
            SettingsError: If a setting in the environment can't be used.
        """
        seed = SEED + lesson.turn
        so_far = self.corpora[: 1 + max(SPLITS.index(split) for split in lesson.splits)]
        asked = [self.corpora[SPLITS.index(split)] for split in lesson.splits]
        examples = [one for corpus in asked for one in epoch_of_passages(corpus, seed)]
        if lesson.examples is not None:
            examples = seeded(seed).sample(examples, min(lesson.examples, len(examples)))
        examples += epoch_of_mismatches(so_far, lesson.mismatches, seed)
        examples += epoch_of_leaning(so_far, lesson.followups, seed)
        examples += epoch_of_qamr(self.sentences, LESSON_QAMR_EXAMPLES * len(asked), seed)
        groups = alone(examples)
        if lesson.tables:
            groups += epoch_of_tables(read_kinds("train", self.data), lesson.tables, seed)
        if lesson.contests:
            with searching(asked, self.scratch) as search:
                contests = epoch_of_contests(asked, search, lesson.contests, seed)
            if not contests:
                msg = (
                    "no other passage is found for any question, as where QUOTH_PASSAGES is 1: "
                    "unset what you set of QUOTH_*."
                )
                raise RunError(msg)
            groups += contests
        return groups
