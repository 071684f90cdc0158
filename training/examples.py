"""Passages and sentences -> the examples of an epoch, by a seed."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from training.bm25 import Bm25, terms
from training.chance import seeded
from training.noise import noisy
from training.sources import Chars, Sentence, TrainingFollowUp, TrainingPassage, TrainingQuestion
from training.windows import CountTokens, serving_windows, window_around

SERVING_TOKENS = 160
"""A passage's length in the product: `index.passages.Splitting.max_tokens`."""
WHOLE_TOKENS = 340
"""Long enough for most of our passages in one piece, and short of the reader's limit."""
_RETRIEVED = 8
"""How many passages a wrong one is drawn from."""

# Shares of an epoch, as probabilities per question.
NOISE_SHARE = 0.35
ELSEWHERE_SHARE = 0.12
"""The share of answerable questions that are also asked of a part of their passage without the
answer."""
MISMATCHED_SHARE = 0.1
"""The share of answerable questions that are also asked of a retrieved passage that doesn't answer
them."""
QAMR_UNANSWERED_SHARE = 0.15
QAMR_MAX_OTHERS = 4
QAMR_SIMILAR_SHARE = 0.5
"""The share of the other sentences in a QAMR context that are like the question; the rest are drawn
blindly."""
QAMR_MIN_WORDS = 4
"""Shorter questions ("How many?") can't be asked of a text with several sentences."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question asked of a context."""

    question: str
    context: str
    spans: tuple[Chars, ...]
    """The answers in the context; none if it doesn't answer."""
    kind: str
    """Where it comes from, for counts and error analysis."""
    title: str = ""
    """The title of the document that the context is from; see `titled`."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a passage."""

    text: str
    title: str
    """The title of the passage."""


Group = tuple[Example, ...]
"""A question asked of several contexts, at most one of which answers it; mostly of one alone."""


def alone(examples: Iterable[Example]) -> list[Group]:
    """Each example by itself."""
    return [(example,) for example in examples]


def titled(group: Group) -> Group:
    """
    The group with the title of each context before it, as the product reads a passage.

    A title that stands in the context is not said twice (`index.contexts`).
    """
    return tuple(_titled(example) for example in group)


def _titled(example: Example) -> Example:
    if not example.title or example.title in example.context:
        return example
    before = f"{example.title}\n"
    spans = tuple((start + len(before), end + len(before)) for start, end in example.spans)
    return replace(example, context=before + example.context, spans=spans)


class Corpus:
    """Passages with what their examples need: windows, and what is retrieved for a question."""

    def __init__(self, passages: Sequence[TrainingPassage], count_tokens: CountTokens) -> None:
        self.passages = tuple(passages)
        self.count_tokens = cache(count_tokens)
        self._bm25 = Bm25([passage.text for passage in passages])
        self._windows: dict[str, list[Chars]] = {}

    def windows(self, passage: TrainingPassage) -> list[Chars]:
        """The passage as the product cuts it."""
        if passage.id not in self._windows:
            self._windows[passage.id] = serving_windows(
                passage.text, self.count_tokens, SERVING_TOKENS
            )
        return self._windows[passage.id]

    def retrieved(self, question: str, own: TrainingPassage, k: int) -> list[Excerpt]:
        """
        The best window of each of the `k` passages most like the question, its own left out.

        Best first. They may hold the answer by accident; see `gives_away`.
        """
        found = (self.passages[number] for number in self._bm25.search(question, k + 1))
        others = [passage for passage in found if passage.id != own.id]
        return [self.best_window(question, passage) for passage in others[:k]]

    def best_window(self, question: str, passage: TrainingPassage) -> Excerpt:
        """The passage's window that shares most words with the question; the first of equals."""
        asked = set(terms(question))
        texts = [passage.text[start:end] for start, end in self.windows(passage)]
        best = max(texts, key=lambda text: len(asked.intersection(terms(text))))
        return Excerpt(best, passage.title)


def gives_away(context: str, answers: Sequence[str]) -> bool:
    """Whether a context contains one of the answers, in whatever sense it is meant there."""
    lowered = context.lower()
    return any(answer.lower() in lowered for answer in answers)


def cut(
    passage: TrainingPassage, spans: Sequence[Chars], window: Chars
) -> tuple[str, tuple[Chars, ...]]:
    """A window's text, and those spans that lie in it, in its own characters."""
    start, end = window
    inside = tuple((a - start, b - start) for a, b in spans if start <= a and b <= end)
    return passage.text[start:end], inside


def epoch_of_passages(corpus: Corpus, seed: int) -> list[Example]:
    """Every question and follow-up of the passages once, and some again where no answer is."""
    rng = seeded(seed)
    examples: list[Example] = []
    for passage in corpus.passages:
        for question in passage.questions:
            examples += _asked(corpus, passage, question, "passage", rng)
        for followup in passage.followups:
            kind, text = rng.choice(followup_forms(followup, passage))
            examples += _asked(corpus, passage, TrainingQuestion(text, followup.spans), kind, rng)
    rng.shuffle(examples)
    return examples


def epoch_of_mismatches(corpora: Sequence[Corpus], n_examples: int, seed: int) -> list[Example]:
    """
    Answerable questions, each asked of a passage that was retrieved for it and doesn't answer it.

    Args:
        corpora: Questions of each are asked of passages of any.
        n_examples: How many questions to draw; a few find no such passage.
        seed: Decides everything.
    """
    rng = seeded(seed)
    asked = [
        (passage, question)
        for corpus in corpora
        for passage in corpus.passages
        for question in passage.questions
        if question.spans
    ]
    examples: list[Example] = []
    for passage, question in rng.sample(asked, min(n_examples, len(asked))):
        answers = [passage.text[start:end] for start, end in question.spans]
        others = rng.choice(corpora).retrieved(question.text, passage, _RETRIEVED)
        without = [other for other in others if not gives_away(other.text, answers)]
        if without:
            wording = noisy(question.text, rng) if rng.random() < NOISE_SHARE else question.text
            examples.append(_unanswered(wording, rng.choice(without), "mismatched"))
    return examples


def epoch_of_leaning(corpora: Sequence[Corpus], n_examples: int, seed: int) -> list[Example]:
    """
    Follow-ups after what was said before them, asked as `epoch_of_passages` asks questions.

    Args:
        corpora: Follow-ups of any.
        n_examples: How many to draw; fewer if there are not enough.
        seed: Decides everything.
    """
    rng = seeded(seed)
    leaning = [
        (corpus, passage, followup)
        for corpus in corpora
        for passage in corpus.passages
        for followup in passage.followups
    ]
    examples: list[Example] = []
    for corpus, passage, followup in rng.sample(leaning, min(n_examples, len(leaning))):
        _, *forms = followup_forms(followup, passage)
        kind, text = rng.choice(forms)
        examples += _asked(corpus, passage, TrainingQuestion(text, followup.spans), kind, rng)
    return examples


def followup_forms(followup: TrainingFollowUp, passage: TrainingPassage) -> list[tuple[str, str]]:
    """The texts a follow-up may reach the reader as, each with its kind."""
    kinds = ("followup joined", "followup with topic")
    leaning = zip(kinds, leaning_forms(followup, passage), strict=False)
    return [("followup rewritten", followup.rewrite), *leaning]


def leaning_forms(followup: TrainingFollowUp, passage: TrainingPassage) -> list[str]:
    """
    A follow-up after its first question, and after the answer to that.

    The second form is there where the first question is one of the passage's: then its answer is
    known.
    """
    forms = [f"{followup.first} {followup.elliptical}"]
    for question in passage.questions:
        if question.text == followup.first and len(question.spans) == 1:
            start, end = question.spans[0]
            forms.append(f"{passage.text[start:end]} {followup.elliptical}")
    return forms


def _asked(
    corpus: Corpus,
    passage: TrainingPassage,
    question: TrainingQuestion,
    kind: str,
    rng: random.Random,
) -> Iterator[Example]:
    def wording() -> str:
        return noisy(question.text, rng) if rng.random() < NOISE_SHARE else question.text

    if not question.spans:
        tempting = _tempting(corpus, passage, question.text, rng)
        yield _unanswered(wording(), tempting, "unanswerable")
        return
    hull = min(start for start, _ in question.spans), max(end for _, end in question.spans)
    window = window_around(passage.text, hull, corpus.count_tokens, _random_length(rng), rng)
    context, spans = cut(passage, question.spans, window)
    yield Example(wording(), context, spans, kind, passage.title)

    answers = [passage.text[start:end] for start, end in question.spans]
    if rng.random() < ELSEWHERE_SHARE:
        windows = (passage.text[start:end] for start, end in corpus.windows(passage))
        without = [text for text in windows if not gives_away(text, answers)]
        if without:
            yield _unanswered(wording(), Excerpt(rng.choice(without), passage.title), "elsewhere")
    if rng.random() < MISMATCHED_SHARE:
        others = corpus.retrieved(question.text, passage, _RETRIEVED)
        apart = [other for other in others if not gives_away(other.text, answers)]
        if apart:
            yield _unanswered(wording(), rng.choice(apart), "mismatched")


def _unanswered(question: str, excerpt: Excerpt, kind: str) -> Example:
    return Example(question, excerpt.text, (), kind, excerpt.title)


def _tempting(
    corpus: Corpus, passage: TrainingPassage, question: str, rng: random.Random
) -> Excerpt:
    """A context for an unanswerable question: mostly the part that looks most like an answer."""
    way = rng.choices(("likely", "any", "whole"), weights=(6, 2, 2))
    if way == ["likely"]:
        return corpus.best_window(question, passage)
    if way == ["any"]:
        start, end = rng.choice(corpus.windows(passage))
        return Excerpt(passage.text[start:end], passage.title)
    return Excerpt(passage.text, passage.title)


def _random_length(rng: random.Random) -> int:
    """Tokens of a context: mostly about what the product serves, some short, some whole."""
    lengths = (range(110, 181), range(40, 111), range(WHOLE_TOKENS, WHOLE_TOKENS + 1))
    (chosen,) = rng.choices(lengths, weights=(6, 2, 2))
    return rng.choice(chosen)


def epoch_of_qamr(sentences: Sequence[Sentence], n_examples: int, seed: int) -> list[Example]:
    """
    QAMR questions, each with 0 to `QAMR_MAX_OTHERS` other sentences around its own.

    Args:
        sentences: All of them, with or without questions.
        n_examples: How many to draw; without repetition, so there may be fewer.
        seed: Decides everything.
    """
    rng = seeded(seed)
    asked = [
        (number, question)
        for number, sentence in enumerate(sentences)
        for question in sentence.questions
        if len(question.text.split()) >= QAMR_MIN_WORDS
    ]
    bm25 = Bm25([sentence.text for sentence in sentences])
    chosen = rng.sample(asked, min(n_examples, len(asked)))
    return [_qamr_example(sentences, bm25.search, number, q, rng) for number, q in chosen]


def _qamr_example(
    sentences: Sequence[Sentence],
    search: Callable[[str, int], list[int]],
    own: int,
    question: TrainingQuestion,
    rng: random.Random,
) -> Example:
    wording = noisy(question.text, rng) if rng.random() < NOISE_SHARE else question.text
    (start, end), *_ = question.spans
    answer = sentences[own].text[start:end]
    unanswered = rng.random() < QAMR_UNANSWERED_SHARE
    wanted = rng.randint(1 if unanswered else 0, QAMR_MAX_OTHERS)
    similar = search(question.text, 10) if wanted else []
    others: list[str] = []
    for _ in range(wanted):
        if similar and rng.random() < QAMR_SIMILAR_SHARE:
            other = similar.pop(rng.randrange(len(similar)))
        else:
            other = rng.randrange(len(sentences))
        if other != own and not gives_away(sentences[other].text, [answer]):
            others.append(sentences[other].text)
    if unanswered and others:
        return Example(wording, " ".join(others), (), "qamr unanswered")
    at = rng.randint(0, len(others))
    before = "".join(f"{other} " for other in others[:at])
    context = " ".join([*others[:at], sentences[own].text, *others[at:]])
    return Example(wording, context, ((len(before) + start, len(before) + end),), "qamr")
