"""
How many questions a second one answering node takes, and two; and what a node costs in memory.

    python -m benchmarks.nodes [--rounds 3] [--each 40]

Each node has a core of its own, so two of them need two cores. A `quoth serve` without a reader
hands the questions on, by turns to the first node alone and to both. No question comes twice.
"""

import statistics
import tempfile
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from benchmarks import parser_of
from benchmarks.discord_load import phrases
from benchmarks.web_load import ASKERS, Server, server_rate, serving

ROUNDS = 3
EACH_ROUND = 40
_TOKEN = "between-nodes-of-the-benchmark"  # noqa: S105 - of nothing but this run


def main() -> None:
    """Measure both by turns, and print what came of it."""
    parser = parser_of("nodes", __doc__)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--each", type=int, default=EACH_ROUND, help="questions in each round")
    arguments = parser.parse_args()
    questions = phrases(arguments.seeds)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def serve(name: str, settings: dict[str, str], cores: str | None = None) -> Server:
            token = {"QUOTH_NODE_TOKEN": _TOKEN}
            return stack.enter_context(
                serving(arguments.seeds, folder / name, settings | token, cores)
            )

        nodes = [serve(f"node-{core}", {}, str(core)) for core in range(2)]
        addresses = [node.address for node in nodes]
        fronts = [
            serve(f"front-{count}", {"QUOTH_NODES": ",".join(addresses[:count])})
            for count in (1, 2)
        ]
        rates: list[list[float]] = [[] for _ in fronts]
        for number in range(1 + arguments.rounds):
            for front, measured in zip(fronts, rates, strict=True):
                rate = server_rate(front, list(islice(questions, arguments.each)))
                # The first round warms the nodes up.
                if number:
                    measured.append(rate)
        print(f"{ASKERS} askers, nodes of one core each, answers a second, by round and median:")
        for count, measured in enumerate(rates, start=1):
            each = ", ".join(f"{rate:.1f}" for rate in measured)
            print(f"  {count} of them: {each}; {statistics.median(measured):.1f}")
        memory = ", ".join(f"{node.resident_mb():.0f} MB" for node in nodes)
        print(f"memory of the nodes: {memory}; of who asks them: {fronts[1].resident_mb():.0f} MB")


if __name__ == "__main__":
    main()
