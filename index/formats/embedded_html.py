"""HTML that stands in files of other formats."""

from index.formats.base import leave_python
from index.formats.blocks import Blocks


def add_html(blocks: Blocks, written: str) -> None:
    """
    Add what a piece of HTML says.

    Raises:
        BeyondPythonError: If other files are read here, too.
        DocumentError: If there is nothing in it, or more than can be read.
    """
    leave_python("lxml")
    # It takes as long to import as all else that such a file takes, and few have HTML in them.
    from index.formats.html import add_main_text, parse_html

    add_main_text(blocks, parse_html(written.encode()))
