"""The comparison with peers: fair turns, questions for one purpose each, figures, the page."""

import queue
import threading
from pathlib import Path

import pytest

from benchmarks.compare import turn
from benchmarks.compare_report import report, write_report
from benchmarks.corpus import blocks, sample, write_documents
from benchmarks.figures import (
    COMMAND,
    MeasuredSystem,
    PeerComparison,
    PeerScores,
    percentile,
    ratio,
    score,
    targets,
    warm_rates,
)
from benchmarks.peers import PASSAGES, SYSTEMS, THREADS, Crew, Folder, PeerReply
from benchmarks.peers.worker import serve
from bot.settings import Settings
from tests.conftest import ROOT

DEV = ROOT / "training/data/dev.jsonl"


def test_each_round_another_system_is_first() -> None:
    assert [turn("abc", number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]


def test_questions_are_the_same_in_every_run_and_serve_one_purpose_each() -> None:
    chosen = sample(DEV, graded=20, crowd=10, warming=5)

    assert chosen == sample(DEV, graded=20, crowd=10, warming=5)
    parts = (chosen.graded, chosen.crowd, chosen.warming)
    assert [len(part) for part in parts] == [20, 10, 5]
    assert len({question.text for part in parts for question in part}) == 35


def test_more_questions_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="Ask for fewer"):
        sample(DEV, graded=1_000_000, crowd=0, warming=0)


def test_quoth_works_as_it_does_by_default() -> None:
    default = {name: field.default for name, field in Settings.model_fields.items()}

    assert SYSTEMS["quoth"].crews == (Crew(default["workers"], default["threads"]),)
    assert (default["passages"], default["threads"]) == (PASSAGES, THREADS)


def test_every_question_is_in_one_round() -> None:
    dealt = blocks([str(number) for number in range(10)], 4)

    assert sorted(len(block) for block in dealt) == [2, 2, 3, 3]
    assert sorted(int(one) for block in dealt for one in block) == list(range(10))
    assert blocks(["a"], 3) == [["a"]]


def test_documents_of_an_earlier_run_are_not_left(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"id": "1", "text": "Ada bakes.", "qas": [{"q": "Who bakes?", "a": "Ada"}]}')
    two.write_text('{"text": "Bob fishes."}\n{"text": "Ada bakes."}')
    folder = Folder(tmp_path / "work")
    write_documents(folder, DEV, two)

    write_documents(folder, one, two)

    texts = {path.read_text() for path in folder.documents.iterdir()}
    assert texts == {"Ada bakes.", "Bob fishes."}


class Echo:
    """Says the question; notes how many are at work, and waits until that many are."""

    at_work = 0
    most = 0
    lock = threading.Lock()

    def __init__(self, together: threading.Barrier) -> None:
        self._together = together

    def answer(self, question: str) -> str:
        with Echo.lock:
            Echo.at_work += 1
            Echo.most = max(Echo.most, Echo.at_work)
        self._together.wait(timeout=30)
        with Echo.lock:
            Echo.at_work -= 1
        return question.upper()

    def reply(self, question: str, said: str) -> PeerReply:
        return PeerReply(said, question, 1.0)


def test_askers_wait_for_a_worker_and_get_the_answer_to_their_own_question() -> None:
    together = threading.Barrier(2)
    idle: queue.SimpleQueue[Echo] = queue.SimpleQueue()
    for _ in range(2):
        idle.put(Echo(together))
    questions = [f"q{number}" for number in range(8)]

    result = serve(idle, questions, askers=4)  # type: ignore[arg-type]

    assert result["replies"] == [[question.upper(), question, 1.0] for question in questions]
    assert len(result["seconds"]) == 8
    assert Echo.most == 2
    assert result["peak_bytes"] > 1_000_000


def test_a_percentile_lies_between_two_values() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 50) == 2.5
    assert percentile([0.0, 100.0], 95) == pytest.approx(95.0)


def test_replies_are_scored_as_said_as_meant_and_at_the_best_threshold() -> None:
    # The second question has no answer; the third was answered by nothing, though known.
    replies = [("Ada", "Ada", 0.9), ("Bob", "Bob", 0.2), ("", "four", 0.5)]

    scores = score(replies, [["Ada"], [], ["four"]])

    assert scores.em == scores.f1 == pytest.approx(100 / 3)
    assert scores.always_f1 == 100
    assert scores.best_f1 == 100
    assert scores.answered == pytest.approx(200 / 3)


def measured(speed: float, f1: float = 50.0) -> MeasuredSystem:
    """Figures of a system that is so many times as fast as another, with as much less memory."""
    return MeasuredSystem(
        installed_bytes=1_000_000_000,
        index_bytes=5_000_000,
        import_s=[1 / speed],
        build_s=[100 / speed, 120 / speed],
        cold_s=[10 / speed, 12 / speed, 11 / speed],
        cold_peak_bytes=[round(9e8 / speed)] * 3,
        warm_s=[[0.1 / speed, 0.3 / speed, 0.2 / speed], [0.2 / speed]],
        warm_wall_s=[0.6 / speed, 0.2 / speed],
        warm_peak_bytes=round(9e8 / speed),
        crowd_wall_s={"2 × 1": [2 / speed, 4 / speed], "1 × 2": [1 / speed, 2 / speed]},
        scores=PeerScores(em=f1 - 5, f1=f1, always_f1=f1 + 1, best_f1=f1 + 2, answered=70),
    )


@pytest.fixture
def comparison() -> PeerComparison:
    return PeerComparison(
        made="2026-01-02",
        machine="2 cores of a toy",
        versions={"txtai": "9.14.0"},
        asked="dev.jsonl",
        distractors="train.jsonl",
        documents=3,
        passages=600,
        graded=4,
        crowd=[20, 10],
        askers=8,
        systems={
            "quoth": measured(5, f1=60),
            COMMAND: MeasuredSystem(cold_s=[0.5, 1.0, 0.8], cold_peak_bytes=[2 * 10**8] * 3),
            "script": measured(1),
            "haystack": measured(0.5),
            "txtai": measured(1.25, f1=61),
        },
    )


def test_quoth_is_compared_with_the_best_peer_round_by_round(comparison: PeerComparison) -> None:
    cold, warm, index, memory, crowd = (
        ratio(target, comparison.systems) for target in targets(comparison)
    )

    assert {one.peer for one in (cold, warm, index, memory, crowd)} == {"txtai"}
    # 8, 9.6 and 8.8 s against those of the same rounds.
    assert (cold.median, cold.low, cold.high) == pytest.approx((11, 9.6, 16))
    for one in (warm, index, memory, crowd):
        assert one.median == pytest.approx(4)


def test_rates_are_of_whole_rounds(comparison: PeerComparison) -> None:
    assert warm_rates(comparison.systems["script"]) == pytest.approx([5, 5])


def test_the_page_has_a_column_per_system_and_says_what_was_missed(
    comparison: PeerComparison,
) -> None:
    page = report(comparison, "picture.png")

    assert (
        "whole process | at least 10 times faster | 11.0 times (9.6 to 16.0) | txtai | met |"
        in page
    )
    assert "| F1, open | not below any peer | 60.0 against 61.0 | txtai | **missed** |" in page
    assert "| index rate, passages a second | 28 | – | 6 | 3 | 7 |" in page.splitlines()
    assert "| questions a second, 8 askers | 62.5 | – | 12.5 | 6.2 | 15.6 |" in page.splitlines()
    for one in SYSTEMS.values():
        assert f"- **{one.title}** (`" in page
    assert "8 askers: 1 × 2 (tried: 1 × 2, 2 × 1)." in page


def test_page_and_picture_are_written_beside_each_other(
    comparison: PeerComparison, tmp_path: Path
) -> None:
    write_report(comparison, tmp_path / "page.md")

    assert "](page.png)" in (tmp_path / "page.md").read_text()
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
