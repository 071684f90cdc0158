"""A local Discord: its REST API and gateway over real sockets, strict about what it is sent."""

from tests.discord_service.service import LocalDiscord

__all__ = ["LocalDiscord"]
