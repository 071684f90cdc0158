"""Tokenizers for tests: one token a word or mark."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import RobertaProcessing

# Any word is unknown, so what tests look at is where tokens lie.
UNKNOWN = 7

_SPECIAL = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
_WORDS = ("?", ".", ",", "and", "at", "baked", "Bread", "costs", "dawn", "francs", "it", "two")


def word_tokenizer() -> Tokenizer:
    """All words have the same id."""
    tokenizer = Tokenizer(WordLevel({"?": UNKNOWN}, "?"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def mpnet_tokenizer() -> Tokenizer:
    """A few words, and texts joined as MPNet wants them."""
    names = (*_SPECIAL, *_WORDS)
    tokenizer = Tokenizer(WordLevel({name: n for n, name in enumerate(names)}, "[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
