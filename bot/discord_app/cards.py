"""
What a message of Quoth's consists of: cards of texts, texts between them, and buttons below.

They are Discord's layout components, which are shown to members who hide embeds too. Messages from
before hold embeds, and are read as the cards that they would be now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.discord_app.markdown import escape

Buttons = Sequence[ui.ActionRow[Any]]

# Among the texts of a card, a line across it.
RULE = ""

ANSWERED = discord.Colour(0x2D7D46)
# An answer below `answering.calibration.SURE_FROM`, and no answer but candidates.
DOUBTFUL = discord.Colour(0x8A9A3B)
UNSURE = discord.Colour(0xD9A21B)
UNANSWERED = discord.Colour(0x80848E)
INFORMATION = discord.Colour(0x4752C4)


@dataclass(frozen=True, slots=True)
class MessageCard:
    """Texts below each other, in a box with a coloured edge."""

    texts: tuple[str, ...]
    """In Markdown; `RULE` draws a line."""
    colour: discord.Colour = INFORMATION

    def box(self) -> ui.Container[ui.LayoutView]:
        """The card as Discord's component."""
        box: ui.Container[ui.LayoutView] = ui.Container(accent_colour=self.colour)
        for text in self.texts:
            box.add_item(ui.TextDisplay(text) if text else ui.Separator())
        return box


def heading(text: str) -> str:
    """What stands large above the rest."""
    return f"### {text}"


def small(text: str) -> str:
    """What stands small below the rest."""
    return "\n".join(f"-# {line}" for line in text.splitlines())


def ruled(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts with a line between each two."""
    return tuple(piece for text in texts for piece in (RULE, text))[1:]


def row(*buttons: ui.Item[Any]) -> ui.ActionRow[Any]:
    """Buttons beside each other; five at most."""
    return ui.ActionRow(*buttons)


def layout(*parts: MessageCard | str, buttons: Buttons = ()) -> ui.LayoutView:
    """What a message shows: cards and texts below each other, then rows of buttons."""
    view = ui.LayoutView(timeout=None)
    for part in parts:
        view.add_item(ui.TextDisplay(part) if isinstance(part, str) else part.box())
    for each in buttons:
        view.add_item(each)
    return view


def instead(view: ui.LayoutView) -> dict[str, Any]:
    """The arguments by which an edited message shows this, and nothing of what it showed before."""
    # A message with components can hold neither, and one from before may hold both.
    return {"view": view, "content": None, "embeds": []}


def card_of(message: discord.Message) -> MessageCard | None:
    """The first card of a message."""
    for component in message.components:
        if isinstance(component, discord.Container):
            texts = (
                child.content if isinstance(child, discord.TextDisplay) else RULE
                for child in component.children
            )
            return MessageCard(tuple(texts), component.accent_colour or INFORMATION)
    for embed in message.embeds:
        shown = (
            escape(embed.author.name or ""),
            heading(embed.title) if embed.title else "",
            embed.description or "",
            small(embed.footer.text or ""),
        )
        return MessageCard(tuple(text for text in shown if text), embed.colour or INFORMATION)
    return None
