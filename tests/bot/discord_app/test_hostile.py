"""Documents are written by others: nothing in them reaches Discord as more than text."""

from tests.bot.discord_app.conftest import StartBot
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, User

NAME = "@everyone_**notes**_`x`_[y](z).txt"
TEXT = "<@1> @here says **bold** [link](https://evil.example): for plunder 66 ||hidden|| `x`."


def test_a_hostile_document_is_quoted_listed_and_pings_nobody(
    local: LocalDiscord, start_bot: StartBot, library: Library, channel: Channel, asker: User
) -> None:
    library.write(NAME, TEXT)
    library.build()
    running = start_bot()
    running.bot.service.refresh()
    said = local.say(channel, asker, f"<@{local.bot.id}> for plunder", mentions=[local.bot])

    reply = local.reply_to(said)
    assert reply.title == "66"
    assert r"\<\@1\> \@here says \*\*bold\*\*" in reply.text
    assert reply.sent["allowed_mentions"]["parse"] == []
    context = local.answer_to(local.press(reply, asker, "Context"))
    assert r"\[link\]\(https\://evil.example\)" in context.text
    listed = local.answer_to(local.slash(channel, asker, "sources"))
    assert r"\@everyone\_\*\*notes\*\*\_\`x\`\_\[y\]\(z\).txt" in listed.text
