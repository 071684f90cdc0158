"""What members can do, by subject."""

from bot.discord_app.cogs.ask import Ask
from bot.discord_app.cogs.documents import Documents
from bot.discord_app.cogs.listen import Listen
from bot.discord_app.cogs.manage import Manage
from bot.discord_app.cogs.privacy import Privacy
from bot.discord_app.cogs.read import Read

COGS = (Ask, Listen, Read, Manage, Documents, Privacy)
