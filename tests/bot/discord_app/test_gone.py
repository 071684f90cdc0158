"""Channels and roles that are deleted in Discord: what was set for them is forgotten."""

from typing import Any

import pytest

from tests.bot.discord_app.conftest import StartBot
from tests.discord_service import LocalDiscord
from tests.discord_service.world import MANAGE_GUILD, Channel, Guild, User


@pytest.mark.parametrize("meanwhile", ["it runs", "it is away", "the server has removed it"])
def test_what_was_set_for_a_channel_or_a_role_goes_with_it(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, meanwhile: str
) -> None:
    doomed, kept = local.add_channel(guild, "doomed"), local.add_channel(guild, "kept")
    archived = local.add_thread(kept)
    helpers, guests = local.add_role(guild, "helpers"), local.add_role(guild, "guests")
    moderator = User("moderator")

    def use(name: str, **options: Any) -> str:
        asked = local.slash(channel, moderator, name, permissions=MANAGE_GUILD, **options)
        return local.answer_to(asked).content

    def told() -> str:
        return "\n".join(use(f"{name} list") for name in ("channels", "cooldown"))

    running = start_bot()
    for one in (doomed, archived):
        use("channels allow", channel=one)
    for posts in (doomed, kept):
        use("channels allow", channel=posts)
        use("channels answer-posts", channel=posts, person=helpers)
        use("cooldown set", questions=1, seconds=9, channel=posts)
    for role in (helpers, guests):
        use("cooldown set", questions=1, seconds=9, role=role)
    use("gaps digest", channel=doomed)
    # Discord names no threads that are archived.
    guild.channels.remove(archived)

    if meanwhile == "it runs":
        local.delete_channel(doomed)
        local.delete_role(guild, helpers)
    else:
        if meanwhile == "the server has removed it":
            local.leave(guild)
            local.wait_for(lambda: not running.bot.guilds, "the server to be left")
        guild.channels.remove(doomed)
        del local.channels[doomed.id]
        guild.roles.remove(helpers)
        if guild in local.guilds:
            start_bot()
        else:
            local.join(guild)
    local.wait_for(lambda: str(doomed.id) not in (found := told()) and str(helpers.id) not in found)

    found, pair = told(), (archived, kept)
    allowed = {f"only in <#{one.id}>, <#{other.id}> and" for one in pair for other in pair}
    assert any(each in found for each in allowed)
    assert f"by myself in <#{kept.id}>." in found
    assert f"<#{kept.id}>: 1 question" in found
    assert f"<@&{guests.id}>: 1 question" in found
