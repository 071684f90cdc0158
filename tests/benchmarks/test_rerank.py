"""Weights of ranking again, fitted on candidates that are known."""

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import rerank
from benchmarks.rerank import FOLDER, QUESTION_WORDS, Known, fitted, scale
from index.reranking import FEATURES, WEIGHTS_NAME, Weights

TELLING = FEATURES.index("in sentence")


@pytest.fixture
def some() -> Known:
    """Forty questions with ten candidates, of which one feature tells the right one."""
    chance = np.random.default_rng(0)
    features = chance.random((40, 10, len(FEATURES)))
    right = np.arange(10) == chance.integers(0, 10, (40, 1))
    features[..., TELLING] = 0.5 * features[..., TELLING] + 0.5 * right
    fused = -np.sort(-chance.random((40, 10)), axis=1)
    return Known(features, fused, right)


def test_what_tells_right_candidates_weighs_most_and_nothing_weighs_less_than_none(
    some: Known,
) -> None:
    weights = fitted(some)

    assert weights.argmax() == TELLING
    assert (weights >= 0).all()


def test_places_without_a_candidate_do_not_count(some: Known) -> None:
    empty = Known(
        np.pad(some.features, ((0, 0), (0, 5), (0, 0)), constant_values=9.0),
        np.pad(some.fused, ((0, 0), (0, 5)), constant_values=-np.inf),
        np.pad(some.right, ((0, 0), (0, 5))),
    )

    assert fitted(empty) == pytest.approx(fitted(some))


def test_scores_are_scaled_to_leave_as_many_near_the_first(some: Known) -> None:
    weights = fitted(some)
    weights *= scale(some, weights)

    scores = -np.sort(-(some.features @ weights), axis=1)[:, :5]
    near, near_fused = (np.mean(each[:, :1] - each <= 0.08) for each in (scores, some.fused[:, :5]))

    assert near == pytest.approx(near_fused, abs=0.01)


def test_what_ships_was_fitted_with_the_words_that_questions_are_made_of_now() -> None:
    shipped = Weights.model_validate_json((FOLDER / WEIGHTS_NAME).read_bytes())

    assert shipped.question_words == QUESTION_WORDS


def test_what_is_known_of_candidates_is_kept_for_each_encoder(
    some: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = some, Known(some.features / 2, some.fused, some.right)
    monkeypatch.setattr(rerank, "corpus_of", lambda _: None)
    monkeypatch.setattr(rerank, "ContextSearch", lambda _, export, *__, **___: export)
    monkeypatch.setattr(
        rerank, "known", lambda _, export, __: first if export.name == "one" else second
    )
    chosen = Namespace(
        files=[Path("dev.jsonl")],
        distractors=[],
        sections=None,
        articles=False,
        at_most=0,
        work=tmp_path,
    )

    kept = [rerank._kept(chosen, Path(name)) for name in ("one", "two", "one")]

    for found, expected in zip(kept, (first, second, first), strict=True):
        assert (found.features == expected.features).all()
