"""One tokenizer for models that have the same, as Quoth's own have: each takes 25 ms and 8 MB."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Reader and encoder of whoever asks; more differ in tests alone.
_KEPT = 2
_one_at_a_time = threading.Lock()


def open_tokenizer(path: Path) -> "Tokenizer":
    """
    Open a tokenizer, or give the one that was opened of a file with the same content.

    Nobody may change it. Any thread may call this; two that need the same wait for one.
    """
    content = path.read_bytes()
    with _one_at_a_time:
        return _tokenizer(content)


@lru_cache(maxsize=_KEPT)
def _tokenizer(content: bytes) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_buffer(content)
