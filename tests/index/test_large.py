"""Many files, and a very large one."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from index.encoder import EncodingProgress, Vectors
from index.inspection import verify
from tests.conftest import Library, QuietReporter
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.stress


@dataclasses.dataclass
class NumberingEncoder(FakeEncoder):
    """Gives each text any vector at all: what is looked at here is not what is found."""

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        progress(len(texts))
        return np.full((len(texts), self.dim), self.dim**-0.5, dtype=np.float32)


def test_ten_thousand_small_files_are_indexed_and_one_change_reads_one(library: Library) -> None:
    for number in range(10_000):
        library.write(f"{number % 100}/{number}.txt", f"File {number} costs {number} francs.")
    library.build()
    library.write("7/7.txt", "File 7 costs nothing.")
    reporter = QuietReporter()

    report = library.build(reporter)

    assert report.documents == 10_000
    assert reporter.stages["read"] == report.encoded == 1
    verify(library.collection)


def test_a_file_of_200_megabytes_is_indexed(library: Library) -> None:
    library.encoder = NumberingEncoder()
    sentence = "The harbour of Vellmar takes {} marks for each night of the year {}.\n"
    with (library.documents / "large.txt").open("w") as file:
        written = number = 0
        while written < 200_000_000:
            written += file.write(sentence.format(number, number % 2_000))
            number += 1

    report = library.build()

    assert report.failures == ()
    assert report.passages > 100_000
    with_last = library.open().engine.lexical({f"{number - 1}": 1.0}, 1)
    assert len(with_last) == 1
