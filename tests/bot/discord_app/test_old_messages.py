"""Messages that Quoth sent as embeds, before it sent cards: their buttons go on working."""

from tests.bot.discord_app.conftest import RunningBot
from tests.bot.discord_app.test_taught import QUESTION, TEXT, open_form, quoted
from tests.discord_service import LocalDiscord
from tests.discord_service.world import COMPONENTS_V2, ROW, Channel, Message, User

ARSON = "how many for *arson*?"


def made_old(message: Message, **embed: object) -> Message:
    """A message as it would have been sent then: an embed above its rows of buttons."""
    message.components = [one for one in message.components if one["type"] == ROW]
    message.flags &= ~COMPONENTS_V2
    message.embeds = [{"type": "rich", "color": 0x2D7D46, **embed}]
    return message


def old_answer(message: Message) -> Message:
    return made_old(
        message,
        author={"name": ARSON},
        title="812",
        description="For arson **812** were counted.\n\n-# figures.txt",
        footer={"text": "Confidence 83 % · 34 ms"},
    )


def test_an_old_answer_has_a_context_and_a_vote_keeps_the_question_above_it(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    answer = old_answer(
        local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))
    )

    assert "**812**" in local.answer_to(local.press(answer, asker, "Context")).text
    assert "question is kept" in local.answer_to(local.press(answer, asker, "Right")).content
    (kept,) = bot.bot.records.rows("SELECT question FROM feedback")
    assert kept == (ARSON,)


def test_an_old_private_answer_is_shown_to_everybody_as_a_card(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    asked = local.slash(channel, asker, "ask", question="how many for arson", private=True)
    private = old_answer(local.answer_to(asked))
    public = local.answer_to(local.press(private, asker, "Show to everybody"))

    local.wait_for(lambda: private.texts, "the button to go")
    for shown in (public, private):
        assert (shown.question, shown.title) == (ARSON, "812")
        assert shown.texts[2].startswith("For arson **812** were counted.")
        assert shown.embeds == []


def test_an_old_list_turns_into_a_card_when_its_page_is_turned(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    listed = local.answer_to(local.slash(channel, asker, "sources"))
    listed.components = [
        {
            "type": ROW,
            "components": [
                {"type": 2, "style": 2, "label": "Later", "custom_id": "quoth:page:later:1"}
            ],
        }
    ]
    made_old(listed, title="Documents", description="**a.txt**")
    local.press(listed, asker, "Later")

    local.wait_for(lambda: listed.texts, "the page")
    assert "figures.txt" in listed.text
    assert listed.embeds == []


def test_who_was_asked_for_consent_in_an_embed_agrees_to_its_words(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    lesson = local.say(channel, asker, TEXT)
    moderator = User("moderator")
    local.submit(open_form(local, lesson, moderator), moderator, QUESTION)
    request = made_old(local.reply_to(lesson), author={"name": QUESTION}, description=TEXT)
    request.content = f"<@{asker.id}> May I quote your message?"
    local.press(request, asker, "I agree")

    local.wait_for(lambda: "can quote that message" in request.text, "the lesson")
    assert (request.content, request.embeds, request.buttons) == ("", [], [])
    assert "in the north wing" in quoted(local, channel)
