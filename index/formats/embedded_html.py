"""HTML that stands in files of other formats."""

from index.formats.base import leave_python
from index.formats.blocks import Blocks
from index.formats.nested_items import NestedItems


def add_html(blocks: Blocks, written: str, items: NestedItems) -> None:
    """
    Add what a piece of HTML says.

    Args:
        blocks: Where to.
        written: The piece.
        items: Those of the document, whose budget the items of the piece share.

    Raises:
        BeyondPythonError: If other files are read here, too.
        DocumentError: If there is nothing in it, or more than can be read.
    """
    leave_python("lxml")
    # It takes as long to import as all else that such a file takes, and few have HTML in them.
    from index.formats.html import add_main_text
    from index.formats.html_parsing import parse_html

    add_main_text(blocks, parse_html(written.encode()), items)
