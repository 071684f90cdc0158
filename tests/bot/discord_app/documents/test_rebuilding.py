"""`/documents rebuild` and `rollback`, and what is broken before."""

from tests.bot.discord_app.documents.place import NEWER, NOTE, Place


def test_a_rebuild_tells_how_far_it_is(place: Place) -> None:
    place.stock(NOTE)
    hold = place.folder / "hold-build"
    hold.touch()
    try:
        asked = place.change("rebuild")
        place.local.wait_for(
            lambda: any("Indexing: 0 of 1 passage" in text for text in asked.shown), "progress"
        )
        # Meanwhile the old index answers, and nothing else is changed.
        assert place.answer("fraud") == "55"
        assert "being changed already" in place.add(NOTE)
    finally:
        hold.unlink()

    said = place.done(asked)
    assert said.startswith("Indexed everything again. I now answer from 1 document")
    assert place.answer("fraud") == "55"


def test_a_rollback_goes_back_to_the_documents_before(place: Place) -> None:
    assert "no earlier index" in place.done(place.change("rollback"))
    place.stock(NOTE)
    assert "no earlier index" in place.done(place.change("rollback"))
    place.stock(NEWER)
    said = place.done(place.change("rollback"))

    assert "I answer from 1 document as it was <t:" in said
    assert place.answer("fraud") == "55"
    assert "held since a rollback" in place.status()
    place.done(place.change("rebuild"))
    assert place.answer("fraud") == "66"
    assert "held" not in place.status()


def test_an_index_that_can_not_be_gone_back_to_is_not_called_damaged(place: Place) -> None:
    place.stock(NOTE)
    place.stock(NEWER)
    # As where the disk takes nothing.
    held = place.own_folder() / "held"
    held.mkdir()
    said = place.done(place.change("rollback"))
    held.rmdir()

    assert "I could not go back" in said
    assert "damaged" not in said
    assert place.answer("fraud") == "66"


def test_what_a_server_has_is_mended_when_it_is_broken(place: Place) -> None:
    place.stock(NOTE)
    assert place.answer("fraud") == "55"
    (manifest,) = place.own_folder().glob("generations/*/manifest.json")
    manifest.write_text("{}")
    (place.own_folder() / "CURRENT").write_text("nowhere")

    assert place.answer("arson") == "812"
    assert place.answer("fraud") == "55"
    assert "collection_broken" in place.process.logged
    assert "index_damaged" in place.process.logged
