"""Tables by chance, and questions about their cells."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from index.formats.html import load_html
from index.formats.rows import load_csv
from training.errors import SourceError
from training.examples import Example, Group
from training.tables import (
    LAYOUTS,
    QUESTIONS_PER_TABLE,
    RIVAL_ROWS,
    TABLES_NAME,
    Column,
    TableKind,
    TableLayout,
    epoch_of_tables,
    kind_of,
    read_kinds,
)

BOATS = TableKind(
    kind="boat",
    split="train",
    titles=("Boats for hire",),
    names=("Heron", "Otter", "Swan", "Teal", "Grebe"),
    columns=(
        Column(headers=("Seats",), pattern=("{2:9}",), asks=("how many sit in the {name}",)),
        Column(headers=("Per hour",), pattern=("{10:99} euros",), asks=("what costs {name}",)),
        Column(headers=("Kept by",), values=("Ada", "Bo"), asks=("who keeps {name}",)),
    ),
)
TABLES = epoch_of_tables([BOATS], 200, seed=1)


def layout_of(group: Group) -> TableLayout:
    return next(layout for layout in LAYOUTS if group[0].kind == kind_of(layout))


def cells(group: Group) -> list[list[str]]:
    """Header and rows of what a question is asked of."""
    _, *lines = (line for line in group[0].context.split("\n") if line)
    if layout_of(group) in {"rows", "labelled lines"}:
        rows = (
            [line.split(" | ") for line in lines]
            if layout_of(group) == "labelled lines"
            else [one.context.split("\n") for one in group]
        )
        records = [[cell.split(": ") for cell in row] for row in rows]
        return [[name for name, _ in records[0]], *([cell for _, cell in r] for r in records)]
    return [line.strip("| ").split(" | ") for line in lines if not line.startswith("|---")]


def answers(group: Group) -> list[str]:
    return [one.context[start:end] for one in group for start, end in one.spans]


def asked(group: Group, beginning: str) -> str | None:
    """Whom a question that begins so is about, where it is typed without fault."""
    question = group[0].question
    named = question.removeprefix(beginning)
    return named if named != question and named in BOATS.names else None


def test_tables_repeat_with_their_seed() -> None:
    assert epoch_of_tables([BOATS], 200, seed=1) == TABLES
    assert epoch_of_tables([BOATS], 200, seed=2) != TABLES
    assert len(TABLES) == 200 * QUESTIONS_PER_TABLE


def test_all_layouts_come() -> None:
    assert {layout_of(group) for group in TABLES} == set(LAYOUTS)


@pytest.mark.parametrize(
    ("beginning", "header"),
    [("how many sit in the ", "Seats"), ("what costs ", "Per hour"), ("who keeps ", "Kept by")],
)
def test_the_answer_is_the_cell_in_the_row_and_the_column_that_are_asked_for(
    beginning: str, header: str
) -> None:
    answered = refused = 0
    for group in TABLES:
        name = asked(group, beginning)
        if name is None:
            continue
        names, *rows = cells(group)
        found = [row[names.index(header)] for row in rows if row[0] == name and header in names]
        assert answers(group) == found
        answered += bool(found)
        refused += not found
    assert answered > 10
    assert refused > 2


def test_what_is_asked_backwards_names_every_row_that_has_the_value() -> None:
    several = 0
    for group in TABLES:
        _, _, asked_for = group[0].question.partition(" with kept by ")
        if asked_for in {"Ada", "Bo"}:
            names, *rows = cells(group)
            keeper = names.index("Kept by")
            assert answers(group) == [row[0] for row in rows if row[keeper] == asked_for]
            several += len(answers(group)) > 1
    assert several


def test_a_follow_up_is_about_another_cell_of_the_column_or_of_the_row() -> None:
    below = beside = 0
    for group in TABLES:
        first, _, then = group[0].question.rstrip("?").partition("? and ")
        names, *rows = cells(group)
        header = then.removeprefix("the ").capitalize()
        if first.startswith("who keeps ") and then in BOATS.names:
            row = next(row for row in rows if row[0] == then)
            assert answers(group) == [row[names.index("Kept by")]]
            below += 1
        name = first.removeprefix("who keeps ")
        if name != first and name in BOATS.names and header in names:
            row = next(row for row in rows if row[0] == name)
            assert answers(group) == [row[names.index(header)]]
            beside += 1
    assert below
    assert beside


def test_rows_of_a_csv_file_compete_and_one_at_most_answers() -> None:
    for group in (group for group in TABLES if layout_of(group) == "rows"):
        assert len(group) == 1 + RIVAL_ROWS
        assert len({one.context for one in group}) > 1
        assert all(not rival.spans for rival in group[1:])


def in_csv(group: Group) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(cells(group))
    return file.getvalue().encode()


def in_html(group: Group) -> bytes:
    header, *rows = (
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells(group)
    )
    # One that is not marked is told from what stands below it.
    header = header.replace("td>", "th>") if layout_of(group) == "labelled lines" else ""
    return f"<h1>{BOATS.titles[0]}</h1><table>{header}{''.join(rows)}</table>".encode()


def texts(groups: Sequence[Group], layout: TableLayout) -> list[Group]:
    return [group for group in groups if layout_of(group) == layout][:5]


def test_the_layouts_are_those_that_the_product_reads() -> None:
    for group in texts(TABLES, "rows"):
        assert load_csv(".csv", in_csv(group)).text == "\n\n".join(one.context for one in group)
    for group in texts(TABLES, "labelled lines"):
        assert load_html(".html", in_html(group)).text == group[0].context
    for group in texts(TABLES, "lines"):
        title, _, *rows = group[0].context.split("\n\n")
        assert load_html(".html", in_html(group)).text == "\n\n".join((title, *rows))


def test_what_dev_is_asked_is_not_what_is_trained_on() -> None:
    train, dev = read_kinds("train"), read_kinds("dev")

    assert {kind.kind for kind in train}.isdisjoint(kind.kind for kind in dev)
    names = [{name for kind in kinds for name in kind.names} for kinds in (train, dev)]
    assert names[0].isdisjoint(names[1])


def test_every_kind_can_be_drawn() -> None:
    for kind in (*read_kinds("train"), *read_kinds("dev")):
        examples = [one for group in epoch_of_tables([kind], 30, seed=3) for one in group]
        assert not any("{" in text for one in examples for text in (one.question, one.context))
        assert any(isinstance(one, Example) and one.spans for one in examples)


@pytest.mark.parametrize(
    "content",
    [
        *(None, b"\xff", b"[]x", b'[{"kind": "boat"}]'),
        f"[{BOATS.model_dump_json()}]".replace('"values":["Ada","Bo"]', '"values":[]').encode(),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / TABLES_NAME).write_bytes(content)

    with pytest.raises(SourceError, match=r"tables\.json: it holds no kinds of tables"):
        read_kinds("train", tmp_path)
