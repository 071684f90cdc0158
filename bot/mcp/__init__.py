"""
Quoth for assistants and editors, over the Model Context Protocol.

All tools only read. What they give is what the HTTP API gives, from the same functions.
"""
