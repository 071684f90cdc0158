"""Each line of a block of code is code by itself, if it is no comment, output or drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.code_lines import MAX_CODE_CHARS, CodeLines, is_line

HEAD, TAIL = "Run this:\n\n", "\n\nThen wait."


def lines(block: str) -> list[str]:
    """The code of a block that stands between two paragraphs."""
    text = f"{HEAD}{block}{TAIL}"
    found = CodeLines(text, [(len(HEAD), len(text) - len(TAIL))]).within(0, len(text))
    return [text[start:end] for start, end in found]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("make all\n\n  make check", ["make all", "make check"]),
        ("port: 8080\nhosts:\n  - north\n  - south", ["port: 8080", "hosts:", "north", "south"]),
        ("# Starts it.\nnpm start  # takes long\n# port = 1", ["npm start"]),
        ("// Ends it.\nclose(); // now\n/* or */", ["close();"]),
        ("#include <x.h>\nopen(http://x/y)", ["#include <x.h>", "open(http://x/y)"]),
        ('git commit -m "see # 4"', ['git commit -m "see # 4"']),
        ("git commit -m 'Fix # 12'", ["git commit -m 'Fix # 12'"]),
        ("echo don't # wait", ["echo don't"]),
        ("; a season\ndays = 270", ["days = 270"]),
        ("* Returns the tide.\n* 3 * * * /bin/wind", ["* 3 * * * /bin/wind"]),
        ("$ make\nall done\n$ make check", ["make", "make check"]),
        ("ada@pier:~$ ls\nx y\n[ada@pier ~]$ cat x", ["ls", "cat x"]),
        ("(venv) $ pip list\nfoo 1.2", ["pip list"]),
        (">>> tide(3)\n4.25", ["tide(3)"]),
        ("mysql> SHOW TABLES;\nboats", ["SHOW TABLES;"]),
        ("C:\\pier> dir\nPS C:\\pier> Get-Item x", ["dir", "Get-Item x"]),
        ("$ 5.00 tea\n$ 4.00 milk", ["$ 5.00 tea", "$ 4.00 milk"]),
        ("docker run \\\n  -p 80:80 \\\n  web\nls", ["docker run \\\n  -p 80:80 \\\n  web", "ls"]),
        ("ends in \\", ["ends in \\"]),
        ("ends in \\\n\nls", ["ends in \\", "ls"]),
        ("web/\n├── app.py\n`-- b.py", ["web/"]),
        ("gauge ---> dial\nA --> B\n| a | b |\n+---+", []),
        ("We open at nine. Please\nring the bell twice", []),
        ("# It opens. It closes. It waits.\nmake", ["make"]),
        ("x" * MAX_CODE_CHARS + "\n" + "y" * (MAX_CODE_CHARS + 1), ["x" * MAX_CODE_CHARS]),
    ],
)
def test_a_line_of_a_block_is_code(block: str, code: list[str]) -> None:
    assert lines(block) == code


def test_code_within_a_line_is_as_it_is_marked() -> None:
    text = "A title is `# One. Two.` there; `$ ` is a prompt."
    code = [(12, 23), (33, 35)]

    assert list(CodeLines(text, code).within(0, len(text))) == code


def test_code_within_a_line_that_is_too_long_is_none() -> None:
    text = f"Run {'x' * (MAX_CODE_CHARS + 1)} now."

    assert not list(CodeLines(text, [(4, len(text) - 5)]).within(0, len(text)))


def test_code_of_many_passages_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for the end of a line each time takes seconds in a text of some megabytes."""
    text = f"Say {'on and ' * 500}on."
    piece = (4, len(text) - 1)
    code = CodeLines(text, [piece])
    is_block = code._is_block
    looked_at: list[tuple[int, int]] = []

    def looks(piece: tuple[int, int]) -> bool:
        looked_at.append(piece)
        return is_block(piece)

    monkeypatch.setattr(code, "_is_block", looks)
    for at in range(0, len(text) - 100, 100):
        assert not list(code.within(at, at + 100))

    assert looked_at == [piece]


@given(
    st.lists(
        st.sampled_from(["a", " b", "\\", "\n", "# c", " # d", "$ ", "- ", "xy z"]), max_size=40
    ),
    st.data(),
)
def test_a_range_has_the_lines_that_stand_in_it_as_a_whole(
    parts: list[str], data: st.DataObject
) -> None:
    text = "".join(parts)
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), unique=True, max_size=8)))
    code = list(zip(edges[::2], edges[1::2], strict=False))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    every = CodeLines(text, code).within(0, len(text))

    inside = [(first, last) for first, last in every if start <= first and last <= end]
    assert list(CodeLines(text, code).within(start, end)) == inside


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Run:\n\nmake all", "make all", True),
        ("Run:\n\n$ make all", "make all", True),
        ("Run:\n  make all  # now\nls", "make all", True),
        ("Run:\n- make all", "make all", True),
        ("Run make all", "make all", False),
        ("make all runs it", "make all", False),
    ],
)
def test_code_that_has_its_line_for_itself_is_a_line(text: str, code: str, expected: bool) -> None:
    start = text.index(code)

    assert is_line(text, (start, start + len(code))) is expected
