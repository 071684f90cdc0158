"""A fake that processes of their own take, which need nothing else of the tests."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from index.encoder import EncodingProgress, Vectors
from index.exporting import Precision

_TOKEN = re.compile(r"\w+|[^\w\s]")


@cache
def _tokenizer() -> bytes:
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split

    tokenizer = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = Split(Regex(_TOKEN.pattern), behavior="removed", invert=True)
    return tokenizer.to_str().encode()


@dataclass
class FakeEncoder:
    """
    Embeds a text as its bag of words: each word adds one to a place that its hash names.

    Texts that share words are near each other, and whoever reads a test can tell which.
    """

    name: str = "fake"
    sha256: str = "f" * 64
    dim: int = 64
    precision: Precision = "fp32"
    encoded: list[str] = field(default_factory=list)
    """Every text that was ever asked for."""

    @property
    def tokenizer(self) -> bytes:
        """One that finds the same tokens, for processes that have no fakes."""
        return _tokenizer()

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        return [[match.span() for match in _TOKEN.finditer(text)] for text in texts]

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        self.encoded += texts
        progress(len(texts))
        return np.stack([self.encode_question(text) for text in texts])

    def encode_question(self, question: str) -> Vectors:
        vector = np.zeros(self.dim, dtype=np.float32)
        for word in re.findall(r"\w+", question.lower()):
            vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % self.dim] += 1
        vector[0] += 1e-3  # no text is the zero vector
        return vector / np.linalg.norm(vector)
