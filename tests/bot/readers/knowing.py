"""A tiny model that answers better than by chance."""

import json
from dataclasses import dataclass
from pathlib import Path

from reader.model import OnnxReader, PassageText
from tests.bot.readers.models import make_model


@dataclass(frozen=True)
class Knowing:
    """A model, and questions: it finds the answers to those half of which it is surest."""

    model: Path
    """As people publish it."""
    reader: Path
    """Converted, in fp32."""
    questions: Path
    """Thirty, on six passages."""


def make_knowing(folder: Path) -> Knowing:
    """Write both into a folder."""
    from bot.readers.conversion import convert

    model = make_model(folder / "model", "bert")
    (folder / "reader").mkdir()
    convert(model, folder / "reader")
    reader = OnnxReader(folder / "reader", threads=1)
    texts = {
        f"Fines in the {place}": f"The {place} fined 3{n} people for theft and 9{n} people for "
        f"arson in 201{n}. Bread costs {n + 2} francs at the {place}. It is baked by Mr. Keller."
        for n, place in enumerate(("town", "village", "harbour", "valley", "city", "county"))
    }
    found = sorted(
        (best.margin, title, asked, best.text)
        for title, text in texts.items()
        for asked in ("how many for theft?", "what does bread cost?", "who bakes?", "when?", "who?")
        for best in reader.read(asked, [PassageText(0, text, context=title)], 1)
    )
    asked_of: dict[str, list[dict[str, str]]] = {title: [] for title in texts}
    for place, (_, title, asked, said) in enumerate(found):
        # No span is so long that it holds both.
        wrong = "fined" if "Keller" in said else "Keller"
        answer = said if place >= len(found) / 2 else wrong
        asked_of[title].append({"q": asked, "a": answer})
    rows = [
        {"id": title, "title": title, "text": texts[title], "qas": qas}
        for title, qas in asked_of.items()
    ]
    questions = folder / "asked.jsonl"
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Knowing(model, folder / "reader", questions)
