"""The stylesheet: what is written can be read."""

import re
from importlib.resources import files

import pytest

STYLE = (files("bot.web") / "static" / "style.css").read_text(encoding="utf-8")
# WCAG 2.2, 1.4.3: of ordinary text.
AA = 4.5
PAIRS = [
    (ink, paper) for ink in ("ink", "soft", "accent", "warn") for paper in ("paper", "card")
] + [("on-accent", "accent"), ("on-marked", "marked"), ("warn", "warn-paper")]


def palettes() -> list[dict[str, str]]:
    """The colours by day, and by night."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.S)
    by_day = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return [by_day, by_day | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))]


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", palettes(), ids=["day", "night"])
@pytest.mark.parametrize("pair", PAIRS, ids="-on-".join)
def test_text_stands_out_from_its_paper(colours: dict[str, str], pair: tuple[str, str]) -> None:
    low, high = sorted(luminance(colours[name]) for name in pair)

    assert (high + 0.05) / (low + 0.05) >= AA


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
