"""Machines that answer serve what is published, and nothing that was removed."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.collection_names import BASE_COLLECTION
from bot.serving.mirror import Mirror
from bot.settings import Settings
from bot.shared.generations import SharedGenerations
from bot.shared.opening import Shared
from bot.shared.parts import Parts
from bot.shared.storage import FolderStorage
from index.errors import IndexMissingError
from index.store import Collection
from tests.bot.shared.test_generations import SCOPE, build, parts_of, text_of
from tests.conftest import Library


def test_what_can_not_be_fetched_goes_on_unless_something_was_removed(
    shared: Shared, library: Library, builder: Settings, node: Settings, storage: Path
) -> None:
    own, seconds = library.other(SCOPE), [0.0]
    secret = own.write("secret.txt", "The secret is 35.")
    build(shared, library, builder, "For theft 35 were counted.")
    build(shared, own, builder, "Of theft nothing is said.")
    mirror = Mirror(node, shared, clock=lambda: seconds[0])
    mirror.bring_all()
    before = set(parts_of(storage))
    secret.unlink()
    build(shared, library, builder, "For theft 36 were counted.")
    build(shared, own, builder, "Of theft nothing is said.")
    fresh = {name: path for name, path in parts_of(storage).items() if name not in before}
    contents = {path: path.read_bytes() for path in fresh.values()}
    for path in fresh.values():
        path.unlink()

    mirror.bring_all()
    assert text_of(Collection(node.base_collection)) == "For theft 35 were counted."
    with pytest.raises(IndexMissingError):
        Collection(node.collection(SCOPE)).current()

    for path, content in contents.items():
        path.write_bytes(content)
    # It is tried again after a while.
    mirror.bring_all()
    assert text_of(Collection(node.base_collection)) == "For theft 35 were counted."
    seconds[0] = 60.0
    mirror.bring_all()
    assert text_of(Collection(node.base_collection)) == "For theft 36 were counted."
    assert text_of(Collection(node.collection(SCOPE))) == "Of theft nothing is said."


def test_what_was_removed_while_the_base_was_fetched_does_not_come_back(
    shared: Shared, library: Library, builder: Settings, node: Settings, storage: Path
) -> None:
    own = library.other(SCOPE)
    secret = own.write("secret.txt", "The secret is 35.")
    build(shared, library, builder, "For theft 35 were counted.")
    build(shared, own, builder, "Of theft nothing is said.")

    class Slow(FolderStorage):
        """Meanwhile another build is published and brought."""

        def get(self, sha256: str, path: Path) -> None:
            if secret.exists():
                secret.unlink()
                build(shared, own, builder, "Of theft nothing is said.")
                assert shared.generations.bring(node, SCOPE)
            super().get(sha256, path)

    slow = SharedGenerations(shared.database, Parts(shared.database, Slow(storage)), shared.jobs)
    Mirror(node, replace(shared, generations=slow)).bring_all()

    assert not secret.exists()
    collection = Collection(node.collection(SCOPE))
    assert collection.current() == shared.generations.kept()[SCOPE].current


def test_a_server_that_is_gone_goes_unless_its_documents_are_here(
    shared: Shared, library: Library, builder: Settings, node: Settings
) -> None:
    own = library.other(SCOPE)
    build(shared, own, builder, "The secret is 35.")
    Mirror(node, shared).bring_all()
    assert Mirror(node, shared).bring(SCOPE)
    assert not Mirror(node, shared).bring(BASE_COLLECTION)

    # Somebody keeps something there that is no collection.
    (node.collections / "Lost And Found").mkdir()
    shared.generations.forget(SCOPE)
    Mirror(node, shared).bring_all()
    Mirror(builder, shared).bring_all()

    assert not node.collection(SCOPE).exists()
    assert builder.collection(SCOPE).exists()
