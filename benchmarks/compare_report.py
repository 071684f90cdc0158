"""
What the comparison measured -> `docs/lab/benchmarks.md` and its picture.

    python -m benchmarks.compare_report [build/compare/measured.json] [--out docs/lab/benchmarks.md]
"""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from answering.answerer import MORE_PASSAGES
from benchmarks import parser_of
from benchmarks.figures import (
    COMMAND,
    QUOTH,
    MeasuredSystem,
    PeerComparison,
    PeerScores,
    best_crew,
    build_rates,
    crowd_rates,
    percentile,
    ratio,
    targets,
    warm_rates,
)
from benchmarks.peers import PASSAGES, SYSTEMS, THREADS, Description

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MB = 1e6
_EMPTY = "–"
# From here on a figure's decimals say nothing.
_NO_DECIMALS = 100
_OURS, _THEIRS = "#2f6f4f", "#b9bdc4"
_TITLES = {**{name: one.title for name, one in SYSTEMS.items()}, COMMAND: "`quoth ask`"}


def main() -> None:
    """Write the report again."""
    parser = parser_of("compare_report", __doc__)
    parser.add_argument(
        "measured", type=Path, nargs="?", default=Path("build/compare/measured.json")
    )
    parser.add_argument(
        "--out", type=Path, default=Path("docs/lab/benchmarks.md"), metavar="FILE.md"
    )
    arguments = parser.parse_args()
    comparison = PeerComparison.model_validate_json(arguments.measured.read_bytes())
    write_report(comparison, arguments.out)
    print(arguments.out)


def write_report(comparison: PeerComparison, path: Path) -> None:
    """Write the report, and the picture beside it under the same name."""
    picture = path.with_suffix(".png")
    plot(comparison, picture)
    path.write_text(report(comparison, picture.name), encoding="utf-8")


def report(comparison: PeerComparison, picture: str) -> str:
    """The page, in Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in comparison.versions.items())
    setups = "\n".join(
        _setup(one, comparison.systems[name], comparison.askers) for name, one in SYSTEMS.items()
    )
    rounds = comparison.systems[QUOTH]
    return f"""# Benchmarks

Quoth beside a plain script, Haystack and txtai: the same two cores, documents, passages, weights and questions.

    make bench

writes this page and its picture; what was tried to become faster stands in [speed.md](speed.md).
Measured on {comparison.made} on {comparison.machine}.
The machine may do other things meanwhile, so the systems take turns, and each ratio is of figures from one run.

## Against the best peer

{_targets_table(comparison)}

## Side by side

{_table(comparison)}

![The same as bars]({picture})

- *Documents*: the passages of `{comparison.asked}`, and those of `{comparison.distractors}` in their way: {comparison.documents:,} documents, cut by Quoth into {comparison.passages:,} passages, which all systems read.
- *Questions*: {comparison.graded:,} of `{comparison.asked}`, chosen at random but always the same, for the warm figures, EM and F1; {sum(comparison.crowd):,} others for {comparison.askers} askers. No process is asked a question twice.
- *Weights*: those that Quoth shipped when this was measured. The others run them in fp32 (`benchmarks/checkpoint.py` turns the ONNX file into a checkpoint), Quoth in int8. All use the encoder all-MiniLM-L6-v2, Quoth in int8 for questions.
- *Installed*: the files of the packages that one installs, of all that they need, and of the models.
- *Index*: what the system keeps of the documents; with Quoth, its encoder too, which it exports once.
- *Import*: of what answering needs, in a fresh process; {len(rounds.import_s)} rounds, the median.
- *Index rate*: from passages in memory to an index on the disk, the encoder being loaded; Quoth also reads and cuts the documents. {len(rounds.build_s)} rounds, the median.
- *Cold*: a whole process from its start to its end, which opens the index and answers one question, the files being in the system's cache; {len(rounds.cold_s)} rounds, the median.
- *Warm*: one question after the other in one process, {len(rounds.warm_s)} rounds.
- *Peak memory*: the most that the process ever held, files that it maps included; "answering" after all warm questions.
- *{comparison.askers} askers*: threads of one process, each with its next question as soon as it has its answer; {len(comparison.crowd)} rounds, the median. They wait for workers, each with so many threads (workers × threads); of the numbers tried, a system's best counts.
- *EM and F1* are SQuAD 2.0's (`bot/evaluation/metrics.py`), over all questions: where a system has no answer, that is right if the passage has none. "Any answer" is over the answerable questions, by the best span of each; "best threshold" is over all, with the threshold on the system's own score that suits just these questions best.

## How each is set up

All have {THREADS} threads, and none reaches a network.\nThe others read {PASSAGES} passages per question; Quoth reads the best two, of the others those that it finds near the first, and up to {PASSAGES + MORE_PASSAGES} where these give no answer.\nIn brackets, what one installs.

{setups}

## Versions

{versions}.
"""  # noqa: E501 - one sentence a line


def _setup(one: Description, measured: MeasuredSystem, askers: int) -> str:
    installed = " ".join(one.distributions)
    crew = best_crew(measured)
    tried = ", ".join(map(str, one.crews))
    chosen = f" {askers} askers: {crew} (tried: {tried})." if crew else ""
    return f"- **{one.title}** (`{installed}`): {one.setup}{chosen}"


def _targets_table(comparison: PeerComparison) -> str:
    lines = ["| figure | target | reached | best peer | |", "|---|---|---|---|---|"]
    for target in targets(comparison):
        found = ratio(target, comparison.systems)
        reached = f"{found.median:.1f} times"
        if found.low != found.high:
            reached += f" ({found.low:.1f} to {found.high:.1f})"
        lines.append(
            f"| {target.name} | {target.wanted} | {reached} "
            f"| {_TITLES[found.peer]} | {_verdict(met=found.median >= target.least)} |"
        )
    f1 = _f1(comparison)
    ours = f1.pop(QUOTH)
    peer = max(f1, key=lambda name: f1[name])
    lines.append(
        f"| F1, open | not below any peer | {ours:.1f} against {f1[peer]:.1f} "
        f"| {_TITLES[peer]} | {_verdict(met=ours >= f1[peer])} |"
    )
    return "\n".join(lines)


def _verdict(*, met: bool) -> str:
    return "met" if met else "**missed**"


def _table(comparison: PeerComparison) -> str:
    systems = comparison.systems
    rows = _rows(comparison)
    lines = [
        "| | " + " | ".join(_TITLES[name] for name in systems) + " |",
        "|---|" + "---:|" * len(systems),
    ]
    for name, figure in rows.items():
        lines.append(f"| {name} | " + " | ".join(map(figure, systems.values())) + " |")
    return "\n".join(lines)


def _rows(comparison: PeerComparison) -> dict[str, Callable[[MeasuredSystem], str]]:
    """What stands in each row, "–" where a system has no such figure."""

    def median(values: Sequence[float], decimals: int, factor: float = 1.0) -> str:
        return f"{factor * statistics.median(values):,.{decimals}f}" if values else _EMPTY

    def warm(measured: MeasuredSystem, percent: float) -> str:
        seconds = [one for block in measured.warm_s for one in block]
        return f"{1e3 * percentile(seconds, percent):,.0f}" if seconds else _EMPTY

    def mb(size: int | None) -> str:
        return _EMPTY if size is None else f"{size / _MB:,.0f}"

    def scored(figure: Callable[[PeerScores], float]) -> Callable[[MeasuredSystem], str]:
        return lambda one: _EMPTY if one.scores is None else f"{figure(one.scores):.1f}"

    return {
        "installed, MB": lambda one: mb(one.installed_bytes),
        "index, MB": lambda one: mb(one.index_bytes),
        "import, s": lambda one: median(one.import_s, 2),
        "index rate, passages a second": lambda one: median(build_rates(comparison, one), 0),
        "cold answer, s": lambda one: median(one.cold_s, 2),
        "peak memory, cold, MB": lambda one: median(one.cold_peak_bytes, 0, 1 / _MB),
        "warm question, median, ms": lambda one: warm(one, 50),
        "warm question, 95th percentile, ms": lambda one: warm(one, 95),
        "peak memory, answering, MB": lambda one: mb(one.warm_peak_bytes),
        "questions a second, 1 asker": lambda one: median(warm_rates(one), 1),
        f"questions a second, {comparison.askers} askers": lambda one: median(
            crowd_rates(comparison, one), 1
        ),
        "EM": scored(lambda scores: scores.em),
        "F1": scored(lambda scores: scores.f1),
        "F1, best threshold": scored(lambda scores: scores.best_f1),
        "F1, any answer": scored(lambda scores: scores.always_f1),
        "questions answered, %": scored(lambda scores: scores.answered),
    }


def plot(comparison: PeerComparison, path: Path) -> None:
    """Draw the figures that have a target, as bars."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    *compared, last = figure.subplots(2, 3).flat
    for target, axes in zip(targets(comparison), compared, strict=True):
        values = {
            name: target.factor * statistics.median(target.rounds(measured))
            for name, measured in comparison.systems.items()
            if name == target.of or name not in {QUOTH, COMMAND}
        }
        better = "more" if target.is_rate else "less"
        _bars(axes, values, f"{target.name.replace('`', '')}\n{target.unit}, {better} is better")
    _bars(last, _f1(comparison), "F1, open\nmore is better")
    figure.savefig(path, dpi=110)


def _bars(axes: "Axes", values: dict[str, float], title: str) -> None:
    names = [_TITLES[name].replace("`", "").replace(", library", "") for name in values]
    colours = [_OURS if name in {QUOTH, COMMAND} else _THEIRS for name in values]
    bars = axes.barh(names, list(values.values()), color=colours)
    axes.bar_label(bars, [_short(value) for value in values.values()], padding=3)
    axes.set_title(title, fontsize=10)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= _NO_DECIMALS else f"{value:.3g}"


def _f1(comparison: PeerComparison) -> dict[str, float]:
    return {
        name: measured.scores.f1
        for name, measured in comparison.systems.items()
        if measured.scores is not None
    }


if __name__ == "__main__":
    main()
