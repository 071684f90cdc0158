"""
From data to shipped files, in stages that can each be cut and go on where they were.

    python -m training.run STAGE --qamr FOLDER --mpnet FOLDER [--work build/training]

Stages in order: `data` counts the examples; `teacher` fine-tunes all-mpnet-base-v2; `distil` writes
its opinions to `training/data/opinions.bin`; `student-qamr`, `student-taught` and `student` train
the small reader; `choose` averages its snapshots and keeps the mean that dev prefers; `export`
writes it to `reader/weights/`. With the committed opinions, only the last five are needed.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reader.model import OnnxReader
from training.choose import choose
from training.distil import load, plan, planned_first, planned_qamr, write
from training.examples import (
    Corpus,
    Example,
    epoch_of_mismatches,
    epoch_of_passages,
    epoch_of_qamr,
)
from training.export import export
from training.features import load_tokenizer
from training.loop import Recipe, train
from training.measure import Exam, Report, questions_of, sample, say
from training.models import (
    MINILM_HOME,
    MINILM_SHA256,
    MPNET_HOME,
    MPNET_SHA256,
    Network,
    check_weights,
    minilm_folder,
    open_student,
    open_teacher,
)
from training.rows import labelled, taught
from training.sources import DATA_FOLDER, Sentence, read_passages, read_qamr

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SEED = 20
SPLITS = ("train", "train-2")
"""In the order in which they were written. Each keeps a corpus of its own, so that the examples of
the first, and with them the teacher's opinions, do not change when another comes."""
TEACHER_QAMR_EXAMPLES = 4_000
STUDENT_QAMR_EXAMPLES = 2_000
STUDENT_MISMATCHES = 5_000
DEV_SAMPLE = 150
"""Questions asked while training; the whole of dev would take as long as the training."""
THREADS = 2
MAX_OPINIONS = 110_000
"""Under 5 MB, and the end of the plan."""
OPINIONS = DATA_FOLDER / "opinions.bin"

# 860 steps are 13,760 of its 22,000 examples, under an hour on two cores that nobody else uses.
TEACHER = Recipe(learning_rate=5e-5, batch_size=16, max_steps=860, measure_every_steps=300)
STUDENT_QAMR = Recipe(learning_rate=1.2e-4, batch_size=32)
STUDENT_TAUGHT = Recipe(learning_rate=1e-4, batch_size=24)
STUDENT = Recipe(learning_rate=8e-5, batch_size=24, snapshot_every_steps=200)


@dataclass(frozen=True)
class Workplace:
    """Where a run finds its data and leaves its results."""

    qamr: Path
    mpnet: Path
    work: Path
    out: Path

    def count_tokens(self, text: str) -> int:
        """Count as the encoder does; both base models share its vocabulary."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        return load_tokenizer(minilm_folder() / "tokenizer.json")

    @cached_property
    def corpora(self) -> list[Corpus]:
        """The passages to train on, by split."""
        return [Corpus(read_passages(split), self.count_tokens) for split in SPLITS]

    @cached_property
    def exam(self) -> Exam:
        """All questions of dev."""
        return Exam(questions_of(read_passages("dev")), self._token_offsets)

    @cached_property
    def _sample(self) -> Exam:
        return Exam(sample(self.exam.asked, DEV_SAMPLE), self._token_offsets)

    def _token_offsets(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [self._tokenizer.encode(text, add_special_tokens=False).offsets for text in texts]

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
        What the student is trained on last, from written answers alone.

        It has met the questions of the first split before; so it meets each one twice in all, in
        other words and windows each time.
        """
        first, *others = self.corpora
        examples = epoch_of_passages(first, SEED + 2)
        for corpus in others:
            examples += epoch_of_passages(corpus, SEED + 2)
            examples += epoch_of_passages(corpus, SEED + 3)
        examples += epoch_of_mismatches(self.corpora, STUDENT_MISMATCHES, SEED + 2)
        return examples + epoch_of_qamr(self.sentences, STUDENT_QAMR_EXAMPLES, SEED + 2)

    def dev_sample(self, network: Network) -> Report:
        """Measure on a fixed part of dev."""
        return self._sample.measure(network)


def count_examples(place: Workplace) -> None:
    """Print how many examples of each kind the teacher and the student learn from."""
    sources: tuple[tuple[str, Iterable[Example]], ...] = (
        ("teacher", place.teacher_examples()),
        ("plan of opinions", place.plan()),
        ("student", place.student_examples()),
    )
    for name, examples in sources:
        counts = Counter(example.kind for example in examples)
        print(f"{name}: {counts.total():,}")
        for kind, count in counts.most_common():
            print(f"    {kind}: {count:,}")


def train_teacher(place: Workplace) -> None:
    """Fine-tune the teacher on our passages and a part of QAMR."""
    import torch

    check_weights(place.mpnet, MPNET_SHA256, MPNET_HOME)
    torch.manual_seed(SEED)
    network = open_teacher(place.mpnet)
    rows = labelled(network, place.teacher_examples())
    train(network, rows, TEACHER, place.work / "teacher", place.dev_sample)
    say(f"teacher on all of dev: {place.exam.measure(network)}")


def distil(place: Workplace) -> None:
    """Write down the teacher's opinions."""
    network = open_teacher(place.work / "teacher" / "final")
    write(network, place.plan(), OPINIONS, MAX_OPINIONS)


def train_student_on_qamr(place: Workplace) -> None:
    """Teach the small reader what an answer is."""
    import torch

    check_weights(minilm_folder(), MINILM_SHA256, MINILM_HOME)
    torch.manual_seed(SEED)
    network = open_student(minilm_folder())
    rows = taught(network, planned_qamr(place.sentences, SEED), load(OPINIONS))
    train(network, rows, STUDENT_QAMR, place.work / "student-qamr", place.dev_sample)


def train_student_on_opinions(place: Workplace) -> None:
    """Teach it our passages, with the teacher's opinions of them."""
    network = open_student(place.work / "student-qamr" / "final")
    rows = taught(network, planned_first(place.corpora[0], SEED), load(OPINIONS))
    train(network, rows, STUDENT_TAUGHT, place.work / "student-taught", place.dev_sample)


def train_student(place: Workplace) -> None:
    """Teach it everything that has a written answer."""
    network = open_student(place.work / "student-taught" / "final")
    rows = labelled(network, place.student_examples())
    train(network, rows, STUDENT, place.work / "student", place.dev_sample)


def choose_student(place: Workplace) -> None:
    """Average the last snapshots, and keep what is best on dev."""
    choose(place.work / "student", place.exam.measure)


def export_student(place: Workplace) -> None:
    """Write the chosen student as int8, and say what that costs on dev."""
    export(place.work / "student" / "chosen", place.out)
    say(f"int8 on all of dev: {place.exam.measure_reader(OnnxReader(place.out, THREADS))}")


STAGES: dict[str, Callable[[Workplace], None]] = {
    "data": count_examples,
    "teacher": train_teacher,
    "distil": distil,
    "student-qamr": train_student_on_qamr,
    "student-taught": train_student_on_opinions,
    "student": train_student,
    "choose": choose_student,
    "export": export_student,
}


def main() -> None:
    """Run one stage, or all of them in turn."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", choices=[*STAGES, "all"], help="what to do")
    parser.add_argument("--qamr", type=Path, required=True, help="QAMR's data/filtered folder")
    parser.add_argument(
        "--mpnet", type=Path, default=Path("all-mpnet-base-v2"), help="the teacher's base model"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="for checkpoints and results"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reader/weights"), help="where the shipped files go"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(THREADS)
    place = Workplace(arguments.qamr, arguments.mpnet, arguments.work, arguments.out)
    for name in STAGES if arguments.stage == "all" else [arguments.stage]:
        say(f"stage {name}")
        STAGES[name](place)


if __name__ == "__main__":
    main()
