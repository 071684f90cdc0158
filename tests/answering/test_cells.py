"""An answer from a table is the cell that the question names, whichever cell the reader took."""

import pytest

from answering.cells import at_named_cell
from index.passages import Passage
from reader.spans import Span

FEES = (
    "Harbour fees\n\n"
    "Vessel: Dinghy | Per day: 4 euros | Per week: 20 euros\n\n"
    "Vessel: Yacht | Per day: 19 euros | Per week: 95 euros\n\n"
    "Vessel: Barge | Per day: 33 euros | Per week: 160 euros"
)
TRAIN = "Train: IC 807\nLeaves: 07:15\nPlatform: 1\nGoes to: Kingsport Central"
ALIGNED = "Name:     Blockhaven\nAddress:  play.example \nPort:     \nVersion:  1.20"
SERVER = "Our server is called Blockhaven.\n- Address: play.example\n- Port: 1212\n- Version: 1.20"


def answered(text: str, question: str, read: str) -> str:
    passage = Passage(0, "a.md", 0, len(text), text, ((0, len(text)),))
    start = text.index(read)
    placed = at_named_cell(question, Span(0, start, start + len(read), read, 2.0, 0.0), passage)

    assert text[placed.start_char : placed.end_char] == placed.text
    assert (placed.margin, placed.passage_id) == (2.0, 0)
    return placed.text


@pytest.mark.parametrize(
    ("text", "question", "read", "answer"),
    [
        (FEES, "How much does a barge pay per day?", "160 euros", "33 euros"),
        (FEES, "How much does a yacht pay per week?", "160 euros", "95 euros"),
        (FEES, "What does the yacht cost a week? And the barge?", "95 euros", "160 euros"),
        (FEES, "Which vessel pays 19 euros?", "4 euros", "Yacht"),
        (TRAIN, "From which platform does the IC 807 leave?", "Kingsport", "1"),
        (TRAIN, "Where is the IC 807 going?", "Kingsport", "Kingsport Central"),
        (SERVER, "what is the address of Blockhaven", "1212", "play.example"),
        # Cells are often written below each other.
        (ALIGNED, "what is the address", "1.20", "play.example"),
    ],
)
def test_a_cell_is_named_by_its_column_and_its_row(
    text: str, question: str, read: str, answer: str
) -> None:
    assert answered(text, question, read) == answer


@pytest.mark.parametrize(
    ("text", "question", "read"),
    [
        # It is said already.
        (FEES, "How much does a barge pay per day?", "33 euros"),
        # Two columns are named, or none, or no row.
        (FEES, "Does the barge pay per day or per week?", "160 euros"),
        (FEES, "What must a barge pay?", "160 euros"),
        (FEES, "What is the fee per week?", "95 euros"),
        # What is named is what the answer is compared with, or is not meant.
        (FEES, "Which fee per week is higher than that of a dinghy?", "95 euros"),
        (FEES, "What does a vessel pay that is no dinghy per day?", "19 euros"),
        # The column is where the question has its row from.
        (TRAIN, "Where does the train IC 807 go?", "Kingsport Central"),
        # No cell.
        (SERVER, "Which port has our server?", "Blockhaven"),
        # It is left empty.
        (ALIGNED, "what is the port", "1.20"),
        ("Anna: I met Bob.\nBob: So?\nAnna: Yes.", "Who did Anna meet?", "Bob"),
        (f"Who: Anna\nNotes: {'She sings. ' * 10}", "What do the notes say?", "Anna"),
    ],
)
def test_a_span_stays_where_the_question_names_no_other_cell(
    text: str, question: str, read: str
) -> None:
    assert answered(text, question, read) == read


def test_a_cell_is_completed_only_by_a_few_words() -> None:
    power = "Machine: loom\nWatts: 3582 W\nOpen: 10 am to 6 pm"

    assert answered(power, "How strong is the loom?", "3582") == "3582 W"
    assert answered(power, "From when can it be used?", "10 am") == "10 am"
