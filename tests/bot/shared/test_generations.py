"""What one machine has built is served by others, part by part, or not at all."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from bot.postgres import PostgresDatabase
from bot.settings import Settings, load_settings
from bot.shared.generations import SharedGenerations
from bot.shared.jobs import Jobs, LostJobError
from bot.shared.opening import Shared
from bot.shared.parts import SPARED_S, Parts
from bot.shared.storage import MARK_NAME, FolderStorage
from index.errors import IndexMissingError, PartError, SharedError
from index.history import history
from index.store import Collection
from tests.conftest import Library
from tests.postgres import set_clock

SCOPE = "server-aaaa"


def publish(shared: Shared, builder: Settings, name: str = "base") -> str:
    shared.jobs.ask(name)
    job = shared.jobs.claim(lambda *_: True)
    assert job is not None
    return shared.generations.publish(builder, job, "{}")


def build(shared: Shared, library: Library, builder: Settings, text: str) -> str:
    library.write("figures.txt", text)
    library.build(forget_removed=library.name != "base", may_be_empty=library.name != "base")
    return publish(shared, builder, library.name)


def bring(shared: Shared, node: Settings, name: str = "base") -> Collection:
    assert shared.generations.bring(node, name)
    return Collection(node.collection(name))


def text_of(collection: Collection) -> str:
    generation = collection.open_files(verify=True)
    try:
        return generation.texts.text("figures.txt", 0, 99)
    finally:
        generation.close()


def parts_of(storage: Path) -> dict[str, Path]:
    return {path.name: path for path in storage.glob("parts/*/*")}


def test_a_node_serves_what_a_builder_has_published(
    shared: Shared, library: Library, builder: Settings, node: Settings
) -> None:
    generation = build(shared, library, builder, "For theft 35 were counted.")

    collection = bring(shared, node)

    assert collection.current() == generation
    assert text_of(collection) == "For theft 35 were counted."
    assert (collection.folder / "history.jsonl").exists()


def test_a_node_keeps_three_generations_and_fetches_no_part_twice(
    shared: Shared, library: Library, builder: Settings, node: Settings, storage: Path
) -> None:
    for number in range(4):
        library.write(f"{number}.txt", f"Of {number}.")
        build(shared, library, builder, "For theft 35 were counted.")
        collection = bring(shared, node)
        # What the node has need not be in storage.
        for path in parts_of(storage).values():
            path.unlink()

    assert len(collection.generations.ids()) == 3
    assert text_of(collection) == "For theft 35 were counted."


def test_older_generations_leave_what_led_to_the_current_one_as_it_is(
    shared: Shared, library: Library, builder: Settings, node: Settings
) -> None:
    generations = [build(shared, library, builder, f"Of {number}.") for number in range(3)]
    collection = bring(shared, node)

    assert shared.generations.bring(node, "base", every=True)

    assert collection.generations.ids() == generations
    led = [stamp.generation for stamp in history(collection.folder, generations[-1])]
    assert led == generations[::-1]


def test_going_back_is_one_row_and_nodes_follow(
    shared: Shared,
    library: Library,
    builder: Settings,
    node: Settings,
    database: PostgresDatabase,
) -> None:
    first = build(shared, library, builder, "For theft 35 were counted.")
    second = build(shared, library, builder, "For theft 36 were counted.")
    bring(shared, node)

    assert shared.generations.roll_back("base") == first
    assert shared.generations.kept()["base"].is_held
    assert text_of(bring(shared, node)) == "For theft 35 were counted."
    with pytest.raises(IndexMissingError, match="no generation before"):
        shared.generations.roll_back("base")
    with database.statements() as connection:
        connection.execute("UPDATE collections SET current = ?", (second,))
    assert text_of(bring(shared, node)) == "For theft 36 were counted."


@pytest.mark.parametrize("fault", ["altered", "grown", "missing"])
def test_a_bad_part_is_never_served_and_fetched_once_it_was_stored_anew(
    shared: Shared,
    library: Library,
    builder: Settings,
    node: Settings,
    storage: Path,
    fault: str,
) -> None:
    first = build(shared, library, builder, "For theft 35 were counted.")
    bring(shared, node)
    before = set(parts_of(storage))
    build(shared, library, builder, "For theft 36 were counted.")
    for name, path in parts_of(storage).items():
        if name not in before:
            match fault:
                case "altered":
                    path.write_bytes(b"\0" * path.stat().st_size)
                case "grown":
                    # So large that nothing of it may be fetched.
                    os.truncate(path, 2**43)
                case _:
                    path.unlink()

    with pytest.raises(PartError, match=r"The part .* in storage\. Nothing is made of it"):
        bring(shared, node)
    assert Collection(node.base_collection).current() == first
    assert text_of(Collection(node.base_collection)) == "For theft 35 were counted."

    # All of them at once.
    shared.generations.store_lost(builder, shared.generations.lost())
    assert text_of(bring(shared, node)) == "For theft 36 were counted."


def test_what_was_damaged_on_a_node_is_fetched_again(
    shared: Shared, library: Library, builder: Settings, node: Settings
) -> None:
    build(shared, library, builder, "For theft 35 were counted.")
    collection = bring(shared, node)
    (texts,) = collection.folder.glob("generations/*/passages.sqlite")
    texts.write_bytes(texts.read_bytes().replace(b"theft", b"arson"))

    assert shared.generations.bring(node, "base", is_suspect=True)

    assert text_of(collection) == "For theft 35 were counted."
    assert not collection.is_noted_damaged()


def test_a_builder_that_lost_its_job_publishes_nothing(
    shared: Shared,
    library: Library,
    builder: Settings,
    storage: Path,
    database: PostgresDatabase,
) -> None:
    first = build(shared, library, builder, "For theft 35 were counted.")
    library.write("figures.txt", "For theft 36 were counted.")
    library.build()
    late = Jobs(database, lease_s=0.0)
    late.ask("base")
    job = late.claim(lambda *_: True)
    assert job is not None
    assert shared.jobs.claim(lambda *_: True) is not None

    with pytest.raises(LostJobError):
        SharedGenerations(database, Parts(database, FolderStorage(storage)), late).publish(
            builder, job, "{}"
        )
    assert shared.generations.kept()["base"].current == first
    # What it has stored may have been removed meanwhile.
    set_clock(database, SPARED_S + 60)
    assert shared.generations.tidy() > 0
    assert not any(b"theft 36" in path.read_bytes() for path in parts_of(storage).values())


def test_removed_text_of_a_server_leaves_nodes_and_storage(
    shared: Shared,
    library: Library,
    node: Settings,
    storage: Path,
    database: PostgresDatabase,
) -> None:
    own = library.other(SCOPE)
    builder = load_settings(data=library.folder / "data", seeds=library.documents)
    secret = own.write("secret.txt", "The secret is 35.")
    build(shared, own, builder, "Nothing is here.")
    bring(shared, node, SCOPE)
    shared.jobs.ask(SCOPE, documents=shared.generations.store_documents(own.documents))
    job = shared.jobs.claim(lambda *_: True)
    assert job is not None
    shared.jobs.refuse(job, "too_long", "")
    secret.unlink()
    build(shared, own, builder, "Nothing is here.")
    collection = bring(shared, node, SCOPE)

    assert len(collection.generations.ids()) == 1
    held = [path for path in collection.folder.rglob("*") if path.is_file()]
    assert not any(b"The secret" in path.read_bytes() for path in held)

    assert shared.generations.tidy() == 0
    assert any(b"The secret" in path.read_bytes() for path in parts_of(storage).values())
    set_clock(database, SPARED_S + 60)
    assert shared.generations.tidy() > 0
    assert not any(b"The secret" in path.read_bytes() for path in parts_of(storage).values())
    assert text_of(bring(shared, node, SCOPE)) == "Nothing is here."

    shared.generations.forget(SCOPE)
    shared.generations.tidy()
    assert parts_of(storage) == {}


def test_parts_of_a_build_that_is_being_stored_are_not_deleted(
    shared: Shared, library: Library, storage: Path, database: PostgresDatabase
) -> None:
    library.write("figures.txt", "For theft 35 were counted.")
    shared.generations.store_documents(library.documents)

    set_clock(database, 2 * 3600)
    assert shared.generations.tidy() == 0
    set_clock(database, 48 * 3600)
    assert shared.generations.tidy() == 1


def test_documents_come_with_what_is_known_of_them(
    shared: Shared, library: Library, tmp_path: Path
) -> None:
    library.write("a/figures.txt", "For theft 35 were counted.")
    library.write(".quoth-fetched.json", '{"version": 1}')
    library.write(".incoming-1.txt", "half of")
    target = tmp_path / "there" / "documents"
    target.mkdir(parents=True)
    target = tmp_path / "there" / ".." / "there" / "documents"
    (target / "gone.txt").write_text("It was removed.")

    shared.generations.bring_documents(
        shared.generations.store_documents(library.documents), target
    )

    found = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert found == {"a/figures.txt", ".quoth-fetched.json"}


def test_a_name_that_leads_out_of_its_folder_is_refused(
    shared: Shared, database: PostgresDatabase, tmp_path: Path
) -> None:
    with database.statements() as connection:
        (listing,) = connection.execute(
            "INSERT INTO listings (created, files) VALUES (0, ?) RETURNING id",
            ('{"../../out": ["00", 1]}',),
        ).fetchone()

    with pytest.raises(SharedError, match="is no name of a file"):
        shared.generations.bring_documents(listing, tmp_path / "there" / "documents")


@pytest.mark.parametrize("made_up", ["encoder/../generations.json", "encoder/./x"])
def test_an_encoder_whose_name_leads_out_of_its_folder_is_refused(
    shared: Shared, library: Library, builder: Settings, node: Settings, made_up: str
) -> None:
    build(shared, library, builder, "For theft 35 were counted.")
    mine = node.data / "records.sqlite"
    mine.parent.mkdir(parents=True)
    mine.touch()
    with shared.database.statements() as connection:
        connection.execute(
            "UPDATE listings SET files = ?",
            (json.dumps({made_up: [hashlib.sha256().hexdigest(), 0]}),),
        )

    with pytest.raises(SharedError, match="is no name of a folder"):
        bring(shared, node)
    assert mine.exists()


def test_a_generation_whose_name_leads_out_of_its_folder_is_refused(
    shared: Shared, library: Library, builder: Settings, node: Settings
) -> None:
    build(shared, library, builder, "For theft 35 were counted.")
    with shared.database.transaction() as connection:
        connection.execute("UPDATE collections SET current = NULL")
        connection.execute("UPDATE generations SET generation = '../../../out'")
        connection.execute("UPDATE collections SET current = '../../../out'")

    with pytest.raises(SharedError, match="is no name of a folder"):
        bring(shared, node)


def test_a_storage_where_nothing_is_mounted_is_no_storage_without_parts(
    shared: Shared, library: Library, builder: Settings, node: Settings, storage: Path
) -> None:
    shared.generations.check()
    build(shared, library, builder, "For theft 35 were counted.")
    shared.generations.check()
    storage.rename(storage.with_name("mounted"))
    storage.mkdir()

    library.write("figures.txt", "For theft 36 were counted.")
    library.build()
    for use in (
        shared.generations.check,
        shared.generations.tidy,
        lambda: shared.generations.bring(node, "base"),
        lambda: publish(shared, builder),
    ):
        with pytest.raises(SharedError, match="Mount that folder, or name it") as raised:
            use()
        assert not isinstance(raised.value, PartError)
    assert [*storage.iterdir()] == []
    assert shared.generations.lost() == frozenset()

    storage.rmdir()
    storage.with_name("mounted").rename(storage)
    assert text_of(bring(shared, node)) == "For theft 35 were counted."


def test_the_storage_of_another_installation_is_refused_and_a_lost_one_is_begun_anew(
    shared: Shared, library: Library, builder: Settings, node: Settings, storage: Path
) -> None:
    mark = storage / MARK_NAME
    mark.write_text("fedcba9876543210")
    library.write("figures.txt", "For theft 35 were counted.")
    with pytest.raises(SharedError, match="belongs to another installation"):
        shared.generations.store_documents(library.documents)
    assert parts_of(storage) == {}
    mark.unlink()
    build(shared, library, builder, "For theft 35 were counted.")
    own = mark.read_text()

    shutil.rmtree(storage)
    storage.mkdir()
    with pytest.raises(SharedError, match=f"write {own.strip()} into that file") as raised:
        shared.generations.bring(node, "base")
    assert MARK_NAME in str(raised.value)
    mark.write_text(own)
    build(shared, library, builder, "For theft 36 were counted.")
    assert text_of(bring(shared, node)) == "For theft 36 were counted."
