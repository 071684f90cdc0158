"""Question in, answer out: every answer stands in a document, or there is none."""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from answering.answerer import (
    ALWAYS_READ,
    MAX_NEAREST,
    MORE_PASSAGES,
    Answerer,
    worth_reading,
)
from answering.calibration import UNSURE_FROM
from answering.followups.rewriting import MAX_EARLIER_CHARS
from answering.followups.turns import Turn, turn_of
from answering.question import Question
from answering.selection import MAX_CANDIDATES
from answering.verbatim import VerbatimError
from index.filters import Filter, Narrowed
from index.passages import Passage, Splitting
from index.retrieve import Hit, Retriever
from reader.model import PassageText
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, FakeReader, Library

TEXT = (
    "Of the people sentenced, many were fined. Fines for theft 35, for arson 90. "
    "Nobody was fined for singing."
)


@pytest.fixture(scope="module")
def indexed_fines(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Two documents and their index, made once and only read."""
    made = Library(tmp_path_factory.mktemp("fines"))
    made.write("fines.txt", f"Fines\n\n{TEXT}")
    made.write("bread.md", "# Bread\n\nA loaf costs 2 at the station.\n")
    made.build()
    return made


@pytest.fixture
def filled(indexed_fines: Library, library: Library) -> Library:
    """A copy of both, which a test may change."""
    return indexed_fines.copy_into(library)


def test_an_answer_is_a_span_in_its_sentence_with_its_document(filled: Library) -> None:
    answer = filled.answerer().answer(Question("how many for arson"))

    (span,) = answer.spans
    document = indexed(filled, span.document_id)
    assert (span.text, span.document_id, span.title) == ("90", "fines.txt", "Fines")
    assert document[span.start_char : span.end_char] == "90"
    assert span.quote == "Fines for theft 35, for arson 90."
    assert document[span.quote_start_char :].startswith(span.quote)
    assert answer.answered
    assert answer.confidence == span.confidence > 0.5
    assert answer.generation == filled.collection.current()
    assert answer.timings.total_s >= answer.timings.read_s >= 0


@pytest.mark.parametrize(
    ("asked", "is_above"), [("how many tents", True), ("how many boats", False)]
)
def test_an_item_comes_with_what_introduces_its_list(
    library: Library, asked: str, *, is_above: bool
) -> None:
    library.write("lent.md", "# Club\n\nWe never lend:\n\n- tents 12\n- boats 35\n")
    library.build()

    (span,) = library.answerer().answer(Question(asked)).spans

    assert span.quote.startswith("- ")
    introduction = span.introduction
    assert introduction is not None
    assert (introduction.text, introduction.is_above) == ("We never lend:", is_above)
    assert indexed(library, "lent.md")[introduction.start_char :].startswith("We never lend:")


@pytest.mark.parametrize("asked", ["how many tents", "how many boats"])
def test_an_item_with_a_letter_comes_with_what_introduces_its_list(
    library: Library, asked: str
) -> None:
    library.write("lent.txt", "Club\n\nWe never lend:\na. tents 12\nb. boats 35\n")
    library.build()

    (span,) = library.answerer().answer(Question(asked)).spans

    assert span.introduction is not None
    assert span.introduction.text == "We never lend:"


@pytest.mark.parametrize(
    "text",
    [
        "We lend boats 35.",
        "We lend:\n\nThere are boats 35.",
        "We lend these\n\n- boats 35",
        f"We never {'ever ' * 60}lend:\n\n- boats 35",
        # What is found of it is the end of its line, which would say something else.
        f"{'We never ' * 40}lend:\n\n" + "- oars\n" * 560 + "- boats 35",
    ],
)
def test_what_introduces_no_list_or_is_long_or_far_above_is_not_shown(
    library: Library, text: str
) -> None:
    library.write("lent.md", f"# Club\n\n{text}\n")
    library.build()

    (span,) = library.answerer().answer(Question("how many boats")).spans

    assert span.text == "35"
    assert span.introduction is None


def indexed(library: Library, document_id: str) -> str:
    """The text of a document as it is quoted from."""
    return library.open().texts.text(document_id, 0, 1_000)


class ReaderOfWholes(FakeReader):
    """Believes less in a text that is one sentence."""

    def __init__(self, doubt: float) -> None:
        self.doubt = doubt
        self.contexts: dict[str, str] = {}
        """What stood above each sentence that was read alone, by the sentence."""

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        alone = {passage.id for passage in passages if passage.text.count(".") == 1}
        self.contexts |= {one.text: one.context for one in passages if one.id in alone}
        return [
            replace(span, score=span.score - self.doubt) if span.passage_id in alone else span
            for span in super().read(question, passages, spans_per_passage)
        ]


def confidence_in_90(library: Library, reader: FakeReader, question: str) -> float:
    """How sure Quoth is of the answer "90", where what a sentence says alone counts, too."""
    calibration = FAKE_CALIBRATION.model_copy(update={"sentence_weight": 0.3})
    retriever = Retriever(library.open(), library.encoder)
    answerer = Answerer(retriever, reader, calibration, FAKE_TUNING, passages=5, max_risk=1.0)
    answer = answerer.answer(Question(question))
    assert [span.text for span in answer.spans] == ["90"]
    return answer.confidence


def test_an_answer_whose_sentence_says_it_alone_is_surer(library: Library) -> None:
    library.write("fines.txt", "The court met. Fines for theft 35, for arson 90. It rained.")
    library.build()

    sure, unsure = ReaderOfWholes(0.0), ReaderOfWholes(5.0)

    confidences = [confidence_in_90(library, one, "how many for arson") for one in (sure, unsure)]
    assert confidences[0] > confidences[1]
    assert "Fines for theft 35, for arson 90." in sure.contexts


def test_a_sentence_is_read_alone_below_its_own_title_and_heading(library: Library) -> None:
    library.write(
        "fines.md", "# Fines\n\n## Theft\n\nIt costs 35. Ask.\n\n## Arson\n\nIt costs 90. Ask.\n"
    )
    library.build()
    reader = ReaderOfWholes(0.0)
    answerer = Answerer(
        Retriever(library.open(), library.encoder),
        reader,
        FAKE_CALIBRATION,
        FAKE_TUNING,
        passages=5,
        max_risk=1.0,
    )

    assert [span.text for span in answerer.answer(Question("what costs arson")).spans] == ["90"]
    assert reader.contexts["It costs 90."] == "Fines: Arson"


def test_a_row_that_is_named_answers_for_the_others_of_its_file(library: Library) -> None:
    library.write("fines.csv", "Crime,Fine\nTheft,35\nArson,90\nSinging,7\n")
    library.build()

    answer = library.answerer().answer(Question("for arson, what is the fine"), alternatives=5)

    assert [span.text for span in (*answer.spans, *answer.alternatives)] == ["90"]
    assert answer.spans[0].quote == "Crime: Arson\nFine: 90"


class ReaderOfRows(FakeReader):
    """Believes in the number of each row, and of one row most."""

    def __init__(self, favourite: str, other_score: float) -> None:
        self.favourite = favourite
        self.other_score = other_score

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        spans = [
            Span(one.id, *match.span(), match[0], 10.0 if is_favourite else self.other_score, 0.0)
            for one in passages
            for match in re.finditer(r"\d+", one.text)
            for is_favourite in [self.favourite in one.text]
        ]
        return sorted(spans, key=lambda span: -span.margin)


def test_an_answer_in_another_row_than_the_reader_took_is_as_sure_as_the_reader_is_of_that_row(
    library: Library,
) -> None:
    library.write("fines.csv", "Crime,Fine\nTheft,35\nArson,90\nSinging,7\n")
    library.build()

    readers = [ReaderOfRows(*one) for one in (("Arson", -5.0), ("Theft", 5.0), ("Theft", -5.0))]
    confidences = [confidence_in_90(library, one, "for arson, what is the fine") for one in readers]
    assert confidences[0] > confidences[1] > confidences[2]


def test_the_place_of_an_answer_is_its_heading(filled: Library) -> None:
    (span,) = filled.answerer().answer(Question("what does a loaf costs")).spans

    assert span.place is not None
    assert (span.place.kind, span.place.name, span.place.line) == ("heading", "Bread", 3)


def test_where_the_documents_do_not_say_there_is_no_answer_but_the_nearest(
    filled: Library,
) -> None:
    answer = filled.answerer().answer(Question("how many for piracy"))

    assert not answer.answered
    assert answer.spans == answer.alternatives == ()
    assert answer.confidence < 0.5
    assert 0 < len(answer.nearest) <= MAX_NEAREST
    for passage in answer.nearest:
        document = indexed(filled, passage.document_id)
        assert document[passage.start_char : passage.end_char] == passage.text


class HesitantReader(FakeReader):
    """Finds what `FakeReader` does, and the last word of a passage, but hardly believes in it."""

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        spans = super().read(question, passages, spans_per_passage)
        for passage in passages:
            last = list(re.finditer(r"\w+", passage.text))[-1]
            spans.append(Span(passage.id, *last.span(), last[0], -6.0, 0.0))
        return [replace(span, score=-5.0, no_answer_score=0.0) for span in spans]


def hesitant(library: Library, max_risk: float = 0.5) -> Answerer:
    return Answerer(
        Retriever(library.open(), library.encoder),
        HesitantReader(),
        FAKE_CALIBRATION,
        FAKE_TUNING,
        passages=5,
        max_risk=max_risk,
    )


def test_what_comes_near_is_no_answer_but_candidates_in_their_sentences(filled: Library) -> None:
    answer = hesitant(filled).answer(Question("how many for arson"), alternatives=1)

    assert (answer.outcome, answer.answered) == ("unsure", False)
    assert (answer.spans, answer.nearest) == ((), ())
    assert UNSURE_FROM <= answer.confidence < 0.5
    assert 0 < len(answer.candidates) <= MAX_CANDIDATES
    assert len(answer.alternatives) == 1
    assert answer.alternatives[0] not in answer.candidates
    for span in (*answer.candidates, *answer.alternatives):
        document = indexed(filled, span.document_id)
        assert document[span.start_char : span.end_char] == span.text
        assert span.text in span.quote
        assert document[span.quote_start_char :].startswith(span.quote)


@pytest.mark.parametrize(
    ("max_risk", "outcome"), [(0.1, "unsure"), (1.0, "answered"), (0.9, "answered")]
)
def test_where_less_is_asked_of_an_answer_nothing_is_unsure(
    filled: Library, max_risk: float, outcome: str
) -> None:
    assert hesitant(filled, max_risk).answer(Question("how many for arson")).outcome == outcome


def test_a_turn_without_an_answer_remembers_what_was_shown(filled: Library) -> None:
    answer = hesitant(filled).answer(Question("how many for arson"))

    turn = turn_of(answer)

    assert [(one.document_id, one.start_char) for one in turn.cited] == [
        (one.document_id, one.start_char) for one in answer.candidates
    ]


def test_the_threshold_decides(filled: Library) -> None:
    assert filled.answerer(max_risk=1).answer(Question("how many for piracy")).answered
    assert not filled.answerer(max_risk=0).answer(Question("how many for arson")).answered


def test_among_more_passages_the_same_answer_is_less_sure(filled: Library) -> None:
    def confidence() -> float:
        retriever = Retriever(filled.open(), filled.encoder)
        wary = FAKE_CALIBRATION.model_copy(update={"passages_weight": -0.3})
        answerer = Answerer(retriever, FakeReader(), wary, FAKE_TUNING, passages=5, max_risk=1.0)
        return answerer.answer(Question("how many for arson")).confidence

    among_few = confidence()
    for number in range(20):
        filled.write(f"more{number}.txt", f"Station {number} has a clock.")
    filled.build()

    assert (
        confidence()
        < among_few
        < filled.answerer().answer(Question("how many for arson")).confidence
    )


def test_other_answers_come_when_asked_for(filled: Library) -> None:
    filled.write("more.txt", "Fines for arson 91, for arson 92, for arson 93.")
    filled.build()
    answerer = filled.answerer()

    assert answerer.answer(Question("how many for arson")).alternatives == ()
    other = answerer.answer(Question("how many for arson"), alternatives=2).alternatives
    assert len(other) == 2


class ReaderThatRemembers(FakeReader):
    """What it was asked of which passages."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.asked: list[tuple[str, str]] = []
        """Passages, each with the question."""

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        self.given += [passage.text for passage in passages]
        self.asked += [(passage.text, question) for passage in passages]
        return super().read(question, passages, spans_per_passage)


def reading(
    library: Library, question: str, *earlier: Turn, passages: int = 5
) -> ReaderThatRemembers:
    """The reader after a question."""
    reader = ReaderThatRemembers()
    Answerer(
        Retriever(library.open(), library.encoder),
        reader,
        FAKE_CALIBRATION,
        FAKE_TUNING,
        passages=passages,
        max_risk=0.5,
    ).answer(Question(question), earlier)
    return reader


def given_for(library: Library, question: str, passages: int = 5) -> list[str]:
    """The passages that are read for a question."""
    return reading(library, question, passages=passages).given


def hits_at(*scores: float) -> list[Hit]:
    """Passages that retrieval found, best first."""
    return [
        Hit(
            passage=Passage(number, "a.txt", 0, 1, "x", ()),
            score=score,
            dense_rank=None,
            cosine_score=score,
            lexical_rank=None,
            bm25_score=None,
        )
        for number, score in enumerate(scores)
    ]


def test_what_is_just_near_enough_is_read_and_what_is_not_is_left() -> None:
    near, far = 0.9 - 0.99 * 0.08, 0.9 - 1.01 * 0.08

    assert worth_reading(hits_at(0.9, 0.2, near, far), 0.08) == hits_at(0.9, 0.2, near)
    assert worth_reading(hits_at(0.9), 0.08) == hits_at(0.9)
    assert worth_reading([], 0.08) == []


def test_passages_far_behind_the_first_are_not_read(library: Library) -> None:
    for number, text in enumerate(("For arson 90.", "Rivers rise.", "Trees fall.", "Cats sleep.")):
        library.write(f"{number}.txt", text)
    library.build()

    given = given_for(library, "how many for arson")

    assert len(given) == ALWAYS_READ
    assert given[0] == "For arson 90."


def test_passages_as_near_as_the_first_are_read_as_far_as_the_limit_goes(library: Library) -> None:
    for number in range(8):
        library.write(f"{number}.txt", f"For arson 90{'!' * number}")
    library.build()

    assert len(given_for(library, "how many for arson")) == 5
    assert len(given_for(library, "how many for arson", passages=3)) == 3
    assert len(given_for(library, "how many for arson", passages=1)) == 1


def rivers(library: Library) -> None:
    """Ten passages that answer nothing, and one that answers what is asked of arson."""
    library.write("fines.txt", "For arson 90.")
    for number in range(10):
        library.write(f"{number}.txt", f"For arson, rivers rise{'!' * number}")
    library.build()


def test_where_what_is_read_first_gives_no_answer_more_is_read_once(library: Library) -> None:
    rivers(library)

    given = given_for(library, "for arson, rivers", passages=3)

    assert len(given) == len(set(given)) == 3 + MORE_PASSAGES


def test_where_what_is_read_first_gives_an_answer_no_more_is_read(library: Library) -> None:
    rivers(library)

    given = given_for(library, "how many for arson", passages=3)

    assert "For arson 90." in given
    assert len(given) <= 3


def test_what_is_too_far_behind_is_not_read_besides(library: Library) -> None:
    for number, text in enumerate(("For arson.", "Rivers rise.", "Trees fall.", "Cats sleep.")):
        library.write(f"{number}.txt", text)
    library.build()

    assert len(given_for(library, "how many for arson")) == ALWAYS_READ


def test_an_answer_is_found_in_what_is_read_besides(library: Library) -> None:
    for number in range(4):
        library.write(f"{number}.txt", f"How many for arson? Nobody says{'!' * number}")
    library.write("fines.txt", "How many, for arson 90 says somebody.")
    library.build()

    answer = library.answerer(passages=3).answer(Question("how many for arson"))

    assert [span.text for span in answer.spans] == ["90"]


def test_what_may_lean_on_what_was_said_is_read_in_no_more_passages(library: Library) -> None:
    """The second may be a follow-up or stand alone, and is asked both ways."""
    rivers(library)

    asked = reading(library, "how many for rivers", Turn("how many for arson"), passages=3).asked

    assert max(Counter(wording for _, wording in asked).values()) <= 3


def test_what_goes_on_from_nothing_is_read_in_no_more_passages(library: Library) -> None:
    rivers(library)

    assert len(given_for(library, "and for rivers?", passages=3)) <= 3


def test_a_sentence_that_two_passages_share_gives_one_answer(library: Library) -> None:
    library.splitting = Splitting(max_tokens=14, max_chars=500)
    library.write(
        "a.txt", "Some words stand here first. Fines for theft 35. Some words stand here last."
    )
    library.build()
    assert library.collection.manifest().passages == 2

    answer = library.answerer().answer(Question("how many for theft"), alternatives=5)

    assert answer.spans[0].text == "35"
    assert "35" not in [span.text for span in answer.alternatives]


@pytest.mark.parametrize("is_sure", [True, False], ids=["answer", "candidate"])
def test_what_does_not_stand_in_its_document_never_leaves(filled: Library, is_sure: bool) -> None:
    answerer = filled.answerer() if is_sure else hesitant(filled)
    connection = sqlite3.connect(filled.open().folder / "passages.sqlite")
    with connection:
        connection.execute("UPDATE parts SET text = replace(text, '90', '91')")
    connection.close()

    with pytest.raises(VerbatimError, match=r"fines\.txt"):
        answerer.answer(Question("how many for arson"))


def test_answers_name_documents_with_odd_names(library: Library) -> None:
    library.write("new\nline 🍞.txt", "Fines for theft 35.")
    library.build()

    (span,) = library.answerer().answer(Question("how many for theft")).spans

    assert Path(span.document_id).name == "new\nline 🍞.txt"


def test_a_follow_up_is_answered_from_the_conversation(filled: Library) -> None:
    answerer = filled.answerer()
    first = answerer.answer(Question("how many for theft"))

    second = answerer.answer(Question("and for arson?"), earlier=(turn_of(first),))

    assert second.spans[0].text == "90"
    assert second.understood == "how many for theft and for arson?"
    assert first.understood is None


class ReaderOfSaturdays(FakeReader):
    """Takes what Saturday's row says of the bar, whatever it is asked."""

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        starts = [(one, one.text.find("12:00")) for one in passages]
        return [Span(one.id, at, at + 5, "12:00", 2.0, 0.0) for one, at in starts if at >= 0]


@pytest.mark.parametrize("mark", ["", "?"])
def test_a_follow_up_finds_the_cell_that_it_names_also_without_a_question_mark(
    library: Library, mark: str
) -> None:
    rows = "| Monday | 14:00 |\n| Friday | 16:00 |\n| Saturday | 12:00 |\n"
    library.write("bar.md", f"# Bar\n\n| Day | Opens |\n|---|---|\n{rows}")
    library.build()
    earlier = (Turn(f"when does the bar open on friday{mark}"),)

    answerer = Answerer(
        Retriever(library.open(), library.encoder),
        ReaderOfSaturdays(),
        FAKE_CALIBRATION,
        FAKE_TUNING,
        passages=5,
        max_risk=0.5,
    )
    answer = answerer.answer(Question(f"and on monday{mark}"), earlier)

    assert [span.text for span in answer.spans] == ["14:00"]


def test_a_follow_up_about_another_year_is_not_answered_with_the_year_before(
    library: Library,
) -> None:
    library.write("2020.txt", "Fines for theft 40 in the year 2020.")
    library.write("2018.txt", "Fines for theft 27 in the year 2018.")
    library.build()
    answerer = library.answerer()
    earlier = (Turn("how many fines were there in 2020 for theft"),)

    other = answerer.answer(Question("and in 2019 for theft"), earlier)
    older = answerer.answer(Question("and in 2018 for theft"), earlier)

    assert (other.outcome, other.spans, other.candidates) == ("unanswered", (), ())
    assert other.nearest
    assert [span.text for span in older.spans] == ["27"]


def test_what_goes_on_from_nothing_is_not_answered_as_if_it_stood_alone(filled: Library) -> None:
    answer = filled.answerer().answer(Question("and for arson?"))

    assert answer.goes_on
    assert (answer.outcome, answer.spans, answer.candidates) == ("unanswered", (), ())
    assert answer.nearest


def test_a_follow_up_is_read_in_one_wording_in_all_passages_that_are_found(
    library: Library,
) -> None:
    for number in range(20):
        library.write(f"{number}.txt", f"For theft {number}{number}, for arson {number}.")
    library.build()

    asked = reading(library, "and for arson?", Turn("how many for theft")).asked

    assert len(set(asked)) == 5
    assert Counter(question for _, question in asked) == {"how many for theft and for arson?": 5}


def test_what_stands_near_what_was_just_shown_gains(filled: Library) -> None:
    filled.write("court.txt", "Court fees for arson 17.")
    filled.build()
    answerer = filled.answerer()
    first = answerer.answer(Question("how many for theft"))

    found = answerer.find(Question("and for arson?"), (turn_of(first),)).candidates

    margins = {one.span.text: one.features.margin for one in found}
    assert margins["90"] == margins["17"] + FAKE_TUNING.near_margin


@pytest.mark.parametrize("question", ["and for arson?", "how many for arson"])
def test_no_passage_is_read_twice_in_the_same_words(filled: Library, question: str) -> None:
    """The second may be a follow-up or stand alone, and is asked both ways of the same passages."""
    reader = reading(filled, question, Turn("how many for theft"))

    assert len(set(reader.asked)) == len(reader.asked)


def test_a_question_that_stands_alone_is_answered_as_without_a_conversation(
    filled: Library,
) -> None:
    answerer = filled.answerer()
    earlier = (turn_of(answerer.answer(Question("what does a loaf costs"))),)
    question = Question("how many people were punished in court for committing arson")

    alone, after = answerer.answer(question), answerer.answer(question, earlier)

    assert (after.spans, after.confidence, after.understood) == (
        *(alone.spans, alone.confidence, None),
    )


def test_what_a_question_finds_alone_as_well_is_not_understood_otherwise(filled: Library) -> None:
    answerer = filled.answerer()
    question = Question("how many for arson")
    earlier = (turn_of(answerer.answer(Question("how many for theft"))),)

    assert {one.candidates[0].asked for one in answerer.find(question, earlier).attempts} == {
        question.text,
        f"how many for theft {question.text}",
    }
    answer = answerer.answer(question, earlier)

    assert answer.spans[0].text == "90"
    assert answer.understood is None


def test_a_conversation_outlives_its_document_and_its_index(filled: Library) -> None:
    turn = turn_of(filled.answerer().answer(Question("how many for theft")))
    (filled.documents / "fines.txt").unlink()
    filled.write("other.txt", "Fines for piracy 12.")
    filled.build()

    answer = filled.answerer().answer(Question("and for piracy?"), earlier=(turn,))

    assert answer.spans[0].text.startswith("12")
    assert answer.understood == "how many for theft and for piracy?"


def test_turns_as_long_as_may_be_are_no_obstacle(filled: Library) -> None:
    turn = Turn("word " * 800, (), understood="word " * 900)

    answer = filled.answerer().answer(Question("and for arson?"), earlier=(turn,) * 1_000)

    assert answer.question == "and for arson?"
    assert len(answer.understood or "") <= MAX_EARLIER_CHARS + len("  and for arson?")


def test_documents_that_disagree_are_shown_with_the_newest_first(library: Library) -> None:
    library.write("old.md", "---\ndate: 2011-10-18\n---\n\nThe police counted for arson 35 fines.")
    library.write("new.md", "---\ndate: 2012-10-18\n---\n\nThe police counted for arson 41 fines.")
    library.build()

    answer = library.answerer().answer(Question("how many fines did the police count for arson"))

    assert answer.kind == "conflict"
    assert [span.text for span in answer.spans] == ["41", "35"]
    assert answer.is_by_date


def test_a_follow_up_does_not_inherit_where_its_question_looked(filled: Library) -> None:
    filled.write("north/fines.txt", "In the north, fines for theft 12 and for arson 14.")
    filled.build()
    answerer = filled.answerer()
    within = Filter.given(["north"])
    first = answerer.answer(Question("how many for theft", within))

    turns = [turn_of(first)]
    again = answerer.answer(Question("and for arson?", within), turns)
    everywhere = answerer.answer(Question("and for arson?"), turns, 9)
    elsewhere = answerer.answer(Question("and for arson?", Filter.given(["fines.txt"])), turns)

    assert (first.spans[0].text, again.spans[0].text) == ("12", "14")
    assert first.narrowed == Narrowed(documents=1, of=3, undated=0)
    assert everywhere.narrowed is None
    found = {span.document_id for span in (*everywhere.spans, *everywhere.alternatives)}
    assert {"fines.txt", "north/fines.txt"} <= found
    assert {span.document_id for span in elsewhere.shown} == {"fines.txt"}
