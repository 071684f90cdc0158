"""Discord's limits, from its API documentation; each is a count of characters or of items."""

MAX_CONTENT = 2_000
# All texts among the components of a message together.
MAX_LAYOUT_TEXT = 4_000
MAX_MODAL_INPUT = 4_000
# An interaction must be acknowledged within three seconds, and can be answered for 15 minutes.
ACKNOWLEDGED_S = 3.0
INTERACTION_S = 15 * 60

MAX_CHOICES = 25
MAX_CHOICE = 100

# Error codes: of what names a message that is not there, of an interaction whose time is over, of
# one that was answered before, and of threads that are archived or locked, or of replies where
# Quoth may not read the messages before them.
INVALID_FORM = 50_035
EXPIRED_TOKEN = 50_027
ALREADY_ACKNOWLEDGED = 40_060
NOT_WRITABLE = frozenset({50_083, 160_002, 160_005})
