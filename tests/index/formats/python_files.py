"""A file of each format that Python alone reads, and what is made of such files."""

from pathlib import Path

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import BeyondPythonError, reads_several

PYTHON_FILES = {
    ".adoc": b"= Fees\n:fee: 4\n\n.Boats\n|===\n|Boat |Fee\n\n|Swan |{fee}\n|===\n\nYou need:"
    b"\n\n* `one`\n\n[,csv]\n,===\na,b\n1,2\n,===\n",
    ".csv": b'boat;fee\nSwan;4\n"The\nTeal";12\n',
    ".jsonl": b'{"boat": "Swan", "fee": 4}\n{"text": "It costs \\u00a3 5."}\n',
    ".md": b"---\ntitle: Fees\n---\n\n## Boats\n\n|a|b|\n|-|-|\n|1|2|\n\nA <b>fee</b> of `4`:\n\n"
    b"- [one][a]\n\nTerm\n: What it is[^1]\n\n[^1]: A note\n\n[a]: /one\n",
    ".mdx": b"import A from 'a'\n\n<Tab title='Fees'>\nOne.\n</Tab>\n",
    ".rst": b"Fees\n====\n\n.. role:: emphasis(raw)\n\nA :emphasis:`fee` of ``4``.\n\n"
    b".. csv-table:: x\n\n   a,b\n   1,2\n\n.. note:: Two\n",
    ".rtf": (Path(__file__).parents[1] / "files" / "statutes.rtf").read_bytes(),
    ".srt": b"1\n00:00:01,000 --> 00:00:02,000\nOne <i>fee</i>.\n\n2\n00:00:03,000 --> 00:00:04,000"
    b"\nTwo &amp; three.\n",
    ".tsv": b"boat\tfee\nSwan\t4\nTeal\t12\n",
    ".txt": b"Boat  Fee  Deck\nSwan    4  tar\nTeal   12  tar\n\nNothing else. 5 May 2024\n",
}
BEYOND = "beyond Python"
REFUSED = "refused: "


def python_outcome(suffix: str, content: bytes) -> str:
    """What Python alone makes of a file, in words."""
    reads_several.set(True)
    try:
        return repr(parse(suffix, content))
    except BeyondPythonError:
        return BEYOND
    except DocumentError as error:
        return f"{REFUSED}{error}"
    finally:
        reads_several.set(False)
