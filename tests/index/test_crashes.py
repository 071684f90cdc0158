"""A build that is killed at any moment harms nobody."""

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace

import pytest

from index.inspection import verify
from index.retrieve import Retriever
from index.sizing import SIZING, Sizing
from index.store import KEPT_GENERATIONS
from tests.conftest import ROOT, Library
from tests.forks import forked_command

# Random moments are drawn from this, which a build of the test's documents takes at most.
MAX_MOMENT_S = 0.08
CHANGING = 4
SAME = 20
# The passages are many enough for an approximate index, and are written anew every few builds.
SMALL = Sizing(exact_up_to=16, max_added=8)


class Killer:
    """Edits the documents, lets a build of them be killed, and looks at what is left."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._version = 0
        self._edit()
        library.build()
        self._process = subprocess.Popen(
            forked_command(
                "tests.index.crashing", str(library.folder), json.dumps(asdict(library.sizing))
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def close(self) -> None:
        self._process.communicate()

    def kill(self, how: str, number: float) -> str:
        """One killed build, and one that is not; returns the killed one's reply."""
        self._edit()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(how, number, file=self._process.stdin, flush=True)
        reply = self._process.stdout.readline().strip()
        assert reply
        self._check({self._version - 1, self._version})
        self._library.build()
        self._check({self._version})
        return reply

    def _edit(self) -> None:
        self._version += 1
        for number in range(CHANGING):
            self._library.write(f"{number}.txt", f"Fine {number} costs {self._version} francs.")
        for number in range(SAME):
            self._library.write(f"same{number}.txt", f"This same{number} never changes.")
        (self._library.documents / f"new{self._version - 1}.txt").unlink(missing_ok=True)
        self._library.write(f"new{self._version}.txt", f"New in version {self._version}.")

    def _check(self, versions: set[int]) -> None:
        """What is served is whole, and of one of these versions."""
        verify(self._library.collection)
        with closing(self._library.open()) as generation:
            texts = {document.id: document.text for document in generation.texts.documents()}
            assert texts in [
                {f"{i}.txt": f"Fine {i} costs {version} francs." for i in range(CHANGING)}
                | {f"same{i}.txt": f"This same{i} never changes." for i in range(SAME)}
                | {f"new{version}.txt": f"New in version {version}."}
                for version in versions
            ]
            retriever = Retriever(generation, self._library.encoder)
            for document_id, text in texts.items():
                assert retriever.retrieve(text, 1).hits[0].passage.document_id == document_id
        if len(versions) == 1:
            collection = self._library.collection
            names = {path.name for path in (collection.folder / "generations").iterdir()}
            assert names == set(collection.generations.ids())
            assert len(names) <= KEPT_GENERATIONS


@pytest.fixture(params=[SIZING, SMALL], ids=["exact", "approximate"])
def killer(library: Library, request: pytest.FixtureRequest) -> Iterator[Killer]:
    made = Killer(replace(library, sizing=request.param))
    yield made
    made.close()


def operations_of_a_build(killer: Killer) -> int:
    operations = killer.kill("operation", 1_000_000)
    assert operations.isdigit()
    return int(operations)


def test_a_build_killed_at_a_file_operation_harms_nothing(killer: Killer) -> None:
    count = operations_of_a_build(killer)
    assert count > 50
    for operation in range(1, count, 17):
        assert killer.kill("operation", operation) == "killed"


def kill_at_random(killer: Killer, times: int, seed: int) -> None:
    """Kill so many builds; some are done before their moment comes, and don't count."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    killed = 0
    for _ in range(20 * times):
        killed += killer.kill("after", chance.uniform(0.001, MAX_MOMENT_S)) == "killed"
        if killed == times:
            return
    pytest.fail(f"only {killed} builds were killed; shorten MAX_MOMENT_S")


def test_a_build_killed_at_any_moment_harms_nothing(killer: Killer) -> None:
    kill_at_random(killer, 4, seed=0)


@pytest.mark.stress
def test_a_build_killed_at_every_file_operation_harms_nothing(killer: Killer) -> None:
    for operation in range(1, operations_of_a_build(killer)):
        assert killer.kill("operation", operation) == "killed"


@pytest.mark.stress
def test_builds_killed_at_hundreds_of_moments_harm_nothing(killer: Killer) -> None:
    kill_at_random(killer, 200, seed=1)
