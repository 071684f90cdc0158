"""What one server has is seen in no other, and changed by those with the right alone."""

from typing import Any

import pytest

from tests.bot.discord_app.documents.place import NEWER, NOT_SAID, NOTE, Place
from tests.discord_service.world import MANAGE_GUILD, MANAGE_MESSAGES, Message, User


def words(message: Message) -> str:
    """What a message says, without ids, times and the question."""
    return message.content or " ".join(
        text for text in message.texts[1:] if not text.startswith("-# ")
    )


def test_the_context_of_an_own_document_is_shown_in_its_server_alone(place: Place) -> None:
    place.stock(NOTE)
    answer = place.ask("fraud")
    ids = [button["custom_id"] for button in answer.buttons]
    shown = place.local.answer_to(place.local.press(answer, User("bob"), "Context"))
    assert "For fraud **55**" in shown.text
    direct = place.local.add_dm(User("bob"))
    for channel in (place.elsewhere().channel, direct):
        forged = Message(
            channel, place.local.bot, "", components=answer.components, flags=answer.flags
        )
        for custom_id in ids:
            pressed = place.local.press_id(
                forged, User("bob"), custom_id, permissions=MANAGE_MESSAGES
            )
            if ":follow:" in custom_id or ":wrong:" in custom_id:
                place.local.form_of(pressed)
                told = place.local.submit(pressed, User("bob"), "how many for fraud")
                text = words(place.local.answer_to(told))
                assert NOT_SAID in text or "no longer have" in text
            elif ":delete:" not in custom_id:
                text = words(place.local.answer_to(pressed))
                assert "no longer have" in text
            assert "fraud" not in text


def test_a_forged_page_shows_the_documents_of_where_it_is_pressed(place: Place) -> None:
    place.stock(NOTE)
    assert "note.txt" in place.sources()
    other = place.elsewhere()
    page = place.local.answer_to(place.local.slash(other.channel, User("bob"), "sources"))
    custom_id = "quoth:page:later:0"
    button = {"type": 2, "style": 2, "label": "Later", "custom_id": custom_id}
    page.components = [{"type": 1, "components": [button]}]
    turned = place.local.press_id(page, User("bob"), custom_id)

    place.local.wait_for(lambda: turned.shown, "the page")
    assert "figures.txt" in repr(page.texts)
    assert "note.txt" not in repr(page.texts)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("add", {"file": NOTE}),
        ("remove", {"name": "note.txt"}),
        ("rebuild", {}),
        ("rollback", {}),
    ],
)
def test_members_without_the_right_change_nothing(
    place: Place, name: str, options: dict[str, Any]
) -> None:
    place.stock(NOTE)
    place.stock(NEWER)

    with pytest.raises(AssertionError, match="Discord does not let them"):
        place.local.slash(
            place.channel, User("bob"), f"documents {name}", permissions=MANAGE_MESSAGES, **options
        )

    assert place.answer("fraud") == "66"


def test_discord_shows_the_commands_to_managers_in_servers(place: Place) -> None:
    (command,) = [c for c in place.local.commands if c["name"] == "documents"]

    assert command["default_member_permissions"] == MANAGE_GUILD
    assert command["dm_permission"] is False
    assert [option["name"] for option in command["options"]] == [
        "add",
        "remove",
        "rebuild",
        "rollback",
    ]
