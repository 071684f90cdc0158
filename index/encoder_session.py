"""An encoder's graph, run by ONNX Runtime on one text at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.tracing import INPUT_NAMES, NORMS_APART

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding


def open_session(model: Path) -> "InferenceSession":
    """Open an encoder's graph. Whoever runs it computes in the thread that it is run by."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Texts are encoded side by side; for one alone, a second thread gains nothing.
    options.intra_op_num_threads = 1
    # It would keep what the longest text took.
    options.enable_cpu_mem_arena = False
    # A sum and its normalisation in one operator take five times as long on a processor.
    options.add_session_config_entry(*NORMS_APART)
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def inputs_of(
    tokens: "Encoding", max_tokens: int, names: Sequence[str]
) -> dict[str, npt.NDArray[np.int64]]:
    """
    Make a text's tokens into what the graph takes.

    Args:
        tokens: The tokens of the text, neither padded nor truncated.
        max_tokens: What is beyond counts for nothing.
        names: The graph's inputs, some of `INPUT_NAMES`.

    Returns:
        By name; each of shape (1, tokens).
    """
    ids, mask, types = tokens.ids, tokens.attention_mask, tokens.type_ids
    if len(ids) > max_tokens:
        # The last token closes the sequence, so it is kept.
        ids = [*ids[: max_tokens - 1], ids[-1]]
        mask, types = mask[:max_tokens], types[:max_tokens]
    given = dict(zip(INPUT_NAMES, (ids, mask, types), strict=True))
    return {name: np.array([given[name]], dtype=np.int64) for name in names}
