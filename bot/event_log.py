"""Logs: one line an event, its values named; never a question, never a person's name."""

import logging
import sys
import time
from typing import TextIO

from prompts.printing import json_text, printable

_FIELDS = "quoth_fields"


def event(
    logger: logging.Logger, name: str, /, level: int = logging.INFO, **fields: object
) -> None:
    """Log that something happened, with its values. Pass ids of people and servers hashed."""
    logger.log(level, name, extra={_FIELDS: fields})


class Outage:
    """Something that is tried again and again: logged once when it fails, and once it is back."""

    def __init__(self, logger: logging.Logger, name: str) -> None:
        """Name it; the log then says `NAME_away` and `NAME_back`."""
        self._logger = logger
        self._name = name
        self._lasts = False

    def failed(self, reason: str) -> None:
        """Note that it failed, and why."""
        if not self._lasts:
            event(self._logger, f"{self._name}_away", logging.WARNING, reason=reason)
        self._lasts = True

    def succeeded(self) -> None:
        """Note that it did not fail."""
        if self._lasts:
            event(self._logger, f"{self._name}_back")
        self._lasts = False


class LineFormatter(logging.Formatter):
    """`2026-03-01T09:30:00.123Z info answered answer=… milliseconds=42`, always one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line; values that hold spaces or quotes are JSON strings."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        parts = [f"{stamp}.{record.msecs:03.0f}Z", record.levelname.lower(), record.getMessage()]
        fields: dict[str, object] = dict(getattr(record, _FIELDS, {}))
        if not fields and not record.name.startswith("bot."):
            parts[2:] = [record.name]
            fields["message"] = record.getMessage()
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        parts += [f"{name}={_value(value)}" for name, value in fields.items()]
        return printable(" ".join(parts)).replace("\n", " ")


def _value(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    is_bare = text and text.isprintable() and not set(text) & set(' "=')
    return text if is_bare else json_text(text)


def set_up_logs(stream: TextIO = sys.stderr) -> None:
    """Send the logs of Quoth and of discord.py to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    # Below INFO, discord.py logs what members write.
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("aiohttp.access", "alembic", "faiss.loader"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns each time it tries in vain to reach a database; what fails for that is logged by us.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
