"""Discord's limits, from its API documentation; each is a count of characters or of items."""

MAX_CONTENT = 2_000
MAX_EMBED_TITLE = 256
MAX_EMBED_DESCRIPTION = 4_096
MAX_EMBED_AUTHOR = 256
MAX_EMBED_FOOTER = 2_048
# Of all the text in all embeds of a message.
MAX_EMBED_TOTAL = 6_000
MAX_MODAL_INPUT = 4_000
# An interaction must be acknowledged within three seconds, and can be answered for 15 minutes.
ACKNOWLEDGED_S = 3.0
INTERACTION_S = 15 * 60

MAX_CHOICES = 25
MAX_CHOICE = 100

# Error codes: of an interaction whose time is over, and of one that was answered before.
EXPIRED_TOKEN = 50_027
ALREADY_ACKNOWLEDGED = 40_060
