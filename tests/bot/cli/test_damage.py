"""Damage on the disk that keeps a file's size and times changes no answer, and nobody sees it."""

import json
import random
from pathlib import Path

import pytest

from tests.bot.cli.conftest import generation
from tests.commands import FAKE_ANSWER, QUESTION, quoth
from tests.damage import files_with_content, flip_unseen


@pytest.mark.parametrize("count", [1, pytest.param(260, marks=pytest.mark.stress)])
def test_the_answer_is_the_same_whichever_bit_flips(home: Path, count: int) -> None:
    chance = random.Random(9)  # noqa: S311 - places, not secrets
    expected = quoth("ask", QUESTION, cwd=home)
    assert expected.returncode == 0
    for _ in range(count):
        path = chance.choice(files_with_content(generation(home)))
        flipped_at = flip_unseen(path, chance)
        asked = quoth("ask", QUESTION, cwd=home)

        assert (asked.stdout, asked.returncode) == (expected.stdout, 0), (path.name, flipped_at)
        assert "Traceback" not in asked.stderr
        assert "panicked" not in asked.stderr
        assert "The index is damaged; indexing seeds again." in asked.stderr
        assert str(path.relative_to(home)) in asked.stderr


def test_indexing_mends_what_is_damaged(home: Path) -> None:
    flip_unseen(generation(home) / "passages.sqlite", random.Random(2))  # noqa: S311
    searched = quoth("index", "search", "drunk driving", cwd=home)
    assert searched.returncode == 1
    assert "`quoth index` makes it anew" in searched.stderr

    assert quoth("index", cwd=home).returncode == 0
    assert quoth("index", "verify", cwd=home).returncode == 0


def test_a_conversation_goes_on_and_another_collection_is_mended(home: Path) -> None:
    own = home / "data/collections/bakery"
    (own / "documents").mkdir(parents=True)
    (own / "documents/bread.txt").write_text("The bread is 17 francs a loaf.")
    assert quoth("index", "--collection", "bakery", cwd=home).returncode == 0
    (vectors,) = own.glob("generations/*/vectors.faiss")
    flip_unseen(vectors, random.Random(3))  # noqa: S311
    flip_unseen(generation(home) / "vectors.faiss", random.Random(4))  # noqa: S311

    asked = quoth(
        *("chat", "--json", "--collection", "bakery"),
        stdin=f"how much is a loaf of bread\n{QUESTION}\n",
        cwd=home,
    )

    answers = [json.loads(line)["answer"] for line in asked.stdout.splitlines()]
    assert answers == ["17", FAKE_ANSWER]
    assert asked.stderr.count("The index is damaged") == 2
