"""What people read, from answers made up for the purpose."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.answer import Answer, AnswerSpan, Introduction, NearestPassage, Timings
from answering.calibration import SURE_FROM
from bot.answer_json import answer_json
from bot.cli.rendering import (
    CONTEXT_CHARS,
    Look,
    answer_line,
    answer_text,
    context_text,
    styles,
)
from bot.links import Links
from index.formats.base import Place

QUOTE = "Of all, 35,927 were for drunk driving."
SPAN = AnswerSpan("a.txt", "A", None, 108, 114, "35,927", QUOTE, 100, None, 0.93)
ANSWER = Answer("1", "how many", (SPAN,), 0.93, (), (), "g", Timings(0.001, 0.002, 0.003, 0.0061))
LOOK = Look(Path("seeds"), *styles(colour=False), 80)


def shown(answer: Answer, width: int = 80) -> str:
    return answer_text(answer, replace(LOOK, width=width))


def test_an_answer_its_sentence_and_its_place() -> None:
    assert shown(ANSWER) == (
        "35,927\n"
        "\n"
        "  Of all, **35,927** were for drunk driving.\n"
        "  seeds/a.txt, characters 108-114 · confidence 0.93"
    )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(0, 9, "page", "3"), "seeds/a.txt, page 3, characters"),
        (Place(0, 9, "row", "12"), "seeds/a.txt, row 12, characters"),
        (Place(0, 9, "heading", "Fees"), "seeds/a.txt, under “Fees”, characters"),
        (Place(0, 9, "heading", "Fees", 2, 7), "seeds/a.txt, under “Fees”, line 7, characters"),
        (Place(0, 9, "line", "7", 0, 7), "seeds/a.txt, line 7, characters"),
        (Place(0, 9, "slide", "Fees", 0, 7), "seeds/a.txt, slide 7, “Fees”, characters"),
        (Place(0, 9, "slide", "", 0, 7), "seeds/a.txt, slide 7, characters"),
        (Place(0, 9, "sheet", "Fees", 0, 7), "seeds/a.txt, sheet “Fees”, row 7, characters"),
        (Place(0, 9, "message", "Fees", 0, 7), "seeds/a.txt, message 7, “Fees”, characters"),
        (Place(0, 9, "time", "0:01:05"), "seeds/a.txt, at 0:01:05, characters"),
        (Place(0, 9, "file", "b.txt"), "seeds/a.txt, in b.txt, characters"),
        (
            Place(0, 9, "page", "7", within="b.pdf"),
            "seeds/a.txt, in b.pdf, page 7, characters",
        ),
    ],
)
def test_a_place_that_people_can_find(place: Place, words: str) -> None:
    assert words in shown(replace(ANSWER, spans=(replace(SPAN, place=place),)))


def test_the_cells_of_a_row_are_shown_beside_each_other() -> None:
    row = "Hall: West Room\nSeats: 87\nPer day: 40"
    span = AnswerSpan(
        "a.csv", "A", None, 123, 125, "87", row, 100, Place(100, 138, "row", "2"), 0.93
    )

    text = shown(replace(ANSWER, spans=(span,)))

    assert "\n  Hall: West Room | Seats: **87** | Per day: 40\n" in text
    assert answer_json(replace(ANSWER, spans=(span,)))["quote"] == row


def item(text: str, start: int, *, is_above: bool = False) -> AnswerSpan:
    """An item of the list that a line from the 10th character on introduces."""
    introduction = Introduction("We never lend:", 10, is_above=is_above)
    return AnswerSpan(
        *("a.md", "A", None, start + 2, start + 2 + len(text), text, f"- {text}", start, None),
        *(0.93,),
        introduction=introduction,
    )


@pytest.mark.parametrize(
    ("is_above", "line"),
    [(True, "We never lend: - **tents**"), (False, "We never lend: … - **tents**")],
)
def test_an_item_stands_after_what_introduces_it(*, is_above: bool, line: str) -> None:
    answer = replace(ANSWER, spans=(item("tents", 40, is_above=is_above),))

    assert f"\n  {line}\n" in shown(answer)
    assert answer_json(answer)["introduction"] == "We never lend:"
    assert answer_json(answer)["quote"] == "- tents"


def test_what_introduces_a_long_item_is_never_cut() -> None:
    long = item("tents", 40)
    quote = f"- {'a word of it ' * 60}tents"
    start = long.quote_start_char + len(quote) - len("tents")
    long = replace(long, quote=quote, start_char=start, end_char=start + len("tents"))

    (line,) = re.findall(
        r"We never lend: … .*?\*\*tents", shown(replace(ANSWER, spans=(long,)), 9_999), re.DOTALL
    )

    assert len(line) < len(quote)


def test_a_line_has_what_introduces_its_item() -> None:
    answer = replace(ANSWER, question="may I borrow a tent", spans=(item("tents", 25),))

    assert answer_line(answer, Path("seeds")).startswith("The documents say: We never lend: … - ")


def test_what_introduces_several_items_is_said_once() -> None:
    items = (item("tents", 25, is_above=True), item("boats", 33))

    text = shown(replace(ANSWER, spans=items, kind="list"))

    assert text.count("We never lend:") == 1
    assert "\n  We never lend: - **tents**\n" in text
    assert "\n  - **boats**\n" in text


def test_a_date_of_the_document_is_shown() -> None:
    dated = replace(SPAN, dated=date(2011, 10, 18))

    assert shown(replace(ANSWER, spans=(dated,))).endswith("\n  dated 2011-10-18")


def test_other_answers_stand_below_with_their_sentences() -> None:
    other = replace(SPAN, text="all", start_char=103, end_char=106, confidence=0.4)

    assert shown(replace(ANSWER, alternatives=(other,))).endswith(
        "\n\nOther answers:\n\n"
        "  Of **all**, 35,927 were for drunk driving.\n"
        "  seeds/a.txt, characters 103-106 · confidence 0.40"
    )


def test_long_sentences_are_cut_around_the_answer_and_lines_keep_the_width() -> None:
    quote = "before " * 100 + "35,927" + " after" * 100
    span = replace(SPAN, quote=quote, start_char=800, end_char=806)

    lines = shown(replace(ANSWER, spans=(span,)), width=60).splitlines()

    assert max(len(line) for line in lines[:-1]) <= 60 + len("****")
    assert "… before" in lines[2]
    assert "**35,927**" in "".join(lines)
    assert lines[-2].endswith("after …")


def test_the_cells_of_the_nearest_row_stand_apart() -> None:
    text = "Stall: Barbecue\nRun by: Gethin\nTakings: 741"
    nearest = NearestPassage("a.csv", "A", 0, len(text), text, Place(0, len(text), "row", "3"))

    shown_text = shown(replace(ANSWER, spans=(), nearest=(nearest,)))

    assert "Stall: Barbecue | Run by: Gethin | Takings: 741" in shown_text


def test_the_nearest_passages_where_there_is_no_answer() -> None:
    nearest = NearestPassage("a.txt", "A", 0, 38, QUOTE, None)

    assert shown(replace(ANSWER, spans=(), nearest=(nearest,))) == (
        f"The documents don't say.\n\nNearest passage:\n\n  {QUOTE}\n  seeds/a.txt, characters 0-38"
    )
    assert shown(replace(ANSWER, spans=())) == "The documents don't say."


@given(st.text(max_size=40), st.text(min_size=1, max_size=20), st.text(max_size=40))
def test_any_text_is_shown_without_steering_the_terminal(
    before: str, text: str, after: str
) -> None:
    span = replace(
        SPAN,
        quote=before + text + after,
        text=text,
        start_char=100 + len(before),
        end_char=100 + len(before) + len(text),
    )

    screen = shown(replace(ANSWER, spans=(span,), alternatives=(span,)))

    assert all(character.isprintable() or character in "\n\u200d" for character in screen)


def test_ordinary_white_space_and_emoji_are_shown_as_such() -> None:
    quote = "30\u00a0km\u202fto\u2009Thun\u00ad\x0c 👩\u200d👩\u200d👧\u2028here\u202e."
    span = replace(SPAN, quote=quote, text="30\u00a0km", start_char=100, end_char=105)

    assert "  **30 km** to Thun 👩\u200d👩\u200d👧 here." in shown(replace(ANSWER, spans=(span,)))


def test_a_mark_that_can_not_be_seen_hides_no_space_beside_the_answer() -> None:
    quote = "From \u200e30 km\u2069 to Thun."
    span = replace(SPAN, quote=quote, text="30 km", start_char=106, end_char=111)

    assert "  From **30 km** to Thun." in shown(replace(ANSWER, spans=(span,)))


def test_a_name_with_a_newline_stays_on_its_line() -> None:
    named = replace(SPAN, document_id="new\nline.txt")

    assert "seeds/new line.txt, characters" in shown(replace(ANSWER, spans=(named,)))


def test_where_the_page_is_known_each_place_is_linked() -> None:
    links = Links("https://quoth.example")
    other = replace(SPAN, document_id="b.txt")
    near = NearestPassage("c.txt", "C", 0, 4, "text", None)
    address = r"^  https://quoth\.example/d/{}\?start=\d+&end=\d+&words=[0-9a-f]+#place$"

    for answer, names in (
        (replace(ANSWER, alternatives=(other,)), ("a.txt", "b.txt")),
        (replace(ANSWER, spans=(), candidates=(SPAN,)), ("a.txt",)),
        (replace(ANSWER, spans=(), nearest=(near,)), ("c.txt",)),
    ):
        text = answer_text(answer, replace(LOOK, links=links))
        for name in names:
            assert re.search(address.format(name), text, re.MULTILINE)
    assert str(answer_json(ANSWER, links)["answers"][0]["link"]).startswith("https://quoth.example")
    assert answer_json(ANSWER)["link"] is None


def test_json_describes_the_answer() -> None:
    described = answer_json(ANSWER)

    assert described["answer"] == "35,927"
    assert described["timings_ms"] == {"encode": 1.0, "search": 2.0, "read": 3.0, "total": 6.1}
    assert answer_json(replace(ANSWER, spans=()))["answer"] is None
    with_place = replace(ANSWER, spans=(replace(SPAN, place=Place(0, 9, "page", "3")),))
    assert answer_json(with_place)["place"] == {
        "kind": "page",
        "name": "3",
        "line": None,
        "within": None,
    }


def test_a_list_counts_what_was_found_and_shows_each_in_its_sentence() -> None:
    other = replace(SPAN, quote="Fines of 35,927 were paid.", quote_start_char=99)

    lines = shown(replace(ANSWER, spans=(other, SPAN), kind="list")).splitlines()

    assert lines[:4] == ["2 found:", "- 35,927", "- 35,927", ""]
    assert "  Fines of **35,927** were paid." in lines
    assert "  Of all, **35,927** were for drunk driving." in lines


def test_where_several_items_stand_is_said_once_below_them() -> None:
    first, second, third = (
        replace(item(text, start), place=Place(start, start + 9, "heading", "Loans", line=line))
        for text, start, line in (("tents", 25, 4), ("boats", 33, 5), ("oars", 41, 6))
    )
    elsewhere = replace(third, place=Place(41, 50, "heading", "The river", line=6))
    answer = replace(ANSWER, spans=(first, second, third), kind="list", confidence=0.6)

    assert "Doubtful (confidence 0.60): read the sentences below." in shown(answer)
    assert shown(answer).endswith(
        "  - **boats**\n  - **oars**\n"
        "  seeds/a.md, under “Loans”, line 4, characters 27-47 · confidence 0.93"
    )
    apart = shown(replace(answer, spans=(first, second, elsewhere)))
    assert apart.endswith(
        "  - **boats**\n"
        "  seeds/a.md, under “Loans”, line 4, characters 27-40 · confidence 0.93\n\n"
        "  - **oars**\n"
        "  seeds/a.md, under “The river”, line 6, characters 43-47 · confidence 0.93"
    )


def test_a_list_says_that_there_may_be_more() -> None:
    answer = replace(ANSWER, spans=(SPAN, SPAN), kind="list", is_partial=True)

    assert shown(answer).startswith("2 found; there may be more:\n")
    assert answer_line(answer, Path("seeds")).startswith("2 found; there may be more: ")
    assert answer_json(answer)["is_partial"]


def test_a_sentence_with_several_items_of_a_list_is_printed_once() -> None:
    other = replace(SPAN, text="all", start_char=103, end_char=106, confidence=0.4)

    text = shown(replace(ANSWER, spans=(SPAN, other), kind="list"))

    assert text == (
        "2 found:\n- 35,927\n- all\n\n"
        "  Of **all**, **35,927** were for drunk driving.\n"
        "  seeds/a.txt, characters 103-114 · confidence 0.93"
    )


def test_what_stands_between_two_items_is_cut_in_its_middle() -> None:
    quote = "all" + " between" * 100 + " 35,927"
    first = replace(SPAN, quote=quote, text="all", start_char=100, end_char=103)
    second = replace(SPAN, quote=quote, start_char=904, end_char=910)

    lines = shown(replace(ANSWER, spans=(first, second), kind="list"), width=900).splitlines()

    assert lines[4].startswith("  **all** between between")
    assert " … " in " ".join(lines)
    assert "between **35,927**" in " ".join(lines)


def test_a_doubtful_answer_says_so_below_it() -> None:
    doubtful = replace(ANSWER, confidence=0.61)

    assert shown(doubtful).startswith(
        "35,927\nDoubtful (confidence 0.61): read the sentence below.\n\n"
    )
    assert answer_line(doubtful, Path("seeds")) == "35,927 (doubtful, confidence 0.61)"
    assert "oubtful" not in shown(replace(ANSWER, confidence=SURE_FROM))
    assert answer_line(ANSWER, Path("seeds")) == "35,927"


def test_where_quoth_is_not_sure_candidates_stand_in_their_sentences() -> None:
    other = replace(SPAN, quote="Fines of 35,927 were paid.", quote_start_char=99, confidence=0.2)
    unsure = replace(
        ANSWER, spans=(), candidates=(SPAN, other), confidence=0.3, alternatives=(SPAN,)
    )

    text = shown(replace(unsure, understood="how many for theft"))

    assert text.startswith(
        "I am not sure; it may be here:\nunderstood as: how many for theft\n\n"
        "  Of all, **35,927** were for drunk driving.\n"
        "  seeds/a.txt, characters 108-114 · confidence 0.93\n\n"
        "  Fines of **35,927** were paid.\n"
    )
    assert "\n\nOther answers:\n\n" in text
    assert "don't say" not in text
    line = answer_line(unsure, Path("seeds"))
    assert line == (
        "I am not sure; it may be here: Of all, **35,927** were for drunk driving. (seeds/a.txt)"
        " | Fines of **35,927** were paid. (seeds/a.txt)"
    )


@pytest.mark.parametrize("question", ["is driving drunk a crime?", "how do I drive?"])
def test_yes_or_no_and_how_to_get_the_sentence_and_no_span_alone(question: str) -> None:
    asked = replace(ANSWER, question=question)

    assert shown(asked) == (
        "The documents say:\n\n"
        "  Of all, **35,927** were for drunk driving.\n"
        "  seeds/a.txt, characters 108-114 · confidence 0.93\n\n"
        "Quoth quotes and doesn't judge: what follows from that is for you to say."
    )
    assert answer_line(asked, Path("seeds")) == (
        "The documents say: Of all, **35,927** were for drunk driving."
    )
    assert shown(replace(asked, spans=(SPAN, SPAN), kind="list")).startswith("2 found:")


def test_a_line_says_that_a_document_is_not_in_english() -> None:
    german = (replace(SPAN, language="German"),)

    for answer in (replace(ANSWER, spans=german), replace(ANSWER, spans=(), candidates=german)):
        line = answer_line(answer, Path("seeds"))
        assert line.endswith(" (from a document in German; Quoth reads English)")
        assert "\n" not in line


def test_what_goes_on_from_nothing_is_asked_for_in_full() -> None:
    goes_on = replace(ANSWER, spans=(), goes_on=True)

    for text in (shown(goes_on), answer_line(goes_on, Path("seeds"))):
        assert text.startswith("This goes on from a question before it")
        assert "don't say" not in text


def test_json_says_which_of_the_three_it_is() -> None:
    unsure = answer_json(replace(ANSWER, spans=(), candidates=(SPAN,)))
    refused = answer_json(replace(ANSWER, spans=()))

    assert answer_json(ANSWER)["outcome"] == "answered"
    assert (unsure["outcome"], unsure["answered"], unsure["answer"]) == ("unsure", False, None)
    assert [one["answer"] for one in unsure["candidates"]] == ["35,927"]
    assert (refused["outcome"], refused["candidates"]) == ("unanswered", [])


@pytest.mark.parametrize(
    ("first", "second", "head"),
    [
        (date(2012, 1, 1), date(2011, 1, 1), "The documents disagree, the newest first:"),
        (date(2012, 1, 1), None, "The documents disagree:"),
    ],
)
def test_an_order_by_date_is_claimed_where_all_are_dated(
    first: date, second: date | None, head: str
) -> None:
    spans = (replace(SPAN, dated=first), replace(SPAN, document_id="b.txt", dated=second))
    answer = replace(ANSWER, spans=spans, kind="conflict")

    assert shown(answer).startswith(head)
    assert answer_line(answer, Path("seeds")).startswith(head)
    assert "seeds/b.txt" in answer_line(answer, Path("seeds"))


def test_how_a_question_was_understood_is_one_line() -> None:
    understood = "how many for theft?\nand for arson"

    assert shown(replace(ANSWER, understood=understood)).startswith(
        "35,927\nunderstood as: how many for theft? and for arson\n\n"
    )
    refused = replace(ANSWER, spans=(), understood=understood)
    assert "\nunderstood as: how many" in shown(refused)


def test_json_holds_all_spans() -> None:
    described = answer_json(replace(ANSWER, spans=(SPAN, SPAN), kind="list", understood="a b"))

    assert [one["answer"] for one in described["answers"]] == ["35,927", "35,927"]
    assert (described["kind"], described["understood"]) == ("list", "a b")


def test_a_line_holds_the_items_of_a_list() -> None:
    answer = replace(ANSWER, spans=(SPAN, SPAN), kind="list")

    assert answer_line(answer, Path("seeds")) == "2 found: 35,927; 35,927"


def around(before: str, after: str, place: Place | None = None) -> str:
    span = replace(SPAN, place=place)
    return context_text(span, before + span.text + after, len(before), LOOK)


def test_a_context_has_the_paragraphs_or_the_rows_of_its_document() -> None:
    row = Place(100, 150, "row", "2")

    assert around("Of all\nwho came,\n \n", " were\nfirst.\n\n\nLater.") == (
        "  Of all who came,\n\n  **35,927** were first.\n\n  Later."
    )
    assert around("Crime: theft\nFines: 35\n\nCrime: arson\nFines: ", "\n\nCrime: no", row) == (
        "  Crime: theft | Fines: 35\n  Crime: arson | Fines: **35,927**\n  Crime: no"
    )


@pytest.mark.parametrize("long", [" ", "\n", "x", "x "])
def test_a_context_is_cut_whatever_stands_around(long: str) -> None:
    text = long * (CONTEXT_CHARS + 1)

    shown = around(text, text)

    assert shown.startswith("  … ")
    assert shown.endswith(" …")
    assert "**35,927**" in shown
