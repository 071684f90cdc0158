"""An answer from a table is the cell that the question names, whichever cell the reader took."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.cells import at_named_cell, is_named_cell
from index.passages import Passage
from reader.spans import Span

FEES = (
    "Harbour fees\n\n"
    "Vessel: Dinghy | Per day: 4 euros | Per week: 20 euros\n\n"
    "Vessel: Yacht | Per day: 19 euros | Per week: 95 euros\n\n"
    "Vessel: Barge | Per day: 33 euros | Per week: 160 euros"
)
UNNAMED = "Dinghy | 4 euros | 20 euros\n\nYacht | 19 euros | 95 euros\n\nBarge | 33 euros | none"
MARKS = "| Dinghy | 4 euros | Ada |\n| Yacht | 19 euros | Bo |"
WEEK = "Mooring | Mon: 08:15 | Tue: 09:15\n\nDrying out | Mon: 10:30 | Tue: 11:30"
CREW = (
    "Picture: The Quay | Painter: Holm | Frame: oak | Lent by: Lund\n\n"
    "Picture: The Next Wave | Painter: Berg | Frame: tin | Lent by: Holm"
)
CHANGES = "Added: knots can be mended, by Ada Holm\nChanged: red\nThanks: 2 to Bo, 3 to Cy"
ROSTER = "Post | Player | Backup\nBow | Ann | Bo\nStern | Cy | Di\nHelm | Ed | Di"
GAPS = (
    "Boat: Swan | Length (m): 4\n\nBoat: Teal | Deck: red | Length (m): 7\n\nBoat: Coot | Deck: tar"
)
HIRE = (
    "Item: Tent | Price: £14 | Stock: 6 | Deposit: £40\n\n"
    "Item: Canoe | Price: £25 | Stock: 3 | Deposit: none\n\n"
    "Item: Punt | Price: £30 | Stock: 0 | Deposit: not asked for"
)
TRAIN = "Train: IC 807\nLeaves: 07:15\nPlatform: 1\nGoes to: Kingsport Central"
LOOMS = "loom | 2004 | 4 euros | Ada | 1985 W\n\nlathe | 2017 | 5 euros | Bo | 1312 W"
HALLS = "Oak Hall | 200 | 12 | ground\n\nElm Hall | 90 | 4 | first"
SHIFTS = "Monday | Anna Berg | Pool\n\nTuesday | - | Gym"
KEEPERS = (
    "Hall: Oak Room | Keeper: Anna Berg | Notes: upstairs\n\n"
    "Hall: Elm Room | Keeper: – | Notes: closed"
)
YOGA = "Class: Yoga | Room: 12 | Teacher: Anna Berg"
ADVICE = "Topic: Fees | Write to: fees@club.example | Hours: Monday mornings"
ENGINES = "engine | diesel | 12\n\nwinch | petrol | 4"
STAFF = (
    "Ada Holm | ada@isle.example | 555 0101 | Room 4 | https://isle.example/ada\n\n"
    "Ben Osei | ben@isle.example | 555 0144 | the attic | https://isle.example/ben"
)
PATHS = (
    "Heron Loop | 188 m | blue arrow | yes | the station | 7.6 km\n\n"
    "Mill Walk | 250 m | red dot | on a lead | the mill | 12 km"
)
FILMS = "Swan | 12 March | 2004 | 141\n\nTeal | 9 June | 1999 | 96"
ALIGNED = "Name:     Blockhaven\nAddress:  play.example \nPort:     \nVersion:  1.20"
SERVER = "Our server is called Blockhaven.\n- Address: play.example\n- Port: 1212\n- Version: 1.20"


def cell_of(
    question: str,
    span: Span,
    passage: Passage,
    others: Sequence[Passage] = (),
    beside: Sequence[Span] = (),
) -> Span:
    placed = at_named_cell(question, span, passage, others, beside)
    assert placed is not None
    return placed


def answered(text: str, question: str, *read: str) -> str:
    passage = Passage(0, "a.md", 0, len(text), text, ((0, len(text)),))
    starts = map(text.index, read)
    first, *others = (
        Span(0, start, start + len(one), one, 2.0, 0.0)
        for start, one in zip(starts, read, strict=True)
    )
    placed = cell_of(question, first, passage, beside=others)

    assert text[placed.start_char : placed.end_char] == placed.text
    assert (placed.margin, placed.passage_id) == (2.0, 0)
    return placed.text


@pytest.mark.parametrize("name", ["Summerfest", "Ernest", "summerfest", "pytest"])
def test_a_name_that_ends_like_a_superlative_compares_nothing(name: str) -> None:
    text = f"Event: {name} | Entry: £5\nEvent: Quiz night | Entry: £2"

    assert answered(text, f"how much is the entry for the {name}", "£2") == "£5"


def test_a_superlative_is_no_misspelt_name_of_a_row() -> None:
    text = "Room: Closet | Distance: 3 m\nRoom: Hall | Distance: 10 m\nRoom: Bath | Distance: 1 m"

    assert answered(text, "what is the distance of the closest room", "1 m") == "1 m"


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
        # Nothing but a row is named, or nothing but a column: the rest was asked before.
        (FEES, "What does a yacht pay per week? And the barge?", "4 euros", "160 euros"),
        (FEES, "What does a yacht pay per week? And per day?", "4 euros", "19 euros"),
        # Without names of columns, only rows are named.
        (UNNAMED, "What does the yacht pay?", "33 euros", "19 euros"),
        (MARKS, "Who looks after the dinghy?", "Bo", "Ada"),
        # The first column has no name, others have empty cells, or a unit in their name.
        (WEEK, "When does drying out begin on Tue?", "08:15", "11:30"),
        (GAPS, "What length has the Teal?", "4", "7"),
        (GAPS, "How long is the Teal?", "red", "7"),
        (GAPS, "Which deck has the Coot?", "red", "tar"),
        # Words have other endings, and a name may hold one that elsewhere compares.
        (FEES, "What do barges pay per week?", "95 euros", "160 euros"),
        (CREW, "Who painted the quay?", "Lund", "Holm"),
        (CREW, "Who is the painter of The Next Wave?", "Holm", "Berg"),
        (UNNAMED.replace("Yacht", "First Lady"), "the first lady?", "33 euros", "19 euros"),
        # Apostrophes are curly in one and straight in the other.
        ("Coach: Ada | Kit: O’Brien\n\nCoach: Bo | Kit: Lund", "who has O'Brien", "Bo", "Ada"),
        # Words are misspelt, of a row or of a column.
        (FEES, "What does a bargge pay per week?", "95 euros", "160 euros"),
        (TRAIN, "From which platfrom does it leave?", "Kingsport", "1"),
        # What the question says is no answer, nor is another kind of thing than it asks for.
        (MARKS, "Who minds the dinghy?", "4 euros", "Ada"),
        (MARKS, "Who minds the dinghy?", "Dinghy", "Ada"),
        ("Swan | Ada | 1999\n\nTeal | Bo | 2004", "what year is Teal from", "Bo", "2004"),
        (LOOMS, "What does the loom cost an hour?", "2004", "4 euros"),
        (LOOMS, "When was the lathe bought?", "Bo", "2017"),
        (LOOMS, "Who pays for the lathe?", "5 euros", "Bo"),
        ("Pool | Ada | 12\n\nGym | – | 14", "Who looks after the pool?", "12", "Ada"),
        # What there is not tells nothing of a column: "none" is nobody's name, nor a number.
        (HIRE, "who pays £14", "£14", "Tent"),
        (HIRE, "how many canoes do you have", "£25", "3"),
        (HIRE, "how much is the deposit of the canoe", "£25", "none"),
        (HIRE.replace("3", "-"), "how many pounds is a canoe", "£25", "£25"),
        (FILMS, "How long is Teal?", "9 June", "96"),
        (FILMS, "running time of Teal", "1999", "96"),
        (LOOMS, "How much power does the loom need?", "Ada", "1985 W"),
        (ENGINES, "What's the top speed of the winch?", "petrol", "4"),
        (STAFF, "what is the email of Ben Osei", "555 0144", "ben@isle.example"),
        (STAFF, "e-mail address for Ben Osei", "the attic", "ben@isle.example"),
        (STAFF, "email Ada Holm", "555 0101", "ada@isle.example"),
        (STAFF, "What is Ada Holm's phone number?", "ada@isle.example", "555 0101"),
        (STAFF, "website of Ada Holm", "Room 4", "https://isle.example/ada"),
        (PATHS, "How many metres up is the Mill Walk?", "12 km", "250 m"),
        (
            "Kiosk | at the gate\n\nCafé | by the lake",
            "Where is the kiosk?",
            "Kiosk",
            "at the gate",
        ),
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
        (FEES, "What is a week? Is it longer than a day? And the barge?", "160 euros"),
        # Another column shares a word with the question, so that its measure is not meant.
        (
            "Animal: whale | Pregnant for: 11 months | Length: 20 m",
            "How long is a whale pregnant?",
            "11 months",
        ),
        # A first row may be a header that does not show.
        ("Boat | Kept by\n\nSwan | Ada\n\nTeal | Bo", "Whom is it kept by?", "Ada"),
        # A word is like two names, like none, or like one and compares.
        ("Marina | 4\n\nMarena | 7\n\nMoor | 9", "What does the marona cost?", "9"),
        (FEES, "What does a barque pay per week?", "95 euros"),
        ("Keeper: Ada | Older: yes\n\nHolder: Bo | Older: no", "Who is older?", "Ada"),
        # Two cells may be how much is asked for; a number of a column of such is no year.
        (LOOMS, "How much does the loom need?", "4 euros"),
        (PATHS, "length of the Mill Walk?", "red dot"),
        (STAFF, "Where do I send a letter to Ada Holm?", "ada@isle.example"),
        (STAFF, "How is Ada Holm reached?", "555 0101"),
        (STAFF, "What does the email server of Ada Holm cost?", "555 0101"),
        (
            "loom | 1985 W | half a day\n\nlathe | 1312 W | none",
            "length of the loom course?",
            "half a day",
        ),
        ("loom | 2004 | 4\n\nlathe | 1312 | 5", "How much power has the loom?", "2004"),
        ("tent | large | 4 beds\n\nhut | small | 2 beds", "What is the size of the tent?", "large"),
        # Nobody is in another row.
        (SHIFTS, "Who works on Monday?", "Anna Berg"),
        (SHIFTS.replace("-", "no"), "Who works on Monday?", "Anna Berg"),
        (KEEPERS, "Who looks after the Oak Room?", "Anna Berg"),
        # A room or a page is where something is, and who is reached may be an address.
        (YOGA, "Where is yoga?", "12"),
        (YOGA.replace("12", "12A"), "Where is yoga?", "12A"),
        (YOGA.replace("12", "12 S"), "Where is yoga?", "12 S"),
        (YOGA.replace("12", "2012"), "Where is yoga?", "2012"),
        (YOGA.replace("12", "101-103"), "Where is yoga?", "101-103"),
        ("Ceramics | 7 | Anna Berg", "Where can I find Ceramics?", "7"),
        ("Ceramics | 12A | Anna Berg", "Where can I find Ceramics?", "12A"),
        *(
            (ADVICE, question, "fees@club.example")
            for question in (
                "Who do I contact about fees?",
                "Whom can members write to about fees?",
                "Who should be asked about fees?",
                "Who to ask about fees?",
                "Who can help with fees?",
                "Who do I get in touch with about fees?",
            )
        ),
        ("Fees | fees@club.example | first floor", "Who do I write to?", "fees@club.example"),
        ("Fees | 555 0101 | first floor", "Who do I call about fees?", "555 0101"),
        # What is asked for is told by its measure, or is no measure.
        (HALLS, "Which hall has a capacity of 200?", "Oak Hall"),
        (HALLS, "What is the name of the hall with a capacity of 90?", "Elm Hall"),
        (ENGINES, "What kind of power does the engine use?", "diesel"),
        # Two cells may be who is asked for, and a name may begin with a figure.
        ("Kiosk | 12 | Ada | Bo\n\nCafé | 14 | Cy | Di", "Who runs the kiosk?", "12"),
        ("Kiosk | 1st Guards | Ada\n\nCafé | 2nd Guards | Bo", "Who guards it?", "1st Guards"),
        # Words of a text that has a label are no cell of a row.
        (CHANGES, "Who wrote the change that mends knots?", "Ada Holm"),
        (CHANGES, "Whom did we thank?", "Bo"),
        # What may be a header is no row, and says what is asked for.
        (ROSTER, "who is backup for both watch posts", "Di"),
        (ROSTER, "how many posts has Cy", "Cy"),
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


@pytest.mark.parametrize(
    ("question", "read", "answer"),
    [
        ("Where does the Heron Loop start?", ("188 m", "7.6 km", "the station"), "the station"),
        ("Where does the Heron Loop start?", ("yes", "Heron Loop", "the station"), "the station"),
        # By itself it may be right, though the other row has a "yes" there.
        ("Where is one on the Mill Walk?", ("on a lead", "red dot", "the mill"), "on a lead"),
        ("length of the Mill Walk?", ("red dot", "12 km", "250 m"), "12 km"),
        # The first of them may be right, or none is preferred that may.
        ("How is the view from the Mill Walk?", ("12 km", "red dot"), "12 km"),
        ("Where does the Heron Loop start?", ("the station", "blue arrow"), "the station"),
        ("Where does the Heron Loop start?", ("188 m", "7.6 km"), "188 m"),
        ("Is the Heron Loop marked by a blue arrow?", ("blue arrow", "the station"), "blue arrow"),
        # What is preferred in another row tells the column, but less than in the row itself.
        ("Where does the Heron Loop start?", ("188 m", "the mill"), "the station"),
        ("Where does the Heron Loop start?", ("188 m", "red dot", "the station"), "the station"),
    ],
)
def test_of_several_cells_that_may_answer_the_reader_prefers_one(
    question: str, read: tuple[str, ...], answer: str
) -> None:
    assert answered(PATHS, question, *read) == answer


def test_nobody_sits_at_a_mail_address_and_nobody_is_a_number() -> None:
    mail, phone = "ada@isle.example", "555 0101"

    assert answered(STAFF, "Where does Ada Holm sit?", mail, phone, "Room 4") == "Room 4"
    assert answered(STAFF, "Who is in Room 4?", mail, phone) == "Ada Holm"
    assert answered(STAFF, "Who can use Room 4?", mail, phone) == "Ada Holm"


@pytest.mark.parametrize("cell", ["7.6 km", "3 h", "30 min", "£3", "5 euros", "40 %", "$ 4.50"])
def test_an_amount_is_nowhere(cell: str) -> None:
    text = f"Swan | {cell} | the mill"

    assert answered(text, "Where is the Swan?", cell, "the mill") == "the mill"


def test_a_house_number_is_where_something_is() -> None:
    houses = "Kiosk | 12 High Street | Ada\n\nCafé | 3rd floor | Bo"

    assert answered(houses, "Where is the kiosk?", "12 High Street", "Ada") == "12 High Street"
    assert answered(houses, "Where is the café?", "3rd floor", "Bo") == "3rd floor"


def test_a_cell_is_completed_only_by_a_few_words() -> None:
    power = "Machine: loom\nWatts: 3582 W\nOpen: 10 am to 6 pm"

    assert answered(power, "How strong is the loom?", "3582") == "3582 W"
    assert answered(power, "From when can it be used?", "10 am") == "10 am"
    assert answered(power.replace("loom", "a loom"), "Which one is it?", "loom") == "a loom"
    assert answered(STAFF, "website of Ada Holm", "isle.example/ada") == "https://isle.example/ada"
    assert answered(STAFF, "email of Ada Holm", "isle.example") == "ada@isle.example"
    assert answered("Perm | 59 € | Lou", "What does a perm cost?", "59") == "59 €"
    assert answered("Perm | 59 € - 64 € | Lou", "What does a perm cost?", "59") == "59"


def row_of(number: int, text: str, start: int) -> Passage:
    return Passage(number, "a.csv", start, start + len(text), text, ((0, len(text)),))


@pytest.mark.parametrize(
    "rows",
    [
        ("Boat: Mute Swan\nFee: 4", "Boat: Teal\nFee: 7", "Boat: Coot\nFee: 9"),
        ("Mute Swan | 4 euros", "Teal | 7 euros", "Coot | 9 euros"),
        ("Boat: Mute Swan | Fee: 4", "Boat: Teal | Fee: 7", "Boat: Coot | Fee: 9"),
    ],
)
def test_a_row_in_another_passage_is_named_by_all_words_of_a_cell(rows: tuple[str, ...]) -> None:
    passages = [row_of(number, text, 100 * number) for number, text in enumerate(rows)]
    # Neighbouring passages share what ends one and begins the other.
    passages.append(row_of(3, rows[0], 0))

    def fee(question: str) -> str:
        start = rows[1].index("7")
        span = Span(1, start, start + 1, "7", 2.0, 0.0)
        placed = cell_of(question, span, passages[1], passages)
        text = passages[placed.passage_id].text
        assert text[placed.start_char : placed.end_char] == placed.text
        return placed.text[:1]

    assert fee("What is the fee of the mute swan?") == "4"
    assert fee("What is the fee of the coot?") == "9"
    assert fee("What is the fee of the coott?") == "9"
    assert fee("What is the fee of the swan?") == "7"
    assert fee("What is the fee of the mute swan and the coot?") == "7"
    assert fee("What is the fee of the teal and the coot?") == "7"


def test_what_the_question_goes_on_to_may_stand_in_another_passage() -> None:
    rows = ("Boat: Mute Swan\nFee: 4\nKeys: 2", "Boat: Teal\nFee: 7\nKeys: 3")
    passages = [row_of(number, text, 100 * number) for number, text in enumerate(rows)]

    def placed(question: str, read: str) -> str:
        start = rows[1].index(read)
        span = Span(1, start, start + len(read), read, 2.0, 0.0)
        return cell_of(question, span, passages[1], passages).text

    assert placed("what is the fee of the teal? and the mute swan?", "3") == "4"
    assert placed("which boat has the fee 4?", "Teal") == "Mute Swan"


TWO_YEARS = (
    "Fees for 2025\n\n"
    "Category: Adult | Annual fee: £310 | Locker: £24\n\n"
    "Category: Junior (under 18) | Annual fee: £120 | Locker: £12\n\n"
    "Category: Social | Annual fee: £45 | Locker: none\n\n"
    "Due on 1 April. Members who pay late are charged more in 2026.\n\n"
    "Fees for 2026\n\n"
    "Category: Adult | Annual fee: £328 | Locker: £26\n\n"
    "Category: Junior (under 18) | Annual fee: £126 | Locker: £13"
)


@pytest.mark.parametrize(
    ("question", "read", "answer"),
    [
        ("how much is the annual fee for adults in 2026", "£310", "£328"),
        ("annual fee for juniors 2025", "£126", "£120"),
        # A follow-up asks of the year that was asked about before, or of its own.
        ("how much is a locker for adults in 2026? and for juniors?", "£12", "£13"),
        ("how much is a locker for adults in 2026? and in 2025?", "£26", "£24"),
        # Nothing there tells the tables apart, or the named one has no such row.
        ("how much is the annual fee for juniors", "£120", "£120"),
        ("fees for lockers of adults in 2025 and 2026", "£26", "£26"),
        ("how much is the annual fee for social members in 2026", "£45", "£45"),
    ],
)
def test_the_table_counts_whose_heading_the_question_names(
    question: str, read: str, answer: str
) -> None:
    assert answered(TWO_YEARS, question, read) == answer


def test_a_table_that_goes_on_in_another_passage_keeps_its_heading() -> None:
    texts = (
        "Hall | Fee: 4 euros\n\nBarn | Fee: 9 euros",
        "Hall | Fee: 5 euros\n\nBarn | Fee: 8 euros",
    )
    contexts = ("Rent: Winter 2025", "Rent: Winter 2026")
    passages = [
        Passage(at, "a.md", 100 * at, 100 * at + len(text), text, ((0, len(text)),), context)
        for at, (text, context) in enumerate(zip(texts, contexts, strict=True))
    ]
    span = Span(0, texts[0].index("4"), len("Hall | Fee: 4 euros"), "4 euros", 2.0, 0.0)
    placed = cell_of("what does the hall cost in 2026", span, passages[0], passages)

    assert (placed.passage_id, placed.text) == (1, "5 euros")


@pytest.mark.parametrize(
    ("contexts", "own_heading", "other_heading", "question"),
    [
        # Titles and other words of headings tell no tables apart, nor does one that has none.
        (("Hall fees 2026", "Fees 2025"), "", "", "what does the hall cost in 2025"),
        (("Rent: Winter", "Rent: Hall fees"), "", "", "what is the hall fee in 2026"),
        (("Rent", "Rent"), "", "Fees for 2025", "what does the hall cost in 2025"),
        # All short lines above a table are read.
        (("", ""), "Fees 2026\nAll prices in euros", "Fees 2025", "hall fee in 2026"),
    ],
)
def test_a_table_without_another_number_above_it_is_not_left(
    contexts: tuple[str, str], own_heading: str, other_heading: str, question: str
) -> None:
    texts = (
        f"{own_heading}\n\nHall | Fee: 4 euros\n\nBarn | Fee: 9 euros",
        f"{other_heading}\n\nHall | Fee: 5 euros\n\nBarn | Fee: 8 euros",
    )
    passages = [
        Passage(at, "a.md", 100 * at, 100 * at + len(text), text, ((0, len(text)),), context)
        for at, (text, context) in enumerate(zip(texts, contexts, strict=True))
    ]
    start = texts[0].index("4")
    span = Span(0, start, start + len("4 euros"), "4 euros", 2.0, 0.0)

    assert cell_of(question, span, passages[0], passages).text == "4 euros"


WORDS = st.lists(st.sampled_from(["Swan", "Fee", "4", "the", "per", "yes", "a.b", "É", "|", ":"]))
LINES = st.lists(
    st.lists(WORDS.map(" ".join), min_size=1, max_size=4).flatmap(
        lambda cells: st.sampled_from([" | ", ": ", "\n", "  "]).map(lambda gap: gap.join(cells))
    ),
    min_size=1,
    max_size=6,
)


@given(LINES, WORDS.map(" ".join), st.data())
def test_a_span_is_always_what_stands_in_its_passage(
    lines: list[str], question: str, data: st.DataObject
) -> None:
    text = "\n".join(lines) + "."
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    passages = [row_of(0, text, 0), row_of(1, text[::-1], len(text)), row_of(2, text, 0)]

    span = Span(0, start, end, text[start:end], 2.0, 0.0)
    placed = at_named_cell(question, span, passages[0], passages[1:])

    assert placed is None or placed.text
    assert (
        placed is None
        or passages[placed.passage_id].text[placed.start_char : placed.end_char] == placed.text
    )


TALKS = (
    "Date: 2024-05-16 | Time: 14:15 | Speaker: Dr. Ada Holm | Chair: Bo Lund\n\n"
    "Date: 2024-05-23 | Time: 16:00 | Speaker: Prof. Cy Berg | Chair: Di Marsh"
)
PARCELS = (
    "Weight: up to 1 kg | Zone A: 3 euros | Zone B: 5 euros\n\n"
    "Weight: 1 to 5 kg | Zone A: 4 euros | Zone B: 9 euros\n\n"
    "Weight: over 5 kg | Zone A: 8 euros | Zone B: –"
)
RUNS = "Stop: Quay | Run 1: 06:12 | Run 2: 07:42\n\nStop: Mill | Run 1: 06:50 | Run 2: 08:26"
HOURS = "Day: Friday | Open: 08:00 | Close: 18:30"
JOBS = "Job: Sails | Key holder: Ada | Since: 2011\n\nJob: Bar | Key holder: Bo | Since: 2020"
CRANE = (
    "Service: Lift | Up to 6 m: 85 | 6 to 9 m: 130\n\nService: Wash | Up to 6 m: 20 | 6 to 9 m: 30"
)


@pytest.mark.parametrize(
    ("text", "question", "read", "answer"),
    [
        # A day, however it is written, and with a weekday or a year that is not said.
        (TALKS, "who chairs on may 23", "Bo Lund", "Di Marsh"),
        (TALKS, "what time is the talk on the 23rd of May?", "14:15", "16:00"),
        (TALKS.replace("2024-05-23", "Thu 23 May"), "what time on 23 may", "14:15", "16:00"),
        (TALKS.replace("2024-05-23", "23/05/2024"), "what time on 23 may", "14:15", "16:00"),
        (TALKS, "what day does Cy Berg speak?", "Prof. Cy Berg", "2024-05-23"),
        # An amount that lies between the ends of a range, and columns that are ranges.
        (PARCELS, "what does a 3 kilo parcel to zone a cost", "9 euros", "4 euros"),
        (PARCELS, "a parcel of 7 kg to zone A", "3 euros", "8 euros"),
        (CRANE, "how much is it to lift a boat of 8 m?", "85", "130"),
        (CRANE, "how much is it to wash a boat of 4.5 metres?", "130", "20"),
        # The reader began in the name of a column.
        (RUNS, "run 2 at the mill, what time?", "1: 06:50", "08:26"),
        (RUNS, "which zone is the mill in", "1: 06:50", "06:50"),
        # A part of a column's name, and words for when something begins and ends.
        (JOBS, "who has the key of the bar?", "2020", "Bo"),
        (HOURS, "until when is it open on friday", "08:00", "18:30"),
        (HOURS, "from what time do you open on Friday?", "18:30", "08:00"),
        # A letter is no article.
        (PARCELS, "1 to 5 kg to zone b", "4 euros", "9 euros"),
    ],
)
def test_a_cell_is_named_by_days_amounts_and_parts_of_names(
    text: str, question: str, read: str, answer: str
) -> None:
    assert answered(text, question, read) == answer


COATS = "Item: Cardigan | Ages 4–7: £4 | Ages 8–11: £5"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (COATS, "how much is a cardigan for a 9 year old"),
        (COATS.replace("Ages", "Age"), "what does a cardigan cost for my 10-year-old son"),
        (COATS.replace("Ages 8–11", "ages 8 to 11"), "a cardigan for a girl of 8 years?"),
        (COATS, "how much do 10 year olds pay for a cardigan"),
    ],
)
def test_an_age_names_the_column_of_the_ages_that_it_lies_in(text: str, question: str) -> None:
    assert answered(text, question, "£4") == "£5"


def test_years_that_nobody_is_old_name_no_column_of_ages() -> None:
    text = "Pass: Museum | Ages 0-5: free | Ages 6-15: £8"

    assert answered(text, "how much is a 3 year pass for the museum?", "£8") == "£8"


GATE = (
    "Job: Gate | 11:00-12:30: Ann | 12:30-14:00: Bo | 14:00-15:30: Cy\n"
    "Job: Car park | 11:00-12:30: Di | 12:30-14:00: Ed | 14:00-15:30: Flo"
)
BAR = "Who: Bar | 10am to 1pm: Ann | 1pm to 4pm: Bo | 4pm to 7pm: Cy"
BRIDGE = "Post: Bridge | 06:00-14:00: Ann | 14:00-22:00: Bo | 22:00-06:00: Cy"
FETE = "Stall: Gate | 11:00-12:30: Ann | 12:30-2:00: Bo | 2:00-3:30: Cy"
NOON = "Desk: Hall | 9:00-11:00: Ann | 11:00-1:00: Bo | 1:00-3:00: Cy"
FARM = "Animals: Hens | 6:00 – 7:30: Ann | 3:00 – 4:30: Bo | 7:00 – 8:30: Cy"


@pytest.mark.parametrize(
    ("text", "question", "read", "answer"),
    [
        (GATE, "who is on the gate at 12:30", "Ann", "Bo"),
        (GATE, "who does the car park at 2pm", "Di", "Flo"),
        (GATE, "who's at the gate at 3.15 pm?", "Bo", "Cy"),
        (GATE, "and at 11:45 who is on the gate", "Cy", "Ann"),
        (BAR, "who serves at the bar at 15:00?", "Ann", "Bo"),
        (BAR, "who is behind the bar at 1:30", "Ann", "Bo"),
        (FARM, "who feeds the hens at 4 pm", "Ann", "Bo"),
        (BRIDGE, "who is on the bridge at 22:00", "Bo", "Cy"),
        (BRIDGE, "who is on the bridge at 1 am?", "Bo", "Cy"),
        (FETE, "who is on the gate at 3pm?", "Cy", "Cy"),
        (FETE, "who is on the gate at 3pm?", "Bo", "Cy"),
        (FETE, "who is on the gate at 12:45", "Ann", "Bo"),
        (NOON, "who is at the desk in the hall at 2 pm", "Bo", "Cy"),
        (NOON, "who is at the desk in the hall at 12:30", "Ann", "Bo"),
        # None of these hours, those of two columns, two times, and words beside the hours.
        (GATE, "who is on the gate at 18:00", "Ann", "Ann"),
        (GATE, "who is on the gate at 11:30 pm", "Cy", "Cy"),
        (FARM, "who feeds the hens at 7:15", "Bo", "Bo"),
        (GATE, "who is on the gate from 12:00 to 15:00", "Ann", "Ann"),
        (GATE.replace("14:00-15:30", "14:00-15:30 Sunday"), "the gate at 2pm", "Bo", "Bo"),
    ],
)
def test_a_time_names_the_column_of_the_hours_that_it_lies_in(
    text: str, question: str, read: str, answer: str
) -> None:
    assert answered(text, question, read) == answer


@pytest.mark.parametrize(
    ("text", "question", "read"),
    [
        # Both rows may be meant, or neither, or amounts of something else.
        (PARCELS, "what does 1 kg cost to zone a", "4 euros"),
        (PARCELS, "what does a parcel of 3 m to zone a cost", "8 euros"),
        (PARCELS, "what do 3 parcels to zone a cost", "8 euros"),
        (CRANE, "when do you lift boats?", "85"),
    ],
)
def test_a_span_stays_where_days_and_amounts_name_nothing(
    text: str, question: str, read: str
) -> None:
    assert answered(text, question, read) == read


@pytest.mark.parametrize(
    ("text", "question", "read"),
    [
        (PARCELS, "how much is 7 kg to zone b", "9 euros"),
        (SHIFTS, "Who works on Tuesday?", "-"),
        (GAPS, "Which deck has the Swan?", "Swan"),
        ("We meet – mostly – on Mondays.", "When?", "–"),
    ],
)
def test_a_cell_that_is_left_empty_is_no_answer(text: str, question: str, read: str) -> None:
    passage = row_of(0, text, 0)
    start = text.index(read)

    assert (
        at_named_cell(question, Span(0, start, start + len(read), read, 2.0, 0.0), passage) is None
    )


@pytest.mark.parametrize(
    ("text", "question", "read", "is_named"),
    [
        (FEES, "what does a barge pay per week?", "160 euros", True),
        (TALKS, "what time is the talk on 23 may?", "16:00", True),
        (PARCELS, "what does a 3 kg parcel to zone b cost", "9 euros", True),
        # Another cell, no column, no row, a part of a row's name, or a number that is nowhere.
        (FEES, "what does a barge pay per week?", "95 euros", False),
        (FEES, "what does a barge pay?", "160 euros", False),
        (FEES, "what does a lugger pay per week?", "160 euros", False),
        (CREW, "who lent the wave?", "Holm", False),
        (FEES, "what does a barge pay per week in 2019?", "160 euros", False),
        (TALKS, "what time is the talk on 23 may 2023?", "16:00", False),
        ("Pontoon: Pontoon A | Price: 980", "price of pontoon D", "980", False),
        ("No table here: nothing.", "what is here?", "nothing", False),
    ],
)
def test_whether_a_question_names_a_cell_by_column_and_row(
    text: str, question: str, read: str, is_named: bool
) -> None:
    start = text.rindex(read)
    span = Span(0, start, start + len(read), read, 2.0, 0.0)

    assert is_named_cell(question, span, row_of(0, text, 0)) is is_named


def test_a_name_that_only_opens_what_follows_names_no_cell() -> None:
    text = '"audio": {\n  "device": "hw:2,0",\n  "delay_ms": 180\n}'

    assert answered(text, "what is the audio delay in ms", "180") == "180"


BOATS = (
    "Boat: Swan | Built in: 1999 | Leaves: 7 pm | Skipper: Ada\n\n"
    "Boat: Coot | Built in: 2011 | Leaves: 11 am | Skipper: Bo\n\n"
    "Boat: Teal | Built in: 2004 | Leaves: 9 am"
)
TRAINS = "Train: IC 807 | From: Kingsport | To: Marlow | Departure: 08:10 | Arrival: 09:35"
TERMS = "Term: Summer | Registration starts: 10 April | Lessons start: 28 April"
LINES_OF_BUSES = "Line: 1 | Zones: 1-3 | Driver: Ed\n\nLine: 2 | Zones: 1-4 | Driver: Fay"
DAILY = "Vessel: Dinghy | Daily fee: 4 euros\n\nVessel: Yacht | Daily fee: 19 euros"
NOTED = "Boat: Swan | Fee: 4 | Notes: length 7 m\n\nBoat: Teal | Fee: 5 | Length: 9 m"


@pytest.mark.parametrize(
    ("text", "question", "read"),
    [
        # Times with "am" and "pm" are times, and a place is none.
        (BOATS, "when does the Swan leave?", "7 pm"),
        (TRAINS, "when does the IC 807 start?", "08:10"),
        (TERMS, "when does registration for the summer term start?", "10 April"),
        # What stands before a colon in a line of prose is no column.
        ("The film is Dune: Part Two, at eight.", "which film is it?", "Dune: Part Two"),
        ("12 High Street\nPostcode: K1 2A\nRoom: 4", "where?", "12 High Street\nPostcode: K1 2A"),
        # A number that is a cell names its row, though it also lies within a range.
        (LINES_OF_BUSES, "who drives line 2?", "Fay"),
        # Another cell says what the column that is named leaves empty.
        (NOTED, "length of the Swan", "7 m"),
        # A column is named in full, whatever it holds; "letters" are no letter.
        (
            "Hall: Oak | Contact: 555 010 122 | Street: Main",
            "who is the contact for Oak?",
            "555 010 122",
        ),
        ("Zone: A | Letters: £3\n\nZone: B | Letters: £5", "price for letters in zone B", "£5"),
    ],
)
def test_what_is_answered_rightly_stays(text: str, question: str, read: str) -> None:
    assert answered(text, question, read) == read


def test_a_row_whose_cell_is_empty_is_not_answered_by_another_row() -> None:
    start = BOATS.index("Bo\n")
    span = Span(0, start, start + 2, "Bo", 2.0, 0.0)

    assert at_named_cell("who is the skipper of the Teal?", span, row_of(0, BOATS, 0)) is None


def test_a_row_of_another_table_leaves_no_cell_empty() -> None:
    rota = "Day: Saturday | Duty: Ada\n\nDay: Sunday, even weeks | Duty: Bo"
    text = f"{rota}\n\nOpening hours\n\nDay: Sunday | Open: 10:00"

    assert answered(text, "who has duty on sunday?", "Bo") == "Bo"
    # Nothing says that the skipper is asked for.
    assert answered(BOATS, "whose is the Teal?", "Bo") == "Bo"


def test_half_of_a_columns_name_moves_a_span_and_makes_it_no_surer() -> None:
    passage, start = row_of(0, DAILY, 0), DAILY.index("4 euros")
    span = Span(0, start, start + 7, "4 euros", 2.0, 0.0)

    assert answered(DAILY, "fee for the yacht", "4 euros") == "19 euros"
    assert not is_named_cell("late fee for a dinghy", span, passage)
    assert is_named_cell("daily fee for a dinghy", span, passage)


def test_a_unit_is_no_part_of_a_columns_name() -> None:
    text = "Flat: 14 | Size m2: 52 | Charge EUR: 436\n\nFlat: 17 | Size m2: 118 | Charge EUR: 948"
    start = text.index("948")
    span = Span(0, start, start + 3, "948", 2.0, 0.0)

    assert answered(text, "what is the size of flat 17", "948") == "118"
    assert is_named_cell("what is the charge of flat 17", span, row_of(0, text, 0))
