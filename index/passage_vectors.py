"""The vectors of passages: from the cache, or made."""

from array import array
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from index.encoder import Encoder, EncodingProgress, Vectors
from index.errors import EncodingInterruptedError
from index.reporting import Reporter
from index.texts import Texts
from index.vector_cache import VectorCache, in_parts

# Texts that are looked up at once.
_WANTED_AT_ONCE = 4_096
# Texts encoded between two writes to the vector cache: what a build loses at most that is ended. A
# second's work on two cores.
_KEPT_AT_ONCE = 128


class PassageVectors:
    """Gives the vectors of a generation's passages."""

    def __init__(
        self, texts: Texts, cache: VectorCache, encoder: Encoder, reporter: Reporter
    ) -> None:
        """Take the passages, and where their vectors come from."""
        self._texts = texts
        self._cache = cache
        self._encoder = encoder
        self._reporter = reporter
        self._made = array("q")

    @property
    def encoded(self) -> int:
        """How many passages' vectors were made so far."""
        return len(self._made)

    def make_missing(self, first_id: int, *, anew: bool) -> None:
        """
        Bring the vectors of all passages from an id on into the cache.

        Args:
            first_id: The id of the first passage.
            anew: Make also those that are there.

        Raises:
            EncodingInterruptedError: If somebody ends it; what was encoded is in the cache.
        """
        # Eight bytes per passage; their texts and vectors are held for some hundred at once.
        wanted = array("q")
        for ids in self._texts.ids(first_id):
            keys = self._texts.keys(ids)
            missing = set(keys.values()) if anew else self._cache.missing(keys.values())
            wanted.extend(i for i, key in keys.items() if key in missing)
        self._reporter.stage("encode", len(wanted))
        try:
            for some in in_parts(wanted, _WANTED_AT_ONCE):
                keys = self._texts.keys(some)
                # A text that stands in several passages is encoded with the first.
                missing = set(keys.values()) if anew else self._cache.missing(keys.values())
                made = self._make(keys, missing, self._reporter.advance)
                self._reporter.advance(len(some) - len(made))
        except KeyboardInterrupt as interrupt:
            raise EncodingInterruptedError(self._count_kept(wanted), len(wanted)) from interrupt
        self._made = wanted

    def _count_kept(self, wanted: "array[int]") -> int:
        kept = 0
        for some in in_parts(wanted, _WANTED_AT_ONCE):
            keys = self._texts.keys(some).values()
            missing = self._cache.missing(keys)
            kept += sum(key not in missing for key in keys)
        return kept

    def read(self, ids: Iterable[int]) -> Vectors:
        """
        The vectors of passages, shape (n, dim), in order of id.

        What the cache has lost meanwhile, or finds damaged only now, is encoded again.
        """
        keys = self._texts.keys([int(i) for i in ids])
        found = self._cache.sound(keys.values())
        lost = set(keys.values()) - found.keys()
        if lost:
            found |= self._make(keys, lost, lambda _: None)
            made_now = [i for i, key in keys.items() if key in lost]
            self._made.extend(set(made_now).difference(self._made))
        if not keys:
            return np.empty((0, self._encoder.dim), dtype=np.float32)
        return np.stack([found[key] for key in keys.values()])

    def _make(
        self, keys: dict[int, bytes], wanted: set[bytes], progress: EncodingProgress
    ) -> dict[bytes, Vectors]:
        """Encode the texts with the `wanted` keys, each once; each part is kept when it is made."""
        first = {key: i for i, key in reversed(keys.items()) if key in wanted}
        texts = self._texts.searched(sorted(first.values()))
        made: dict[bytes, Vectors] = {}
        for part in in_parts(list(first), _KEPT_AT_ONCE):
            vectors = self._encoder.encode([texts[first[key]] for key in part], progress)
            self._cache.add(part, vectors)
            made.update(zip(part, vectors, strict=True))
        return made


def scattered(vectors: PassageVectors, texts: Texts, first_id: int, dim: int) -> Vectors:
    """
    The vectors from an id on, shape (n, dim), each in the row of its id less `first_id`.

    Passages that came and went leave rows of zeros, whose vectors are never found.
    """
    rows: npt.NDArray[np.float32] = np.zeros((texts.next_id - first_id, dim), dtype=np.float32)
    for ids in texts.ids(first_id):
        present = list(texts.keys(ids))
        rows[[i - first_id for i in present]] = vectors.read(present)
    return rows
