"""How near the vectors of an encoder in int8 are to those in fp32."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.encoder_graphs import EncoderFacts
from index.encoder_session import inputs_of, open_session

# Among the 1,088 passages of dev and train, all-MiniLM-L6-v2 finds as much with vectors this near
# (docs/lab/retrieval.md). Encoders whose activations are of very different sizes lose much more.
MIN_MEAN_COSINE = 0.99
_QUESTIONS = (
    "how many were deported for drunk driving?",
    "Who is the chair of the association, and since when?",
    "when does the swimming pool open on public holidays",
    "What happens to members who have not paid their fee by the end of March?",
    "why",
    "cost of a day ticket for 2 adults and 3 children under 6 in euros",
    "Along with Marie Curie, who was awarded the Nobel Prize in Physics in 1903?",
    "rules about posting links in #general",
)
_DOCUMENTS = (
    "Opening hours\n\nThe library is open from Tuesday to Saturday, 10 am to 6 pm, and on the "
    "first Sunday of each month. Returned books can be left in the box beside the door at any "
    "time. Between Christmas and New Year the reading room is closed, but reserved books can "
    "be fetched.",
    "Refunds\nA ticket that was bought online can be given back until 24 hours before the "
    "event. The price is paid back within ten working days, less a fee of 2.50 euros. Tickets "
    "from the box office are exchanged there only, and vouchers are not paid out in cash.",
    "To install the package, run `pip install --upgrade example[all]` in a virtual "
    "environment. Python 3.11 or newer is required. If the build fails with `error: command "
    "'gcc' failed`, install the headers first: `apt-get install python3-dev build-essential`.",
    "| Plan | Storage | Users | Price a month |\n|---|---|---|---|\n| Basic | 5 GB | 1 | free "
    "|\n| Team | 100 GB | 10 | 12.00 |\n| Company | 2 TB | unlimited | 89.00 |",
    "The bridge was begun in 1869 and opened to traffic fourteen years later. Its towers of "
    "granite are 84 metres high; four cables, each of more than five thousand wires, carry a "
    "deck that was at first shared by carriages, trains and people on foot. The engineer did "
    "not live to see it.",
    "Members may be warned, muted for up to seven days, or banned. A ban can be appealed once, "
    "in writing, after thirty days. Moderators who know the member in person take no part in "
    "it.",
    "Photosynthesis turns light into chemical energy. In the chloroplasts of green plants, "
    "water is split, oxygen is set free, and the hydrogen is bound to carriers with which "
    "carbon dioxide is made into sugar in the Calvin cycle.",
    "1. Switch the device off and unplug it.\n2. Hold the reset button for ten seconds.\n3. "
    "Plug it in again and wait until the light stays green.\nIf it blinks red, the firmware is "
    "damaged.",
)


def mean_cosine(encoder: EncoderFacts, one: Path, other: Path) -> float:
    """
    Encode some questions and pieces of documents with two models of an encoder.

    Args:
        encoder: What is known of the encoder.
        one: The file of one model.
        other: The file of another.

    Returns:
        The mean cosine between their vectors; NaN if some are no numbers.
    """
    examples = [encoder.question_prefix + text for text in _QUESTIONS]
    examples += [encoder.document_prefix + text for text in _DOCUMENTS]
    vectors = [_vectors(encoder, model, examples) for model in (one, other)]
    return float(np.mean(np.sum(vectors[0] * vectors[1], axis=1)))


def _vectors(encoder: EncoderFacts, model: Path, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    session = open_session(model)
    tokens = map(encoder.tokenizer.encode, texts)
    inputs = [inputs_of(each, encoder.max_tokens, encoder.inputs) for each in tokens]
    return np.stack([session.run(None, each)[0][0] for each in inputs])
