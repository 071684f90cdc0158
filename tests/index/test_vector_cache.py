"""The cache of vectors is only a saving: what is damaged in it is begun anew."""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import numpy as np

from index.manifest import EncoderStamp
from index.vector_cache import FILE_NAME, VectorCache, text_sha256

_PAGE_BYTES = 4_096
_ENCODER = EncoderStamp(name="fake", sha256="fake", dim=384, precision="fp32")


def test_a_page_that_is_damaged_where_nothing_is_looked_up_hinders_no_build(
    tmp_path: Path,
) -> None:
    vectors = np.ones((300, 384), dtype=np.float32)
    with closing(VectorCache(tmp_path, _ENCODER)) as cache:
        cache.add([text_sha256(str(number)) for number in range(300)], vectors)
    _damage_last_rows(tmp_path / _ENCODER.cache_name / FILE_NAME)
    key = text_sha256("another")

    with closing(VectorCache(tmp_path, _ENCODER)) as cache:
        assert cache.missing([key]) == {key}
        cache.add([key], vectors[:1])

        assert cache.sound([key]).keys() == {key}


def _damage_last_rows(path: Path) -> None:
    """Write over the page of a table's last rows, which its root names last."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'vectors'"
        ).fetchone()
    content = bytearray(path.read_bytes())
    (last,) = struct.unpack_from(">I", content, (root - 1) * _PAGE_BYTES + 8)
    content[(last - 1) * _PAGE_BYTES : last * _PAGE_BYTES] = b"\xff" * _PAGE_BYTES
    path.write_bytes(content)
