"""
What it gains to search titles and headings with the passages that stand under them.

    python -m benchmarks.contexts --data DATA FILE...       # questions about passages, as for eval
    python -m benchmarks.contexts --data DATA --articles FILE... --distractors FILE...
    python -m benchmarks.contexts --data DATA --sections benchmarks/sections

Each passage of a FILE is a document with its title; with --articles, those of one title are one
document. A folder of --sections holds documents, and `questions.jsonl` beside them. DATA is a data
folder whose encoder was exported, as any build leaves it. With --read, the best five passages are
read, with their contexts and without; with --given, those of the question's document, unsearched.
"""

import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from benchmarks import parser_of
from bot.collection_builds import SPLITTING
from bot.evaluation.metrics import grade
from bot.evaluation.questions import Misfits, QuestionedPassage, read_distractors, read_questions
from index.documents import Document, list_documents, load_document
from index.encoder import OnnxDocumentEncoder, OnnxQuestionEncoder, Vectors
from index.lexical import LexicalIndex, idf, query_words, write_lexical
from index.passages import Passage, split
from index.reranking import RERANKED, Scored, reranker_for
from index.retrieve import CANDIDATES, fuse, ranked, rerank
from reader.model import OnnxReader, PassageText, Reader, shipped_weights

QUESTIONS = "questions.jsonl"
_READ = 5
_PLAIN, WITH_CONTEXT = "passage alone", "with context"
_FORMS: dict[str, Callable[[Passage], str]] = {
    _PLAIN: lambda passage: passage.text,
    WITH_CONTEXT: lambda passage: passage.searched,
}


@dataclass(frozen=True, slots=True)
class ContextQuestion:
    """A question, and where its answer stands."""

    text: str
    answers: tuple[str, ...]
    document_id: str
    within: tuple[str, ...] = ()
    """What a passage has to hold, where an answer alone may stand elsewhere too."""


class _SectionQuestion(BaseModel, extra="forbid"):
    document: str
    q: str
    a: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class AskedDocuments:
    """Documents, and questions about them."""

    documents: list[Document]
    asked: list[ContextQuestion]


def read_passages(
    files: Sequence[Path], distractors: Sequence[Path], *, as_articles: bool, at_most: int
) -> AskedDocuments:
    """Make documents of the files' passages, and take every so many-th question with an answer."""
    passages = [
        *(one for path in files for one in read_questions(path, Misfits())),
        *(one for path in distractors for one in read_distractors(path)),
    ]
    groups: dict[str, dict[str, QuestionedPassage]] = {}

    def name_of(one: QuestionedPassage) -> str:
        return f"{one.title if as_articles else one.key}.txt"

    for one in passages:
        groups.setdefault(name_of(one), {}).setdefault(one.key, one)
    documents = [
        _document(name, next(iter(each.values())).title, [one.text for one in each.values()])
        for name, each in groups.items()
    ]
    asked = [
        ContextQuestion(question.text, question.present, name_of(one))
        for one in passages
        for question in one.questions
        if question.present
    ]
    return AskedDocuments(documents, asked[:: -(-len(asked) // at_most)] if at_most else asked)


def _document(name: str, title: str, texts: Iterable[str]) -> Document:
    return Document(name, title, "\n\n".join(texts), "", datetime.now(UTC))


def read_sections(folder: Path) -> AskedDocuments:
    """Read a folder of documents and the questions beside them."""
    documents = [
        load_document(file) for file in list_documents(folder).files if file.id != QUESTIONS
    ]
    lines = (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()
    questions = [_SectionQuestion.model_validate_json(line) for line in lines]
    return AskedDocuments(
        documents,
        [
            ContextQuestion(one.q, (one.a,), one.document, (one.within or one.a,))
            for one in questions
        ],
    )


@dataclass(frozen=True, slots=True)
class ContextHits:
    """What the searches found for a question."""

    weights: dict[str, float]
    """The weights of its words."""
    scores: dict[int, float]
    """Fused, of all candidates, by their rows."""
    again: dict[int, Scored]
    """Those that are ranked again, best first."""


class ContextSearch:
    """The passages of a corpus, searchable as they are and with their contexts."""

    def __init__(
        self, corpus: AskedDocuments, export: Path, forms: Sequence[str], *, fused: bool = False
    ) -> None:
        """Split, encode and index in each of the forms; `fused` ranks nothing again."""
        self._reranker = None if fused else reranker_for(export.name)
        encoder = OnnxDocumentEncoder(export)
        self._questions = OnnxQuestionEncoder(export)
        self.passages: list[Passage] = []
        for document in corpus.documents:
            first = len(self.passages)
            self.passages += split(document, SPLITTING, encoder.token_offsets, first)
        self.forms = forms
        texts = {name: [_FORMS[name](one) for one in self.passages] for name in forms}
        self.vectors = {
            name: np.stack([encoder.encode_document(text) for text in each])
            for name, each in texts.items()
        }
        self.lexical: dict[str, LexicalIndex] = {}
        self._folders = tempfile.TemporaryDirectory(prefix="quoth-contexts-")
        for number, (name, each) in enumerate(texts.items()):
            folder = Path(self._folders.name, f"{number}")
            folder.mkdir()
            write_lexical(folder, each)
            self.lexical[name] = LexicalIndex(folder)

    def query(self, question: str) -> Vectors:
        """The vector of a question."""
        return self._questions.encode_question(question)

    def best(self, question: str, query: Vectors, vectors: str, lexical: str) -> list[Passage]:
        """The ten best passages, as `index.retrieve` ranks them."""
        found = self.find(question, query, vectors, lexical)
        scores = found.scores
        if self._reranker is not None and found.again:
            scores = rerank(self._reranker, found.weights, scores, found.again)
        return [self.passages[row] for row in ranked(scores)[:10]]

    def find(self, question: str, query: Vectors, vectors: str, lexical: str) -> ContextHits:
        """What both searches find."""
        cosines = self.vectors[vectors] @ query
        dense = np.argsort(-cosines)[:CANDIDATES].tolist()
        index = self.lexical[lexical]
        words = query_words(question)
        weights = {word: idf(len(index), index.frequency(word)) for word in words}
        bm25 = dict(index.search(weights, CANDIDATES))
        scores = fuse({row: float(cosines[row]) for row in {*dense, *bm25}}, bm25)
        again = {
            row: Scored(self.passages[row], float(cosines[row]))
            for row in ranked(scores)[:RERANKED]
        }
        return ContextHits(weights, scores, again)


def is_right(passage: Passage, asked: ContextQuestion) -> bool:
    """Whether a passage is of the question's document and holds an answer."""
    return passage.document_id == asked.document_id and any(
        answer in passage.text for answer in asked.within or asked.answers
    )


def _rank(passages: Sequence[Passage], asked: ContextQuestion) -> int:
    """From 1, of the first right passage; 0 if there is none."""
    right = (rank for rank, one in enumerate(passages, start=1) if is_right(one, asked))
    return next(right, 0)


def _f1(
    reader: Reader, asked: ContextQuestion, found: Sequence[Passage], *, with_context: bool
) -> float:
    """How right the best span of some passages is, which are read with contexts or without."""
    given = [
        PassageText(each.id, each.text, context=each.context if with_context else "")
        for each in found
    ]
    best = next(iter(reader.read(asked.text, given, 1)), None)
    return grade(best.text if best else "", asked.answers).f1


def report(corpus: AskedDocuments, search: ContextSearch, *, read: bool) -> None:
    """Ask all, and print a table."""
    reader = OnnxReader(shipped_weights()) if read else None
    print(
        f"{len(corpus.asked):,} questions among {len(search.passages):,} passages of "
        f"{len(corpus.documents):,} documents"
    )
    columns = ["vectors", "BM25", "hit@1", "hit@5", "hit@10", "MRR@10"]
    columns += ["F1", "F1, contexts read"] if read else []
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    queries = [search.query(one.text) for one in corpus.asked]
    for vectors, lexical in product(search.forms, repeat=2):
        ranks, f1, f1_with = [], [], []
        for one, query in zip(corpus.asked, queries, strict=True):
            found = search.best(one.text, query, vectors, lexical)
            ranks.append(_rank(found, one))
            if reader is not None:
                f1.append(_f1(reader, one, found[:_READ], with_context=False))
                f1_with.append(_f1(reader, one, found[:_READ], with_context=True))
        hits = [100 * np.mean([0 < rank <= k for rank in ranks]) for k in (1, 5, 10)]
        mrr = np.mean([1 / rank if rank else 0.0 for rank in ranks])
        row = [vectors, lexical, *(f"{hit:.1f}" for hit in hits), f"{mrr:.3f}"]
        row += [f"{100 * np.mean(f1):.1f}", f"{100 * np.mean(f1_with):.1f}"] if read else []
        print(f"| {' | '.join(row)} |", flush=True)


def report_given(corpus: AskedDocuments, export: Path) -> None:
    """Read each question's own document, and print how right the answers are."""
    reader, encoder = OnnxReader(shipped_weights()), OnnxDocumentEncoder(export)
    passages = {
        one.id: list(split(one, SPLITTING, encoder.token_offsets)) for one in corpus.documents
    }
    print(f"{len(corpus.asked):,} questions, each of its own document")
    for with_context in (False, True):
        f1 = [
            _f1(reader, one, passages[one.document_id], with_context=with_context)
            for one in corpus.asked
        ]
        print(f"F1 {'with contexts' if with_context else 'without'}: {100 * np.mean(f1):.1f}")


def add_corpus_options(parser: ArgumentParser) -> None:
    """Add the options that say which documents are asked."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--distractors", action="append", type=Path, default=[])
    parser.add_argument("--articles", action="store_true")
    parser.add_argument("--sections", type=Path)
    parser.add_argument("--at-most", type=int, default=0, help="questions; 0 means all")


def corpus_of(chosen: Namespace) -> AskedDocuments:
    """Read the documents that were chosen by these options."""
    if chosen.sections is not None:
        return read_sections(chosen.sections)
    return read_passages(
        chosen.files, chosen.distractors, as_articles=chosen.articles, at_most=chosen.at_most
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, search, and print."""
    parser = parser_of("contexts", __doc__)
    add_corpus_options(parser)
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--as-kept", action="store_true", help="with contexts only")
    parser.add_argument("--fused", action="store_true", help="rank no candidates again")
    parser.add_argument("--given", action="store_true")
    chosen = parser.parse_args(arguments)
    (export,) = (chosen.data / "encoder").iterdir()
    corpus = corpus_of(chosen)
    if chosen.given:
        report_given(corpus, export)
        return
    forms = [WITH_CONTEXT] if chosen.as_kept else [_PLAIN, WITH_CONTEXT]
    search = ContextSearch(corpus, export, forms, fused=chosen.fused)
    report(corpus, search, read=chosen.read)


if __name__ == "__main__":
    main()
