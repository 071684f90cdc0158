from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tests.training.words import word_tokenizer
from training import distil
from training.distil import (
    KEPT,
    NO_ANSWER_OFFSET,
    RECORD,
    Origin,
    has_opinions,
    load,
    mixed,
    plan,
    soft_targets,
    to_record,
    write,
)
from training.errors import OpinionsError
from training.examples import Corpus, Example
from training.features import BERT, MPNET, Encoded, encode
from training.measure import TokenLogits
from training.models import Network
from training.sources import DATA_FOLDER, read_passages

CONTEXT = "Ada rowed home alone in the very early morning"
TEACHERS = encode(word_tokenizer(), MPNET, "who", CONTEXT)
STUDENTS = encode(word_tokenizer(), BERT, "who", CONTEXT)
# It is read by a fake, which needs no model.
NETWORK = Network(cast("object", None), word_tokenizer(), MPNET)  # type: ignore[arg-type]
ASKED = [Example("who", f"Ada {n}", (), "any") for n in range(7)]


def logits_of(chances: dict[int, float]) -> np.ndarray:
    """Logits over the teacher's positions that give these probabilities."""
    values = np.full(len(TEACHERS.ids), -30, dtype=np.float32)
    for position, chance in chances.items():
        values[position] = np.log(chance)
    return values


def stored(path: Path, *records: np.ndarray) -> Path:
    path.write_bytes(b"".join(record.tobytes() for record in records))
    return path


def test_an_opinion_survives_the_file(tmp_path: Path) -> None:
    """To within half a sixteenth of a nat, that is 3 percent of each probability."""
    at = TEACHERS.context_at
    starts = logits_of({0: 0.3, at: 0.6, at + 1: 0.1})
    ends = logits_of({0: 0.2, at: 0.5, at + 2: 0.3})
    path = stored(tmp_path / "opinions.bin", to_record(77, TEACHERS, starts, ends))

    opinion = load(path)[77]

    assert opinion.starts == {
        NO_ANSWER_OFFSET: pytest.approx(0.3, rel=0.04),
        0: pytest.approx(0.6, rel=0.04),
        4: pytest.approx(0.1, rel=0.04),
    } | {offset: 0.0 for offset in opinion.starts if opinion.starts[offset] < 1e-6}
    assert opinion.ends[9 + 5] == pytest.approx(0.3, rel=0.04)


def test_a_student_wants_the_same_tokens(tmp_path: Path) -> None:
    """The two models place their separators differently; characters translate."""
    at = TEACHERS.context_at
    starts, ends = logits_of({at + 1: 0.75, 0: 0.25}), logits_of({at + 3: 1.0})
    path = stored(tmp_path / "opinions.bin", to_record(1, TEACHERS, starts, ends))

    wanted_starts, wanted_ends = soft_targets(STUDENTS, load(path)[1])

    assert wanted_starts[STUDENTS.context_at + 1] == pytest.approx(0.75, abs=0.02)
    assert wanted_starts[0] == pytest.approx(0.25, abs=0.02)
    assert wanted_ends[STUDENTS.context_at + 3] == pytest.approx(1.0, abs=0.02)
    assert sum(wanted_starts.values()) == pytest.approx(1.0)


def test_only_the_likeliest_are_kept() -> None:
    flat = np.zeros(len(TEACHERS.ids), dtype=np.float32)

    record = to_record(1, TEACHERS, flat, flat)

    assert record["starts"].shape == (KEPT,)
    assert record["starts"][0] == NO_ANSWER_OFFSET


def test_a_context_with_fewer_tokens_than_are_kept_gives_no_false_ones(tmp_path: Path) -> None:
    short = encode(word_tokenizer(), MPNET, "who", "Ada")
    even = np.zeros(len(short.ids), dtype=np.float32)
    path = stored(tmp_path / "opinions.bin", to_record(1, short, even, even))

    opinion = load(path)[1]

    assert opinion.starts == pytest.approx({NO_ANSWER_OFFSET: 0.5, 0: 0.5}, rel=0.04)
    assert opinion.ends == pytest.approx({NO_ANSWER_OFFSET: 0.5, 3: 0.5}, rel=0.04)


def test_a_record_stays_small() -> None:
    """100,000 of them take under 4 MB."""
    assert RECORD.itemsize == 38


def flat_reader(_: Network, rows: Sequence[Encoded]) -> Iterator[tuple[int, TokenLogits]]:
    for index, row in enumerate(rows):
        flat = np.zeros(len(row.ids), dtype=np.float32)
        yield index, (flat, flat)


def test_writing_goes_on_where_a_cut_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "read", flat_reader)
    uncut, cut = tmp_path / "uncut.bin", tmp_path / "cut.bin"
    write(NETWORK, "one", ASKED, uncut, limit=6)

    write(NETWORK, "one", ASKED, cut, limit=2)
    with cut.open("ab") as stream:
        stream.write(b"half a record")
    write(NETWORK, "one", ASKED, cut, limit=6)

    assert cut.read_bytes() == uncut.read_bytes()
    assert list(load(cut)) == [example.key for example in ASKED[:6]]


def test_parts_that_were_written_apart_can_be_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "read", flat_reader)
    first, second = tmp_path / "first.bin", tmp_path / "second.bin"
    write(NETWORK, "one", ASKED[3:5], second, limit=9)
    write(NETWORK, "one", ASKED[:1], first, limit=9)
    first.write_bytes(first.read_bytes() + second.read_bytes())

    write(NETWORK, "one", ASKED, first, limit=9)

    assert sorted(load(first)) == sorted(example.key for example in ASKED)
    assert first.stat().st_size == 7 * RECORD.itemsize


def test_opinions_of_two_teachers_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "read", flat_reader)
    path = tmp_path / "opinions.bin"
    write(NETWORK, "one", ASKED, path, limit=2)
    before = path.read_bytes()

    with pytest.raises(OpinionsError, match=r"another teacher \(one, not two\).*Delete the file"):
        write(NETWORK, "two", ASKED, path, limit=4)

    assert path.read_bytes() == before
    path.unlink()
    write(NETWORK, "two", ASKED, path, limit=4)
    assert len(load(path)) == 4


@pytest.mark.parametrize("beside", ['{"teacher_sha256": null, "note": "lost"}', "", None])
def test_nothing_is_added_to_opinions_of_a_teacher_that_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: str | None
) -> None:
    monkeypatch.setattr(distil, "read", flat_reader)
    path = tmp_path / "opinions.bin"
    path.write_bytes(bytes(RECORD.itemsize))
    if beside is not None:
        path.with_suffix(".json").write_text(beside)

    with pytest.raises(OpinionsError, match="weights unknown"):
        write(NETWORK, "two", ASKED, path, limit=4)


def test_the_committed_opinions_say_whose_they_are() -> None:
    assert has_opinions(DATA_FOLDER / "opinions.bin")
    origin = Origin.model_validate_json((DATA_FOLDER / "opinions.json").read_bytes())
    assert "860 steps" in origin.note


def test_opinions_that_are_not_there_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(OpinionsError, match="run the stages teacher and distil"):
        load(tmp_path / "opinions.bin")


def test_mixing_weighs_both() -> None:
    assert mixed({0: 0.5, 4: 0.5}, {4: 1.0}, 0.5) == {0: 0.25, 4: 0.75}


def test_the_plan_repeats_and_asks_of_retrieved_passages_too() -> None:
    corpus = corpus_of(6)

    def planned() -> Iterator[Example]:
        return plan([corpus], [], seed=1)

    examples = list(planned())
    assert examples == list(planned())
    assert sum(example.kind == "retrieved" for example in examples) > 0


def test_another_corpus_leaves_the_plan_of_the_first_as_it_was() -> None:
    first, second = corpus_of(6), corpus_of(3)

    alone = {example.key for example in plan([first], [], seed=1)}
    together = {example.key for example in plan([first, second], [], seed=1)}

    assert alone <= together


def corpus_of(size: int) -> Corpus:
    return Corpus(read_passages("dev")[:size], lambda text: len(text.split()))
