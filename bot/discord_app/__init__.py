"""Quoth in Discord: a thin edge around the same answers as in the terminal."""
