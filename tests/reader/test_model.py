"""The shipped reader, as it is shipped."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reader.errors import ReaderError
from reader.model import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    MODEL_NAME,
    TOKENIZER_NAME,
    WEIGHTS_NAME,
    OnnxReader,
    PassageText,
    ReaderManifest,
    shipped_weights,
    write_manifest,
)

PASSAGES = [
    PassageText(0, "The town fined 35 people for theft and 90 people for arson in 2019."),
    PassageText(1, "Bread costs two francs at the station. It is baked by Mr. Keller at dawn."),
    PassageText(2, "Nothing of note."),
]


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader(shipped_weights(), threads=1)


def test_the_answer_is_found_in_its_passage(reader: OnnxReader) -> None:
    best = reader.read("Who bakes the bread?", PASSAGES, 3)[0]

    assert (best.passage_id, best.text) in {(1, "Mr. Keller"), (1, "Keller")}
    assert best.margin > 0


def test_spans_come_best_first_and_are_slices(reader: OnnxReader) -> None:
    spans = reader.read("how many were fined for theft", PASSAGES, 3)

    assert [span.margin for span in spans] == sorted((s.margin for s in spans), reverse=True)
    texts = {passage.id: passage.text for passage in PASSAGES}
    for span in spans:
        assert texts[span.passage_id][span.start_char : span.end_char] == span.text


def test_what_is_read_before_a_passage_is_understood_and_never_the_answer(
    reader: OnnxReader,
) -> None:
    passage = PassageText(0, "The fine is 35 marks.", context="Arson: 90 marks, says Mr. Keller")

    best = reader.read("how high is the fine for arson", [passage], 3)

    assert best[0].text in {"35", "35 marks"}
    assert best != reader.read("how high is the fine for arson", [replace(passage, context="")], 3)
    for span in [*best, *reader.read("who says so", [passage], 20)]:
        assert passage.text[span.start_char : span.end_char] == span.text


def test_a_passage_is_read_the_same_in_any_company(reader: OnnxReader) -> None:
    """In one padded batch, int8 scales made a passage's logits depend on the others'."""
    question = "how many were fined for theft"
    alone = {span for passage in PASSAGES for span in reader.read(question, [passage], 3)}

    together = reader.read(question, PASSAGES, 3)
    shuffled = reader.read(question, [*PASSAGES[::-1], *PASSAGES[:1]], 3)

    assert set(together) == set(shuffled) == alone


def test_passages_that_are_read_side_by_side_are_read_the_same(reader: OnnxReader) -> None:
    question = "how many were fined for theft"
    several = [*PASSAGES, *PASSAGES]

    side_by_side = OnnxReader(shipped_weights(), threads=3).read(question, several, 3)

    assert side_by_side == reader.read(question, several, 3)


def test_logits_are_the_same_every_time(reader: OnnxReader) -> None:
    first, second = (reader.logits([2129, 2116], [2416, 4868, 2111]) for _ in range(2))

    assert np.array_equal(first.start, second.start)
    assert first.start.shape == first.end.shape == (4,)


def test_what_is_too_long_is_cut_to_what_the_model_takes(reader: OnnxReader) -> None:
    long = PassageText(0, "word " * 2_000 + "Keller bakes bread.")

    spans = reader.read("why " * 500, [long], 1)

    assert len(spans) == 1


@pytest.mark.parametrize("question", ["?", "🍞", "\x00", "a" * 500, "ﷺ"])
def test_odd_questions_are_read_all_the_same(reader: OnnxReader, question: str) -> None:
    assert reader.read(question, PASSAGES[:1], 1)


@pytest.mark.parametrize("name", [MODEL_NAME, WEIGHTS_NAME, TOKENIZER_NAME])
def test_damaged_weights_are_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(shipped_weights(), folder)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(ReaderError, match="checksum"):
        OnnxReader(folder)


def test_weights_in_several_files_are_all_compared(reader: OnnxReader, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(shipped_weights(), folder)
    piece = folder / f"{WEIGHTS_NAME}.3"
    piece.write_bytes(b"more weights")
    layout = ReaderManifest.model_validate_json((folder / MANIFEST_NAME).read_bytes()).layout
    write_manifest(folder, layout)

    assert OnnxReader(folder).sha256 != reader.sha256
    piece.write_bytes(b"other weights")
    with pytest.raises(ReaderError, match=r"reader\.onnx\.data\.3.*checksum"):
        OnnxReader(folder)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"../other.onnx"}, "no file of this folder"),
        ({".."}, "no file of this folder"),
        (set(), "names no reader.onnx and no tokenizer.json"),
    ],
)
def test_a_manifest_that_names_other_files_is_refused(
    tmp_path: Path, names: set[str], said: str
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(shipped_weights(), folder)
    written = json.loads((folder / MANIFEST_NAME).read_text())
    written["files"] = written["files"] | dict.fromkeys(names, "0" * 64) if names else {}
    (folder / MANIFEST_NAME).write_text(json.dumps(written))

    with pytest.raises(ReaderError, match=said):
        OnnxReader(folder)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="holds no reader"):
        OnnxReader(tmp_path)


def test_weights_of_another_format_are_refused_with_both_versions(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text('{"format_version": 1, "files": {}}')

    with pytest.raises(ReaderError, match=f"version 1, this Quoth reads {FORMAT_VERSION}"):
        OnnxReader(tmp_path)
