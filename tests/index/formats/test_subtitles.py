"""Subtitles: what is said, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import Loaded
from tests.index.formats.reading import read_or_refuse

VTT = """WEBVTT - Harbour radio
Kind: captions

NOTE made by hand

intro
00:05.000 --> 00:07.500 align:start
<v Ann Bee>A vessel of up to
<i>twelve</i> metres

00:07.600 --> 00:09.000
<v Ann Bee>pays 35 marks &amp; no more.

1:02:03.000 --> 1:02:05.000
<v Bo>Thank you.
"""
SRT = (
    "1\r\n00:00:05,000 --> 00:00:07,500\r\nA vessel of up to\r\n{\\an8}<b>twelve</b> metres\r\n"
    "\r\n2\r\n00:00:07,600 --> 00:00:09,000\r\npays 35 marks.\r\n\r\n"
    "3\r\n01:02:03,000 --> 01:02:05,000\r\nThank you.\r\n"
)


def placed(loaded: Loaded) -> list[tuple[str, str]]:
    return [
        (place.name, loaded.text[place.start_char : place.end_char].strip())
        for place in loaded.places
    ]


def test_what_is_said_over_several_cues_is_one_sentence_with_its_times() -> None:
    loaded = parse(".vtt", VTT.encode())

    assert loaded.text == (
        "Ann Bee: A vessel of up to twelve metres pays 35 marks & no more.\n\nBo: Thank you."
    )
    assert placed(loaded) == [
        ("0:00:05", "Ann Bee: A vessel of up to twelve metres"),
        ("0:00:07", "pays 35 marks & no more."),
        ("1:02:03", "Bo: Thank you."),
    ]
    assert {place.kind for place in loaded.places} == {"time"}
    # What is said first is no title.
    assert loaded.title is None


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r\r\n"])
def test_srt_may_have_blank_lines_within_a_cue(line_end: str) -> None:
    lines = ["1", "00:00:05,000 --> 00:00:07,500", "", "It takes", "", "twelve.", "", "2"]
    lines += ["00:00:17,600 --> 00:00:19,000", "For 35 marks", "", "3"]

    loaded = parse(".srt", line_end.join(lines).encode())

    assert loaded.text == "It takes twelve.\n\nFor 35 marks"


def test_webvtt_is_read_as_such_whatever_its_file_is_called() -> None:
    content = cues_of("It takes", "twelve.\n\nNOTE Nobody says this.")

    assert parse(".srt", content).text == parse(".vtt", content).text == "It takes twelve."


def cues_of(*said: str) -> bytes:
    """Subtitles of cues, one a second."""
    cues = (f"00:0{n}.000 --> 00:0{n}.900\n{each}\n" for n, each in enumerate(said))
    return "\n".join(["WEBVTT\n", *cues]).encode()


def test_a_name_at_the_head_of_cues_is_who_speaks() -> None:
    content = cues_of(
        *("Ann Bee: A vessel of up to", "Ann Bee: twelve metres pays 35 marks."),
        *("Bo: And", "at night?", "Ann Bee: The same", "fee: 35."),
        *("Carla: Thanks.", "One more thing: the key.", "Bo: Bye."),
    )

    assert parse(".vtt", content).text.split("\n\n") == [
        "Ann Bee: A vessel of up to twelve metres pays 35 marks.",
        "Bo: And at night?",
        "Ann Bee: The same fee: 35.",
        "Carla: Thanks. One more thing: the key.",
        "Bo: Bye.",
    ]


@pytest.mark.parametrize(
    "said",
    [
        [*["Note: two coats.", "Tip: wait."] * 2, *["Load it.", "and again."] * 3],
        ["Tip: pay.", "Go on: wait.", "Tip: come.", "Tip: be kind."],
        ["Tip: pay.", "Tip: be kind.", "Note: the fee is 35.", "Note: the key is with Ann."],
        ["First: the fee.", "Second: the key.", "Third: the boat."],
        ["Ann: What does it cost?\nBo: It costs 450.", "Bo: Hi.", "Ann: Who?", "Bo: Bye."],
    ],
    ids=["few", "one word", "in a row", "once", "two in one cue"],
)
def test_a_colon_that_names_nobody_stays(said: list[str]) -> None:
    assert parse(".vtt", cues_of(*said)).text == " ".join(said).replace("\n", " ")


def test_a_tag_says_who_speaks_whatever_is_said() -> None:
    said = [f"<v Ann>{word}: 35." for word in ("Note", "Rule", "Note", "Rule")]

    assert parse(".vtt", cues_of(*said)).text == "Ann: Note: 35. Rule: 35. Note: 35. Rule: 35."


def test_several_may_speak_in_a_cue() -> None:
    said = ("<v Ann>Is it free? <v Bo>It is.", "<v Bo>For all.\n<v Ann>Good.</v>")

    assert parse(".vtt", cues_of(*said)).text.split("\n\n") == [
        "Ann: Is it free?",
        "Bo: It is. For all.",
        "Ann: Good.",
    ]


def test_what_another_one_said_before_is_no_line_that_rolls() -> None:
    said = ("<v Ann>Shall we sail? <v Bo>Yes.", "<v Ann>And Cy? <v Bo>Yes.", "<v Ann>And Di?")

    assert parse(".vtt", cues_of(*said)).text.split("\n\n") == [
        *("Ann: Shall we sail?", "Bo: Yes.", "Ann: And Cy?", "Bo: Yes.", "Ann: And Di?")
    ]


def test_a_dash_before_a_tag_is_not_said() -> None:
    content = cues_of("- <v Ann>Is it free?\n- <v Bo>It is.")

    assert parse(".vtt", content).text == "Ann: Is it free?\n\nBo: It is."


def test_srt_is_read_alike() -> None:
    loaded = parse(".srt", SRT.encode())

    assert loaded.text == "A vessel of up to twelve metres pays 35 marks.\n\nThank you."
    assert [name for name, _ in placed(loaded)] == ["0:00:05", "0:00:07", "1:02:03"]


def test_lines_that_roll_are_said_once() -> None:
    cues = ["one", "one\ntwo", "two\nthree"]
    content = "WEBVTT\n\n" + "\n\n".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n{cue}" for n, cue in enumerate(cues)
    )

    assert parse(".vtt", content.encode()).text == "one two three"


def test_long_speech_is_cut_where_a_sentence_ends() -> None:
    content = "".join(
        f"{n}\n00:{n:02}:00,000 --> 00:{n:02}:59,900\n{f'So it was said in minute {n}. ' * 8}\n\n"
        for n in range(10)
    )

    paragraphs = parse(".srt", content.encode()).text.split("\n\n")

    assert len(paragraphs) > 2
    assert all(len(paragraph) < 1_000 for paragraph in paragraphs)


@pytest.mark.parametrize("content", [b"", b"Hello.", b"\x00\xff" * 99, b"WEBVTT\n\nNOTE nothing"])
@pytest.mark.parametrize("suffix", [".srt", ".vtt"])
def test_another_file_of_that_ending_is_refused(suffix: str, content: bytes) -> None:
    with pytest.raises(DocumentError):
        parse(suffix, content)


_LINES = ["00:01.000 --> 00:02.000", "a b.", "<v A>x", "", "9", "<", "&#0;", "99:99:99,9 -->0:1.0"]


@given(st.lists(st.sampled_from(_LINES), max_size=15))
def test_any_lines_are_subtitles_or_refused(lines: list[str]) -> None:
    read_or_refuse(lambda: parse(".vtt", "\n".join(lines).encode()))
