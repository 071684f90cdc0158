"""The page and the HTTP API of `quoth serve`."""
