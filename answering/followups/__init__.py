"""Follow-ups: which questions are, and how they are asked after those before them."""
