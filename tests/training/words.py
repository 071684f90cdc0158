"""A tokenizer for tests: one token a word or mark, all of them with the same id."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

# Any word is unknown, so what tests look at is where tokens lie.
UNKNOWN = 7


def word_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordLevel({"?": UNKNOWN}, "?"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer
