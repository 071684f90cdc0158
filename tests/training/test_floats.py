"""A network goes on from the int8 weights that it was exported as."""

from copy import deepcopy
from pathlib import Path

import pytest

from bot.readers.making import write_int8
from reader.model import MODEL_NAME
from tests.training.tiny import ASKED, make_checkpoint
from training.errors import SourceError
from training.floats import restore
from training.models import FROZEN_LAYERS, open_network

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint, and what was exported of it as int8."""
    from bot.readers.conversion import convert

    folder = tmp_path_factory.mktemp("exported")
    for name in ("fp32", "int8"):
        (folder / name).mkdir()
    # The lowest layers are not trained.
    make_checkpoint(folder / "checkpoint", layers=FROZEN_LAYERS + 1)
    convert(folder / "checkpoint", folder / "fp32")
    write_int8(folder / "fp32", folder / "int8", ASKED, [])
    return folder


def test_what_is_trained_comes_back_within_its_rounding(folder: Path) -> None:
    import torch

    taught, other = open_network(folder / "checkpoint"), open_network(folder / "checkpoint")
    trained = [one for one in other.model.parameters() if one.requires_grad]
    with torch.no_grad():
        for parameter in trained:
            parameter.zero_()

    restore(other.model, folder / "int8" / MODEL_NAME)

    wanted = [one for one in taught.model.parameters() if one.requires_grad]
    for parameter, exported in zip(trained, wanted, strict=True):
        assert torch.allclose(parameter, exported, atol=float(exported.abs().max()) / 20)
        assert parameter.any()


def test_what_is_not_trained_stays_the_bases(folder: Path) -> None:
    import torch

    network = open_network(folder / "checkpoint")
    before = {
        name: one.clone() for name, one in network.model.named_parameters() if not one.requires_grad
    }

    restore(network.model, folder / "int8" / MODEL_NAME)

    after = dict(network.model.named_parameters())
    assert before
    assert all(torch.equal(one, after[name]) for name, one in before.items())


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    import torch

    larger = open_network(folder / "checkpoint").model
    layers = larger.get_submodule("mpnet.encoder.layer")
    assert isinstance(layers, torch.nn.ModuleList)
    layers.append(deepcopy(layers[-1]))

    with pytest.raises(SourceError, match=r"doesn't say what mpnet\.encoder\.layer\.5"):
        restore(larger, folder / "int8" / MODEL_NAME)
