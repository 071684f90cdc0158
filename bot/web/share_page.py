"""An answer in its documents as one page that needs nothing else, to be kept, sent or printed."""

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files

from answering.answer import Answer
from bot.serving.scope_documents import SURROUNDINGS_CHARS, Surroundings
from bot.web.rendering import answer_values
from prompts import render_page


def share_page(
    answer: Answer, places: Sequence[Surroundings], made: datetime, permalink: str | None = None
) -> str:
    """
    Make the page.

    Args:
        answer: What it shows.
        places: What stands around each span, or around the nearest passage, in its document.
        made: When.
        permalink: Where the answer is found on Quoth's page, if it is.
    """
    style = (files("bot.web") / "static" / "style.css").read_text(encoding="utf-8")
    return render_page(
        "share",
        style=style,
        question=answer.question,
        answer=answer_values(answer, with_links=False),
        places=places,
        # As many mean that there are more.
        most_chars=SURROUNDINGS_CHARS,
        made=made.strftime("%Y-%m-%d"),
        generation=answer.generation,
        permalink=permalink,
    )
