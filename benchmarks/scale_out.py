"""
What searching in PostgreSQL costs and finds, beside searching in the index's own files.

    python -m benchmarks.scale_out [--sizes 10000,100000] [--database postgresql://...]

The documents are those of `benchmarks.scale`, in the same work folder. Both engines are asked the
same questions, one after the other, in one process. Dev's questions among the passages of train and
dev say what is found; among more, whether the answer's text is in a passage that is found. Without
`--database`, the server of the tests is started, which trusts the machine to stay up (`fsync=off`);
that changes how long publishing takes, and no search.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks import parser_of
from benchmarks.scale import measure, numbers
from benchmarks.scale_corpus import answered, questions
from benchmarks.scale_steps import QUESTIONS, Work, ask, recall
from bot.evaluation.questions import Misfits, QuestionedPassage, read_distractors, read_questions
from bot.evaluation.report import HIT_RANKS
from bot.evaluation.run import MAX_RANK, document_id, rank_of, searchable
from index.encoder import OnnxQuestionEncoder, SentenceEncoder
from index.encoder_files import DEFAULT_ENCODER
from index.generation import Generation, LocalGeneration
from index.postgres.server import PostgresSearch, own_name
from index.postgres.tables import SCHEMA
from index.reporting import SilentReporter
from index.retrieve import Retriever
from index.store import Collection
from tests import postgres
from training.sources import DATA_FOLDER

SIZES = (10_000, 100_000)
# Up to here the real encoder makes the vectors, within minutes.
ENCODED = 10_000
# The first so many passages that both engines find for a question are compared.
_SAME_AT = 5
# Questions that tell how many are found, within a point or so.
_ANSWERED = 1_000


def main() -> None:
    """Run the command."""
    parser = parser_of("scale_out", __doc__)
    parser.add_argument("--sizes", type=numbers, default=SIZES, metavar="N,N", help="passages")
    parser.add_argument("--encoded", type=int, default=ENCODED, metavar="N", help="one of them")
    parser.add_argument("--work", type=Path, default=Path("build/scale"), metavar="DIR")
    parser.add_argument("--database", metavar="URL", help="an empty one; without, a new server")
    parser.add_argument("--no-dev", action="store_true", help="leave out what dev's questions find")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="what was measured")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    given = arguments.database
    with (
        nullcontext(given) if given else postgres.server() as url,
        closing(PostgresSearch(url, "benchmark")) as server,
    ):
        found = {} if arguments.no_dev else found_on_dev(arguments.work, server)
        measure(arguments.work, arguments.sizes, arguments.encoded, steps_to_run=("build",))
        sizes = {size: compare(Work(arguments.work), size, server, url) for size in arguments.sizes}
    print(table(found, sizes))
    if arguments.out:
        everything = {"dev": found, "sizes": sizes}
        arguments.out.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")


def compare(work: Work, size: int, server: PostgresSearch, url: str) -> dict[str, Any]:
    """Publish the documents of one size, and ask both engines of them."""
    encoder = OnnxQuestionEncoder(next(work.exports.iterdir()))
    asked, pairs = questions(QUESTIONS), answered(_ANSWERED)
    queries = [encoder.encode_question(question) for question in asked]
    folder = work.collection(size).folder
    collection = Collection(folder, server=server)
    print(f"{size:,}: publishing", file=sys.stderr, flush=True)
    started = time.perf_counter()
    collection.keep()
    publish_s = time.perf_counter() - started
    with closing(collection.open_files()) as here, closing(collection.open()) as there:
        local, remote = Retriever(here, encoder), Retriever(there, encoder)
        return {
            "passages": local.passages,
            "publish_s": publish_s,
            "local_bytes": sum(stamp.size for stamp in here.manifest.files.values()),
            "postgresql_bytes": _bytes(url, own_name("benchmark", folder.name)),
            **{
                name: ask(retriever, asked, queries)
                | {
                    "recall_at_10": recall(work, retriever.generation, np.stack(queries)),
                    "found": _found(retriever, pairs),
                }
                for name, retriever in {"local": local, "postgresql": remote}.items()
            },
            "same": float(
                np.mean([len(_first(local, one) & _first(remote, one)) for one in asked]) / _SAME_AT
            ),
        }


def _found(retriever: Retriever, pairs: Sequence[tuple[str, str]]) -> float:
    """The share of questions, in %, whose answer stands in a passage that is found first."""
    return 100 * float(
        np.mean(
            [any(answer in text for text in _first(retriever, asked)) for asked, answer in pairs]
        )
    )


def _first(retriever: Retriever, question: str) -> set[str]:
    """The texts that are found first: which of several equal ones it is does not matter."""
    return {hit.passage.text for hit in retriever.retrieve(question, _SAME_AT).hits}


def _bytes(url: str, collection: str) -> int:
    """What a collection takes in the database, indexes among it."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT sum(pg_total_relation_size(format('%%I.%%I', %(schema)s::text,"  # noqa: S608
            " name || '_' || number)::regclass))::bigint"
            f" FROM {SCHEMA}.generations, unnest(ARRAY['passages', 'words']) AS name"
            " WHERE collection = %(collection)s",
            {"schema": SCHEMA, "collection": collection},
        ).fetchone()
    return int(row[0]) if row else 0


def found_on_dev(work: Path, server: PostgresSearch) -> dict[str, dict[str, float]]:
    """The hit@k of both engines: dev's questions among the passages of train and dev, in %."""
    encoder = SentenceEncoder(DEFAULT_ENCODER, work / "encoder")
    dev = list(read_questions(DATA_FOLDER / "dev.jsonl", Misfits()))
    every = chain(dev, read_distractors(DATA_FOLDER / "train.jsonl"))
    print("dev: indexing and publishing", file=sys.stderr, flush=True)
    questioner = OnnxQuestionEncoder(encoder.export)
    with searchable(every, encoder, work / "vectors", SilentReporter()) as local:
        here = local.generation
        if not isinstance(here, LocalGeneration):
            raise TypeError("what is indexed here is searched here")
        server.publish(here)
        engine = server.open(here.collection, here.manifest)
        there = Generation(here.folder, here.manifest, here.texts, engine)
        found = {
            "local": _hits(local, dev),
            "postgresql": _hits(Retriever(there, questioner), dev),
        }
        server.keep(here.collection, ())
    return found


def _hits(retriever: Retriever, dev: Sequence[QuestionedPassage]) -> dict[str, float]:
    ranks = [
        rank_of(
            retriever.retrieve(question.text, MAX_RANK).hits,
            document_id(passage),
            question.present,
        )
        for passage in dev
        for question in passage.questions
        if question.present
    ]
    return {
        f"hit@{k}": 100 * sum(rank is not None and rank <= k for rank in ranks) / len(ranks)
        for k in HIT_RANKS
    }


def table(dev: Mapping[str, Any], sizes: Mapping[int, Any]) -> str:
    """What was measured, as Markdown."""
    lines = []
    if dev:
        lines += ["| dev | local | PostgreSQL |", "|---|---|---|"]
        lines += [
            f"| {name} | {dev['local'][name]:.1f} | {dev['postgresql'][name]:.1f} |"
            for name in dev["local"]
        ]
        lines.append("")
    columns = [
        (found, engine, title)
        for found in sizes.values()
        for engine, title in (("local", "local"), ("postgresql", "PostgreSQL"))
    ]
    rows = {
        "": [f"{found['passages']:,}, {title}" for found, _, title in columns],
        "---": ["---" for _ in columns],
        **{
            f"{kind}, ms (median / 95 %)": [
                " / ".join(f"{value:.1f}" for value in found[engine][f"{kind}_ms"])
                for found, engine, _ in columns
            ]
            for kind in ("dense", "lexical", "fused")
        },
        "recall@10": [f"{found[engine]['recall_at_10']:.4f}" for found, engine, _ in columns],
        "bytes per passage": [
            f"{found[f'{engine}_bytes'] / found['passages']:,.0f}" for found, engine, _ in columns
        ],
        "publishing, s": [
            f"{found['publish_s']:.0f}" if engine != "local" else "" for found, engine, _ in columns
        ],
        f"answers among the first {_SAME_AT}, %": [
            f"{found[engine]['found']:.1f}" for found, engine, _ in columns
        ],
        f"of the first {_SAME_AT}, the same": [
            f"{found['same']:.3f}" if engine != "local" else "" for found, engine, _ in columns
        ],
    }
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
