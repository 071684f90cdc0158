"""Question and passages in, spans out."""

# What the reader that comes with Quoth is called in settings.
SHIPPED_READER = "quoth"
