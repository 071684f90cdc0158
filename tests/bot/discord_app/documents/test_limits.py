"""How much a server may have, and how often and how long it may build."""

from collections.abc import Callable

from tests.bot.discord_app.documents.place import MAX_SERVER_PASSAGES, NEWER, NOT_SAID, NOTE, Place
from tests.discord_service.world import Upload

# With another of its kind, more than may be.
HALF = MAX_SERVER_PASSAGES // 2 + 1
LONG = "\n\n".join(f"Number {n}: " + "word " * 150 for n in range(HALF))


def test_documents_of_too_many_bytes_together_are_refused_with_both_numbers(place: Place) -> None:
    place.stock(*(Upload(f"{number}.txt", b"x" * 19_000) for number in range(2)))
    said = place.add(Upload("more.txt", b"For treason 66. " * 1_000))

    assert "would have 53 KiB" in said
    assert "may have 39 KiB" in said
    assert place.offered("") == ["0.txt", "1.txt"]
    assert "Replaced" in place.add(Upload("0.txt", b"For treason 66 were counted."))


def test_a_file_is_added_where_another_one_leaves_room_that_gets_smaller(place: Place) -> None:
    place.stock(*(Upload(f"{name}.txt", b"x" * 19_000) for name in ("large", "other")))
    smaller = Upload("large.txt", b"For treason 66 were counted.")
    said = place.done(place.change("add", file=smaller, file2=Upload("more.txt", b"x" * 19_000)))

    assert "Replaced **large.txt**" in said
    assert "Added **more.txt**" in said


def test_a_document_that_makes_too_many_passages_is_not_kept(place: Place) -> None:
    place.stock(NOTE, Upload("long.txt", LONG.encode()))
    said = place.add(Upload("note.txt", LONG.encode()))

    assert f"would make {2 * HALF} passages" in said
    assert f"may make {MAX_SERVER_PASSAGES}" in said
    assert "Nothing was changed" in said
    assert place.answer("fraud") == "55"
    documents = place.own_folder() / "documents"
    assert sorted(path.name for path in documents.iterdir()) == ["long.txt", "note.txt"]
    assert (documents / "note.txt").read_bytes() == NOTE.content
    together = place.change("add", file=NEWER, file2=Upload("more.txt", LONG.encode()))
    assert f"would make {2 * HALF + 1} passages" in place.done(together)
    assert sorted(path.name for path in documents.iterdir()) == ["long.txt", "note.txt"]
    assert (documents / "note.txt").read_bytes() == NOTE.content
    assert place.done(place.change("rebuild")).startswith("Indexed everything again")


def test_a_build_that_takes_too_long_is_ended_and_told_and_nothing_is_changed(
    alone: Callable[..., Place],
) -> None:
    place = alone(QUOTH_BUILD_LIMIT_S="0.5")
    place.stock(NOTE)
    (place.folder / "hold-build").touch()
    said = place.add(NEWER)

    assert "took longer than 1 minute, so I ended it. Nothing was changed" in said
    assert place.answer("fraud") == "55"
    assert (place.own_folder() / "documents" / "note.txt").read_bytes() == NOTE.content
    other = Upload("other.txt", b"For treason 66 were counted.")
    # The next one is let in a moment after that was said.
    place.local.wait_for(lambda: "took longer" in place.add(other), "the end of another build")
    assert place.offered("") == ["note.txt"]


def test_a_server_that_builds_often_waits_and_others_do_not(alone: Callable[..., Place]) -> None:
    place = alone(QUOTH_COOLDOWN_BUILDS="1", QUOTH_COOLDOWN_BUILDS_S="1000")
    assert place.add(NOTE).startswith("Added")

    assert "Please wait" in place.add(NEWER)
    assert "Please wait" in place.done(place.change("remove", name="note.txt"))
    assert "Please wait" in place.done(place.change("rebuild"))
    assert place.answer("fraud") == "55"
    other = place.elsewhere()
    assert other.answer("fraud") == NOT_SAID
    assert other.add(NOTE).startswith("Added")


def test_a_small_change_goes_before_a_large_one(alone: Callable[..., Place]) -> None:
    place = alone()
    hold = place.folder / "hold-build"
    hold.touch()
    running, large, small = place, place.elsewhere(), place.elsewhere()
    changes = [running.change("add", file=NOTE)]
    place.local.wait_for(lambda: any("0 of 1" in text for text in changes[0].shown), "a build")
    for waiting, upload in ((large, Upload("note.txt", NOTE.content * 300)), (small, NOTE)):
        changes.append(waiting.change("add", file=upload))
        place.local.wait_for(
            lambda asked=changes[-1]: any("Waiting" in text for text in asked.shown),  # type: ignore[misc]
            "a place in the line",
        )
    hold.unlink()
    for asked in changes:
        place.done(asked)

    # A change is said to be done before its build is logged.
    place.local.wait_for(lambda: place.process.logged.count(" built ") == len(changes), "a log")
    built = [line for line in place.process.logged.splitlines() if " built " in line]
    names = [where.own_folder().name for where in (running, small, large)]
    assert [name in line for name, line in zip(names, built, strict=True)] == [True] * 3


def test_what_takes_longer_than_discord_remembers_goes_on_in_a_direct_message(
    alone: Callable[..., Place],
) -> None:
    place = alone(QUOTH_MAX_DOCUMENT_BYTES="1000000")
    direct = place.local.add_dm(place.moderator)
    slow = place.folder / "slow-build"
    slow.write_text("1")
    asked = place.change("add", file=Upload("long.txt", LONG.encode()))
    place.local.wait_for(
        lambda: any(f"of {HALF} passages" in text for text in asked.shown), "a build"
    )
    asked.expired = True

    (told,) = place.local.wait_for(lambda: list(direct.messages.values()), "a direct message")
    assert "In **Newsroom**" in told.content
    assert f"of {HALF} passages" in told.content
    slow.write_text("0")
    place.local.wait_for(lambda: "I now answer from 1 document" in told.content, "the end")
    assert list(direct.messages.values()) == [told]


def test_a_small_change_is_served_while_a_large_one_is_built(alone: Callable[..., Place]) -> None:
    place = alone(QUOTH_MAX_SERVER_BYTES="1000000", QUOTH_MAX_DOCUMENT_BYTES="1000000")
    small = place.elsewhere()
    slow = place.folder / "slow-build"
    slow.write_text("1")
    large = place.change("add", file=Upload("long.txt", LONG.encode()))
    place.local.wait_for(
        lambda: any(f"of {HALF} passages" in text for text in large.shown), "a build"
    )

    assert small.add(NOTE).startswith("Added **note.txt**. I now answer from 1 document")
    assert not any("I now answer" in text for text in large.shown)
    slow.write_text("0")
    assert place.done(large).startswith("Added **long.txt**")
    assert small.answer("fraud") == "55"
