"""What can go wrong while something is fetched."""


class FetchError(Exception):
    """Something can't be fetched; its text says why, without the address."""


class NotPublicError(FetchError):
    """An address is not of the internet, and nobody has allowed others."""


def none_wanted(count: int, noun: str, under: str | None) -> str:
    """Why nothing is fetched from what names pages or documents."""
    if not count:
        return f"it has no {noun}s"
    named = f"it has {count:,} {noun}{'' if count == 1 else 's'}"
    return f"{named}, and none that begins with {under}"


class GoneError(FetchError):
    """The server says that it has no such page, or none any more."""
