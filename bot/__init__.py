"""The faces of Quoth, and what serves them: the terminal and Discord."""

__version__ = "0.1.0"
