"""A passage that has a name, or its short form, is found by the other."""

import itertools
import time
from collections.abc import Callable
from string import ascii_uppercase

import pytest

from index.aliases import MAX_ALIASES, Aliases
from index.passages import Splitting
from index.retrieve import Retriever
from tests.conftest import Library


@pytest.mark.parametrize(
    ("written", "short", "name"),
    [
        (
            "U.S. Immigration and Customs Enforcement (ICE) said",
            "ICE",
            "Immigration and Customs Enforcement",
        ),
        ("by the Department of Defense (DoD).", "DoD", "Department of Defense"),
        ("the Order of the Owl (OO)", "OO", "Order of the Owl"),
        ("uses case-based reasoning (CBR)", "CBR", "case-based reasoning"),
        ("for Research & Development (R&D)", "R&D", "Research & Development"),
        ("of large language models (LLMs)", "LLM", "large language models"),
        ("the Vellmar\nHarbour Authority (VHA)", "VHA", "Vellmar Harbour Authority"),
        ("an API (Application Programming Interface)", "API", "Application Programming Interface"),
        (
            "the Bureau of Tobacco, Firearms and Explosives (BTFE)",
            "BTFE",
            "Bureau of Tobacco, Firearms and Explosives",
        ),
    ],
)
def test_a_name_stands_before_its_short_form(written: str, short: str, name: str) -> None:
    aliases = Aliases(written)

    assert aliases.missing(f"The {short} was founded in 1912.") == [name]
    assert aliases.missing(f"The {name.lower()} was founded in 1912.") == [short]
    # Several of a kind, as they are defined.
    assert aliases.missing(f"{short}s were founded later.") == [name]
    assert aliases.missing(f"The {name} ({short}s) were founded later.") == []
    assert aliases.missing(f"{name} ({short}) was founded.") == []
    assert aliases.missing("Another one was founded.") == []


@pytest.mark.parametrize(
    "written",
    [
        "He said so (NATO).",
        "in Spain (ES)",
        "the harbour (VHA)",
        "Vellmar Harbour (VHA)",
        "Vellmar Harbour. Authority (VHA)",
        "Vellmar Harbour: Authority (VHA)",
        "the authority (a)",
        "Bread Is Good (big)",
        "API (see the Application Programming Interface)",
        "PDF (a file)",
        "(ICE)",
    ],
)
def test_what_has_other_initials_is_no_name(written: str) -> None:
    assert Aliases(written).missing("NATO ES VHA API PDF ICE big BIG") == []


def test_of_two_names_for_one_short_form_the_first_counts() -> None:
    aliases = Aliases("The Air Corps (AC) and the Arms Council (AC).")

    assert aliases.missing("AC") == ["Air Corps"]
    assert aliases.missing("the Arms Council") == []


def test_short_forms_are_as_they_are_written() -> None:
    aliases = Aliases("The World Health Organization (WHO).")

    assert aliases.missing("Who comes?") == []
    assert aliases.missing("A worldwide health organization.") == []


def test_a_text_full_of_definitions_costs_no_more_than_its_length() -> None:
    pairs = [*itertools.product(ascii_uppercase, repeat=2)]
    text = " ".join(f"{one}aron {other}erta ({one}{other})." for one, other in pairs)

    aliases = Aliases(text)

    assert len(aliases.missing(" ".join(map("".join, pairs)))) == MAX_ALIASES


def test_a_question_by_one_name_finds_what_has_the_other(library: Library) -> None:
    library.splitting = Splitting(max_tokens=12)
    library.write(
        "report.txt",
        "The quays belong to the Vellmar Harbour Authority (VHA).\n\n"
        "For years the VHA has paid some 412 people there.\n\n"
        "Last year the Vellmar Harbour Authority took 940 marks.\n\n"
        + "".join(f"Body {n} pays {n} people and took {n} marks then.\n\n" for n in range(9)),
    )
    library.build()
    generation = library.open()

    contexts = {
        one.text: one.context
        for one in generation.texts.passages(range(12)).values()
        if one.context
    }
    assert contexts == {
        "For years the VHA has paid some 412 people there.": "Vellmar Harbour Authority",
        "Last year the Vellmar Harbour Authority took 940 marks.": "VHA",
    }
    retriever = Retriever(generation, library.encoder)
    for question, answer in {
        "what has the Vellmar Harbour Authority paid?": "412",
        "what did the VHA take last year?": "940",
    }.items():
        found = retriever.retrieve(question, 2).hits
        assert any(answer in hit.passage.text for hit in found)


def definitions(word: str, *, are_alike: bool) -> str:
    """Definitions of as many names as are kept, which all begin, or end, with the same words."""
    letters = itertools.islice(itertools.product(ascii_uppercase[1:], repeat=2), MAX_ALIASES)
    same = f"A{word} " * 8
    defined = (
        f"{same}{one}{word} {other}{word} (AAAAAAAA{one}{other}). "
        if are_alike
        else f"{one}{word} {other}{word} {same}({one}{other}AAAAAAAA). "
        for one, other in letters
    )
    return f"Zo Yo (ZY). {''.join(defined)}"


def seconds(done: Callable[[], object]) -> float:
    """The processor's time."""
    measured = []
    for _ in range(3):
        started = time.thread_time()
        done()
        measured.append(time.thread_time() - started)
    return min(measured)


def test_names_that_begin_alike_cost_what_others_do() -> None:
    passage = "Aaaaa " * 2_000
    same, different = (
        Aliases(definitions("aaaa", are_alike=are_alike)) for are_alike in (True, False)
    )
    assert min(len(same._names), len(different._names)) == MAX_ALIASES

    cost = seconds(lambda: same.missing(passage)) / seconds(lambda: different.missing(passage))

    # As many words are looked at for each, whatever the number of names; it was seventeen times.
    assert cost < 8


def test_short_forms_below_each_other_cost_what_others_do() -> None:
    """Before each, a name is looked for, but not in what was looked at for the one before."""
    many = "a (ABs) " * 5_000
    apart = ("a (ABs) " + "." * 152) * 250

    cost = seconds(lambda: Aliases(many)) / seconds(lambda: Aliases(apart))

    # The two are as long; the first once cost nineteen times as much.
    assert cost < 8


@pytest.mark.parametrize(
    ("defined", "said", "missing"),
    [
        ("Bay Harbour (BH), Old Bay Harbour (OBH)", "the old bay harbour", ["OBH"]),
        ("Bay Harbour (BH), Old Bay Harbour (OBH)", "old bay harbours of bay harbour", ["BH"]),
        ("Bay Harbour (BH), Bay Harbour Inn (BHI)", "bay harbour inside", ["BH"]),
        ("Bay Harbour (BH)", "bay  \n harbour's", ["BH"]),
        ("Bay Harbour (BH)", "a bay harbour_ or subbay harbour", []),
        ("by U. S. (US)", "the U.  S.", ["US"]),
        ("by U. S. (US)", "the U. S.A", []),
    ],
)
def test_the_longest_name_counts_and_whole_words(
    defined: str, said: str, missing: list[str]
) -> None:
    assert Aliases(defined).missing(said) == missing
