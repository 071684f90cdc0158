"""How long answers are kept, and how far `quoth gaps` and `/gaps list` look back."""

ANSWERS_KEPT_DAYS = 30
# A fortnight, since answers are kept long enough for the fortnight before to compare it with.
GAPS_DAYS = 14
