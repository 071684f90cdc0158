"""Question-answering models of many architectures, tiny and random, made as people publish them."""

import re
import string
from pathlib import Path
from typing import Any

CORPUS = [
    "The town fined 35 people for theft and 90 people for arson in 2019.",
    "Bread costs two francs at the station. It is baked by Mr. Keller at dawn.",
    "how many people were fined for theft, and what does bread cost?",
]
BERT_LIKE = ("bert", "distilbert", "electra", "albert", "deberta-v2")
ROBERTA_LIKE = ("roberta", "mpnet")
ARCHITECTURES = (*BERT_LIKE, *ROBERTA_LIKE)
_HIDDEN = 32


def make_model(folder: Path, architecture: str, *, answers: bool = True, seed: int = 0) -> Path:
    """
    Write a model of two tiny layers, with positions for 128 tokens, and its fast tokenizer.

    Args:
        folder: Where to; it is made.
        architecture: One of `ARCHITECTURES`.
        answers: Whether it has a question-answering head.
        seed: Decides its weights.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForQuestionAnswering

    tokenizer = _roberta_tokenizer() if architecture in ROBERTA_LIKE else _bert_tokenizer()
    if architecture in {"distilbert", *ROBERTA_LIKE}:
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    folder.mkdir(parents=True)
    tokenizer.save_pretrained(str(folder))
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "hidden_size": _HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": _HIDDEN,
        "max_position_embeddings": 130,
        "initializer_range": 0.6,
    }
    if architecture == "distilbert":
        sizes |= {"dim": _HIDDEN, "n_layers": 2, "n_heads": 2, "hidden_dim": _HIDDEN}
    if architecture in {"electra", "albert"}:
        sizes["embedding_size"] = _HIDDEN
    if architecture == "deberta-v2":
        sizes |= {
            "relative_attention": True,
            "position_buckets": 16,
            "pos_att_type": ["p2c", "c2p"],
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "type_vocab_size": 0,
        }
    torch.manual_seed(seed)
    kind: Any = AutoModelForQuestionAnswering if answers else AutoModel
    kind.from_config(AutoConfig.for_model(architecture, **sizes)).save_pretrained(str(folder))
    return folder


def _bert_tokenizer() -> Any:
    from tokenizers import (
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = sorted({word for text in CORPUS for word in re.findall(r"\w+|\S", text.lower())})
    letters = string.ascii_lowercase + string.digits
    # Trained ones number their tokens differently each time.
    tokens = dict.fromkeys([*special, *words, *letters, *(f"##{letter}" for letter in letters)])
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, special.index(name)) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=128,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def _roberta_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
        model_max_length=128,
    )
