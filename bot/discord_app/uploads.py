"""A file from Discord, fetched within its limits, whatever is said about it."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

import aiohttp
import discord

FETCH_S = 60.0
_CHUNK_BYTES = 1 << 16


class UploadError(Exception):
    """It can't be had, or is not what was said; `kind` is the notice that says so."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Upload:
    """What Discord says of a file."""

    name: str
    size: int
    url: str

    @classmethod
    def of(cls, file: discord.Attachment) -> Self:
        """
        A file that a member attached, by the name that it had.

        Discord leaves all letters but the Latin ones out of the name, so that files share one, and
        says beside it what the file was called, without its ending.
        """
        ending = PurePosixPath(file.filename).suffix
        name = file.title.removesuffix(ending) + ending if file.title else file.filename
        return cls(name, file.size, file.url)


async def fetch(upload: Upload, max_bytes: int) -> bytes:
    """
    Fetch a file's bytes; no more are read than it may have.

    Args:
        upload: As Discord describes it.
        max_bytes: It may be no larger.

    Raises:
        UploadError: `document_too_large` (by what is said, or by what comes), `document_size_lies`
            if it is not as large as was said, `document_empty`, `document_not_fetched`.
    """
    if upload.size > max_bytes:
        raise UploadError("document_too_large")
    received = bytearray()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_S)) as session,
            session.get(upload.url, allow_redirects=False, raise_for_status=True) as response,
        ):
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                received += chunk
                if len(received) > max_bytes:
                    raise UploadError("document_too_large")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise UploadError("document_not_fetched") from error
    if len(received) != upload.size:
        raise UploadError("document_size_lies")
    if not received:
        raise UploadError("document_empty")
    return bytes(received)
