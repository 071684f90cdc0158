"""
The reader's arithmetic over what the processor can do, and where the rest of the time goes.

    python -m benchmarks.machine [training/data/dev.jsonl] [--count 100] [--rounds 3]

What the reader computes in int8 is counted in its graph: two operations for each weight and token.
What the processor can do is the best rate of a large int8 matrix multiplication in the same
runtime, on as many threads. Both are timed in turns, question by question, so that whatever else
the machine does meets both. Questions are read in the passages that are retrieved for them.
"""

import itertools
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from answering.answerer import SPANS_PER_PASSAGE, worth_reading
from answering.tuning import load_tuning
from benchmarks import parser_of
from bot.evaluation.questions import Misfits, read_questions
from bot.evaluation.run import searchable
from bot.settings import TUNING_NAME, Settings, load_settings
from index.encoder import SentenceEncoder
from index.reporting import SilentReporter
from reader.model import (
    MAX_QUESTION_TOKENS,
    MODEL_NAME,
    TOKENIZER_NAME,
    OnnxReader,
    PassageText,
    open_session,
    shipped_weights,
)
from reader.spans import best_spans

DEV = Path("training/data/dev.jsonl")
# Matrix multiplications that may show what the processor can do: rows, depth, columns.
SHAPES = ((1_024, 1_024, 1_024), (2_048, 1_024, 1_024), (1_024, 384, 1_536), (2_048, 1_536, 1_536))
# How often each of them is tried before the best is chosen.
TRIALS = 20
# Operators that multiply by int8 weights and do nothing else.
MULTIPLIERS = ("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul")


@dataclass(frozen=True, slots=True)
class QuestionToRead:
    """A question and the passages that it is read in."""

    question: str
    passages: tuple[PassageText, ...]


def main() -> None:
    """Run the command."""
    parser = parser_of("machine", __doc__)
    parser.add_argument("questions", nargs="?", type=Path, default=DEV, metavar="FILE.jsonl")
    parser.add_argument("--count", type=int, default=100, metavar="N", help="how many of them")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often each is read")
    arguments = parser.parse_args()
    settings = load_settings()
    readings = retrieved(arguments.questions, arguments.count, settings)
    reader = OnnxReader(shipped_weights(), settings.threads)
    weights = int8_weights(shipped_weights() / MODEL_NAME)
    tokenizer = Tokenizer.from_file(str(shipped_weights() / TOKENIZER_NAME))
    tokens = [
        sum(tokens_of(tokenizer, one.question, passage).count for passage in one.passages)
        for one in readings
    ]
    passages = sum(len(reading.passages) for reading in readings)
    print(
        f"{len(readings)} questions, {passages / len(readings):.1f} passages each, "
        f"{sum(tokens) / passages:.0f} tokens a run; {settings.threads} threads"
    )
    peak, shape = best_multiplication(settings.threads)
    read_s, peak_s = in_turns(
        [partial(reader.read, one.question, one.passages, SPANS_PER_PASSAGE) for one in readings],
        peak,
        arguments.rounds,
    )
    operations = 2 * weights * sum(tokens) * arguments.rounds
    rows, depth, columns = shape
    best = 2 * rows * depth * columns * len(readings) * arguments.rounds / peak_s
    rate = operations / read_s
    questions = len(readings) * arguments.rounds
    print(f"{'int8 operations a question':40}{operations / questions / 1e9:10.2f} G")
    print(f"{'reading, a question':40}{1e3 * read_s / questions:10.2f} ms")
    print(f"{'the reader computes':40}{rate / 1e9:10.0f} G/s")
    print(f"{f'a multiplication of {rows} x {depth} x {columns}':40}{best / 1e9:10.0f} G/s")
    print(f"{'fraction':40}{rate / best:10.2f}")
    account(readings, sum(tokens), weights, best, settings.threads)


def retrieved(path: Path, count: int, settings: Settings) -> list[QuestionToRead]:
    """
    Find the passages of questions, among all of their file.

    Args:
        path: As for `quoth eval`.
        count: How many questions, spread over the file.
        settings: Which encoder, how many passages.
    """
    encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)
    far_behind = load_tuning(shipped_weights() / TUNING_NAME).numbers.far_behind
    passages = read_questions(path, Misfits())
    with searchable(passages, encoder, settings.vectors, SilentReporter()) as retriever:
        asked = [one.text for each in read_questions(path, Misfits()) for one in each.questions]
        return [
            QuestionToRead(
                question, tuple(PassageText(hit.passage.id, hit.passage.text) for hit in hits)
            )
            for question in asked[:: max(1, len(asked) // count)][:count]
            for hits in [
                worth_reading(retriever.retrieve(question, settings.passages).hits, far_behind)
            ]
        ]


def int8_weights(path: Path) -> int:
    """
    Count the parameters of the int8 matrices of a model that `training.export` wrote.

    Each is a multiplication and an addition for every token.
    """
    import onnx

    graph = onnx.load(path).graph
    sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in graph.initializer}
    # By name: some multiply the first token in one operator and all others in another.
    used = {node.input[1] for node in graph.node if node.op_type in MULTIPLIERS}
    return sum(sizes[name] for name in used)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A question and one of its passages, as the model gets them."""

    question_ids: list[int]
    passage_ids: list[int]
    offsets: list[tuple[int, int]]

    @property
    def count(self) -> int:
        """With the four special ones."""
        return len(self.question_ids) + len(self.passage_ids) + 4


def tokens_of(tokenizer: Tokenizer, question: str, passage: PassageText) -> Tokens:
    """What `OnnxReader` makes of a question and a passage that is not too long."""
    asked = tokenizer.encode(question, add_special_tokens=False)
    read = tokenizer.encode(passage.text, add_special_tokens=False)
    return Tokens(asked.ids[-MAX_QUESTION_TOKENS:], read.ids, read.offsets)


def best_multiplication(threads: int) -> tuple[Callable[[], object], tuple[int, int, int]]:
    """The int8 matrix multiplication that computes the most a second, and its shape."""
    fastest: dict[tuple[int, int, int], float] = {}
    runs = {shape: multiplication(shape, threads) for shape in SHAPES}
    for shape, run in runs.items():
        seconds = [timed(run) for _ in range(TRIALS)]
        fastest[shape] = np.prod(shape) / statistics.median(seconds)
    best = max(fastest, key=lambda shape: fastest[shape])
    return runs[best], best


def multiplication(shape: tuple[int, int, int], threads: int) -> Callable[[], list[Any]]:
    """A run of MatMulInteger on random activations and constant weights; it returns the product."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rows, depth, columns = shape
    chance = np.random.default_rng(0)
    weights = chance.integers(-127, 128, (depth, columns), dtype=np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["activations", "weights"], ["product"])],
        "multiplication",
        [helper.make_tensor_value_info("activations", TensorProto.UINT8, [rows, depth])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [rows, columns])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=onnx.IR_VERSION_2023_5_5
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A thread that spins for the next multiplication would take a core from the reader.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feed = {"activations": chance.integers(0, 256, (rows, depth), dtype=np.uint8)}
    return lambda: session.run(None, feed)


def in_turns(
    ours: Sequence[Callable[[], object]], other: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Seconds in all that ours took, and those that the other took after each of them."""
    ours_s = other_s = 0.0
    for _, run in itertools.product(range(rounds), ours):
        ours_s += timed(run)
        other_s += timed(other)
    return ours_s, other_s


def timed(run: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def account(
    readings: Sequence[QuestionToRead], tokens: int, weights: int, best: float, threads: int
) -> None:
    """
    Print where the cores' time goes while questions are read.

    Args:
        readings: What is read, once.
        tokens: How many tokens all of them have.
        weights: How many weights the model has.
        best: What all threads together could do, in operations a second.
        threads: That read.
    """
    reader = OnnxReader(shipped_weights(), threads)
    tokenizer = Tokenizer.from_file(str(shipped_weights() / TOKENIZER_NAME))
    with profiled(reader) as events:
        read_s = sum(
            timed(partial(reader.read, one.question, one.passages, SPANS_PER_PASSAGE))
            for one in readings
        )
    spent: dict[str, float] = defaultdict(float)
    run_s = 0.0
    for event in events:
        seconds = event["dur"] / 1e6
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
            spent[event["args"]["op_name"]] += seconds
        elif event["name"] == "model_run":
            run_s += seconds
    operators_s = sum(spent.values())
    python_s = sum(around_the_model(reader, tokenizer, reading) for reading in readings)
    available_s = threads * read_s
    spent["between operators"] = run_s - operators_s
    spent["tokens and spans"] = python_s
    spent["idle, or waiting"] = available_s - run_s - python_s
    multiplied = 2 * weights * tokens
    multiplying_s = sum(spent[name] for name in MULTIPLIERS)
    print(f"\n{'of the threads’ time':40}{'share':>10}")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if seconds:
            print(f"{name:40}{100 * seconds / available_s:9.1f} %")
    rate = threads * multiplied / multiplying_s
    print(
        f"\nint8 multiplications alone compute {rate / 1e9:.0f} G/s, {rate / best:.2f} of the best"
    )


@contextmanager
def profiled(reader: OnnxReader) -> Iterator[list[dict[str, Any]]]:
    """Collect what ONNX Runtime says of a reader's runs; it is there when the block has ended."""
    events: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        session = open_session(shipped_weights() / MODEL_NAME, profile=Path(folder) / "profile")
        reader._session = session
        yield events
        events += json.loads(Path(session.end_profiling()).read_text())


def around_the_model(reader: OnnxReader, tokenizer: Tokenizer, reading: QuestionToRead) -> float:
    """Seconds for one question's tokens and spans."""
    seconds = 0.0
    for passage in reading.passages:
        tokens = tokens_of(tokenizer, reading.question, passage)
        logits = reader.logits(tokens.question_ids, tokens.passage_ids)
        seconds += timed(partial(tokens_of, tokenizer, reading.question, passage))
        seconds += timed(
            partial(best_spans, passage.id, passage.text, tokens.offsets, logits, SPANS_PER_PASSAGE)
        )
    return seconds


if __name__ == "__main__":
    main()
