"""What members can do, by subject."""

from collections.abc import Callable

from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.cogs.ask import Ask
from bot.discord_app.cogs.audit import Audit
from bot.discord_app.cogs.catch_up import CatchUp
from bot.discord_app.cogs.cooldowns import CooldownCommands
from bot.discord_app.cogs.deleted import DeletedMessages
from bot.discord_app.cogs.documents import Documents
from bot.discord_app.cogs.gaps import Gaps
from bot.discord_app.cogs.gone import Gone
from bot.discord_app.cogs.listen import Listen
from bot.discord_app.cogs.manage import Manage
from bot.discord_app.cogs.posts import Posts
from bot.discord_app.cogs.privacy import Privacy
from bot.discord_app.cogs.read import Read
from bot.discord_app.cogs.taught import TaughtAnswers
from bot.settings import Settings

COGS = (
    Ask,
    Listen,
    Posts,
    CatchUp,
    Read,
    Manage,
    CooldownCommands,
    Gaps,
    Audit,
    Gone,
    DeletedMessages,
    Documents,
    TaughtAnswers,
    Privacy,
)


def cogs_for(settings: Settings) -> tuple[Callable[[QuothBot], commands.Cog], ...]:
    """What members can do where these settings hold."""
    with_documents = (Documents, TaughtAnswers)
    return tuple(cog for cog in COGS if cog not in with_documents or settings.max_documents)
