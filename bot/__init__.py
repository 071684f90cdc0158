"""Questions in, answers out: the terminal and Discord."""

__version__ = "0.1.0"
