"""A conversation in a terminal: lines in, answers out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from answering.followups.turns import MAX_TURNS
from bot.cli.rendering import Look, styles
from bot.cli.talk import COMMANDS, CommandError, OutputForm, QuitError, Sources, Talk
from tests.conftest import Library

TEXT = "Fines for theft 35; for arson 90. Nobody was fined for singing. Other words stand here."
LOOK = Look(Path("seeds"), *styles(colour=False), 80)


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("fines.txt", TEXT)
    library.build()
    return library


@pytest.fixture
def begin(filled: Library) -> Callable[[OutputForm], Talk]:
    def sources() -> Sources:
        generation = filled.open()
        return Sources((generation,), filled.answerer(generation))

    def begin(form: OutputForm, *, is_piped: bool | None = None) -> Talk:
        piped = form != "text" if is_piped is None else is_piped
        return Talk(sources, LOOK, 4_000, form=form, is_piped=piped)

    return begin


def test_people_see_how_a_follow_up_was_understood(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("text")

    first, second = talk.say("how many for theft"), talk.say("and for arson?")

    assert first is not None
    assert "understood" not in first
    assert second is not None
    assert second.startswith("90\nunderstood as: how many for theft and for arson?\n\n")


def test_programs_get_a_line_for_each_question(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("line")

    assert [talk.say(line) for line in ("how many for theft\n", "\n", "and for arson?")] == [
        *("35", None, "90"),
    ]
    assert talk.say("how many fined for piracy abroad") == "The documents don't say."


def test_json_lines_say_how_it_was_understood(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("json")

    first, second = (json.loads(talk.say(q) or "") for q in ("how many for theft", "and for arson"))

    assert (first["answer"], first["understood"]) == ("35", None)
    assert (second["answer"], second["understood"]) == ("90", "how many for theft and for arson")
    assert json.loads(talk.say("x" * 5_000) or "")["error"].startswith("The question has 5,000")


def test_a_new_conversation_has_forgotten_the_last(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("line")
    talk.say("how many for theft")

    assert talk.say("/new") is None

    answer = begin("json")
    answer.say("how many for theft")
    answer.say("/new")
    assert json.loads(answer.say("and for arson") or "")["understood"] is None


def test_the_context_of_an_answer_and_other_answers(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("text")
    assert talk.say("/context") == talk.say("/more") == "Nothing was asked yet."
    talk.say("how many for arson")

    context, more = talk.say("/context"), talk.say("/more")

    assert context is not None
    assert " ".join(context.split()) == TEXT.replace("90", "**90**")
    assert more == "There is no other answer."


def test_the_context_of_the_nearest_passage_names_its_document(
    begin: Callable[[OutputForm], Talk],
) -> None:
    talk = begin("text")
    assert "don't say" in (talk.say("who was fined for singing") or "")

    assert (talk.say("/context") or "").startswith("seeds/fines.txt:\n")


def test_documents_that_disagree_each_have_their_context(
    begin: Callable[[OutputForm], Talk], filled: Library
) -> None:
    filled.write("later.txt", "After the recount, fines for theft 41.")
    filled.build()
    talk = begin("text")
    assert (talk.say("how many fines for theft") or "").startswith("The documents disagree:")

    context = talk.say("/context") or ""

    assert sorted(" ".join(part.split()) for part in context.split("\n\n")) == [
        f"seeds/fines.txt: {TEXT.replace('35', '**35**')}",
        "seeds/later.txt: After the recount, fines for theft **41**.",
    ]


def test_a_context_begins_and_ends_with_whole_words(
    begin: Callable[[OutputForm], Talk], filled: Library
) -> None:
    filled.write("fines.txt", f"{'Before  ' * 200}\n\n{TEXT}\n\n{'Afterwards  ' * 200}")
    filled.build()
    talk = begin("text")
    talk.say("how many for arson")

    context = (talk.say("/context") or "").split()

    assert context[:2] == ["…", "Before"]
    assert context[-2:] == ["Afterwards", "…"]
    assert "**90**." in context


def test_the_documents_are_listed(begin: Callable[[OutputForm], Talk]) -> None:
    assert begin("text").say("/sources") == "seeds/fines.txt"


def test_other_collections_have_their_sources_and_contexts(filled: Library) -> None:
    mine = filled.other("mine")
    mine.documents.mkdir(parents=True)
    mine.write("fines.txt", "Fines for piracy 12.")
    mine.build()

    def sources() -> Sources:
        base, other = filled.open(), mine.open()
        return Sources((base, other), filled.answerer(base, others=[other]))

    talk = Talk(sources, LOOK, 4_000)
    talk.say("how many for piracy")

    assert talk.say("/sources") == "seeds/fines.txt\nmine/fines.txt"
    assert talk.say("/context") == "  Fines for piracy **12**."


def test_a_document_that_has_gone_since_is_said_to_be_gone(
    begin: Callable[[OutputForm], Talk], filled: Library
) -> None:
    talk = begin("text")
    talk.say("how many for arson")
    filled.write("other.txt", "Fines for piracy 12.")
    (filled.documents / "fines.txt").unlink()
    filled.build()

    assert talk.say("/context") == "That document has changed since, or is gone."
    assert (talk.say("and for piracy?") or "").startswith("12\n")


def test_an_answer_that_has_moved_in_its_document_has_its_context(
    begin: Callable[[OutputForm], Talk], filled: Library
) -> None:
    talk = begin("text")
    talk.say("how many for arson")
    filled.write("fines.txt", f"In force since May.\n\n{TEXT}")
    filled.build()

    context = " ".join((talk.say("/context") or "").split())

    assert context == f"In force since May. {TEXT.replace('90', '**90**')}"


@pytest.mark.parametrize("line", ["/quit", "  /QUIT now"])
def test_whoever_wants_to_end_does(begin: Callable[[OutputForm], Talk], line: str) -> None:
    with pytest.raises(QuitError):
        begin("text").say(line)


def test_an_unknown_command_names_those_that_there_are(begin: Callable[[OutputForm], Talk]) -> None:
    with pytest.raises(CommandError, match=", ".join(COMMANDS)):
        begin("text").say("/nonsense")


@pytest.mark.parametrize(
    "line", ["/srv says how many for theft", "/new how many for theft", "/more"]
)
def test_programs_get_a_result_for_a_question_that_looks_like_a_command(
    begin: Callable[[OutputForm], Talk], line: str
) -> None:
    assert json.loads(begin("json").say(line) or "")["question"] == line
    assert begin("line").say(line)


@pytest.mark.parametrize("form", ["text", "json"])
def test_help_names_every_command_at_a_prompt(begin: Callable[..., Talk], form: OutputForm) -> None:
    text = begin(form, is_piped=False).say("/help") or ""

    assert all(name in text for name in COMMANDS if name != "/help")


def test_a_long_conversation_keeps_its_last_turns(begin: Callable[[OutputForm], Talk]) -> None:
    talk = begin("line")
    for _ in range(MAX_TURNS + 2):
        assert talk.say("how many for theft " + "x" * 100 + " theft") == "35"

    assert len(talk._turns) == MAX_TURNS
    assert talk.say("and for arson?") == "90"


def test_small_talk_is_answered_kindly_and_not_searched(
    begin: Callable[[OutputForm], Talk],
) -> None:
    talk = begin("text")
    talk.say("how many for theft")

    assert talk.say("thanks, that helped") == "You're welcome. Ask on whenever you like."
    assert talk.say("hello") == "Hello! Ask me something about the documents."
    # It is no turn: what comes after it goes on from what was before it.
    assert (talk.say("and for arson?") or "").startswith("90\n")
    assert json.loads(begin("json").say("hello") or "") == {
        "question": "hello",
        "reply": "Hello! Ask me something about the documents.",
    }


def test_a_question_that_is_not_english_is_told_so(begin: Callable[[OutputForm], Talk]) -> None:
    said = begin("text").say("wie viele wurden verurteilt?")

    assert said is not None
    assert "does not seem to be English" in said


def test_an_unsure_outcome_shows_candidates_and_more_of_them(filled: Library) -> None:
    def sources() -> Sources:
        generation = filled.open()
        answerer = filled.answerer(generation, max_risk=0.0)
        return Sources((generation,), answerer)

    talk = Talk(sources, LOOK, 4_000)

    said = talk.say("how many for arson") or ""

    assert said.startswith(
        "I am not sure; it may be here:\n\n  Fines for theft 35; for arson **90**."
    )
    assert "**90**" in (talk.say("/context") or "")
    # It is a turn without an answer, and what was shown is where a follow-up looks first.
    assert "understood as: how many for arson and for theft?" in (talk.say("and for theft?") or "")
