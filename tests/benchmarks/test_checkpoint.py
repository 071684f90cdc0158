"""The peers that Quoth is compared with read the very weights that Quoth ships."""

from pathlib import Path

import numpy as np
import pytest

from reader.model import MODEL_NAME, OnnxReader, shipped_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own


def test_the_checkpoint_computes_what_the_shipped_reader_does(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from benchmarks.checkpoint import read_weights, write_checkpoint

    write_checkpoint(read_weights(shipped_weights() / MODEL_NAME), tmp_path)
    question, passage = "who bakes bread?", "Bread is baked by Mr. Keller at the station."
    batch = AutoTokenizer.from_pretrained(tmp_path)(
        question, passage, return_tensors="pt", return_token_type_ids=True
    )
    with torch.inference_mode():
        output = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()(**batch)

    ids = batch["input_ids"][0].tolist()
    end_of_question = ids.index(102)
    logits = OnnxReader(shipped_weights()).logits(
        ids[1:end_of_question], ids[end_of_question + 1 : -1]
    )
    keep = [0, *range(end_of_question + 1, len(ids) - 1)]
    expected = output.start_logits[0].numpy()[keep]
    # Quoth's activations are int8 as well, so the logits agree only nearly; the best ones do.
    assert np.argmax(logits.start) == np.argmax(expected)
    assert np.corrcoef(logits.start, expected)[0, 1] > 0.99
