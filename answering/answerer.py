"""Question -> `Answer`: retrieve, read, choose, check."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from answering.answer import Answer, AnswerSpan, NearestPassage, Timings
from answering.calibration import Calibration
from answering.candidates import Candidate, Judged, candidates, judge
from answering.cells import at_named_cell, is_named_cell
from answering.code import at_code_bounds
from answering.english.quantities import years_said
from answering.followups.rewriting import FollowUp, Understanding, Wording, understand
from answering.followups.turns import Turn
from answering.lists import MAX_ITEMS_PER_PASSAGE, asks_for_several
from answering.question import Question
from answering.selection import NOTHING_CHOSEN, newest_first, select
from answering.tuning import Tuning
from answering.verbatim import document_of, located, near
from index.contexts import BEGINNING_CHARS, sentence_context
from index.filters import Filter
from index.passages import Passage
from index.retrieve import Hit, Retrieval, Retriever
from reader.model import PassageText, Reader
from reader.spans import Span

# Spans that are taken of each passage: its best one, and others that may be shown beside it.
SPANS_PER_PASSAGE = 3
# Passages that are always read, however far behind the first one.
ALWAYS_READ = 2
# Passages that may be read besides, where those that are read first give no answer.
MORE_PASSAGES = 3
# What a person will look through: the best that retrieval found, where nothing is good enough.
MAX_NEAREST = 3
# A list goes on beyond the passage that one of its items was found in: it is followed this far to
# either side.
AROUND_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one way of asking found."""

    retrieval: Retrieval
    candidates: tuple[Candidate, ...]
    read_s: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to choose an answer from."""

    question: str
    """The question's text, as typed."""
    attempts: tuple[Attempt, ...]
    """One for each way of asking; at least one."""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates of all attempts."""
        return tuple(candidate for attempt in self.attempts for candidate in attempt.candidates)

    def attempt_of(self, candidate: Candidate) -> Attempt:
        """The attempt that found a candidate."""
        return next(one for one in self.attempts if candidate in one.candidates)


class Answers(Protocol):
    """Answers from the generations that it was made of."""

    def answer(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer:
        """See `Answerer.answer`."""
        ...


class Answerer:
    """Answers from one generation; any thread may call it."""

    def __init__(
        self,
        retriever: Retriever,
        reader: Reader,
        calibration: Calibration,
        tuning: Tuning,
        *,
        passages: int,
        max_risk: float,
    ) -> None:
        """
        Take the parts.

        Args:
            retriever: Where to look.
            reader: Finds spans in what is retrieved.
            calibration: The one that was made for that reader.
            tuning: The numbers that were chosen for that reader.
            passages: See `bot.settings.Settings`.
            max_risk: It sets the confidence below which nothing is an answer, and from which no
                more passages are read; see `Calibration.threshold`. At 1, everything is an answer.
        """
        self._retriever = retriever
        self._reader = reader
        self.calibration = calibration.among(retriever.passages)
        """As it holds among the passages that are searched."""
        self._tuning = tuning
        self._passages = passages
        self.min_confidence = self.calibration.threshold(max_risk)
        """Below it nothing is an answer."""

    def answer(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer:
        """
        Answer one question.

        Args:
            question: What is asked.
            earlier: The turns before it, oldest first, which it may lean on.
            alternatives: How many other answers, at most.

        Raises:
            FilterError: If the question's filter leaves no document.
        """
        return self.answer_understood(question, understand(question.text, earlier), alternatives)

    def answer_understood(
        self, question: Question, understanding: Understanding, alternatives: int
    ) -> Answer:
        """Answer one question as `answer` does; `understanding` says what it leans on."""
        started = time.perf_counter()
        found = self._find(question, understanding)
        judged = judge(found.candidates, self.calibration)
        choice = (
            NOTHING_CHOSEN
            if understanding.goes_on
            else select(found.question, judged, self.calibration, self.min_confidence, self._around)
        )
        spans, candidates = self._located(choice.chosen), self._located(choice.candidates)
        attempt = found.attempt_of(judged[0].candidate) if judged else found.attempts[-1]
        asked = self._asked(found, judged[0].candidate) if judged else found.question
        return Answer(
            id=uuid.uuid4().hex,
            question=found.question,
            spans=newest_first(spans) if choice.kind == "conflict" else spans,
            confidence=choice.confidence,
            alternatives=self._located(choice.rest[:alternatives]) if spans or candidates else (),
            nearest=() if spans or candidates else self._nearest(attempt.retrieval.hits),
            generation=self._retriever.generation.id,
            timings=Timings(
                encode_s=sum(one.retrieval.encode_s for one in found.attempts),
                search_s=sum(one.retrieval.search_s for one in found.attempts),
                read_s=sum(one.read_s for one in found.attempts),
                total_s=time.perf_counter() - started,
            ),
            kind=choice.kind,
            understood=asked if asked != found.question else None,
            candidates=candidates,
            goes_on=understanding.goes_on,
            narrowed=attempt.retrieval.narrowed,
            is_partial=choice.is_partial,
        )

    def find(self, question: Question, earlier: Sequence[Turn] = (), ranked: int = 0) -> Findings:
        """
        Retrieve and read as `answer` does, without choosing.

        Args:
            question: What is asked.
            earlier: The turns before it, oldest first, which it may lean on.
            ranked: How many passages are retrieved at least for the question alone; no more of them
                are read than without.
        """
        return self._find(question, understand(question.text, earlier), ranked)

    def _find(self, question: Question, understanding: Understanding, ranked: int = 0) -> Findings:
        attempts = []
        if understanding.alone:
            reads_on = understanding.follow_up is None and not understanding.goes_on
            attempts.append(self._attempt(question.text, ranked, question.within, reads_on))
        if understanding.follow_up is not None:
            attempts.append(self._attempt_follow_up(understanding.follow_up, question.within))
        if understanding.alone:
            attempts[0] = self._with_sentence(attempts[0])
        return Findings(question.text, tuple(attempts))

    def _with_sentence(self, attempt: Attempt) -> Attempt:
        """Read the sentence of the best span once more, alone: it should say as much by itself."""
        if not attempt.candidates:
            return attempt
        started = time.perf_counter()
        # The one that `judge` puts first.
        best = max(attempt.candidates, key=lambda one: self.calibration.evidence(one.features))
        # A passage of one sentence was read already.
        margin = best.features.margin if best.sentence_margin is None else best.sentence_margin
        if best.sentence != best.passage.text:
            spans = self._reader.read(best.asked, [self._sentence_alone(best)], 1)
            margin = spans[0].margin if spans else margin
        return replace(
            attempt,
            candidates=tuple(
                replace(one, sentence_margin=margin) if one == best else one
                for one in attempt.candidates
            ),
            read_s=attempt.read_s + time.perf_counter() - started,
        )

    def _sentence_alone(self, best: Candidate) -> PassageText:
        """The sentence of a candidate with what stands above it."""
        passage, sentence = best.passage, best.sentence
        source = self._retriever.source(passage)
        texts, document = source.texts, document_of(passage, source)
        document = replace(document, text=texts.text(document.id, 0, BEGINNING_CHARS))
        place = texts.place(document.id, best.start_char)
        above = sentence_context(sentence, document, place, passage.start_char, passage.context)
        return PassageText(passage.id, sentence, context=above)

    def _attempt(self, question: str, ranked: int, within: Filter, reads_on: bool) -> Attempt:
        wording = Wording.of([question])
        most = self._passages + MORE_PASSAGES
        retrieval = self._retriever.retrieve(question, max(most, ranked), within=within)
        started = time.perf_counter()
        hits = retrieval.hits[:most]
        first = worth_reading(hits[: self._passages], self._tuning.far_behind)
        read = self._read(question, first)
        placed = self._placed(wording, read, first, hits)
        if reads_on and not self._has_answer(placed):
            near = worth_reading(hits, self._tuning.far_behind_unsure)
            rest = [hit for hit in near if hit not in first]
            read = sorted([*read, *self._read(question, rest)], key=lambda span: -span.margin)
            placed = self._placed(wording, read, [*first, *rest], hits)
        return Attempt(retrieval, placed, time.perf_counter() - started)

    def _has_answer(self, found: Sequence[Candidate]) -> bool:
        """Whether the best candidate is good enough, as far as its passage alone says."""
        judged = judge(found, self.calibration)
        return bool(judged) and judged[0].confidence >= self.min_confidence

    def _attempt_follow_up(self, follow_up: FollowUp, within: Filter) -> Attempt:
        near = {
            passage
            for one in follow_up.cited
            for passage in self._retriever.passages_in(
                one.collection, one.document_id, one.start_char, one.end_char
            )
        }
        gains = dict.fromkeys(near, self._tuning.near_gain)
        asked = follow_up.wording.asked
        retrieval = self._retriever.retrieve(asked, self._passages, gains, within)
        started = time.perf_counter()
        worth = [hit for hit in retrieval.hits if _says_years(hit.passage, follow_up.years)]
        read = self._read(asked, worth)
        found = self._placed(follow_up.wording, read, worth, retrieval.hits)
        gained = tuple(
            _stronger(one, self._tuning.near_margin) if one.passage.id in near else one
            for one in found
        )
        return Attempt(retrieval, gained, time.perf_counter() - started)

    def _read(self, asked: str, hits: Sequence[Hit]) -> list[Span]:
        """Read the passages of hits."""
        count = MAX_ITEMS_PER_PASSAGE if asks_for_several(asked) else SPANS_PER_PASSAGE
        return self._reader.read(asked, [_text(hit.passage) for hit in hits], count)

    def _placed(
        self,
        wording: Wording,
        read: Sequence[Span],
        from_hits: Sequence[Hit],
        hits: Sequence[Hit],
    ) -> tuple[Candidate, ...]:
        """
        Make candidates of spans, each in the cell or the code that the question names.

        Args:
            wording: What the reader was asked.
            read: The spans, best first.
            from_hits: Those whose passages were read.
            hits: All that were found.
        """
        several = asks_for_several(wording.asked)
        by_id = {hit.passage.id: hit.passage for hit in hits}

        def collection(passage: Passage) -> str:
            return self._retriever.source(passage).collection

        def is_beside(passage: Passage, other: Passage) -> bool:
            of_one_id = passage.document_id == other.document_id
            return of_one_id and collection(passage) == collection(other)

        def moved() -> Iterator[tuple[Span, Span, bool]]:
            """Each span, that in its cell or code, and whether the question names that cell."""
            for span in read:
                passage = by_id[span.passage_id]
                others = [one.passage for one in from_hits if is_beside(one.passage, passage)]
                cell: Span | None = span
                if not several:
                    cell = at_named_cell(wording.parted, span, passage, others, read)
                if cell is not None:
                    there = by_id[cell.passage_id]
                    is_named = not several and is_named_cell(wording.parted, cell, there, others)
                    yield span, at_code_bounds(cell, there), is_named

        placed = list(moved())
        found = candidates(wording.asked, [cell for _, cell, _ in placed], hits, collection)
        # The best one of a passage comes last here.
        margins = {span.passage_id: span.margin for span in reversed(read)}
        return tuple(
            _stronger(there, self._tuning.named_margin) if is_named else there
            for (span, _, is_named), one in zip(placed, found, strict=True)
            for there in [one if one.passage.id == span.passage_id else _read_there(one, margins)]
        )

    def _asked(self, found: Findings, best: Candidate) -> str:
        """What the best candidate answers: the question as typed, if that finds it first, too."""
        if best.asked == found.question:
            return best.asked
        alone = [one for one in found.candidates if one.asked == found.question]
        first = [one.candidate for one in judge(alone, self.calibration)[:1]]
        return found.question if any(_is_same(one, best) for one in first) else best.asked

    def _located(self, judged: Sequence[Judged]) -> tuple[AnswerSpan, ...]:
        return tuple(located(one, self._retriever.source(one.candidate.passage)) for one in judged)

    def _around(self, passage: Passage) -> Passage:
        return self._retriever.around(passage, AROUND_CHARS)

    def _nearest(self, hits: Sequence[Hit]) -> tuple[NearestPassage, ...]:
        return tuple(
            near(hit.passage, self._retriever.source(hit.passage)) for hit in hits[:MAX_NEAREST]
        )


def _read_there(one: Candidate, margins: Mapping[int, float]) -> Candidate:
    """
    Give a candidate that was moved to a row in another passage the margin of that row.

    Where the row is a part of its passage, it is read alone later, if the candidate is the best.

    Args:
        one: The candidate, with the margin of the cell that it was moved from.
        margins: That of the best span in each passage, by the passage's id.
    """
    if one.sentence != one.passage.text:
        return one
    return replace(one, sentence_margin=margins.get(one.passage.id))


def _stronger(one: Candidate, by: float) -> Candidate:
    """The candidate with a larger margin."""
    return replace(one, features=replace(one.features, margin=one.features.margin + by))


def _is_same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates are the same words of a document."""
    places = {(each.document, each.start_char, each.end_char) for each in (one, other)}
    return len(places) == 1


def _says_years(passage: Passage, years: frozenset[str]) -> bool:
    """
    Whether a passage speaks of all years that a follow-up asks about.

    "And in 2019?" after a question about 2020 is read with that question, and 2020's answer fits
    it only too well. In training's files, the passages of all 175 such follow-ups that are answered
    say the year, and those of 16 of the 21 that are not.
    """
    return years <= years_said(passage.searched)


def _text(passage: Passage) -> PassageText:
    return PassageText(passage.id, passage.text, context=passage.context)


def worth_reading(hits: Sequence[Hit], far_behind: float) -> list[Hit]:
    """
    Leave out what retrieval puts far behind the first hit.

    The first `ALWAYS_READ` stay, and the first one of a second document, which may disagree.

    Args:
        hits: Best first.
        far_behind: See `Tuning`.
    """
    second = next(
        (hit for hit in hits if hit.passage.document_id != hits[0].passage.document_id), None
    )
    return [
        hit
        for rank, hit in enumerate(hits)
        if rank < ALWAYS_READ or hit is second or hit.score >= hits[0].score - far_behind
    ]
