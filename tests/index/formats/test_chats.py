"""Chats in plain text: who says what is text, and when is its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.base import Loaded
from tests.conftest import Library

SAID = ["who has the key?", "On the hook: behind the fuse box.\nDon't lose it.", "Thanks", "ok"]
SPEAKERS = ["kofi.b", "Lotte Berg", "kofi.b", "Lotte Berg"]
TEXT = f"{SAID[0]}\n\nLotte Berg: {SAID[1]}\n\nkofi.b: Thanks\n\nLotte Berg: ok"


def written(line: str, when: str) -> str:
    """A chat whose messages begin with a line; a message is one line where this ends a line."""
    return "".join(
        line.format(name=name, when=when, said=said) + "\n"
        for name, said in zip(SPEAKERS, SAID, strict=True)
    )


def times(loaded: Loaded) -> set[tuple[str, str]]:
    return {(place.kind, place.name) for place in loaded.places}


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("[{when}] {name}\n{said}\n", "18/04/2026 07:14"),
        ("[{when}] {name}\n{said}\n", "18-Apr-26 07:14 AM"),
        ("{name} — {when}\n{said}", "18/04/2026 07:14"),
        ("{name}, [{when}]\n{said}\n", "18.04.26 07:14"),
        ("{name}  [{when}]\n{said}\n", "2026-04-18 7:14 PM"),
        ("> {name} [U02AB] @ {when} Z:\n{said}\n", "18/04/2026 07:14:22"),
        ("{when} - {name}: {said}", "18/04/2026, 07:14"),
        ("{when} - {name}: {said}", "4/18/26, 7:14\u202fAM"),
        ("[{when}] {name}: {said}", "18.04.26, 07:14:22"),
        ("\u200e[{when}] {name}: {said}", "18/04/2026, 07:14:22"),
        ("[{when}] {name}: {said}", "07:14, 18/04/2026"),
        ("[{when}] {name}: {said}", "07:14"),
        ("[{when}]{name}: {said}", "07:14"),
        ("{when} <{name}> {said}", "07:14"),
        ("[{when}] <@{name}> {said}", "2026-04-18 07:14:22"),
    ],
)
def test_a_chat_says_who_speaks_and_where_when(line: str, when: str) -> None:
    loaded = parse(".txt", written(line, when).encode())

    assert loaded.text == TEXT
    stamp = " ".join(when.split())
    assert times(loaded) == {("time", stamp), ("time", f"{stamp}, kofi.b")}
    assert (loaded.title, loaded.dated) == (None, None)


def test_messages_without_times_have_lines() -> None:
    loaded = parse(".txt", written("<{name}> {said}", "").encode())

    assert loaded.text == TEXT
    assert times(loaded) == {("line", number) for number in "1245"}


def test_what_stands_above_a_chat_is_read_as_before_and_names_it() -> None:
    chat = written("[{when}] {name}\n{said}\n", "18/04/2026 07:14")

    loaded = parse(".txt", f"Channel: general\n9 March 2026\n\n{chat}".encode())

    assert loaded.text == f"Channel: general\n9 March 2026\n\n{TEXT}"
    assert loaded.title == "Channel: general"
    assert [place.line for place in loaded.places] == [4, 7, 11, 14]


def test_what_a_program_says_within_a_chat_is_of_nobody() -> None:
    phone = "18/04/2026, 07:14 - "
    lines = [f"{phone}{each}" for each in ("Ann: Hi", "Ann added Bo", "Bo: Hi", "Ann: Is it? No.")]
    irc = [
        "07:13  * ann waves",
        "07:14 <ann> Hi",
        "07:14 -!- bo has joined",
        "07:14 <bo> Hi",
        "07:14 <ann> Ah",
        "<bo> Ok",
    ]

    loaded = parse(".txt", "\n".join([f"{phone}All is secret.", *lines]).encode())
    assert loaded.title is None
    assert loaded.text.split("\n\n") == [
        *("All is secret.", "Ann: Hi", "Ann added Bo", "Bo: Hi", "Ann: Is it? No.")
    ]
    assert parse(".txt", "\n".join(irc).encode()).text.split("\n\n") == [
        *("ann waves", "ann: Hi", "bo has joined", "bo: Hi", "ann: Ah", "bo: Ok")
    ]


OTHERS = {
    "few": "[18/04/2026 07:14] Ann: Hi\n[18/04/2026 07:15] Bo: Hi\n",
    "a log": "[18/04/2026 07:14] ERROR: no key\n[18/04/2026 07:16] INFO: started\n" * 3,
    "a programme": "Monday — 19:33\nYoga\n\nTuesday — 20:00\nBoxing\n\n" * 3,
    "days": "Yoga — 18/04/2026 15:30\nHall\n\nBoxing — 19/04/2026 15:00\nLoft\n\n" * 3,
    "games": "".join(f"Game {n} — 18/04/2026 15:0{n}\nPitch {n}\n\n" for n in range(5)),
    "in brackets": "[18/04/2026 10:00] Hall: Yoga\n[18/04/2026 11:30] Loft: Boxing\n" * 3,
    "a timetable": "Bus A [7:31]\nBus B [8:31]\n" * 4,
    "rooms": "18/04/2026 10:03 - Room A: Yoga\n18/04/2026 10:03 - Room B: Boxing\n" * 4,
    "options": "<file> what is read\n<folder> where it is\n<name> what it is called\n",
    "quoted": "[18/04/2026 07:14] Ann\nHi.\n" * 3 + "So it went on for long.\n" * 99,
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_texts_keep_their_times(text: str) -> None:
    loaded = parse(".txt", text.encode())

    assert (loaded.text, loaded.places) == (text, ())


def test_a_question_and_the_message_that_answers_it_are_in_one_passage(library: Library) -> None:
    chat = "".join(
        f"[18/04/2026 07:{n:02}] ann\nWhat is the depth at berth {n}?\n\n"
        f"[18/04/2026 07:{n:02}] bo\n{n} m\n\n"
        for n in range(40)
    )
    library.write("chat.txt", chat)
    library.build()

    ((_, passages),) = library.open().texts.documents_with_passages()

    assert len(passages) > 1
    for n in range(40):
        both = f"What is the depth at berth {n}?\n\nbo: {n} m"
        assert any(both in passage.text for passage in passages)


_LINES = [
    "[18/04/2026 07:14] ann",
    "07:14 <bo> a",
    "<ann> b",
    "",
    "c",
    "ann — 1.1.26 7:14",
    "\u200e",
]


@given(st.lists(st.sampled_from(_LINES), max_size=20))
def test_no_word_of_any_lines_is_lost_and_every_place_stands_in_the_text(lines: list[str]) -> None:
    loaded = parse(".txt", "\n".join(lines).encode())

    for word in ("a", "b", "c"):
        said = [line.split()[-1] for line in lines if line]
        assert loaded.text.split().count(word) >= said.count(word)
    for place in loaded.places:
        assert 0 <= place.start_char < place.end_char <= len(loaded.text)
