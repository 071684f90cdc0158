"""The peers that Quoth is compared with read the very weights that Quoth ships."""

from pathlib import Path

import numpy as np
import pytest

from bot.evaluation.metrics import Graded
from reader.model import MODEL_NAME, TOKENIZER_NAME, OnnxReader
from tests.training.tiny import ASKED, make_checkpoint
from training.measure import report_of

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own


@pytest.mark.stress
def test_the_checkpoint_computes_what_an_exported_reader_does(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from benchmarks.checkpoint import write_checkpoint
    from training.export import export
    from training.floats import read_weights

    make_checkpoint(tmp_path / "made")
    report = report_of([(1.0, Graded(1.0, 1.0, has_answer=True))])
    folder, out = tmp_path / "weights", tmp_path / "checkpoint"
    export(tmp_path / "made", folder, lambda _: report, ASKED, tmp_path / "figures.json")
    write_checkpoint(read_weights(folder / MODEL_NAME), folder / TOKENIZER_NAME, out)
    question, passage = "what costs two francs ?", "Bread costs two francs at the station."
    batch = AutoTokenizer.from_pretrained(out)(question, passage, return_tensors="pt")
    with torch.inference_mode():
        output = AutoModelForQuestionAnswering.from_pretrained(out).eval()(**batch)

    ids = batch["input_ids"][0].tolist()
    end_of_question = ids.index(2)
    passage_at = end_of_question + 2
    logits = OnnxReader(folder).logits(ids[1:end_of_question], ids[passage_at:-1])
    keep = [0, *range(passage_at, len(ids) - 1)]
    expected = output.start_logits[0].numpy()[keep]
    # Quoth's activations are int8 as well, so the logits agree only nearly; the best ones do.
    assert np.argmax(logits.start) == np.argmax(expected)
    assert np.corrcoef(logits.start, expected)[0, 1] > 0.99
