"""Follow-ups: detected, rewritten with what was said before, and scored by it."""
