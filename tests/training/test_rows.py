from typing import cast

import pytest

from tests.training.words import word_tokenizer
from training.distil import NO_ANSWER_OFFSET, Distribution
from training.examples import Example
from training.features import BERT
from training.models import Network
from training.rows import SOFT_SHARE, labelled, taught

NETWORK = Network(cast("object", None), word_tokenizer(), BERT)  # type: ignore[arg-type]
ANSWERED = Example("who", "Ada rows", ((0, 3),), "passage")
RETRIEVED = Example("who", "Bo sails", (), "retrieved")
# The teacher would rather say nothing, or else the second word.
OPINION = Distribution(starts={NO_ANSWER_OFFSET: 0.75, 4: 0.25}, ends={NO_ANSWER_OFFSET: 1.0})


def test_labelled_rows_want_the_written_answer() -> None:
    ((row,),) = labelled(NETWORK, [(ANSWERED,)])

    assert (row.starts, row.ends) == ({3: 1.0}, {3: 1.0})


def test_rows_are_grouped_as_their_examples_are() -> None:
    groups = labelled(NETWORK, [(ANSWERED, RETRIEVED), (ANSWERED,)])

    assert [[row.starts for row in group] for group in groups] == [
        [{3: 1.0}, {0: 1.0}],
        [{3: 1.0}],
    ]


def test_taught_rows_weigh_the_teacher_against_the_written_answer() -> None:
    ((row,),) = taught(NETWORK, [ANSWERED], {ANSWERED.key: OPINION})

    assert row.starts == {
        0: pytest.approx(0.75 * SOFT_SHARE),
        3: pytest.approx(1 - SOFT_SHARE),
        4: pytest.approx(0.25 * SOFT_SHARE),
    }


def test_of_a_retrieved_passage_the_teacher_alone_decides() -> None:
    offsets = Distribution(starts={NO_ANSWER_OFFSET: 0.5, 3: 0.5}, ends={8: 1.0})

    ((row,),) = taught(NETWORK, [RETRIEVED], {RETRIEVED.key: offsets})

    assert (row.starts, row.ends) == ({0: 0.5, 4: 0.5}, {4: 1.0})


def test_without_an_opinion_only_what_is_written_can_be_learnt() -> None:
    ((row,),) = taught(NETWORK, [ANSWERED, RETRIEVED], {})

    assert (row.starts, row.ends) == ({3: 1.0}, {3: 1.0})
