"""How stages follow each other, on corpora and networks small enough to train in seconds."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import pytest

from reader.model import file_sha256
from tests.training.test_sources import write_qamr, write_squad
from tests.training.tiny import equal, tiny_network, weights
from training import loop, run
from training.contests import Mix
from training.distil import RECORD
from training.errors import OpinionsError, RunError, SourceError, TrainingError
from training.examples import Example, Group
from training.fingerprint import FINGERPRINT_NAME
from training.loop import LOG_NAME
from training.measure import Exam, Report
from training.models import Network, open_student
from training.run import CURVE_NAME, STAGES, STUDENT_STAGES, main, stages_of
from training.sources import DATA_FOLDER
from training.tables import LAYOUTS, QUESTIONS_PER_TABLE, TABLES_NAME, kind_of
from training.workplace import LESSONS, SPLITS, SQUAD_PART, Lesson, Workplace


def test_all_begins_where_the_teachers_opinions_are_enough() -> None:
    names = list(STAGES)

    assert stages_of("all", None, opinions_exist=True) == [
        *STUDENT_STAGES,
        *("choose", "export", "calibrate", "curve"),
    ]
    assert stages_of("all", None, opinions_exist=False) == names[names.index("teacher") :]
    assert stages_of("all", "choose", opinions_exist=True) == names[names.index("choose") :]
    assert stages_of("export", None, opinions_exist=False) == ["export"]


def test_the_command_runs_its_stages_in_turn_and_stops_at_what_goes_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[tuple[str, Path, Path]] = []

    def failing(_: Workplace) -> None:
        raise TrainingError("int8 loses too much")

    def remembering(name: str) -> Callable[[Workplace], None]:
        return lambda place: ran.append((name, place.qamr, place.squad))

    for name in STAGES:
        monkeypatch.setitem(STAGES, name, remembering(name))
    monkeypatch.setitem(STAGES, "export", failing)

    with pytest.raises(SystemExit, match="export: int8 loses too much"):
        main(["all", "--qamr", "here", "--squad", "there"])

    assert ran == [(name, Path("here"), Path("there")) for name in (*STUDENT_STAGES, "choose")]


def test_where_to_begin_is_only_asked_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["choose", "--from", "export"])

    assert "choose is one stage" in capsys.readouterr().err


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """Splits of two passages each, one QAMR question, three paragraphs of SQuAD, an opinion."""
    data, qamr, squad, minilm = (tmp_path / name for name in ("data", "qamr", "squad", "minilm"))
    for folder in (data, qamr, squad):
        folder.mkdir()
    with (DATA_FOLDER / "dev.jsonl").open(encoding="utf-8") as lines:
        for split in (*SPLITS, "dev"):
            (data / f"{split}.jsonl").write_text("".join(islice(lines, 2)), encoding="utf-8")
    shutil.copy(DATA_FOLDER / TABLES_NAME, data)
    (data / "opinions.bin").write_bytes(bytes(RECORD.itemsize))
    write_qamr(qamr)
    write_squad(squad)
    tiny_network().save(minilm)
    work, out = tmp_path / "work", tmp_path / "out"
    return Workplace(qamr, squad, tmp_path / "mpnet", minilm, work, out, data)


@pytest.fixture
def searching_place(place: Workplace, real_data: Callable[[], Path]) -> Workplace:
    """The same, with the real encoder."""
    place.work.mkdir()
    place.scratch.symlink_to(real_data())
    return place


def test_each_student_begins_where_the_one_before_ended(
    searching_place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.rounding import RoundedLinear

    monkeypatch.setattr(
        run, "MINILM_SHA256", file_sha256(searching_place.minilm / "model.safetensors")
    )
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    monkeypatch.setattr(run, "LESSON", replace(run.LESSON, max_steps=3))
    monkeypatch.setattr(run, "SNAPSHOT_EVERY_STEPS", 1)
    begun: list[Path] = []

    def remembering(folder: Path) -> object:
        begun.append(folder)
        return open_student(folder)

    monkeypatch.setattr(run, "open_student", remembering)

    for stage in STUDENT_STAGES:
        STAGES[stage](searching_place)
    chosen_among: list[set[type]] = []
    measure = Exam.measure

    def watching(exam: Exam, network: Network) -> Report:
        chosen_among.append({type(module) for module in network.model.modules()})
        return measure(exam, network)

    monkeypatch.setattr(Exam, "measure", watching)
    for stage in ("choose", "curve"):
        STAGES[stage](searching_place)

    assert begun == [
        searching_place.minilm,
        *(searching_place.work / stage / "final" for stage in STUDENT_STAGES[:-1]),
    ]
    ends = [weights(open_student(searching_place.result(stage))) for stage in STUDENT_STAGES[-2:]]
    assert not equal(*ends)
    chosen = searching_place.work / STUDENT_STAGES[-1] / "chosen" / "dev.json"
    assert json.loads(chosen.read_text())["chosen"] in {"end", "middle", "third"}
    assert not (searching_place.work / STUDENT_STAGES[-2] / "snapshots").exists()
    rounded = {
        stage: json.loads((searching_place.work / stage / FINGERPRINT_NAME).read_text())["recipe"][
            "rounds"
        ]
        for stage in STUDENT_STAGES
    }
    lessons_that_round = {name for name, lesson in LESSONS.items() if lesson.rounds}
    assert {stage for stage, rounds in rounded.items() if rounds} == lessons_that_round
    assert STUDENT_STAGES[-1] in lessons_that_round
    assert chosen_among
    assert all(RoundedLinear in kinds for kinds in chosen_among)
    assert (searching_place.out / CURVE_NAME).exists()


def test_a_stage_whose_forerunner_is_missing_names_it(place: Workplace) -> None:
    for stage, missing in (
        *((after, before) for before, after in pairwise(STUDENT_STAGES)),
        ("choose", STUDENT_STAGES[-1]),
        ("export", "choose"),
        ("distil", "teacher"),
    ):
        with pytest.raises(RunError, match=f"run the stage {missing} first"):
            STAGES[stage](place)


def test_the_curve_leaves_out_what_another_run_taught(place: Workplace) -> None:
    *_, before, last = STUDENT_STAGES
    for stage in (before, last):
        (place.work / stage).mkdir(parents=True)
        (place.work / stage / LOG_NAME).write_text('{"step": 1, "loss": 2.5}\n', encoding="utf-8")

    STAGES["curve"](place)

    drawn = (place.out / CURVE_NAME).read_text(encoding="utf-8")
    assert [f">{stage}<" in drawn for stage in STUDENT_STAGES[-3:]] == [False, True, True]
    (place.work / last / LOG_NAME).unlink()  # Else it would be shown as complete.
    with pytest.raises(RunError, match=f"run the stage {last} first"):
        STAGES["curve"](place)


def test_no_teacher_is_trained_whose_opinions_would_be_refused(place: Workplace) -> None:
    with pytest.raises(OpinionsError, match="Delete the file to train another"):
        STAGES["teacher"](place)


def untitled(example: Example) -> Example:
    """An example as it is before `titled`."""
    before = f"{example.title}\n"
    if not example.title or not example.context.startswith(before):
        return example
    spans = tuple((start - len(before), end - len(before)) for start, end in example.spans)
    return replace(example, context=example.context.removeprefix(before), spans=spans)


def groups_of(place: Workplace, lesson: Lesson) -> list[Group]:
    """What a lesson asks, whether or not titles are read before it."""
    return [tuple(map(untitled, group)) for group in place.lesson_groups(lesson)]


def examples_of(place: Workplace, lesson: Lesson) -> list[Example]:
    return [example for group in groups_of(place, lesson) for example in group]


def test_the_student_meets_the_questions_of_the_first_splits_so_many_times(
    place: Workplace,
) -> None:
    """Those of the first one with the teacher's opinions before; lessons draw from all splits."""
    examples = place.student_examples()

    answered = [example for example in examples if example.kind == "passage"]
    times = [1, 2, *[0] * len(SPLITS[2:])]
    for corpus, count in zip(place.corpora, times, strict=True):
        asked = sum(bool(q.spans) for passage in corpus.passages for q in passage.questions)
        texts = [passage.text for passage in corpus.passages]
        met = sum(any(one.context in text for text in texts) for one in answered)
        assert met == count * asked
    kinds = {example.kind.split()[0] for example in examples}
    assert kinds >= {"passage", "followup", "unanswerable", "mismatched", "qamr"}
    assert place.student_examples() == examples


WHOLE = Lesson(9, squad=999, ours=9_999, followups=0, mismatches=0, qamr=0, tables=0)
"""Every question of SQuAD and of ours once, and nothing else."""
NOTHING = replace(WHOLE, squad=0, ours=0)


def test_every_lesson_mixes_all_kinds(searching_place: Workplace) -> None:
    squad = {passage.text for article in searching_place.articles for passage in article.passages}
    for lesson in LESSONS.values():
        examples = examples_of(searching_place, lesson)
        kinds = {example.kind.split()[0] for example in examples}
        assert kinds >= {"passage", "followup", "unanswerable", "mismatched", "qamr", "table"}
        assert ("contest" in kinds) == bool(lesson.contests)
        assert any(example.context in squad for example in examples)


def test_a_lesson_asks_the_questions_of_all_splits_and_of_squad(place: Workplace) -> None:
    passages = [
        passage for corpus in (*place.articles, *place.corpora) for passage in corpus.passages
    ]
    asked = sum(bool(question.spans) for passage in passages for question in passage.questions)

    answered = [one for one in examples_of(place, WHOLE) if one.kind == "passage"]

    assert len(answered) == asked
    for passage in passages:
        assert any(one.context in passage.text for one in answered)


def test_lessons_ask_the_same_questions_otherwise(place: Workplace) -> None:
    met = [
        {one.key for one in examples if one.kind == "passage"}
        for examples in (
            place.student_examples(),
            examples_of(place, WHOLE),
            examples_of(place, replace(WHOLE, turn=8)),
        )
    ]

    assert met[0] != met[1] != met[2] != met[0]
    turns = [lesson.turn for lesson in LESSONS.values()]
    assert min(turns) > 3  # The stages before have those up to it.
    assert len(set(turns)) == len(turns)


@pytest.mark.parametrize("lesson", [replace(NOTHING, squad=4), replace(NOTHING, ours=4)])
def test_a_lesson_may_draw_a_part_of_its_questions(place: Workplace, lesson: Lesson) -> None:
    part = groups_of(place, lesson)

    assert len(set(part)) == 4
    assert set(part) < set(groups_of(place, WHOLE))


def test_titles_are_read_before_a_part_of_a_lessons_contexts(place: Workplace) -> None:
    examples = [example for group in place.lesson_groups(WHOLE) for example in group]

    titled = [one.context.startswith(f"{one.title}\n") for one in examples if one.title]
    assert set(titled) == {True, False}


def test_a_lesson_may_ask_about_tables(place: Workplace) -> None:
    groups = place.lesson_groups(replace(NOTHING, tables=3))

    assert {one.kind for group in groups for one in group} <= set(map(kind_of, LAYOUTS))
    assert len(groups) == 3 * QUESTIONS_PER_TABLE


def test_a_lesson_may_ask_follow_ups_of_all_splits(place: Workplace) -> None:
    examples = examples_of(place, replace(NOTHING, followups=9_999))

    assert {one.kind for one in examples} >= {"followup joined"}
    for corpus in place.corpora:
        texts = [passage.text for passage in corpus.passages]
        assert any(one.context in text for one in examples for text in texts)


def test_contests_are_among_the_passages_of_ours_and_of_squad(searching_place: Workplace) -> None:
    lesson = replace(NOTHING, contests=Mix(5, 2, 1), squad_contests=1)
    groups = groups_of(searching_place, lesson)

    assert all(len(group) > 1 for group in groups)
    assert len(groups) == 9
    texts = [passage.text for corpus in searching_place.corpora for passage in corpus.passages]
    ours = sum(any(group[0].context in text for text in texts) for group in groups)
    assert ours == 8


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_a_lesson_of_contests_that_finds_no_rival_is_refused(
    searching_place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_PASSAGES", "1")

    with pytest.raises(RunError, match="QUOTH_PASSAGES"):
        searching_place.lesson_groups(replace(NOTHING, contests=Mix(8, 0)))


def test_a_lesson_without_squad_says_what_is_missing(place: Workplace) -> None:
    (place.squad / "train.jsonl.gz").unlink()

    with pytest.raises(SourceError, match="--squad"):
        place.lesson_groups(WHOLE)


def test_a_part_of_squads_dev_articles_is_calibrated_on(place: Workplace) -> None:
    part = place.squad_part()

    lines = (place.squad / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    assert part.read_text(encoding="utf-8").splitlines() == lines[::SQUAD_PART]


def test_a_missing_result_says_which_stage_makes_it(place: Workplace) -> None:
    with pytest.raises(RunError, match="run the stage student first"):
        place.result("student")
