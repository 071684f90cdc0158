"""The checkpoints of several lessons become one with their mean weights."""

from pathlib import Path

import pytest

from tests.training.tiny import make_checkpoint, tiny_mpnet, weights
from tests.training.words import mpnet_tokenizer
from training.averaging import average, main
from training.errors import RunError
from training.models import Network, open_network

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own


@pytest.fixture
def lessons(tmp_path: Path) -> list[Path]:
    tokenizer = mpnet_tokenizer()
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for seed, folder in enumerate(folders):
        Network(tiny_mpnet(seed, tokenizer.get_vocab_size()), tokenizer).save(folder)
    return folders


def test_each_lesson_counts_as_much(lessons: list[Path], tmp_path: Path) -> None:
    import torch

    average(lessons, tmp_path / "mean")

    read = [weights(open_network(lesson)) for lesson in lessons]
    for name, weight in weights(open_network(tmp_path / "mean")).items():
        assert torch.allclose(weight, sum(one[name] for one in read) / len(read), atol=1e-6)


def test_a_lesson_of_another_network_is_refused(lessons: list[Path], tmp_path: Path) -> None:
    make_checkpoint(tmp_path / "smaller", layers=1)

    with pytest.raises(RunError, match=r"smaller is of another network than .*one"):
        average([*lessons, tmp_path / "smaller"], tmp_path / "mean")

    assert not (tmp_path / "mean").exists()


def test_nothing_that_is_there_is_replaced(lessons: list[Path]) -> None:
    before = weights(open_network(lessons[0]))

    with pytest.raises(RunError, match="is there already"):
        average(lessons[1:], lessons[0])

    after = weights(open_network(lessons[0]))
    assert all(bool((after[name] == one).all()) for name, one in before.items())


def test_a_disk_that_fills_leaves_no_half_checkpoint(
    lessons: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, folder: Path) -> None:
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        raise OSError("I/O error: No space left on device (os error 28)")

    with monkeypatch.context() as patched:
        patched.setattr(Network, "save", full)
        with pytest.raises(SystemExit, match=r"mean can't be written .*No space left"):
            main([*map(str, lessons), str(tmp_path / "mean")])
    assert not (tmp_path / "mean").exists()

    average(lessons, tmp_path / "mean")
    open_network(tmp_path / "mean")


def test_a_damaged_lesson_is_named(lessons: list[Path], tmp_path: Path) -> None:
    weights_of_one = lessons[1] / "model.safetensors"
    weights_of_one.write_bytes(weights_of_one.read_bytes()[:5000])

    with pytest.raises(SystemExit, match="two holds no sound model"):
        main([*map(str, lessons), str(tmp_path / "mean")])


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere holds no checkpoint"):
        main([str(tmp_path / "nowhere"), str(tmp_path / "mean")])
