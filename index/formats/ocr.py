"""
Scanned pages: the picture of a page -> its lines, by the models that RapidOCR carries.

It is an extra, `quoth[ocr]`, since its libraries take 200 MB.
"""

import os
import re
from functools import cache
from importlib.util import find_spec
from typing import Any

from index.formats.base import page_read
from index.formats.pdf_layout import Line, Piece, arranged, stand_side_by_side

# Print of eight points is seventeen pixels high then, which the models still read well.
_DOTS_PER_INCH = 150
_POINTS_PER_INCH = 72
# The length of a page's longer side; a plan or a poster is drawn smaller.
_MAX_PIXELS = 2_500
# On a page that is nearly empty, the models find a short line only where all is drawn smaller.
_SMALLER = 0.5
# A hyphen at the end of a line, of which the whole document tells whether it is the word's.
_BROKEN = re.compile(r"(?<=[^\W\d_])-$")


def is_installed() -> bool:
    """Whether scanned pages can be read here."""
    return find_spec("rapidocr") is not None


def read_page(page: Any) -> list[Line]:
    """
    Read the picture of a page, in the order in which people do.

    Args:
        page: A page as PDFium gives it.
    """
    width, height = page.get_size()
    scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, _MAX_PIXELS / max(width, height))
    found = _engine()(page.render(scale=scale).to_numpy())
    if found.txts is None:
        scale *= _SMALLER
        found = _engine()(page.render(scale=scale).to_numpy())
    page_read.get()()
    if found.txts is None:
        return []
    pieces = [
        _piece(text.strip(), box / scale, height)
        for text, box in zip(found.txts, found.boxes, strict=True)
        if text.strip()
    ]
    boxes = [(one.left, one.right, one.bottom, one.top) for one in pieces]
    lines = arranged(pieces) if stand_side_by_side(boxes) else [Line(one.text) for one in pieces]
    return [Line(_BROKEN.sub("\u00ad", one.text), one.part, one.is_row) for one in lines]


def _piece(text: str, box: Any, height: float) -> Piece:
    """
    A line with its box, upright: a page that lies askew in the scanner has its lines askew.

    Args:
        text: What it says.
        box: Its corners from the upper left one clockwise, in points from the page's upper left
            corner; shape (4, 2).
        height: The height of the page, in points.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = box.tolist()
    return Piece(
        text,
        left=(x0 + x3) / 2,
        right=(x1 + x2) / 2,
        bottom=height - (y2 + y3) / 2,
        top=height - (y0 + y1) / 2,
    )


def imported() -> Any:
    """The class that reads pages, once its libraries are imported, which takes a second."""
    from rapidocr import RapidOCR

    return RapidOCR


@cache
def _engine() -> Any:
    # Without the model that turns letters which stand on their heads, as hardly a page's do.
    return imported()(
        params={
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": os.cpu_count() or 1,
        }
    )
