"""Questions with known answers -> outcomes: given the passage, or open, from all passages."""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from answering.answerer import Answerer, Findings
from answering.calibration import Calibration, PassageCalibration
from answering.candidates import Candidate, judge
from answering.english.questions import KIND_OF_QUESTION, SAME_KIND
from answering.question import Question, QuestionError
from answering.selection import likely
from bot.collection_builds import SPLITTING
from bot.evaluation.errors import QuestionsError
from bot.evaluation.metrics import Graded, grade
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from index.build import build
from index.documents import Document
from index.encoder import Encoder, OnnxQuestionEncoder, QuestionEncoder, SentenceEncoder
from index.generation import Generation
from index.passages import Splitting, TokenOffsets, split
from index.reporting import Reporter
from index.retrieve import Hit, Retriever
from index.store import Collection
from reader.model import MAX_QUESTION_TOKENS, MAX_TOKENS, PassageText, Reader

# Retrieval is measured down to this rank.
MAX_RANK = 10
# A given passage is read whole where question and passage fit the model, else in as few parts as
# its sentences allow. Of the encoder's tokens; 32 less than fit, should the reader's differ.
WHOLE = Splitting(max_tokens=MAX_TOKENS - MAX_QUESTION_TOKENS - 32, max_chars=20_000)


@dataclass(frozen=True, slots=True)
class GradedCandidate:
    """A candidate, and how right it is."""

    candidate: Candidate
    graded: Graded


@dataclass(frozen=True, slots=True)
class QuestionOutcome:
    """What became of a question."""

    question_id: str
    passage_key: str
    """The key of the passage that it was written for."""
    word: str
    """Which kind of question it is: who, when, how many ..."""
    prediction: str
    """The best span, whatever the confidence in it; "" if there is none."""
    confidence: float
    graded: Graded
    """What the prediction is worth."""
    margin: float
    """The margin of the prediction over no answer."""
    passages: int = 0
    """In open mode: how many were searched."""
    is_among_candidates: bool = False
    """In open mode: whether a right span is among those that are shown where Quoth is not sure."""
    rank: int | None = None
    """In open mode: of the first passage, down to `MAX_RANK`, that holds the answer."""
    candidates: tuple[GradedCandidate, ...] = ()
    """In open mode, where they are kept: all spans, in any order."""


def question_word(question: str) -> str:
    """Tell which kind of question it is; "other" if it has none of the words."""
    found = KIND_OF_QUESTION.search(" ".join(question.split()))
    word = found[0].lower() if found else "other"
    # There are few words and many questions, which keep theirs.
    return sys.intern(SAME_KIND.get(word, word))


def ask_given(
    passages: Iterable[QuestionedPassage],
    reader: Reader,
    calibration: PassageCalibration,
    token_offsets: TokenOffsets,
    max_question_chars: int,
) -> Iterator[QuestionOutcome]:
    """Answer each question from its own passage."""
    for passage in passages:
        parts = given_parts(passage.title, passage.text, token_offsets)
        for question in passage.questions:
            spans = reader.read(question.text[-max_question_chars:], parts, 1)
            text, margin = (spans[0].text, spans[0].margin) if spans else ("", 0.0)
            yield QuestionOutcome(
                question_id=question.id,
                passage_key=passage.key,
                word=question_word(question.text),
                prediction=text,
                confidence=calibration.confidence(margin) if spans else 0.0,
                graded=grade(text, question.answers),
                margin=margin,
            )


def given_parts(title: str, text: str, token_offsets: TokenOffsets) -> list[PassageText]:
    """
    What the reader is given of a question's own passage.

    Args:
        title: Read before it, as any document's is; "" where it has none.
        text: The passage.
        token_offsets: As in `index.passages.split`.

    Returns:
        The whole, if it fits; else parts.
    """
    parts = split(_document_of(title, text), WHOLE, token_offsets)
    return [PassageText(part.id, part.text, context=part.context) for part in parts]


def _document_of(title: str, text: str) -> Document:
    """A passage as a document, to be split like one."""
    return Document(id="", title=title, text=text, sha256="", modified=datetime.now(UTC))


@contextmanager
def indexed(
    passages: Iterable[QuestionedPassage],
    folder: Path,
    encoder: Encoder,
    vectors: Path,
    reporter: Reporter,
) -> Iterator[Generation]:
    """
    Index passages, each as a document named by its key, with its title if it has one.

    Args:
        passages: The same text counts once; `where` names it in errors.
        folder: An empty folder for documents and index.
        encoder: Encodes the passages.
        vectors: As in `index.build.build`; what was encoded before is not encoded again.
        reporter: As there.

    Raises:
        IndexingError: If the index can't be built.
        QuestionsError: If a passage can't be indexed: the others would have it easier without it.
    """
    documents = folder / "documents"
    documents.mkdir()
    places: dict[str, str] = {}
    titles: dict[str, str] = {}
    for passage in passages:
        places.setdefault(passage.key, passage.where)
        name = document_id(passage)
        if passage.title:
            titles.setdefault(name, passage.title)
        path = documents / name
        # Written as it is: newlines are part of the passage.
        path.write_bytes(passage.text.encode("utf-8"))
    collection = Collection(folder / "collection")
    report = build(
        collection,
        documents,
        without=None,
        open_encoder=lambda: encoder,
        vectors=vectors,
        splitting=SPLITTING,
        reporter=reporter,
        # A passage that can't be read is named below, also where it is the only one.
        may_be_empty=True,
        titles=titles,
    )
    for failure in (*report.failures, *report.skipped):
        raise QuestionsError(
            f"{places[Path(failure.id).stem]}: the passage can't be indexed ({failure.reason}). "
            "Correct it, or measure with --mode reader."
        )
    with closing(collection.open()) as generation:
        yield generation


@contextmanager
def searchable(
    passages: Iterable[QuestionedPassage],
    encoder: SentenceEncoder,
    vectors: Path,
    reporter: Reporter,
    opening: Callable[[Generation, QuestionEncoder], Retriever] = Retriever,
) -> Iterator[Retriever]:
    """
    Index passages as the product would, in a folder that goes afterwards, and search them.

    Args:
        passages: As in `indexed`, as what is raised.
        encoder: Encodes the passages and what is asked.
        vectors: As in `indexed`.
        reporter: Told of progress.
        opening: Makes the retriever.
    """
    with (
        tempfile.TemporaryDirectory(prefix="quoth-eval-") as scratch,
        indexed(passages, Path(scratch), encoder, vectors, reporter) as generation,
    ):
        yield opening(generation, OnnxQuestionEncoder(encoder.export))


def document_id(passage: QuestionedPassage) -> str:
    """What a passage's document is called in the index of all."""
    return f"{passage.key}.txt"


def ask_open(
    passages: Iterable[QuestionedPassage],
    answerer: Answerer,
    *,
    searched: int,
    max_question_chars: int,
    keep_candidates: bool,
) -> Iterator[QuestionOutcome]:
    """
    Answer each question from all passages of an index.

    Args:
        passages: With their questions.
        answerer: Answers from that index.
        searched: How many passages the index has.
        max_question_chars: See `bot.settings.Settings`.
        keep_candidates: Whether the outcomes hold all candidates.
    """
    for passage in passages:
        for question in passage.questions:
            unknown = replace(unanswered(passage, question), passages=searched)
            try:
                asked = Question.typed(question.text, max_question_chars)
            except QuestionError:
                # The bot refuses it too.
                yield unknown
                continue
            found = answerer.find(asked, ranked=MAX_RANK)
            hits = found.attempts[0].retrieval.hits[:MAX_RANK]
            rank = rank_of(hits, document_id(passage), question.present)
            outcome = with_best(
                replace(unknown, rank=rank), found, answerer.calibration, question.answers
            )
            kept = _graded(found, question) if keep_candidates else ()
            yield replace(outcome, candidates=kept)


def unanswered(passage: QuestionedPassage, question: ExamQuestion) -> QuestionOutcome:
    """The outcome of a question to which nothing was found."""
    return QuestionOutcome(
        question_id=question.id,
        passage_key=passage.key,
        word=question_word(question.text),
        prediction="",
        confidence=0.0,
        graded=grade("", question.answers),
        margin=0.0,
    )


def _graded(found: Findings, question: ExamQuestion) -> tuple[GradedCandidate, ...]:
    return tuple(
        GradedCandidate(_light(candidate), grade(candidate.span.text, question.answers))
        for candidate in found.candidates
    )


def with_best(
    outcome: QuestionOutcome, found: Findings, calibration: Calibration, answers: Sequence[str]
) -> QuestionOutcome:
    """Complete an outcome with the best of what was found, if anything was."""
    graded = {candidate: grade(candidate.span.text, answers) for candidate in found.candidates}
    return judged_by(calibration, outcome, graded)


def judged_by(
    calibration: Calibration, outcome: QuestionOutcome, graded: Mapping[Candidate, Graded]
) -> QuestionOutcome:
    """The outcome that a calibration chooses among candidates; as it is if there are none."""
    judged = judge(list(graded), calibration)
    if not judged:
        return outcome
    best = judged[0]
    return replace(
        outcome,
        prediction=best.candidate.span.text,
        confidence=best.confidence,
        graded=graded[best.candidate],
        margin=best.candidate.features.margin,
        is_among_candidates=any(graded[one.candidate].is_right for one in likely(judged)),
    )


def _light(candidate: Candidate) -> Candidate:
    """A candidate without its passage's text, which thousands of outcomes need not hold."""
    return replace(candidate, passage=replace(candidate.passage, text="", sentences=()))


def rank_of(hits: Iterable[Hit], wanted: str, answers: Iterable[str]) -> int | None:
    """The rank, from 1, of the first passage of the wanted document that holds an answer."""
    accepted = tuple(answers)
    return next(
        (
            rank
            for rank, hit in enumerate(hits, start=1)
            if hit.passage.document_id == wanted
            and any(answer in hit.passage.text for answer in accepted)
        ),
        None,
    )
