"""An encoder learns which passages answer which questions."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from safetensors import SafetensorError

from tests.training.test_pairs import sources, words
from tests.training.test_sources import write_squad
from training.chance import seeded
from training.encoder import _encode, loss, main, teach
from training.errors import RunError
from training.pairs import AskedTexts, Pair, pairs_of
from training.workplace import encoder_folder

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own

SIZE = 32


@pytest.fixture
def encoder(tmp_path: Path) -> "SentenceTransformer":
    """One with random weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=SIZE, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(encoder_folder()).save_pretrained(tmp_path)
    modules = [Transformer(str(tmp_path)), Pooling(SIZE, "mean"), Normalize()]
    return SentenceTransformer(modules=modules, device="cpu")


def weights(encoder: "SentenceTransformer") -> "dict[str, torch.Tensor]":
    return {name: weight.clone() for name, weight in encoder.named_parameters()}


def test_what_it_is_taught_it_tells_apart_better(encoder: "SentenceTransformer") -> None:
    pairs = pairs_of(sources([f"town {number}" for number in range(60)]), words)
    exam = pairs.asked[:8]
    before = float(loss(encoder, pairs, exam))
    teach(encoder, pairs, steps=50, batch_size=8, rng=seeded(1))

    assert float(loss(encoder, pairs, exam)) < before


def test_its_words_and_lowest_layers_stay_and_the_others_move(
    encoder: "SentenceTransformer",
) -> None:
    before = weights(encoder)
    teach(encoder, pairs_of(sources(), words), steps=2, batch_size=4, rng=seeded(1))
    after = weights(encoder)

    moved = {name for name, weight in after.items() if not bool((weight == before[name]).all())}
    assert any("layer.2" in name for name in moved)
    assert any("layer.3" in name for name in moved)
    assert not any("embeddings" in name or "layer.0" in name or "layer.1" in name for name in moved)


def test_a_passage_that_holds_the_answer_too_does_not_compete(
    encoder: "SentenceTransformer",
) -> None:
    pairs = AskedTexts(["Bread costs two.", "Rye bread costs two.", "Boats cost 3."], [])
    others = [Pair("rye?", "Rye", 1), Pair("what costs 3?", "Boats", 2)]
    strict = [Pair("bread?", "six", 0), *others]
    lenient = [Pair("bread?", "two", 0), *others]

    assert float(loss(encoder, pairs, lenient)) < float(loss(encoder, pairs, strict))


def test_texts_are_encoded_as_if_each_was_alone(encoder: "SentenceTransformer") -> None:
    import torch

    texts = [f"{'bread and ' * count}{count} boats" for count in range(20, 0, -1)]
    alone = torch.cat([_encode(encoder, [text]) for text in texts])

    assert torch.allclose(_encode(encoder, texts), alone, atol=1e-4)
    assert not torch.allclose(alone[:-1], alone[1:], atol=1e-3)


def test_too_few_questions_for_a_batch_are_refused(encoder: "SentenceTransformer") -> None:
    with pytest.raises(RunError, match="12 questions make no batch of 64"):
        teach(encoder, pairs_of(sources(), words), steps=2, batch_size=64, rng=seeded(1))


def test_nothing_that_is_there_is_replaced(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="is there already"):
        main(["--squad", str(tmp_path), str(tmp_path)])


def test_a_base_that_is_no_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="lesson is no folder of sentence-transformers"):
        main(["--squad", "x", "--base", str(tmp_path / "lesson"), str(tmp_path / "out")])


def test_a_missing_squad_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere"):
        main(["--squad", str(tmp_path / "nowhere"), str(tmp_path / "out")])

    assert not (tmp_path / "out").exists()


def test_a_disk_that_fills_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sentence_transformers import SentenceTransformer

    write_squad(tmp_path)

    def full(*_: object) -> None:
        # As safetensors says it.
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("training.encoder.read_passages", lambda _: [])
    monkeypatch.setattr("training.encoder.teach", lambda *_: None)
    monkeypatch.setattr(SentenceTransformer, "save", full)

    with pytest.raises(SystemExit, match=r"out can't be written .*No space left"):
        main(["--squad", str(tmp_path), str(tmp_path / "out")])

    assert not (tmp_path / "out").exists()
