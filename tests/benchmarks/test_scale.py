"""The benchmark of scale: its documents, its vectors, its table and its picture."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scale import Measurements, plot, table
from benchmarks.scale_corpus import NOISE_LENGTH, PerturbingEncoder, questions, texts
from tests.fakes import FakeEncoder

WORDS = ["The harbour takes 35 marks.", "Bread costs 2.", "A ferry leaves at noon."]


def test_documents_are_the_same_in_every_run_and_all_different() -> None:
    first = list(itertools.islice(texts(), 30))

    assert first == list(itertools.islice(texts(), 30))
    assert len(set(first)) == 30
    assert questions(5) == questions(5)


def test_perturbed_vectors_are_near_real_ones_and_of_unit_length() -> None:
    real = FakeEncoder()
    vectors = real.encode(WORDS, lambda _: None)
    steps: list[int] = []

    made = PerturbingEncoder(real, vectors).encode([f"text {n}" for n in range(50)], steps.append)

    assert sum(steps) == 50
    assert np.linalg.norm(made, axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    nearest = (made @ vectors.T).max(axis=1)
    assert nearest.min() > 1 - NOISE_LENGTH
    assert nearest.max() < 0.999


@pytest.fixture
def measured() -> Measurements:
    return {
        size: {
            "build": {
                "documents": size // 50,
                "passages": size,
                "encoded": size if size < 5_000 else 0,
                "seconds": size / 100,
                "stages_s": {"encode": size / 200},
                "peak_anonymous_bytes": 300_000_000,
            },
            "search": {
                "open_s": 0.05,
                "is_exact": size < 5_000,
                "dense_ms": [1.0, 2.0],
                "lexical_ms": [0.5, 1.0],
                "fused_ms": [2.0, 3.0],
                "with_encoding_ms": [3.5, 4.5],
                "recall_at_10": 0.99,
                "filtered": {
                    "in *7.txt": {
                        "passages": 100,
                        "fused_ms": [1.0, 2.0],
                        "recall_at_10": 1.0,
                        "hit_at_5": 42.0,
                        "alone_hit_at_5": 41.0 if size < 5_000 else None,
                    }
                },
                "hit_at_5": 40.0,
                "anonymous_bytes": 90_000_000,
                "anonymous_of_index_bytes": 10_000_000,
                "mapped_of_index_bytes": 20_000_000,
                "index_bytes": 2_000 * size,
            },
            "add": {"seconds": 0.4},
        }
        for size in (1_000, 10_000)
    }


def test_the_table_has_a_column_per_size(measured: Measurements) -> None:
    lines = table(measured).splitlines()

    assert {line.count("|") for line in lines} == {4}
    assert "| passages | 1,000 | 10,000 |" in lines
    assert "| passages encoded per s | 200 |  |" in lines
    assert "| bytes per passage on disk | 2,000 | 2,000 |" in lines


def test_the_picture_is_drawn(measured: Measurements, tmp_path: Path) -> None:
    plot(measured, tmp_path / "scale.png")

    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")
