"""
How Excel shows a number: the code of a format, such as `"£"#,##0.00` or `0%`, and what it makes.

A format counts where it says more than the number: a sign, a unit, or zeros before it. Formats of
dates are none of ours, nor are those with conditions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# Excel's own limit.
_MAX_CODE_CHARS = 255
# A computer has no more figures of a number, and Excel shows no more.
_MAX_FIGURES = 15
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]{0,255})"|\\(?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]{0,99})(?:-[^\]]{0,99})?\]'
    r"|(?P<color>\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d\d?)\])"
    r"|(?P<figures>[#0?][#0?,]*+(?:\.[#0?]*+)?|\.[#0?]++|general)|(?P<percent>%)|(?P<end>;)"
    r"|(?P<sign>[-$€£¥+/():!^&'~{}<>= ])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
BUILT_IN = {9: "0%", 10: "0.00%"}
"""
The codes of formats that may have none in a file, by their numbers.

Those of currencies are left out: where a file has no code for them, each program shows the sign of
its own country.
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a code: that for numbers above zero, below zero, or zero."""

    before: str
    figures: str
    after: str
    is_percentage: bool

    def written(self, number: Decimal) -> str | None:
        """What it shows; None where that is more figures than can be computed."""
        if not self.figures:
            return " ".join(self.before.split())
        whole, _, fraction = self.figures.partition(".")
        number = number.scaleb(2) if self.is_percentage else number
        if self.figures.lower() == "general":
            said = format(number.normalize(), "f")
        else:
            step = Decimal(1).scaleb(-min(len(fraction), _MAX_FIGURES))
            try:
                said = format(number.quantize(step, ROUND_HALF_UP), "f")
            except InvalidOperation:
                return None
            ahead, _, behind = said.partition(".")
            zeros, mark = whole.count("0"), "," if "," in whole else ""
            chars = zeros + (max(0, zeros - 1) // 3 if mark else 0)
            behind = behind[: fraction.count("0")] + behind[fraction.count("0") :].rstrip("0")
            said = f"{int(ahead):0{chars or 1}{mark}}" + (f".{behind}" if behind else "")
        return " ".join(f"{self.before}{said}{self.after}".split())


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format that says more than the number."""

    _positive: _Part
    _negative: _Part | None
    _zero: _Part | None

    def written(self, number: float) -> str | None:
        """What Excel shows; None for a number with more figures than it shows."""
        if not abs(number) < 10**_MAX_FIGURES:
            return None
        exact = abs(Decimal(format(number, f".{_MAX_FIGURES}g")))
        if number < 0 and self._negative is None:
            shown = self._positive.written(exact)
            # What is rounded to nothing has no sign.
            return shown if shown in {None, self._positive.written(Decimal(0))} else f"-{shown}"
        part = self._negative if number < 0 else self._zero if number == 0 else None
        return (part or self._positive).written(exact)


def number_format(code: str) -> NumberFormat | None:
    """What a code says, if that is more than the number."""
    if len(code) > _MAX_CODE_CHARS:
        return None
    positive, *others = [_part(tokens) for tokens in _parts(code)]
    if positive is None or not positive.figures or not _says_more(positive):
        return None
    negative, zero = [*others, None, None][:2]
    # What is written as the positive ones are is told from them by its colour alone.
    if negative is not None and (not _is_told(negative) or _is_alike(negative, positive)):
        negative = None
    # Accounts write a dash and blanks for nothing: `"-"??`.
    if zero is not None and (not _is_told(zero) or "?" in zero.figures):
        zero = None
    return NumberFormat(positive, negative, zero)


def _is_told(part: _Part) -> bool:
    """Whether a part has figures or words; what has none says "-" for nothing, or hides it."""
    return bool(part.figures) or any(map(str.isalpha, part.before))


def _is_alike(part: _Part, other: _Part) -> bool:
    return (part.before.split(), part.after.split()) == (other.before.split(), other.after.split())


def _parts(code: str) -> Iterator[list[re.Match[str]]]:
    part: list[re.Match[str]] = []
    for token in _TOKEN.finditer(code):
        if token["end"]:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _part(tokens: list[re.Match[str]]) -> _Part | None:
    """None for a part of another kind: a date, a fraction, or one with a condition."""
    said = ["", ""]
    figures = ""
    is_percentage = False
    for token in tokens:
        if token["other"] or (token["figures"] and figures):
            return None
        figures = figures or token["figures"] or ""
        is_percentage = is_percentage or bool(token["percent"])
        texts = (token[name] for name in ("quoted", "escaped", "currency", "percent", "sign"))
        said[bool(figures)] += next(filter(None, texts), " " if token[0].startswith("_") else "")
    # A comma behind the last figure stands for thousands that are left out.
    if figures.partition(".")[0].endswith(",") or figures.endswith(","):
        return None
    return _Part(said[0], figures, said[1], is_percentage)


def _says_more(part: _Part) -> bool:
    is_said = any(
        each.isalpha() or not (each.isascii() and each in "+-() ")
        for each in part.before + part.after
    )
    return is_said or part.figures.startswith("00")
