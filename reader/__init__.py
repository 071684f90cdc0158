"""Question and passages in, spans out."""

import os

# Nobody is told that Quoth runs; see `index`.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# What the reader that comes with Quoth is called in settings.
SHIPPED_READER = "quoth"
