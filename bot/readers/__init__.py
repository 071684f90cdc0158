"""Readers that were added to the one that comes with Quoth: made, kept and chosen."""
