"""The faces of Quoth (the terminal, Discord, the web page, MCP), and what serves them."""

__version__ = "0.2.0.dev0"
