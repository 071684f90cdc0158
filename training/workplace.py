"""Where a training run finds its data and leaves its results, and what it makes of the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
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
    titled,
)
from training.features import load_tokenizer
from training.measure import Exam, Report, questions_of, sample
from training.models import Network
from training.sources import (
    DATA_FOLDER,
    Sentence,
    read_passages,
    read_qamr,
    read_squad,
    squad_path,
)
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
SQUAD_PART = 3
DEV_SAMPLE = 150
"""Questions asked while training; the whole of dev would take as long as the training."""
CHOOSING_SAMPLE = 1_000
"""Questions of each set that weights are chosen by, three times; all would take half an hour."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """
    What a later stage of the student asks, counted in examples that are drawn at random.

    All kinds come in each lesson, in other words and windows than in the others, so that none is
    forgotten.
    """

    turn: int
    """The lesson's own, part of its seed."""
    squad: int
    """Examples of SQuAD, whose wrong passages are from the same article."""
    ours: int
    """Examples of all our splits, questions and follow-ups, each asked of one passage."""
    followups: int
    """Examples of our follow-ups, asked so that they lean on what was said."""
    mismatches: int
    """Examples of our questions, asked of a passage retrieved for them that doesn't answer them."""
    qamr: int
    tables: int
    """Tables that are put together by chance, with some questions each (`training.tables`)."""
    contests: Mix | None = None
    """Examples of our questions, each asked of several passages, which compete
    (`training.contests`)."""
    squad_contests: int = 0
    """Examples of SQuAD's questions, beside `contests`."""
    rounds: bool = False
    """Whether the network rounds as int8 does while it learns (`training.rounding`)."""
    learning_rate: float = 1e-4


LESSONS = {
    "student-squad": Lesson(
        13, squad=27_000, ours=16_000, followups=5_000, mismatches=3_000, qamr=1_000, tables=350
    ),
    "student-contests": Lesson(
        14,
        squad=2_400,
        ours=1_400,
        followups=300,
        mismatches=200,
        qamr=100,
        tables=80,
        contests=Mix(questions=800, followups=500),
        squad_contests=300,
        rounds=True,
        learning_rate=4e-5,
    ),
}
"""By stage, in order."""
TITLED_SHARE = 0.6
"""The share of a lesson's questions that are asked of contexts with their titles before them, as
the product reads passages of documents that have one."""
CONTEST_ARTICLES = 40
"""Articles of SQuAD, drawn at random, whose paragraphs are in contests: all would take long."""


@dataclass(frozen=True)
class Workplace:
    """Folders, and what is read from them when it is first needed."""

    qamr: Path
    squad: Path
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
    def articles(self) -> list[Corpus]:
        """SQuAD's paragraphs to train on, by article."""
        return [Corpus(each, self.count_tokens) for each in read_squad(self.squad, "train")]

    @cached_property
    def exam(self) -> Exam:
        """All questions of dev."""
        return Exam(questions_of(read_passages("dev", self.data)), self._token_offsets)

    @cached_property
    def choosing_exams(self) -> dict[str, Exam]:
        """Fixed parts of dev and of SQuAD's dev articles, to choose weights by."""
        squad = questions_of(list(chain.from_iterable(read_squad(self.squad, "dev"))))
        return {
            name: Exam(sample(asked, CHOOSING_SAMPLE), self._token_offsets)
            for name, asked in (("dev", self.exam.asked), ("squad", squad))
        }

    @cached_property
    def _sample(self) -> Exam:
        return Exam(sample(self.exam.asked, DEV_SAMPLE), self._token_offsets)

    def squad_part(self) -> Path:
        """
        Write every third paragraph of SQuAD's dev articles to the work folder.

        They are about as many as dev's passages, so that a calibration weighs both alike.

        Raises:
            SourceError: If there is no SQuAD.
        """
        part = self.work / "squad-dev-part.jsonl"
        part.parent.mkdir(parents=True, exist_ok=True)
        with squad_path(self.squad, "dev").open(encoding="utf-8") as lines:
            part.write_text("".join(islice(lines, 0, None, SQUAD_PART)), encoding="utf-8")
        return part

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

        Raises:
            SourceError: If there is no QAMR or no SQuAD.
            RunError: If no question that is asked has a rival passage.
            IndexingError: If the passages can't be indexed.
            EvaluationError: If one of them can't be.
            SettingsError: If a setting in the environment can't be used.
        """
        seed = SEED + lesson.turn
        rng = seeded(seed)

        def drawn(examples: Sequence[Example], count: int) -> list[Example]:
            return rng.sample(examples, min(count, len(examples)))

        def epoch(corpora: Sequence[Corpus]) -> list[Example]:
            return [example for corpus in corpora for example in epoch_of_passages(corpus, seed)]

        examples = drawn(epoch(self.articles), lesson.squad)
        examples += drawn(epoch(self.corpora), lesson.ours)
        examples += drawn(epoch_of_leaning(self.corpora, lesson.followups, seed), lesson.followups)
        examples += epoch_of_mismatches(self.corpora, lesson.mismatches, seed)
        examples += epoch_of_qamr(self.sentences, lesson.qamr, seed)
        groups = alone(examples)
        groups += epoch_of_tables(read_kinds("train", self.data), lesson.tables, seed)
        if lesson.contests:
            groups += self._contests(lesson.contests, lesson.squad_contests, seed)
        return [titled(group) if rng.random() < TITLED_SHARE else group for group in groups]

    def _contests(self, ours: Mix, squad: int, seed: int) -> list[Group]:
        rng = seeded(seed)
        articles = rng.sample(self.articles, min(CONTEST_ARTICLES, len(self.articles)))
        with searching([*self.corpora, *articles], self.scratch) as search:
            contests = epoch_of_contests(self.corpora, search, ours, seed)
            contests += epoch_of_contests(articles, search, Mix(squad, followups=0), seed)
        if not contests:
            msg = (
                "no other passage is found for any question, as where QUOTH_PASSAGES is 1: "
                "unset what you set of QUOTH_*."
            )
            raise RunError(msg)
        return contests
