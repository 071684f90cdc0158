"""An answer that is part of a piece of code is that piece."""

import pytest

from answering.code import at_code_bounds
from index.passages import Passage
from reader.spans import Span


def answered(marked: str, found: str) -> str:
    """What becomes of a span of a text in which code stands between backticks."""
    pieces = marked.split("`")
    text = "".join(pieces)
    starts = [sum(map(len, pieces[:place])) for place in range(len(pieces) + 1)]
    code = tuple(zip(starts[1::2], starts[2::2], strict=False))
    passage = Passage(0, "a.md", 0, len(text), text, ((0, len(text)),), code=code)
    start = text.index(found)
    span = Span(0, start, start + len(found), found, 1.0, 0.0)
    bounded = at_code_bounds(span, passage)

    assert text[bounded.start_char : bounded.end_char] == bounded.text
    return bounded.text


@pytest.mark.parametrize(
    ("marked", "found", "answer"),
    [
        ("Install it with `pip install inkwell`, then.", "pip", "pip install inkwell"),
        ("It begins with `[printer:NAME]`.", "with [printer:NAME", "[printer:NAME]"),
        ('To print so, set `color = "cmyk"`.', 'set color = "cmyk', 'color = "cmyk"'),
        ("To end it, call `DELETE /session`.", "call DELETE /session.", "DELETE /session"),
        ("Change it with `PATCH /orders/{id}`; later", "PATCH /orders/{id", "PATCH /orders/{id}"),
        ("The method `Client.submit()` does.", "submit", "Client.submit()"),
        ("Write `/play <link>` in the room.", "Write /play <link", "/play <link>"),
        ("Then run `./make docs/build-stage2`.", "build-stage2", "./make docs/build-stage2"),
    ],
)
def test_a_span_that_stops_within_code_is_all_of_it(marked: str, found: str, answer: str) -> None:
    assert answered(marked, found) == answer


@pytest.mark.parametrize(
    ("marked", "found"),
    [
        ("Start it by `inkwell serve --workers 4`.", "4"),
        ("Set `color = cmyk` for that.", "cmyk"),
        ("It listens on `0.0.0.0:6310 tcp`.", "6310"),
        ("Never use `--force`.", "Never use --force"),
        ("A `Heron` has 4 seats.", "4"),
        ("Say `a` or `b` to it.", "a or b"),
        ("Restart it with `ctl restart`, and wait a minute.", "ctl restart, and wait a minute"),
    ],
)
def test_a_span_that_says_something_else_stays(marked: str, found: str) -> None:
    assert answered(marked, found) == found


def test_a_span_that_runs_into_the_next_sentence_is_the_piece_that_it_says_most_of() -> None:
    marked = "Raise the number in `config/edition`. `ok now` approves that."

    assert answered(marked, "edition. ok") == "config/edition"


def test_a_span_of_several_pieces_holds_each_whole() -> None:
    marked = "Write `/mute <name>` or `/kick <name>`."

    assert answered(marked, "mute <name> or /kick") == "/mute <name> or /kick <name>"


def test_a_span_that_says_more_holds_the_code_whole() -> None:
    marked = "Post `/play <link>` in the music room."

    assert answered(marked, "play <link> in the music room") == "/play <link> in the music room"


@pytest.mark.parametrize(
    ("line", "found", "answer"),
    [
        ("sudo systemctl restart slipway", "sudo systemctl", "sudo systemctl restart slipway"),
        ("sudo systemctl restart slipway", "systemctl restart slipway", None),
        ("$ `tide gauge set north`", "$ tide gauge", "tide gauge set north"),
        ("`npm start`  # takes long", "npm", "npm start"),
        ("kiln.abort(slowly=True)", "kiln.abort(slowly=True", "kiln.abort(slowly=True)"),
        ("Client.submit(page)", "Client.submit", "Client.submit(page)"),
        ("GET /boats/{id}", "GET /boats", "GET /boats/{id}"),
        (
            "docker run \\\n  -p 80:80 \\\n  web",
            "docker run",
            "docker run \\\n  -p 80:80 \\\n  web",
        ),
        ("FOO=bar make test", "FOO=bar make", "FOO=bar make test"),
    ],
)
def test_a_span_that_stops_within_a_line_of_a_block_is_all_of_it(
    line: str, found: str, answer: str | None
) -> None:
    marked = line if "`" in line else f"`{line}`"

    assert answered(f"Do it so:\n\n{marked}\n\nThen wait.", found) == (answer or line)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("port: 8080", "8080"),
        ("port: 8080", "port"),
        ('"port": 8080,', "8080"),
        ('"name": "slipway",', "slipway"),
        ('"name": "slipway",', "name"),
        ("motd = Mind the wet steps", "wet steps"),
        ("PORT=8080", "PORT"),
        ("server_name boats.example;", "boats.example"),
        ("EXPOSE 1935", "1935"),
        ("raise UnknownPrinterError", "UnknownPrinterError"),
        ("10.0.0.5 harbour.local", "10.0.0.5"),
        ('"heron",', "heron"),
        ("server {", "server"),
        ("slipway-0   1/1   running", "slipway-0"),
        ("Ada Holm, treasurer since May", "Ada Holm"),
        ("Ada Holm, treasurer since May", "treasurer since May"),
        ("Monday: closed all day", "closed all"),
    ],
)
def test_what_a_line_of_a_block_tells_stays(line: str, found: str) -> None:
    assert answered(f"It is so:\n\n`{line}`\n\nSo it is.", found) == found


def test_a_span_over_lines_of_a_block_holds_each_whole() -> None:
    marked = "Fetch it:\n\n`git clone tide`\n`cd tide`"

    assert answered(marked, "clone tide\ncd") == "git clone tide\ncd tide"
