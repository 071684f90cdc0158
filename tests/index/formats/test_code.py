"""What a format marks as code is known by its bounds, and the text is as without."""

import pytest

from index.formats import parse
from index.formats.base import Loaded
from index.formats.blocks import CODE_BEGINS, CODE_ENDS, Blocks, as_code


def codes(loaded: Loaded) -> list[str]:
    return [loaded.text[start:end] for start, end in loaded.code]


@pytest.mark.parametrize(
    ("suffix", "written"),
    [
        (
            ".md",
            "End it with `!close now`, or `!bump`.\n\n    a block\n      of code\n\n"
            "| Key | For |\n|-|-|\n| `k` | 1 |",
        ),
        (
            ".html",
            "<p>End it with <code> !close\n now</code>, or <kbd>!bump</kbd>.</p>"
            "<pre><code>a block\n  of code\n</code></pre>"
            "<table><tr><th>Key</th><th>For</th></tr><tr><td><code>k</code></td><td>1</td></tr></table>",
        ),
        (
            ".rst",
            "End it with ``!close now``, or :kbd:`!bump`.\n\n::\n\n   a block\n     of code\n\n"
            "=====  ===\nKey    For\n=====  ===\n``k``  1\n=====  ===\n",
        ),
        (
            ".adoc",
            "End it with `!close now`, or `+!bump+`.\n\n----\na block\n  of code\n----\n\n"
            "[options=header]\n|===\n|Key |For\n|`k` |1\n|===\n",
        ),
    ],
)
def test_code_within_a_line_and_in_a_block_is_known(suffix: str, written: str) -> None:
    loaded = parse(suffix, written.encode())

    assert loaded.text == (
        "End it with !close now, or !bump.\n\na block\n  of code\n\nKey: k | For: 1"
    )
    assert codes(loaded) == ["!close now", "!bump", "a block\n  of code", "k"]


@pytest.mark.parametrize(
    ("suffix", "written"),
    [
        (".md", "Run this:\n\n```sh\nmake all\nmake check\n```\n"),
        (".md", "Run this:\n\n~~~\nmake all\nmake check\n~~~\n"),
        (".mdx", "import X from 'x'\n\nRun this:\n\n<X>\n```sh\nmake all\nmake check\n```\n</X>\n"),
        (".html", "<p>Run this:</p><pre>\nmake all<br>make <b>check</b></pre>"),
        (".rst", "Run this:\n\n.. code-block:: sh\n\n   make all\n   make check\n"),
        (".adoc", "Run this:\n\n....\nmake all\nmake check\n....\n"),
        (".adoc", "Run this:\n\n  make all\n  make check\n"),
        (".adoc", "Run this:\n\n[source]\nmake all\nmake check\n"),
    ],
)
def test_a_block_is_known_however_it_is_set(suffix: str, written: str) -> None:
    loaded = parse(suffix, written.encode())

    assert loaded.text == "Run this:\n\nmake all\nmake check"
    assert codes(loaded) == ["make all\nmake check"]


def test_a_table_that_is_drawn_in_a_block_is_no_code() -> None:
    loaded = parse(".md", b"```\nKey   For\n----  ---\nport  TCP\nhost  any\n```\n")

    assert loaded.text == "Key: port | For: TCP\n\nKey: host | For: any"
    assert not loaded.code


@pytest.mark.parametrize(
    ("suffix", "written"),
    [(".md", "- ```\n  make all\n  make check\n  ```"), (".html", "<ul><li><pre>a\nb</pre></ul>")],
)
def test_lines_that_an_item_joins_are_not_one_piece_of_code(suffix: str, written: str) -> None:
    loaded = parse(suffix, written.encode())

    assert "\n" not in loaded.text
    assert not loaded.code


def test_code_of_a_part_is_known_in_the_whole() -> None:
    part = Blocks("heading")
    part.add(f"Call {as_code('ping')}.")
    whole = Blocks("message")
    whole.add("Before")
    whole.add_whole(part.loaded())

    assert whole.loaded().text == "Before\n\nCall ping."
    assert codes(whole.loaded()) == ["ping"]


@pytest.mark.parametrize(
    ("marked", "text", "code"),
    [
        (as_code(" a "), "a", ["a"]),
        (as_code(f"a {as_code('b')} c"), "a b c", ["a b c"]),
        (f"a{CODE_ENDS} {CODE_BEGINS}b", "a b", []),
        (as_code(""), "", []),
        (f"{CODE_BEGINS} {CODE_ENDS} a b", "a b", []),
        (f" \n{as_code('a')}", "a", ["a"]),
    ],
)
def test_marks_are_no_text_whatever_they_stand_around(
    marked: str, text: str, code: list[str]
) -> None:
    blocks = Blocks("heading")
    blocks.add(marked)

    assert blocks.loaded().text == text
    assert codes(blocks.loaded()) == code


def test_a_name_has_no_marks() -> None:
    loaded = parse(".md", b"# The `close` command\n\nEnds it.")

    assert loaded.title == loaded.places[0].name == "The close command"


def test_a_column_of_code_is_a_column_of_numbers_if_it_holds_such() -> None:
    rows = [("Exit", "Meaning", "Since"), ("<code>17</code>", "locked", "1.2")]
    rows += [("<code>23</code>", "full", "1.4")]
    table = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)

    loaded = parse(".html", f"<table>{table}</table>".encode())

    assert loaded.text.startswith("Exit: 17 | Meaning: locked")
    assert codes(loaded) == ["17", "23"]


def test_a_cell_of_code_without_text_is_empty() -> None:
    rows = [("Option", "For", "Default"), ("--port", "TCP", "<code>80</code>")]
    rows += [("--name", "people", "<code> </code>")]
    table = "".join(f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows)

    loaded = parse(".html", f"<table>{table.replace('td>', 'th>', 6)}</table>".encode())

    assert loaded.text == (
        "Option: --port | For: TCP | Default: 80\n\nOption: --name | For: people"
    )
