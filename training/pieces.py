"""The weights of an ONNX file, in several files that a repository takes."""

from pathlib import Path

MAX_BYTES = 60_000_000
"""The size of a piece, at most; git's hosts warn of larger files, and refuse those above 100 MB."""
# The alignment of a tensor's first byte, so that any of its numbers is read at once.
_ALIGNED = 64


def cut_weights(model: Path, max_bytes: int = MAX_BYTES) -> None:
    """
    Move the weights beside a model into as few files as hold them.

    The first keeps its name, NAME.data; the others are called NAME.data.2 and so on. A tensor is
    never divided: one that is larger than a piece has one of its own.

    Args:
        model: An ONNX file whose weights lie in one file beside it.
        max_bytes: The size of a piece.
    """
    import onnx

    graph = onnx.load(model, load_external_data=False)
    first = model.with_name(f"{model.name}.data")
    weights = [one for one in graph.graph.initializer if one.external_data]
    whole = first.rename(first.with_name(f"{first.name}.whole"))
    piece, number = first.open("wb"), 1
    with whole.open("rb") as source:
        for weight in weights:
            place = {entry.key: entry.value for entry in weight.external_data}
            length = int(place["length"])
            at = -(-piece.tell() // _ALIGNED) * _ALIGNED
            if at and at + length > max_bytes:
                piece.close()
                number += 1
                piece, at = first.with_name(f"{first.name}.{number}").open("wb"), 0
            source.seek(int(place["offset"]))
            piece.seek(at)
            piece.write(source.read(length))
            del weight.external_data[:]
            for key, value in (
                ("location", Path(piece.name).name),
                ("offset", at),
                ("length", length),
            ):
                weight.external_data.add(key=key, value=str(value))
    piece.close()
    whole.unlink()
    onnx.save(graph, model)
