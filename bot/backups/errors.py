"""What is wrong with a backup."""


class BackupError(Exception):
    """A backup can't be written or restored; its text is meant for the person who runs Quoth."""
