"""
From data to shipped files, in stages that can each be cut and go on where they were.

    python -m training.run all --qamr FOLDER --squad FOLDER

With the committed opinions of a teacher, `all` begins at `student-qamr`; `--from teacher` begins
before, and needs `--mpnet FOLDER` and the opinions deleted. The name of a stage instead of `all`
runs that one. In order:

`data` counts the examples; `teacher` fine-tunes all-mpnet-base-v2; `distil` writes its opinions to
`training/data/opinions.bin`; the stages that begin with `student` train the small reader, those of
`training.workplace.LESSONS` last; `choose` keeps the end of the last one, or half or a third of its
way, as dev prefers; `export` writes that to `reader/weights/` as int8, if it costs little on dev;
`calibrate` writes its calibration, and `curve` the learning curve of the student's stages, beside
it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from bot.evaluation.errors import EvaluationError
from bot.evaluation.exam import Files
from bot.settings import SettingsError
from index.errors import IndexingError
from reader.errors import ReaderError
from reader.model import OnnxReader, file_sha256
from training.calibrate import calibrate
from training.choose import choose
from training.curve import draw, read_curve
from training.distil import has_opinions, load, planned_first, planned_qamr, write
from training.errors import OpinionsError, RunError, TrainingError
from training.examples import Example, alone
from training.export import export
from training.loop import LOG_NAME, Recipe, train
from training.measure import Report, say
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
    quicken,
)
from training.rows import labelled, taught
from training.sources import SQUAD_FORMAT
from training.workplace import LESSONS, SEED, Workplace

THREADS = 2
MAX_OPINIONS = 110_000
"""In the file, which they make 4.2 MB large. The plan is longer, the most useful first."""
CURVE_NAME = "learning_curve.svg"

# 860 steps are 13,760 examples, under an hour on two cores that nobody else uses.
TEACHER = Recipe(learning_rate=5e-5, batch_size=16, max_steps=860, measure_every_steps=300)
STUDENT_QAMR = Recipe(learning_rate=1.2e-4, batch_size=32)
STUDENT_TAUGHT = Recipe(learning_rate=1e-4, batch_size=24)
STUDENT = Recipe(learning_rate=8e-5, batch_size=24)
LESSON = Recipe(learning_rate=1e-4, batch_size=24, warm_up=0.04, measure_every_steps=400)
LESSON_MAX_TOKENS = 320
"""The longest example of a lesson, question and separators included: few are longer."""
SNAPSHOT_EVERY_STEPS = 40
"""In the last stage."""
STUDENT_STAGES = ("student-qamr", "student-taught", "student", *LESSONS)


def count_examples(place: Workplace) -> None:
    """Print how many examples of each kind the teacher and the student learn from."""
    sources: tuple[tuple[str, Iterable[Example]], ...] = (
        ("teacher", place.teacher_examples()),
        ("plan of opinions", place.plan()),
        ("student", place.student_examples()),
        *(
            (name, chain.from_iterable(place.lesson_groups(lesson)))
            for name, lesson in LESSONS.items()
        ),
    )
    for name, examples in sources:
        counts = Counter(example.kind for example in examples)
        print(f"{name}: {counts.total():,}")
        for kind, count in counts.most_common():
            print(f"    {kind}: {count:,}")


def train_teacher(place: Workplace) -> None:
    """Fine-tune the teacher on our passages and a part of QAMR."""
    import torch

    folder = place.work / "teacher"
    if has_opinions(place.opinions) and not (folder / "final").exists():
        msg = (
            f"{place.opinions} holds the opinions of an earlier teacher, and those of two don't "
            "mix. Delete the file to train another teacher."
        )
        raise OpinionsError(msg)
    check_weights(place.mpnet, MPNET_SHA256, MPNET_HOME)
    torch.manual_seed(SEED)
    network = open_teacher(place.mpnet)
    rows = labelled(network, alone(place.teacher_examples()))
    train(network, rows, TEACHER, folder, place.dev_sample)
    say(f"teacher on all of dev: {place.exam.measure(network)}")


def distil(place: Workplace) -> None:
    """Write down the teacher's opinions."""
    teacher = place.result("teacher")
    sha256 = file_sha256(teacher / "model.safetensors")
    write(open_teacher(teacher), sha256, place.plan(), place.opinions, MAX_OPINIONS)


def train_student_on_qamr(place: Workplace) -> None:
    """Teach the small reader what an answer is."""
    import torch

    check_weights(place.minilm, MINILM_SHA256, MINILM_HOME)
    torch.manual_seed(SEED)
    network = open_student(place.minilm)
    rows = taught(network, planned_qamr(place.sentences, SEED), load(place.opinions))
    train(network, rows, STUDENT_QAMR, place.work / "student-qamr", place.dev_sample)


def train_student_on_opinions(place: Workplace) -> None:
    """Teach it our passages, with the teacher's opinions of them."""
    network = open_student(place.result("student-qamr"))
    rows = taught(network, planned_first(place.corpora[0], SEED), load(place.opinions))
    train(network, rows, STUDENT_TAUGHT, place.work / "student-taught", place.dev_sample)


def train_student(place: Workplace) -> None:
    """Teach it the written answers of the first two splits."""
    network = open_student(place.result("student-taught"))
    rows = labelled(network, alone(place.student_examples()))
    train(network, rows, STUDENT, place.work / "student", place.dev_sample)


def teach_lesson(name: str, place: Workplace) -> None:
    """Ask it the questions of one of `LESSONS`, from where the stage before left it."""
    before = STUDENT_STAGES[STUDENT_STAGES.index(name) - 1]
    network = open_student(place.result(before))
    quicken(network)
    lesson = LESSONS[name]
    rows = labelled(network, place.lesson_groups(lesson), LESSON_MAX_TOKENS)
    recipe = replace(LESSON, learning_rate=lesson.learning_rate, rounds=lesson.rounds)
    snapshots = SNAPSHOT_EVERY_STEPS if name == STUDENT_STAGES[-1] else 0
    train(network, rows, recipe, place.work / name, place.dev_sample, snapshots)


def choose_student(place: Workplace) -> None:
    """Keep the last stage's end, or a part of its way, as both devs prefer, rounded as by int8."""
    from training.rounding import round_inside

    def measured(network: Network) -> dict[str, Report]:
        round_inside(network.model)
        return {name: exam.measure(network) for name, exam in place.choosing_exams.items()}

    *_, before, last = STUDENT_STAGES
    choose(place.result(last).parent, place.result(before), measured)


def export_student(place: Workplace) -> None:
    """Write the chosen student as int8, if that costs little on dev."""
    chosen = place.work / STUDENT_STAGES[-1] / "chosen"
    if not chosen.exists():
        msg = f"{chosen} is not there: run the stage choose first."
        raise RunError(msg)

    def measured(folder: Path) -> Report:
        return place.exam.measure_reader(OnnxReader(folder, THREADS))

    export(chosen, place.out, measured, place.work / "export.json")


def calibrate_reader(place: Workplace) -> None:
    """Fit confidence and thresholds on dev and a part of SQuAD's, retrieving among train's, too."""
    files = Files((place.data / "dev.jsonl", place.squad_part()), (place.data / "train.jsonl",))
    print(calibrate(place.out, files, place.scratch))


def draw_curve(place: Workplace) -> None:
    """Draw how the student learnt, from the first stage on that was run in this work folder."""
    begun = [stage for stage in STUDENT_STAGES if (place.work / stage / LOG_NAME).exists()]
    first = STUDENT_STAGES.index(begun[0]) if begun else 0
    curves = [read_curve(place.work / stage) for stage in STUDENT_STAGES[first:]]
    place.out.mkdir(parents=True, exist_ok=True)
    draw(curves, place.out / CURVE_NAME)


STAGES: dict[str, Callable[[Workplace], None]] = {
    "data": count_examples,
    "teacher": train_teacher,
    "distil": distil,
    "student-qamr": train_student_on_qamr,
    "student-taught": train_student_on_opinions,
    "student": train_student,
    **{name: partial(teach_lesson, name) for name in LESSONS},
    "choose": choose_student,
    "export": export_student,
    "calibrate": calibrate_reader,
    "curve": draw_curve,
}
ALL = "all"


def stages_of(wanted: str, first: str | None, *, opinions_exist: bool) -> list[str]:
    """
    Which stages to run, in order.

    Args:
        wanted: A stage, or all.
        first: Where all of them begin; None leaves it to whether there are opinions.
        opinions_exist: Whether the teacher's work is done.
    """
    if wanted != ALL:
        return [wanted]
    names = list(STAGES)
    begin = first or ("student-qamr" if opinions_exist else "teacher")
    return names[names.index(begin) :]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one stage, or all of them in turn."""
    import torch

    parser = argparse.ArgumentParser(
        prog="python -m training.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stage", choices=[*STAGES, ALL], metavar="STAGE", help="a stage, or all")
    parser.add_argument(
        "--from", dest="first", choices=STAGES, metavar="STAGE", help="where `all` begins"
    )
    parser.add_argument(
        "--qamr", type=Path, default=Path("qamr"), help="QAMR's data/filtered folder"
    )
    parser.add_argument(
        "--squad",
        type=Path,
        default=Path("squad"),
        help="SQuAD's train.jsonl or train.jsonl.gz, and dev.jsonl to choose by: "
        + SQUAD_FORMAT.replace("%", "%%"),
    )
    parser.add_argument(
        "--mpnet", type=Path, default=Path("all-mpnet-base-v2"), help="the teacher's base model"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="for checkpoints and results"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reader/weights"), help="where the shipped files go"
    )
    given = parser.parse_args(arguments)
    if given.first and given.stage != ALL:
        parser.error(f"--from says where `{ALL}` begins: {given.stage} is one stage.")
    torch.set_num_threads(THREADS)
    place = Workplace(given.qamr, given.squad, given.mpnet, minilm_folder(), given.work, given.out)
    for name in stages_of(given.stage, given.first, opinions_exist=has_opinions(place.opinions)):
        say(f"stage {name}")
        try:
            STAGES[name](place)
        except (
            TrainingError,
            EvaluationError,
            IndexingError,
            ReaderError,
            SettingsError,
        ) as error:
            sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()
