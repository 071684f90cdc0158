"""Splitting: every passage is a slice, the passages cover the text, neighbours share a sentence."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import passages
from index.code_lines import MAX_CODE_CHARS
from index.documents import Document
from index.formats.charsets import decode
from index.passages import CHARS_AT_ONCE, MAX_BLOCK_CHARS, Splitting, sentences, split
from tests.conftest import ROOT
from tests.fakes import FakeEncoder

SEED = next((ROOT / "seeds").glob("*.txt"))
SMALL = Splitting(max_tokens=12, max_chars=80)

# Sentences, markup, odd newlines, emoji, combining marks, right-to-left text, endless words.
texts = st.lists(
    st.sampled_from(
        [
            "A short sentence. ",
            "Is this one? ",
            "It costs 3,500.75 at noon. ",
            "\n",
            "\n\n",
            " \n \n",
            "# Heading\n",
            "- item one\n",
            "| a | b |\n",
            "e\u0301clair 👩‍👩‍👧 ",
            "مرحبا بالعالم. ",
            "\u2028",
            "\t",
            "x" * 200,
            "word " * 40,
            "...",
            "Presente. org ",
            "\x85",
        ]
    )
    | st.text(max_size=30),
    max_size=25,
).map("".join)


def document(text: str) -> Document:
    return Document("a.txt", "a", text, "0" * 64, datetime.fromtimestamp(0, UTC))


def passages_of(text: str, splitting: Splitting = SMALL) -> list[tuple[int, int, str]]:
    return [
        (passage.start_char, passage.end_char, passage.text)
        for passage in split(document(text), splitting, FakeEncoder().token_offsets)
    ]


@given(texts)
def test_every_passage_is_its_slice_of_the_document(text: str) -> None:
    for start, end, passage in passages_of(text):
        assert passage == text[start:end]
        assert passage.strip() == passage != ""


@given(texts, st.data())
def test_a_passage_has_the_code_that_stands_in_it(text: str, data: st.DataObject) -> None:
    at = st.lists(st.integers(0, len(text)), unique=True, max_size=12).map(sorted)
    edges = data.draw(at)
    # Pieces within a line, which are code as they are marked.
    code = tuple(
        (start, end)
        for start, end in zip(edges[::2], edges[1::2], strict=False)
        if end - start <= MAX_CODE_CHARS
        and "\n" not in text[start:end]
        and (text[max(0, start - 1) : start] + text[end : end + 1]).strip("\n")
    )
    whole = replace(document(text), code=code)

    for passage in split(whole, SMALL, FakeEncoder().token_offsets):
        start, end = passage.start_char, passage.end_char
        inside = tuple((a - start, b - start) for a, b in code if start <= a and b <= end)
        assert passage.code == inside


def test_a_passage_has_the_lines_of_the_blocks_of_code_that_stand_in_it() -> None:
    block = "\n".join(f"run the {number} pumps  # now" for number in range(9))
    text = f"Do it:\n\n{block}\n\nThen wait."
    whole = replace(document(text), code=((8, 8 + len(block)),))

    found = list(split(whole, SMALL, FakeEncoder().token_offsets))

    assert len(found) > 2
    for passage in found:
        lines = [passage.text[start:end] for start, end in passage.code]
        assert lines == re.findall(r"run the \d pumps", passage.text)


@given(texts)
def test_passages_cover_every_character_that_is_not_white_space(text: str) -> None:
    covered = {i for start, end, _ in passages_of(text) for i in range(start, end)}

    assert {i for i, character in enumerate(text) if not character.isspace()} <= covered


@given(texts)
def test_passages_keep_the_limits_and_move_on(text: str) -> None:
    found = passages_of(text)

    for start, end, passage in found:
        assert end - start <= SMALL.max_chars
        assert len(FakeEncoder().token_offsets([passage])[0]) <= SMALL.max_tokens
    for before, after in itertools.pairwise(found):
        assert after[0] > before[0]
        assert after[1] > before[1]


@given(texts)
def test_sentences_partition_the_text_without_its_white_space(text: str) -> None:
    end = 0
    for start, sentence_end in sentences(text):
        assert not text[end:start].strip()
        assert start < sentence_end
        end = sentence_end
    assert not text[end:].strip()


def test_neighbours_share_one_sentence() -> None:
    text = " ".join(f"Sentence number {n} is here." for n in range(6))

    found = passages_of(text)

    assert [passage for _, _, passage in found[:2]] == [
        "Sentence number 0 is here. Sentence number 1 is here.",
        "Sentence number 1 is here. Sentence number 2 is here.",
    ]


def test_a_sentence_never_begins_with_a_lower_case_letter() -> None:
    text = decode(SEED.read_bytes())

    found = [text[start:end] for start, end in sentences(text)]

    assert any(sentence.startswith("Lobato, of the group Presente. org,") for sentence in found)
    assert not any(sentence[0].islower() for sentence in found)


@pytest.mark.parametrize(
    "text",
    [
        "He came last month.| Students went away.",
        "The bus stops beside the car park.| Dogs must stay outside.",
        "It is sold.| iPhone users wait.| eBay is out.| macOS is in.",
        "A lost key costs 5 euros.| See fig. 3 in sec. 4.| Call Dr. Smith at No. 5.",
        "U.S. President Obama met Gov. Brown on Feb. 3 at J. R. Hall, 5 Elm St. in Ohio.",
        "It costs approx. 30 euros incl. tax, e.g. Smith et al. pay 5 kg. at most.",
    ],
)
def test_sentences_end_after_words_and_go_on_after_abbreviations(text: str) -> None:
    whole = text.replace("|", "")

    found = [whole[start:end] for start, end in sentences(whole)]

    assert found == text.split("| ")


def test_a_question_that_begins_a_paragraph_or_an_item_is_one_with_its_answer() -> None:
    text = (
        "Is it free? Yes. It is.\n\nQ: Is it new?\nA: Yes. So.\n\nCome in. Who is it? Me.\n"
        "- Is it big? Yes. Sad.\n- Why? How? So.\n\nWho pays?\nWho cleans?\n\n"
        "Bring what?\n- A rope."
    )

    assert [text[start:end] for start, end in sentences(text)] == [
        *("Is it free? Yes.", "It is.", "Q: Is it new?\nA: Yes.", "So."),
        *("Come in.", "Who is it?", "Me.", "- Is it big? Yes.", "Sad.", "- Why? How? So."),
        *("Who pays?", "Who cleans?", "Bring what?", "- A rope."),
    ]


def test_the_number_of_a_clause_is_no_sentence() -> None:
    text = "0.1.3. Suds is open. It is big.\n\n2.0. Fees\n\nIt was 12. No, 13.\n2.1.\nEnd."

    found = [text[start:end] for start, end in sentences(text)]

    assert found == [
        *("0.1.3. Suds is open.", "It is big.", "2.0. Fees", "It was 12.", "No, 13."),
        *("2.1.", "End."),
    ]


def test_an_item_with_a_letter_for_a_mark_is_a_sentence() -> None:
    text = "Bring:\n(a) rope of\n hemp;\n  (b) nets; and\n\t(iv) lamps"

    found = [text[start:end] for start, end in sentences(text)]

    assert found == ["Bring:", "(a) rope of\n hemp;", "(b) nets; and", "(iv) lamps"]


def test_items_with_letters_in_order_are_sentences_whatever_ends_them() -> None:
    text = "Bring:\na. rope of\n hemp\nb. nets\nc. What else? A lamp.\nd. tar. No oil."

    found = [text[start:end] for start, end in sentences(text)]

    assert found == [
        *("Bring:", "a. rope of\n hemp", "b. nets", "c. What else? A lamp.", "d. tar.", "No oil."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The council heard the case of Smith\nv. Jones, and did not decide it before noon.",
        "The keeper built the tower of the old bridge\nc. 1340, and his son the gate beside it.",
        "Nobody pays for a night in the old harbour,\ni. e. after ten, who has a berth in it.",
        "They pay for the rope, for the nets, for the\nm. and so on, as the council has agreed.",
        "Each skipper may choose between the first plan\na) or b) as the master of the port says.",
        "The fees of barges are those that section 5\n(a) or (b) has, with half of the berth's.",
    ],
)
def test_wrapped_prose_is_not_cut_before_a_letter_that_looks_like_a_mark(text: str) -> None:
    assert list(sentences(text)) == [(0, len(text))]


@pytest.mark.parametrize(
    "stamp",
    [
        *("[14/01/2026, 18:22:10] ", "1/14/26, 6:22 PM - ", "14.01.26, 18:22 - ", "[18:22] "),
        "[18:22, 14/01/2026] ",
    ],
)
def test_each_message_of_a_chat_is_a_sentence_of_its_own(stamp: str) -> None:
    said = [
        "Ann: the homework is page 42, no 3-5, and the poem",
        "Bo: please give 8 marks to Mrs Lee",
    ]
    text = "\n".join(f"{stamp}{message}" for message in said)

    found = [text[start:end] for start, end in sentences(text)]

    assert found == [f"{stamp}{message}" for message in said]


@pytest.mark.parametrize(
    "text",
    [
        "We are closed from the day before\n24.12.2025, 14:00 until 2.1.2026, 9:00 and in May: all",
        "The ferry of the harbour comes back on\n5.4.2026, 17:45 at the latest, as Ann says: late",
        "The words are those of the one who chose it\n[3:16] from the old book: not of another",
        "The words are those of the one who chose it\n[3:16] Not of another one",
        "We are closed from the day before\n24.12.2025, 14:00 - 2.1.2026: so come in the new year",
    ],
)
def test_prose_is_not_cut_before_a_time(text: str) -> None:
    assert list(sentences(text)) == [(0, len(text))]


def test_a_short_row_of_a_table_is_one_sentence() -> None:
    row = "2 | Motion: Barbecue. Also on weekdays | Abst.: 4 | Result: rejected. It was late."
    long = " | ".join(["A cell that ends here. Another one"] * 10)
    text = f"The votes. All of them.\n\n{row}\n\nHeating | Fa. Brandt\n\n{long}"

    found = [text[start:end] for start, end in sentences(text)]

    assert found[:4] == ["The votes.", "All of them.", row, "Heating | Fa. Brandt"]
    assert len(found) > 5


@pytest.mark.parametrize(
    "text",
    [
        "Use a | b to combine them. The pipe is read from left to right. It never fails.",
        "It is slow to read. Use a | b | c to combine them.",
        "Use a | b to combine them. The pipe is read\nfrom left to right. It never fails.",
        "Use them: a | b to combine. It works.",
        "Use a | b to combine: it works. It never fails.",
    ],
)
def test_a_bar_in_prose_joins_no_sentences(text: str) -> None:
    assert len(list(sentences(text))) == text.count(". ") + 1


def test_headings_items_rows_and_paragraphs_are_sentences_of_their_own() -> None:
    text = (
        "# Fees\nBread costs 2\n\n- milk is 3\n- eggs are 4\n\n| tea | 5 |\n| rum | 6 |\n\nNo more"
    )

    assert [text[start:end] for start, end in sentences(text)] == [
        "# Fees",
        "Bread costs 2",
        "- milk is 3",
        "- eggs are 4",
        "| tea | 5 |",
        "| rum | 6 |",
        "No more",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Hours: 24 a week, two weekends of four|\nPay: 15 euros an hour|\nStart: 1 June",
        "Present: Ann Bee (chair), Bo Dee (clerk),\nCy Eff (boats)|\nApologies: Di Gee",
        "The hall is open.| Note: bring your own\nRacket: none is lent to guests of the hall.",
        "Serves: 4|\n- flour|\n- butter|\nMethod: mix it all in a bowl until it is smooth\n"
        "Bake it for an hour|\nServe with cream",
        "//  The harbour is open from the first of April to the end\n"
        "//  of October, and all boats have to be out of the water\n"
        "//  by the first of November, since the ice may harm them.",
    ],
    ids=["labels", "label and more", "no label above", "label in a list", "gaps in prose"],
)
def test_lines_with_labels_are_sentences_of_their_own(text: str) -> None:
    whole = text.replace("|", "")

    found = [whole[start:end] for start, end in sentences(whole)]

    assert found == list(map(str.strip, text.split("|")))


def test_a_block_that_is_too_long_is_cut_between_its_lines() -> None:
    lines = [f"Boat {n}: it is let by the day, and lies behind the hall" for n in range(500)]
    text = "\n".join(lines)
    assert len(text) > MAX_BLOCK_CHARS

    assert [text[start:end] for start, end in sentences(text)] == lines


def test_lines_of_wrapped_prose_are_no_sentences() -> None:
    text = (
        "The new bridge over the Rhine will cost\n84 million francs. It was designed by the"
        " architect\nClaudia Hoffmann, who told the\nGeneral Assembly so in the year 2019."
    )

    assert [text[start:end] for start, end in sentences(text)] == [
        "The new bridge over the Rhine will cost\n84 million francs.",
        "It was designed by the architect\nClaudia Hoffmann, who told the\n"
        "General Assembly so in the year 2019.",
    ]


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    text = " ".join(f"word{n}" for n in range(40))

    found = passages_of(text)

    assert len(found) > 3
    assert all(passage.split()[0].startswith("word") for _, _, passage in found)


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "." * 50_000, "\n" * 50_000, "\n " * 50_000, "- " * 50_000, "!?" * 200_000],
    ids=["letters", "dots", "newlines", "blank lines", "dashes", "marks"],
)
def test_monotonous_text_is_split_in_time_that_grows_with_its_length(text: str) -> None:
    """Each of these took the sentence splitter the square of its length when given whole."""
    found = passages_of(text, Splitting())

    assert all(end - start <= Splitting().max_chars for start, end, _ in found)


def test_a_sentence_goes_on_around_an_endless_word() -> None:
    """The splitter sees none of its middle, and finds no end of a sentence there."""
    address = "https://example.org/?q=" + "what.now!" * 40
    text = f"See {address} for all of it. Then ask {address}. Another one."

    assert [text[start:end] for start, end in sentences(text)] == [
        f"See {address} for all of it.",
        f"Then ask {address}.",
        "Another one.",
    ]


@pytest.mark.parametrize("text", ["." * 300_000, "- a\n" * 60_000, "A b. " * 50_000])
def test_tokens_are_counted_for_so_much_text_at_once(text: str) -> None:
    """Each takes hundreds of bytes meanwhile; 10 MB of dots took 2.4 GB."""
    given_at_once = []

    def token_offsets(texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        given_at_once.append(sum(map(len, texts)))
        return FakeEncoder().token_offsets(texts)

    for _ in split(document(text), Splitting(), token_offsets):
        pass

    assert sum(given_at_once) >= 0.7 * len(text)
    assert max(given_at_once) <= CHARS_AT_ONCE + MAX_BLOCK_CHARS


@given(texts)
def test_a_passage_knows_its_sentences(text: str) -> None:
    for passage in split(document(text), SMALL, FakeEncoder().token_offsets):
        assert passage.sentences[0][0] == 0
        assert passage.sentences[-1][1] == len(passage.text)
        assert all(passage.text[a:b].strip() == passage.text[a:b] for a, b in passage.sentences)
        for before, after in itertools.pairwise(passage.sentences):
            assert not passage.text[before[1] : after[0]].strip()


def test_ids_count_up_from_the_first() -> None:
    found = list(split(document("One. Two. Three."), SMALL, FakeEncoder().token_offsets, 7))

    assert [passage.id for passage in found] == list(range(7, 7 + len(found)))
    assert {Path(passage.document_id).name for passage in found} == {"a.txt"}


@given(st.text("aB. !?…\n\t)\"'1-*\u2028\x0b\x85\u200b;:\r\f", max_size=20))
def test_a_line_that_is_taken_for_one_sentence_is_one(block: str) -> None:
    """What is spared asking the sentence splitter is what the splitter would say."""
    if passages._ONE_SENTENCE.fullmatch(block) and block.strip():
        found = passages._punkt().spans(
            block, paragraph_breaks=False, line_breaks=not passages._is_wrapped(block)
        )
        assert [block[start:end].strip() for start, end in found] == [block.strip()]
