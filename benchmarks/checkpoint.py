"""
The shipped reader as a Hugging Face checkpoint, so that others can run the same weights.

    python -m benchmarks.checkpoint [--out build/reader-checkpoint]

Nothing is trained or rounded again, so what is read from the checkpoint is what Quoth ships.
"""

from pathlib import Path

from benchmarks import parser_of
from reader.model import MAX_TOKENS, MODEL_NAME, TOKENIZER_NAME, shipped_weights
from training.floats import Array, read_weights

DEFAULT_OUT = Path("build/reader-checkpoint")
LAYER_NORM_EPS = 1e-5
"""all-mpnet-base-v2's own, where `MPNetConfig` has another."""


def write_checkpoint(weights: dict[str, Array], tokenizer: Path, out: Path) -> None:
    """
    Write a folder that `AutoModelForQuestionAnswering` and `AutoTokenizer` load.

    Args:
        weights: All weights of a model.
        tokenizer: The file of the tokenizer.
        out: The folder.

    Raises:
        RuntimeError: If the weights are not all that a model has, and nothing else.
    """
    import torch
    from transformers import MPNetConfig, MPNetForQuestionAnswering, PreTrainedTokenizerFast

    words, width = weights["mpnet.embeddings.word_embeddings.weight"].shape
    buckets, heads = weights["mpnet.encoder.relative_attention_bias.weight"].shape
    config = MPNetConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=sum(name.endswith("attn.q.weight") for name in weights),
        num_attention_heads=heads,
        relative_attention_num_buckets=buckets,
        intermediate_size=weights["mpnet.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=weights["mpnet.embeddings.position_embeddings.weight"].shape[0],
        layer_norm_eps=LAYER_NORM_EPS,
    )
    model = MPNetForQuestionAnswering(config)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    model.save_pretrained(out)
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer),
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="[UNK]",
        mask_token="<mask>",
        model_max_length=MAX_TOKENS,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(out)


def main() -> None:
    """Run the command."""
    parser = parser_of("checkpoint", __doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the folder to write")
    arguments = parser.parse_args()
    shipped = shipped_weights()
    weights = read_weights(shipped / MODEL_NAME)
    write_checkpoint(weights, shipped / TOKENIZER_NAME, arguments.out)
    print(arguments.out)


if __name__ == "__main__":
    main()
