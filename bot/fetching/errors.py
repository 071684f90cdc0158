"""What can go wrong while something is fetched."""


class FetchError(Exception):
    """Something can't be fetched; its text says why, without the address."""


class GoneError(FetchError):
    """The server says that it has no such page, or none any more."""
