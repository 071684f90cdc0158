"""What can go wrong while reading."""


class ReaderError(Exception):
    """The reader's weights are missing, damaged or of another kind."""
