"""Chats in plain text: whoever writes, and when, stand before what is said below them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse

SAID = ["who has the key?", "On the hook: behind the fuse box.\nDon't lose it.", "Thanks", "ok"]
SPEAKERS = ["kofi.b", "Lotte Berg", "kofi.b", "Lotte Berg"]


def written(line: str, when: str) -> str:
    """A chat whose messages begin with a line."""
    return "".join(
        line.format(name=name, when=when, said=said) + "\n"
        for name, said in zip(SPEAKERS, SAID, strict=True)
    )


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("[{when}] {name}\n{said}\n", "18/04/2026 07:14"),
        ("[{when}] {name}\n{said}\n", "18-Apr-26 07:14 AM"),
        ("[{when}] {name}\n{said}", "18/04/2026, 07:14"),
        ("{name} — {when}\n{said}", "18/04/2026 07:14"),
        ("{name} — {when}\n{said}", "Yesterday at 07:14"),
        ("{name}, [{when}]\n{said}\n", "18.04.26 07:14"),
        ("{name}  [{when}]\n{said}\n", "2026-04-18 7:14 PM"),
    ],
)
def test_a_name_and_a_time_above_a_message_stand_before_it(line: str, when: str) -> None:
    loaded = parse(".txt", f"Channel: general\n\n{written(line, when)}".encode())

    assert loaded.title == "Channel: general"
    assert [paragraph.strip() for paragraph in loaded.text.split("\n\n") if paragraph.strip()] == [
        "Channel: general",
        *(f"{name} ({when}): {said}" for name, said in zip(SPEAKERS, SAID, strict=True)),
    ]
    apart = int(line.endswith("\n"))
    lines = [1, 3, 5 + apart, 8 + 2 * apart, 10 + 3 * apart]
    assert [place.line for place in loaded.places] == lines
    assert all(loaded.text[place.start_char].isalpha() for place in loaded.places)


OTHERS = {
    "few": "[18/04/2026 07:14] Ann\nHi\n[18/04/2026 07:15] Bo\nHi\n",
    "on one line": "[18/04/2026, 07:14:17] Ann: Hi\n[18/04/2026, 07:15:12] Bo: Hi\n" * 3,
    "WhatsApp": "18/04/2026, 07:14 - Ann: Hi\n18/04/2026, 07:16 - Bo: Hi\n" * 3,
    "IRC": "07:14 <ann> The list:\n* Two ropes\n07:14 <bo> ok\n" * 3,
    "HTML": "<dt> Anchor\n<dd> A heavy thing\n<dt> Bow\n<dd> The front\n",
    "a log": "[2026-04-18 07:14:12] INFO Listening on port: 8080\n" * 5,
    "levels": "[2026-04-18 07:14:12] web ERROR\nat x\n[2026-04-18 07:14:13] INFO\nUp\n" * 3,
    "a journal": "[2026-04-18 07:14] Pump: new filter\n[2026-04-19 09:02] Boiler: 1.2 bar\n" * 3,
    "a programme": "Yoga — 18/04/2026 15:30\nHall\n\nBoxing — 19/04/2026 15:00\nLoft\n\n" * 3,
    "no days": "Yoga — 19:33\nHall\n\nBoxing — 20:01\nLoft\n\n" * 3,
    "nobody twice": "".join(f"Bus {n} — 18/04/2026 15:0{n}\nQuay {n}\n\n" for n in range(5)),
    "nothing below": "[18/04/2026 07:31] Bus A\n[18/04/2026 08:31] Bus B\n" * 4,
    "quoted": "[18/04/2026 07:14] Ann\nHi.\n[18/04/2026 07:15] Bo\nHo.\n" * 3
    + "\n"
    + "So it went on for long.\n" * 5,
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_texts_stay_as_they_are(text: str) -> None:
    loaded = parse(".txt", text.encode())

    assert (loaded.text, loaded.places) == (text, ())


@pytest.mark.parametrize(
    "line",
    [
        "[{when}, 07:14] {name}: {said}",
        "{when}, 07:14 - {name}: {said}",
        "[07:14] <{name}> {said}",
        "[{when} 07:14] {name}\n{said}\n",
        "{name} — {when} 07:14\n{said}",
    ],
)
def test_what_is_said_first_in_a_chat_is_no_title(line: str) -> None:
    assert parse(".txt", written(line, "18/04/2026").encode()).title is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-18 07:14:01 ERROR failed\nTraceback:\n  line 1\n  line 2\n"
        "2026-04-18 07:15:09 INFO restarted\n",
        "18/04/2026, 19:31 - Ann: Bring\nmilk\nbread\neggs\n18/04/2026, 19:33 - Bo: Sure\n",
    ],
)
def test_an_entry_of_several_lines_is_no_title(text: str) -> None:
    assert parse(".txt", text.encode()).title is None


@pytest.mark.parametrize(
    "text",
    [
        "18/04/2026 19:30 Spring race\n\nBring a boat.\n",
        "07:14\nA poem\n07:15\nIt ends\n",
        "Minutes of the bowls club — 18/04/2026 19:30\n\nThe fee is 55 pounds.\n\n"
        "Next meeting — 16/05/2026 19:30\n",
        "Outage of the wiki — 2026-04-18 07:14\n\nAn old certificate.\n\n"
        "Report written – 2026-04-19 10:02\n",
    ],
)
def test_the_time_in_a_title_makes_no_chat(text: str) -> None:
    assert parse(".txt", text.encode()).title == text.splitlines()[0]


def test_what_stands_below_a_chat_has_its_headings_and_its_tables() -> None:
    chat = written("[{when}] {name}\n{said}\n", "18/04/2026 07:14") * 4
    below = "Boats\n-----\n\nName\tBerth\tFee\nAda\t7\t40\nBea\t9\t55\n\nFees\n----\n\nTwelve.\n"

    loaded = parse(".txt", f"{chat}\n{below}".encode())

    assert loaded.text.startswith("kofi.b (18/04/2026 07:14): who has the key?\n\n")
    assert "Name: Bea | Berth: 9 | Fee: 55" in loaded.text
    headings = {(place.kind, place.name) for place in loaded.places if place.kind == "heading"}
    assert headings == {("heading", "Boats"), ("heading", "Fees")}


def test_a_time_without_a_day_is_a_part_of_a_message() -> None:
    chat = written("[{when}] {name}\n{said}\n[09:30] Gates open\n", "18/04/2026 07:14")

    loaded = parse(".txt", chat.encode())

    assert "kofi.b (18/04/2026 07:14): Thanks\n[09:30] Gates open\n" in loaded.text


_LINES = [
    "[18/04/2026 07:14] ann",
    "[18/04/2026 07:14] bo",
    "07:14 <bo> a",
    "",
    "c",
    "\tb ",
    "ann — 1.1.26 7:14",
]


@given(st.lists(st.sampled_from(_LINES), max_size=30))
def test_every_word_of_any_lines_stays_and_every_place_stands_in_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    loaded = parse(".txt", text.encode())

    words = [sorted(re.findall(r"[\w/.:]*\w", each)) for each in (text, loaded.text)]
    assert words[0] == words[1]
    for place in loaded.places:
        assert 0 <= place.start_char < place.end_char <= len(loaded.text)
