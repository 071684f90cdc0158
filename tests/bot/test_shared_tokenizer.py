"""One tokenizer for models that have the same."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.assembly import open_index, open_reader
from bot.settings import load_settings
from bot.shared_tokenizer import open_tokenizer
from reader.model import TOKENIZER_NAME, OnnxReader, shipped_weights


def test_files_with_the_same_content_share_a_tokenizer(tmp_path: Path) -> None:
    shipped = shipped_weights() / TOKENIZER_NAME
    copy, other = tmp_path / "copy.json", tmp_path / "other.json"
    copy.write_bytes(shipped.read_bytes())
    changed = json.loads(shipped.read_text(encoding="utf-8"))
    changed["normalizer"]["lowercase"] = False
    other.write_text(json.dumps(changed), encoding="utf-8")

    with ThreadPoolExecutor(2) as threads:
        one, two, third = threads.map(open_tokenizer, (shipped, copy, other))

    assert one is two
    assert one.encode("Bread").ids != third.encode("Bread").ids


def test_the_shipped_reader_and_the_default_encoder_share_one(
    real_data: Callable[[], Path],
) -> None:
    settings = load_settings(data=real_data())

    opened, reader = open_index(settings), open_reader(settings)
    opened.generation.close()

    assert isinstance(reader, OnnxReader)
    assert reader._tokenizer is opened.encoder._tokenizer
