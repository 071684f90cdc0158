"""Examples alone, and groups in which spans of several passages compete."""

from typing import TYPE_CHECKING

import pytest

from training.loss import cross_entropy

if TYPE_CHECKING:
    import torch

# Two contexts of three tokens behind "no answer"; the second has one token less.
LOGITS = [[1.0, 3.0, -2.0, 0.5], [2.0, 0.0, 4.0, 9.0]]
PADDING = [[False, False, False, False], [False, False, False, True]]
FIRST_ANSWERS = [[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
NOBODY_ANSWERS = [[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]


def loss_and_gradient(wanted: list[list[float]], sizes: list[int]) -> "tuple[float, torch.Tensor]":
    import torch

    found = torch.tensor(LOGITS, requires_grad=True)
    lost = cross_entropy(found, torch.tensor(wanted), torch.tensor(PADDING), sizes)
    lost.backward()
    assert found.grad is not None
    return float(lost.detach()), found.grad


def loss(wanted: list[list[float]], sizes: list[int]) -> float:
    return loss_and_gradient(wanted, sizes)[0]


def logsumexp(*values: float) -> float:
    import torch

    return float(torch.tensor(values).logsumexp(dim=0))


@pytest.mark.parametrize("wanted", [FIRST_ANSWERS, [[0.25, 0.5, 0.0, 0.25], [0.5, 0.25, 0.25, 0]]])
def test_alone_each_example_wants_its_own_distribution(wanted: list[list[float]]) -> None:
    import torch

    logs = torch.tensor(LOGITS).masked_fill(torch.tensor(PADDING), -1e4).log_softmax(dim=-1)

    expected = -(torch.tensor(wanted) * logs).sum(dim=-1).mean()

    assert loss(wanted, [1, 1]) == pytest.approx(float(expected), abs=1e-5)


def test_in_a_group_all_margins_compete_with_one_no_answer() -> None:
    each = [logsumexp(*LOGITS[0]) - 3, logsumexp(*LOGITS[1][:3]) - 2]
    # Over "no answer" of their own passage: 2, -3, -0.5 and -2, 2.
    shared = logsumexp(0, 2, -3, -0.5, -2, 2) - 2

    expected = (sum(each) / 2 + shared) / 2

    assert loss(FIRST_ANSWERS, [2]) == pytest.approx(expected, abs=1e-5)


def test_a_group_without_an_answer_wants_none_of_its_spans() -> None:
    each = [logsumexp(*LOGITS[0]) - 1, logsumexp(*LOGITS[1][:3]) - 2]
    shared = logsumexp(0, 2, -3, -0.5, -2, 2)

    expected = (sum(each) / 2 + shared) / 2

    assert loss(NOBODY_ANSWERS, [2]) == pytest.approx(expected, abs=1e-5)


def test_a_rival_as_strong_as_the_answer_is_pushed_down_further_than_alone() -> None:
    alone, compared = (loss_and_gradient(FIRST_ANSWERS, sizes)[1] for sizes in ([1, 1], [2]))

    # Its likeliest token, and the answer's.
    assert compared[1, 2] > alone[1, 2] > 0
    assert compared[0, 1] < alone[0, 1] < 0


def test_padding_is_let_be() -> None:
    for sizes in ([1, 1], [2]):
        assert float(loss_and_gradient(FIRST_ANSWERS, sizes)[1][1, 3]) == 0
