"""Discord's limits, from its API documentation; each is a count of characters or of items."""

MAX_CONTENT = 2_000
MAX_EMBED_TITLE = 256
MAX_EMBED_DESCRIPTION = 4_096
MAX_EMBED_AUTHOR = 256
MAX_EMBED_FOOTER = 2_048
MAX_MODAL_INPUT = 4_000
# An interaction can be answered for 15 minutes.
INTERACTION_S = 15 * 60

# The error code of an interaction whose time is over.
EXPIRED_TOKEN = 50_027
