"""
A run's log -> its learning curve, as SVG.

    python -m training.curve build/training/student/log.jsonl curve.svg
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

Point = tuple[float, float]
"""Step and value."""

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 56, 32, 48
_LOSS_COLOUR, _DEV_COLOUR = "#9a6700", "#0550ae"
SMOOTHED = 10
"""Entries of the loss that are averaged into a point: a batch's own loss says little."""


def points(log: str, name: str) -> list[Point]:
    """A log's values of one name, in its order. A resumed run's repeated steps count once, last."""
    values: dict[float, float] = {}
    for line in log.splitlines():
        entry = json.loads(line)
        if name in entry:
            values[entry["step"]] = entry[name]
    return sorted(values.items())


def smooth(values: Sequence[Point]) -> list[Point]:
    """Means of `SMOOTHED` neighbours, at the last one's step."""
    groups = [values[at : at + SMOOTHED] for at in range(0, len(values), SMOOTHED)]
    return [(group[-1][0], sum(value for _, value in group) / len(group)) for group in groups]


def draw(losses: Sequence[Point], dev: Sequence[Point], title: str) -> str:
    """
    Draw the loss against the left axis and F1 on dev against the right one.

    Args:
        losses: Step and loss.
        dev: Step and F1 from 0 to 100.
        title: Written above.

    Returns:
        An SVG document.
    """
    last = max((step for step, _ in (*losses, *dev)), default=1.0)
    top_loss = max((loss for _, loss in losses), default=1.0)
    base = HEIGHT - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{WIDTH / 2}" y="18" text-anchor="middle">{title}</text>',
    ]
    for tick in range(5):
        share = tick / 4
        y = base - share * (base - _TOP)
        x = _LEFT + share * (WIDTH - _LEFT - _RIGHT)
        parts += [
            f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>',
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{_LOSS_COLOUR}">'
            f"{share * top_loss:.2f}</text>",
            f'<text x="{WIDTH - _RIGHT + 6}" y="{y + 4:.1f}" fill="{_DEV_COLOUR}">'
            f"{100 * share:.0f}</text>",
            f'<text x="{x:.1f}" y="{base + 18}" text-anchor="middle">{share * last:.0f}</text>',
        ]
    parts += [
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">step</text>',
        f'<text x="{_LEFT}" y="{_TOP - 8}" fill="{_LOSS_COLOUR}">loss</text>',
        f'<text x="{WIDTH - _RIGHT}" y="{_TOP - 8}" text-anchor="end" fill="{_DEV_COLOUR}">'
        "F1 on dev</text>",
        _line(losses, last, top_loss, _LOSS_COLOUR),
        _line(dev, last, 100.0, _DEV_COLOUR),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _line(values: Sequence[Point], last: float, top: float, colour: str) -> str:
    if not values:
        return ""
    wide, high = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    places = (
        f"{_LEFT + step / last * wide:.1f},{HEIGHT - _BOTTOM - value / top * high:.1f}"
        for step, value in values
    )
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(places)}"/>'


def main() -> None:
    """Draw a log."""
    parser = argparse.ArgumentParser(description="Draw a training run's learning curve.")
    parser.add_argument("log", type=Path, help="a run's log.jsonl")
    parser.add_argument("out", type=Path, help="the SVG file to write")
    parser.add_argument("--title", default="Learning curve", help="written above the curve")
    arguments = parser.parse_args()
    log = arguments.log.read_text(encoding="utf-8")
    svg = draw(smooth(points(log, "loss")), points(log, "dev_f1"), arguments.title)
    arguments.out.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
