"""What was fitted for one reader and one encoder, kept as a file beside the weights."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from reader.errors import ReaderError

Model = Literal["reader", "encoder"]


class Fitted(BaseModel):
    """What the file of a calibration or a tuning begins with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    reader_sha256: str
    """The hash of the reader that it was fitted for."""
    encoder_sha256: str
    """The hash of the encoder that the cosines came from."""
    fitted_on: str
    """For people: which questions, and how many."""

    def differs(self, reader_sha256: str, encoder_sha256: str) -> tuple[Model, ...]:
        """Which models in use are not those that it was fitted for; it counts if there are none."""
        differing: list[Model] = []
        if self.reader_sha256 != reader_sha256:
            differing.append("reader")
        if self.encoder_sha256 != encoder_sha256:
            differing.append("encoder")
        return tuple(differing)


_Kind = TypeVar("_Kind", bound=Fitted)


def load_fitted(path: Path, kind: type[_Kind], *, name: str, version: int, again: str) -> _Kind:
    """
    Read the file of a calibration or a tuning.

    Args:
        path: The file.
        kind: What it holds.
        name: What that is called in errors.
        version: The format version that is read.
        again: How to make it again.

    Raises:
        ReaderError: If it is missing or damaged, or has another format version.
    """
    try:
        content = path.read_bytes()
        found = _Version.model_validate_json(content).format_version
        if found != version:
            raise ReaderError(
                f"{path}: has format version {found}, this Quoth reads {version}. {again}"
            )
        return kind.model_validate_json(content)
    except OSError as error:
        raise ReaderError(f"{path}: can't be read ({error.strerror}). {again}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ReaderError(f"{path}: holds no {name} ({place}: {first['msg']}). {again}") from error


class _Version(BaseModel):
    """The part that each such file has, whatever its format version."""

    format_version: int
