"""How long answers are kept, and how far `quoth gaps` and `/gaps list` look back."""

from typing import Protocol

ANSWERS_KEPT_DAYS = 30
# A fortnight, since answers are kept long enough for the fortnight before to compare it with.
GAPS_DAYS = 14


class KeptDays(Protocol):
    """For how many days something is kept that a person can set; `bot.settings.Settings` is one."""

    @property
    def log_questions_days(self) -> int:
        """Questions that are logged."""

    @property
    def votes_days(self) -> int:
        """Votes, with what came with them."""

    @property
    def audit_days(self) -> int:
        """What moderators did."""
