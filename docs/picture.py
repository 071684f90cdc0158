"""
A picture of an answer as Discord shows it, for the README.

    python -m docs.picture [--question "..."] [--out docs/answer.png]

The embed is the one that the bot sends; only its look is drawn here, in HTML, and photographed by
a headless Chromium (Debian's package `chromium`).
"""

import argparse
import html
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from answering.answer import Answer
from answering.question import Question
from bot.assembly import open_answering
from bot.discord_app.buttons import answer_buttons
from bot.discord_app.rendering import answer_embed
from bot.discord_app.stored_answers import AnswerContents
from bot.settings import load_settings

DEFAULT_QUESTION = "how many were deported for drunk driving?"
WIDTH, HEIGHT = 720, 365
ALTERNATIVES = 4

_STYLE = """
body { margin: 0; padding: 20px; background: #313338; color: #dbdee1;
       font: 16px/1.375 "gg sans", "Liberation Sans", Arial, sans-serif; }
.line { display: flex; gap: 16px; }
.face { width: 40px; height: 40px; border-radius: 50%; background: #2d7d46; color: #fff;
        display: grid; place-items: center; font-weight: 700; flex: none; }
.name { color: #fff; font-weight: 500; }
.tag { background: #5865f2; color: #fff; font-size: 10px; border-radius: 3px; padding: 1px 4px;
       vertical-align: 2px; }
.embed { background: #2b2d31; border-left: 4px solid; border-radius: 4px; margin-top: 6px;
         padding: 12px 16px; max-width: 500px; font-size: 14px; }
.author { font-weight: 600; margin-bottom: 8px; }
.title { font-weight: 600; font-size: 16px; color: #fff; margin-bottom: 8px; }
.small { color: #949ba4; font-size: 12px; }
.footer { color: #b5bac1; font-size: 12px; margin-top: 10px; }
.row { display: flex; gap: 8px; margin-top: 8px; }
.button { color: #fff; background: #4e5058; border-radius: 3px; padding: 6px 14px;
          font-size: 14px; font-weight: 500; }
.button.s3 { background: #248046; } .button.s4 { background: #da373c; }
"""


def markdown_html(text: str) -> str:
    """The Markdown that Quoth writes -> HTML: bold, small lines, quotes, escaped characters."""
    characters: list[str] = []

    def keep(match: re.Match[str]) -> str:
        characters.append(match[1])
        return f"\ue000{len(characters) - 1}\ue001"

    text = html.escape(re.sub(r"\\([^A-Za-z0-9\s])", keep, text), quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    lines = []
    for line in text.split("\n"):
        if line.startswith("-# "):
            lines.append(f'<div class="small">{line[3:]}</div>')
        elif line.startswith("&gt; "):
            lines.append(f"<blockquote>{line[5:]}</blockquote>")
        else:
            lines.append(f"<div>{line or '&nbsp;'}</div>")
    return re.sub(
        "\ue000(\\d+)\ue001", lambda match: html.escape(characters[int(match[1])]), "".join(lines)
    )


def page(embed: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """A message with an embed and its buttons, as a page."""
    buttons = "".join(
        '<div class="row">'
        + "".join(
            f'<div class="button s{item["style"]}">{html.escape(item["label"])}</div>'
            for item in row["components"]
        )
        + "</div>"
        for row in rows
    )
    return f"""<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>
<div class="line"><div class="face">Q</div><div>
<span class="name">Quoth</span> <span class="tag">APP</span>
<div class="embed" style="border-color: #{embed["color"]:06x}">
<div class="author">{html.escape(embed["author"]["name"])}</div>
<div class="title">{markdown_html(embed["title"])}</div>
{markdown_html(embed["description"])}
<div class="footer">{html.escape(embed["footer"]["text"])}</div>
</div>{buttons}</div></div>"""


def photograph(content: str, out: Path) -> None:
    """
    Draw a page with Chromium.

    Raises:
        SystemExit: If there is no Chromium.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed. On Debian: apt install chromium")
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "answer.html"
        drawn.write_text(content, encoding="utf-8")
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--hide-scrollbars"),
                *("--force-device-scale-factor=2", f"--window-size={WIDTH},{HEIGHT}"),
                *(f"--user-data-dir={folder}/profile", f"--screenshot={out.resolve()}"),
                drawn.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


def ask(question: str) -> Answer:
    """Answer from the index that is there; `quoth index` makes it."""
    settings = load_settings()
    answerer = open_answering(settings).answerer()
    # The first question warms the models up; the picture shows what members see after it.
    asked = Question.typed(question, settings.max_question_chars)
    answerer.answer(asked)
    return answerer.answer(asked, alternatives=ALTERNATIVES)


def main() -> None:
    """Ask, draw, photograph."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--question", default=DEFAULT_QUESTION)
    parser.add_argument("--out", type=Path, default=Path("docs/answer.png"))
    arguments = parser.parse_args()
    answer = ask(arguments.question)
    rows = answer_buttons(answer.id, AnswerContents.of(answer)).to_components()
    photograph(page(dict(answer_embed(answer).to_dict()), rows), arguments.out)


if __name__ == "__main__":
    main()
