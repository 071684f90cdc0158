"""A list that a document writes is found from one of its items."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.enumerations import enumerated
from index.passages import Passage


def items(text: str, *spans: str, question: str = "which ones") -> list[str]:
    sentence = (0, len(text))
    passage = Passage(0, "a.md", 0, len(text), text, (sentence,))
    bounds = [(text.index(span), text.index(span) + len(span)) for span in spans]
    found = enumerated(passage, bounds, question)
    return [text[start:end] for start, end in found]


@pytest.mark.parametrize("span", ["string", "netting", "string, netting", "bone meal"])
def test_the_parts_of_a_sentence(span: str) -> None:
    everything = ["string", "netting", "bone meal"]

    found = items("The shop sells string, netting and bone meal.", "string", span)

    assert found == everything


def test_a_part_of_which_more_is_said_needs_the_reader_to_find_another() -> None:
    text = "Ada Lovelace as chair, Bo as clerk, and Cem."

    assert items(text, "Ada Lovelace") == []
    assert items(text, "Ada Lovelace", "Bo") == ["Ada Lovelace as chair", "Bo as clerk", "Cem"]


def test_the_reader_says_where_the_last_part_ends() -> None:
    text = "It sells rope, nets and hooks on Sundays."

    assert items(text, "rope, nets and hooks") == ["rope", "nets", "hooks"]


@pytest.mark.parametrize(
    "text",
    [
        "Vik leads it, and Lund pays for all of it.",
        "Vik came first, Lund came when the others had long gone to bed that night, and Ode.",
        "Vik leads it.",
        "They met Vik.",
    ],
    ids=["two clauses", "clauses", "no list", "the end"],
)
def test_clauses_are_no_list(text: str) -> None:
    assert items(text, "Vik") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The officers are Ada; Bo; and Cem and Dag.", ["Ada", "Bo", "Cem and Dag"]),
        (
            "The officers are Ada, chair; Bo, clerk; and Cem, cook.",
            ["Ada", "chair", "Bo", "clerk", "Cem"],
        ),
        (
            "Wardens Ada, Bo and Cem, Dag, and Eve came.",
            ["Ada", "Bo and Cem", "Dag", "Eve came"],
        ),
        ("They are Ada, Bo and Cem, and go home.", ["Ada", "Bo", "Cem"]),
        ("They are Ada, Bo and Cem; Dag pays.", ["Ada", "Bo", "Cem"]),
        ("They are Ada, Bo, and Cem or Dag.", ["Ada", "Bo", "Cem"]),
    ],
)
def test_what_closes_a_list_tells_its_items_apart(text: str, found: list[str]) -> None:
    assert items(text, "Ada") == found


MODERATORS = "Moderators: Juniper, Moss (Asia and Oceania), Wren (“Small and Sons”) and Cem"


def test_what_brackets_and_quotation_marks_enclose_is_one_part() -> None:
    everything = ["Juniper", "Moss (Asia and Oceania)", "Wren (“Small and Sons”)", "Cem"]

    assert items(MODERATORS, "Juniper") == everything
    assert items('We sell 5" nails, 6" nails and rope.', '5" nails') == [
        '5" nails',
        '6" nails',
        "rope",
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Buses 7 and 12 do not run.", "Buses 7 and 12"),
        ("Rooms 3, 4 and 5 are closed.", "Rooms 3, 4 and 5"),
        ("We meet on 3, 10 and 17 March.", "3, 10 and 17 March"),
    ],
)
def test_numbers_are_not_parted_from_what_they_number(text: str, span: str) -> None:
    assert items(text, span) == []


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("March, April and May", ["March", "April", "May"]),
        ("Ada, Bo and Will", ["Ada", "Bo", "Will"]),
        ("HR, Finance and IT", ["HR", "Finance", "IT"]),
        ("the place, the date and the time", ["the place", "the date", "the time"]),
        ("online, by card or on the day", ["online", "by card", "on the day"]),
        ("small, medium and 42", ["small", "medium", "42"]),
        ("June, July and 2020", ["June", "July", "2020"]),
        ("in 2019 and 2020", ["in 2019", "2020"]),
    ],
)
def test_names_like_small_words_and_numbers_are_items(listed: str, found: list[str]) -> None:
    assert items(f"We say {listed}.", listed) == found


@pytest.mark.parametrize("mark", ["-", "*", "•", "2.", "2)"])
def test_the_lines_of_a_list(mark: str) -> None:
    text = f"Bring:\n{mark} a towel,\n{mark} sun cream and\n{mark} a book.\nSee you there."

    assert items(text, "a towel") == ["a towel", "sun cream", "a book"]
    assert items(text, "Bring:\n" + f"{mark} a towel") == ["a towel", "sun cream", "a book"]


NESTED = (
    "Systems:\n- Linux\n- Linux: 6.1\n- Linux: 12 GB\n- Linux: 12 GB: free\n- Mac:\n- Mac: 13\n"
    "- Mac: 24 GB"
)


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ("Linux", ["Linux", "Mac:"]),
        ("Linux\n- Linux", ["Linux", "Mac:"]),
        ("12 GB", ["6.1", "12 GB"]),
        ("13\n- Mac: 24 GB", ["13", "24 GB"]),
        ("free", []),
    ],
)
def test_of_lists_in_one_another_it_is_the_one_that_the_item_is_in(
    span: str, found: list[str]
) -> None:
    assert items(NESTED, span) == found


LETTERED = (
    "1. On board:\na. rope\nb. nets:\ni. fine\nii. coarse\nc. tar\n"
    "2. Ashore:\na. oil\nb. wood\n3. Both:"
)


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ("rope", ["rope", "nets:", "tar"]),
        ("a. rope", ["rope", "nets:", "tar"]),
        ("coarse", ["fine", "coarse"]),
        ("wood", ["oil", "wood"]),
        ("Ashore", ["On board:", "Ashore:", "Both:"]),
    ],
)
def test_letters_tell_the_list_that_an_item_is_in(span: str, found: list[str]) -> None:
    assert items(LETTERED, span) == found


NUMBERED = (
    "Duties:\n- sweeping\n- snow\n\n- minutes\n\n7. When a rule is broken\n\n"
    "1. A talk\n\n2. A letter\n   - of two pages\n3. A meeting\n\n8. Keys\n\n"
    "• a form\n\n• a fee"
)


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ("snow", ["sweeping", "snow", "minutes"]),
        ("7. When a rule is broken", []),
        ("A talk", ["A talk", "A letter", "of two pages", "A meeting"]),
        ("8. Keys", []),
        ("a fee", ["a form", "a fee"]),
    ],
)
def test_a_heading_with_a_number_is_no_item_of_the_lists_around_it(
    span: str, found: list[str]
) -> None:
    assert items(NUMBERED, span) == found


@pytest.mark.parametrize("mark", ["1", "3"])
def test_a_list_may_go_on_below_a_blank_line_with_any_number(mark: str) -> None:
    assert items(f"Bring:\n\n1. a key\n\n{mark}. a boat", "a key") == ["a key", "a boat"]


def test_prose_that_begins_with_a_letter_is_no_item() -> None:
    assert items("Cases:\n- Smith\nv. Jones\n- Vogel", "Jones") == []


LONG, LONGER = "Alpha " * 8 + "Alpha", "Beta " * 9 + "Beta"


@pytest.mark.parametrize(
    ("text", "span", "found"),
    [
        ("- Linux,\n- Linux: 6.1\n- Linux: 12 GB\n- Mac,\n- Mac: 13", "12 GB", ["6.1", "12 GB"]),
        ("- Linux,\n- Linux: 6.1\n- Linux: 12 GB\n- Mac,\n- Mac: 13", "Mac", ["Linux", "Mac"]),
        (
            f"- {LONG}\n- {LONG}: {LONGER}\n- {LONGER}: one\n- {LONGER}: two\n- {LONG}: three",
            "one",
            ["one", "two"],
        ),
        (
            "- [ ] Linux\n- Linux: [x] 6.1\n- Linux: [ ] 12 GB\n- [ ] Mac",
            "[x] 6.1",
            ["[x] 6.1", "[ ] 12 GB"],
        ),
        # Linux Mint may be one more system, or one more thing of Linux.
        ("- Linux\n- Linux: 6.1\n- Linux Mint\n- Linux: 12 GB\n- Mac", "6.1", []),
        ("- Linux\n- Linux: 6.1\n- Linux Mint\n- Linux: 12 GB\n- Mac", "Mac", []),
        ("- Linux\n- Linux: 6.1\n- Linux Mint\n- Linux: 12 GB\n- Mac", "Linux Mint", []),
        ("- Linux\n- Linux Mint\n- Mac", "Mac", ["Linux", "Linux Mint", "Mac"]),
        ("99. oars\n100. nets", "nets", ["oars", "nets"]),
    ],
    ids=["comma", "comma above", "cut", "box", "below", "above", "itself", "flat", "hundred"],
)
def test_the_level_of_an_item_is_told_by_what_is_written_before_it(
    text: str, span: str, found: list[str]
) -> None:
    assert items(text, span) == found


FACTS = "Posts:\n- Max. size: 8 MB\n- Allowed types: png, jpg and gif\n- Editors: Ada"


@pytest.mark.parametrize(
    ("question", "span", "found"),
    [
        ("which types are allowed", "png, jpg and gif", ["png", "jpg", "gif"]),
        (
            "which types are allowed",
            "Allowed types: png, jpg and gif",
            [
                *("Max. size: 8 MB", "Allowed types: png, jpg and gif", "Editors: Ada"),
            ],
        ),
        (
            "what holds for posts",
            "png, jpg and gif",
            [
                *("Max. size: 8 MB", "Allowed types: png, jpg and gif", "Editors: Ada"),
            ],
        ),
    ],
    ids=["the value", "the item", "another question"],
)
def test_a_fact_with_a_label_that_is_asked_for_is_no_item(
    question: str, span: str, found: list[str]
) -> None:
    assert items(FACTS, span, question=question) == found


@pytest.mark.parametrize(
    ("question", "labels", "is_list"),
    [
        ("what are the prizes", ("First prize", "Second prize"), True),
        ("what is the first prize", ("First prize", "Second prize"), False),
        ("which sessions are there", ("Monday session", "Friday session"), True),
        ("what are the three phases", ("Phase 1", "Phase 2"), True),
        ("what is phase 1", ("Phase 1", "Phase 2"), False),
        ("what are the options for paying", ("Option A", "Option B"), True),
    ],
)
def test_a_word_of_several_labels_names_no_fact(
    question: str, labels: tuple[str, str], *, is_list: bool
) -> None:
    both = [f"{label}: the bike shed of number {at}" for at, label in enumerate(labels)]
    text = "\n".join(f"- {each}" for each in both)

    found = items(text, "the bike shed of number 0", question=question)

    assert found == (both if is_list else [])


def test_labels_that_are_alike_are_no_labels() -> None:
    text = "- Type: a large png\n- Type: a large jpg"

    assert items(text, "a large png", question="which type") == [
        "Type: a large png",
        "Type: a large jpg",
    ]


def test_what_an_item_says_is_not_the_item() -> None:
    assert items("- The sale is on 11 May.\n- Keys cost 7 pounds.", "11 May") == []


CLUBS = "1. Chess club: Mondays in the library\n2. Choir: Fridays in the hall, bring a folder"
WOOD = (
    "- Birch ply 3 mm, a sheet: 4.20\n- Clear acrylic, same size: 9.60\n- Clay, a bag of 12 kg: 11"
)
STAFF = "- Dr Lee: hearts\n- Nurse Hale: wounds\n- Dr Moor: teeth\n- Nurse Frost: blood, Mondays"
ROOMS = "* Sauna – open from six to ten, with a towel\n* Roof – until half past ten, no music"


@pytest.mark.parametrize(
    ("text", "span", "question", "found"),
    [
        (CLUBS, "Chess club", "which clubs are there", ["Chess club", "Choir"]),
        (CLUBS, "Choir", "which clubs meet on Fridays", []),
        (STAFF, "Nurse Frost", "who are the nurses?", []),
        (
            *("- Oak Room: 40 seats, a stage\n- Elm Room: 9 seats, a sink\n- Hall: 99 seats",),
            *("Oak Room", "which rooms are there", ["Oak Room", "Elm Room", "Hall"]),
        ),
        (CLUBS, "Fridays", "which days are there", []),
        (
            *(WOOD, "Birch ply 3 mm", "which materials can I buy"),
            ["Birch ply 3 mm, a sheet", "Clear acrylic, same size", "Clay, a bag of 12 kg"],
        ),
        (WOOD, "a sheet", "which ones", []),
        (ROOMS, "Roof", "which rooms can guests use", ["Sauna", "Roof"]),
        (f"{ROOMS}\n* A boat with two oars", "Roof", "which rooms can guests use", []),
    ],
)
def test_the_labels_of_items_are_a_list_if_one_of_them_is_found(
    text: str, span: str, question: str, found: list[str]
) -> None:
    assert items(text, span, question=question) == found


TABLE = (
    "Name: Ada | Rank: owner | Paid: no\n\nName: Bo | Rank: guard | Paid: yes\n\n"
    "Name: Cem | Rank: guard | Paid: no\n\nSee below."
)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("which names are there", ["Ada", "Bo", "Cem"]),
        ("who are the guards", ["Bo", "Cem"]),
        ("who is not paid", ["Bo"]),
    ],
)
def test_the_column_of_a_table_in_the_rows_that_are_asked_for(
    question: str, found: list[str]
) -> None:
    assert items(TABLE, "Bo", question=question) == (found if len(found) > 1 else [])


_PIECES = st.sampled_from(
    [*("- ", "2. ", "a", "Ada", "b.", ", ", " and ", " or ", "; ", "\n", "\n\n", " | ", "N: ", " ")]
)


@pytest.mark.parametrize(
    ("question", "span", "days"),
    [
        ("on which days is the office open", "Monday", ["Monday", "Friday"]),
        (
            "on which days is the office not open",
            "Sunday",
            ["Monday", "Sunday", "Tuesday", "Friday"],
        ),
        ("on which days is the office closed", "Sunday", ["Sunday", "Tuesday"]),
        ("which days are there", "Monday", ["Monday", "Sunday", "Tuesday", "Friday"]),
    ],
)
def test_rows_that_say_no_are_left_out_where_their_column_is_asked_for(
    question: str, span: str, days: list[str]
) -> None:
    text = (
        "Day: Monday | Office: 9-12\n\nDay: Sunday | Office: closed\n\n"
        "Day: Tuesday | Office: closed\n\nDay: Friday | Office: 9-11"
    )

    assert items(text, span, question=question) == days


ROLES = "Role: Admin | Access: full\nRole: Member | Access: read only\nRole: Guest | Access: none"


@pytest.mark.parametrize(
    ("question", "text", "span", "found"),
    [
        (
            "which shops are shut on monday",
            "Shop: Bakery | Monday: closed\nShop: Bank | Monday: 9-5\nShop: Cafe | Monday: closed",
            "Bakery",
            ["Bakery", "Bank", "Cafe"],
        ),
        (
            "which days isnt the office open",
            "Day: Monday | Office: 9-5\nDay: Tuesday | Office: closed",
            "Monday",
            ["Monday", "Tuesday"],
        ),
        (
            "which roles have access to the archive",
            ROLES,
            "Admin",
            ["Admin", "Member"],
        ),
        (
            "which roles have access to the archive",
            ROLES,
            "Member",
            ["Admin", "Member"],
        ),
    ],
    ids=["another word", "no apostrophe", "full", "not full"],
)
def test_rows_that_may_be_asked_for_are_not_left_out(
    question: str, text: str, span: str, found: list[str]
) -> None:
    assert items(text, span, question=question) == found


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("which stops are the cheapest", []),
        ("which stops cost the most", []),
        ("which are the two cheapest stops", ["Quay", "Mill", "Tower"]),
        ("which stops have the best view", ["Quay", "Tower"]),
        ("which stops are there", ["Quay", "Mill", "Tower"]),
    ],
)
def test_what_is_ahead_of_all_others_is_no_whole_column(question: str, found: list[str]) -> None:
    text = (
        "Stop: Quay | Fare: £1 | View: best\nStop: Mill | Fare: £2 | View: good\n"
        "Stop: Tower | Fare: £1 | View: best"
    )

    assert items(text, "Quay", question=question) == found


@given(st.lists(_PIECES, min_size=1, max_size=30).map("".join), st.data())
def test_items_are_slices_of_the_text_in_their_order(text: str, data: st.DataObject) -> None:
    words = [at for at, character in enumerate(text) if character.isalpha()]
    if not words:
        return
    start, end = sorted((data.draw(st.sampled_from(words)), data.draw(st.sampled_from(words))))
    passage = Passage(0, "a.md", 0, len(text), text, ((0, len(text)),))

    found = enumerated(passage, [(start, end + 1)], "which ones")

    assert all(0 <= first < last <= len(text) for first, last in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))
