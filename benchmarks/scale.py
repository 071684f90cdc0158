"""
What an index costs as it grows: time to build, to open and to search, disk, memory, recall.

    python -m benchmarks.scale [--sizes 1000,10000,100000,1000000] [--encoded 100000]

The documents are made of real sentences (`benchmarks.scale_corpus` says how). Up to `--encoded`
passages the real encoder makes the vectors; beyond, real vectors are perturbed. What was built and
measured is kept in the work folder, and a run that was cut goes on from there.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import parser_of
from index.processes import module_command, module_environment

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ENCODED = 100_000
_STEPS = ("build", "search", "add")

Measurements = dict[int, dict[str, Any]]
"""What each step measured, by size."""


def main() -> None:
    """Run the command."""
    parser = parser_of("scale", __doc__)
    parser.add_argument("--sizes", type=numbers, default=SIZES, metavar="N,N", help="passages")
    parser.add_argument("--encoded", type=int, default=ENCODED, metavar="N", help="one of them")
    parser.add_argument("--work", type=Path, default=Path("build/scale"), metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="what was measured")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="the same as a picture")
    parser.add_argument("--again", action="store_true", help="search and add again")
    arguments = parser.parse_args()
    if max(arguments.sizes) > arguments.encoded and arguments.encoded not in arguments.sizes:
        parser.error("--encoded is one of --sizes, whose vectors the larger ones are made of")
    arguments.work.mkdir(parents=True, exist_ok=True)
    measured = measure(arguments.work, arguments.sizes, arguments.encoded, again=arguments.again)
    print(table(measured))
    if arguments.out:
        arguments.out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if arguments.plot:
        plot(measured, arguments.plot)


def numbers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between them, in order."""
    return tuple(sorted(int(number) for number in text.split(",")))


def measure(
    work: Path,
    sizes: Sequence[int],
    encoded: int,
    *,
    again: bool = False,
    steps_to_run: Sequence[str] = _STEPS,
) -> Measurements:
    """Run the steps that were not run before, each in a process of its own."""
    kept = work / "measured.json"
    measured: Measurements = {}
    if kept.exists():
        measured = {int(size): steps for size, steps in json.loads(kept.read_text()).items()}
    for size in sizes:
        for step in steps_to_run:
            steps = measured.setdefault(size, {})
            if step in steps and (step == "build" or not again):
                continue
            print(f"{size:,}: {step}", file=sys.stderr, flush=True)
            run = subprocess.run(
                module_command("benchmarks.scale_steps", step, str(work), str(size), str(encoded)),
                env=module_environment(),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            steps[step] = json.loads(run.stdout.splitlines()[-1])
            kept.write_text(json.dumps(measured, indent=1), encoding="utf-8")
    return {size: measured[size] for size in sizes}


def _share(filtered: dict[str, Any]) -> str:
    """What an index of these documents alone finds, if that was measured."""
    alone = filtered["alone_hit_at_5"]
    return "" if alone is None else f"{alone:.1f}"


def _row(steps: dict[str, Any]) -> dict[str, str]:
    """The figures of one size, by what they are of."""
    build, search, add = (steps[name] for name in _STEPS)
    passages = build["passages"]

    def ms(name: str) -> str:
        return " / ".join(f"{value:.2f}" for value in search[name])

    return {
        "passages": f"{passages:,}",
        "documents": f"{build['documents']:,}",
        "build, s": f"{build['seconds']:,.0f}",
        "passages built per s": f"{passages / build['seconds']:,.0f}",
        "passages encoded per s": f"{build['encoded'] / build['stages_s']['encode']:,.0f}"
        if build["encoded"]
        else "",
        "peak of the build, MB anonymous": f"{build['peak_anonymous_bytes'] / 1e6:,.0f}",
        "bytes per passage on disk": f"{search['index_bytes'] / passages:,.0f}",
        "open, ms": f"{1e3 * search['open_s']:,.0f}",
        "index, MB anonymous": f"{search['anonymous_of_index_bytes'] / 1e6:,.0f}",
        "index, MB mapped": f"{search['mapped_of_index_bytes'] / 1e6:,.0f}",
        "vectors": "exact" if search["is_exact"] else "approximate",
        "recall@10": f"{search['recall_at_10']:.4f}",
        "dense, ms (median / 95 %)": ms("dense_ms"),
        "lexical, ms": ms("lexical_ms"),
        "fused, ms": ms("fused_ms"),
        "fused with encoding, ms": ms("with_encoding_ms"),
        **{
            f"{name}: passages, fused ms, recall@10, answers among 5, alone, %": (
                f"{each['passages']:,}, {each['fused_ms'][0]:.2f} / {each['fused_ms'][1]:.2f}, "
                f"{each['recall_at_10']:.4f}, {each['hit_at_5']:.1f}, {_share(each)}"
            )
            for name, each in search["filtered"].items()
        },
        "answers among 5, %": f"{search['hit_at_5']:.1f}",
        "one more document, s": f"{add['seconds']:.2f}",
    }


def table(measured: Measurements) -> str:
    """A Markdown table, a column per size."""
    columns = [_row(steps) for steps in measured.values()]
    lines = [
        f"| {name} | " + " | ".join(column[name] for column in columns) + " |"
        for name in columns[0]
    ]
    lines.insert(1, "|---|" + "---|" * len(columns))
    return "\n".join(lines)


def plot(measured: Measurements, path: Path) -> None:
    """Draw cost against size."""
    from matplotlib.figure import Figure

    passages = [steps["build"]["passages"] for steps in measured.values()]
    figure = Figure(figsize=(12, 7), layout="constrained")
    axes = figure.subplots(2, 3)

    def draw(row: int, column: int, title: str, lines: dict[str, Sequence[float]]) -> None:
        one = axes[row][column]
        for name, values in lines.items():
            one.plot(passages, values, marker="o", label=name)
        one.set(xscale="log", yscale="log", title=title, xlabel="passages")
        one.legend()
        one.grid(alpha=0.3)

    def of(step: str, name: str, factor: float = 1.0) -> list[float]:
        return [factor * steps[step][name] for steps in measured.values()]

    for column, (title, place) in enumerate({"median": 0, "95th percentile": 1}.items()):
        draw(
            0,
            column,
            f"search, {title}, ms",
            {
                kind: [steps["search"][f"{kind}_ms"][place] for steps in measured.values()]
                for kind in ("dense", "lexical", "fused")
            },
        )
    draw(
        0,
        2,
        "open, and add one document, s",
        {"open": of("search", "open_s"), "add": of("add", "seconds")},
    )
    draw(1, 0, "build, s", {"build": of("build", "seconds")})
    draw(
        1,
        1,
        "memory, MB",
        {
            "building, anonymous": of("build", "peak_anonymous_bytes", 1e-6),
            "open, anonymous": of("search", "anonymous_bytes", 1e-6),
        },
    )
    draw(1, 2, "disk, MB", {"index": of("search", "index_bytes", 1e-6)})
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
