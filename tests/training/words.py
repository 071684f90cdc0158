"""Tokenizers for tests: one token a word or mark, of those that are known."""

from tokenizers import Tokenizer
from tokenizers.models import WordLevel, WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, Whitespace
from tokenizers.processors import RobertaProcessing

# Any word is unknown, so what tests look at is where tokens lie.
UNKNOWN = 7

_SPECIAL = ("<s>", "<pad>", "</s>", "[UNK]", "<mask>")
_WORDS = ("?", ".", ",", "and", "at", "baked", "bread", "costs", "dawn", "francs", "it", "two")


def word_tokenizer() -> Tokenizer:
    """All words have the same id."""
    tokenizer = Tokenizer(WordLevel({"?": UNKNOWN}, "?"))
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def mpnet_tokenizer() -> Tokenizer:
    """MPNet's own, with a few words."""
    names = (*_SPECIAL, *_WORDS)
    tokenizer = Tokenizer(WordPiece({name: n for n, name in enumerate(names)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens(list(_SPECIAL))
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
