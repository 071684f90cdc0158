"""Backups of the data folder: one archive holds all that can't be made again."""
