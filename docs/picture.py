"""
A picture of an answer as Discord shows it, for the README and the guide.

    python -m docs.picture [--question "..."] [--out docs/answer.png]

The message is the one that the bot sends; only its look is drawn here, in HTML, and photographed by
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

from discord import ui

from answering.answer import Answer
from answering.question import Question
from bot.assembly import open_answering
from bot.discord_app.buttons import answer_buttons
from bot.discord_app.cards import layout
from bot.discord_app.rendering import answer_card
from bot.discord_app.stored_answers import AnswerContents
from bot.settings import load_settings

DEFAULT_QUESTION = "how many were deported for drunk driving?"
WIDTH, HEIGHT = 720, 350
ALTERNATIVES = 4

_BUTTON, _TEXT, _LINE, _BOX = 2, 10, 14, 17

_STYLE = """
body { margin: 0; padding: 20px; background: #313338; color: #dbdee1;
       font: 16px/1.375 "gg sans", "Liberation Sans", Arial, sans-serif; }
.line { display: flex; gap: 16px; }
.face { width: 40px; height: 40px; border-radius: 50%; background: #2d7d46; color: #fff;
        display: grid; place-items: center; font-weight: 700; flex: none; }
.name { color: #fff; font-weight: 500; }
.tag { background: #5865f2; color: #fff; font-size: 10px; border-radius: 3px; padding: 1px 4px;
       vertical-align: 2px; }
.message { width: 550px; }
.box { background: #2b2d31; border: 1px solid #3f4147; border-left: 4px solid; border-radius: 8px;
       margin-top: 6px; padding: 14px 16px; }
.box > div + div { margin-top: 8px; }
h3 { font-size: 20px; font-weight: 600; color: #fff; margin: 0; }
blockquote { border-left: 4px solid #4e5058; border-radius: 4px; margin: 0; padding-left: 12px; }
hr { border: 0; border-top: 1px solid #46484f; margin: 8px 0 0; }
a { color: #00a8fc; text-decoration: none; }
.small { color: #949ba4; font-size: 13px; }
.row { display: flex; gap: 8px; margin-top: 8px; }
.button { color: #fff; background: #4e5058; border-radius: 8px; padding: 6px 14px;
          font-size: 14px; font-weight: 500; }
.button.s1 { background: #5865f2; } .button.s3 { background: #248046; }
.button.s4 { background: #da373c; }
"""


def markdown_html(text: str) -> str:
    """The Markdown that Quoth writes -> HTML."""
    characters: list[str] = []

    def keep(match: re.Match[str]) -> str:
        characters.append(match[1])
        return f"\ue000{len(characters) - 1}\ue001"

    text = html.escape(re.sub(r"\\([^A-Za-z0-9\s])", keep, text), quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"\[([^\]]+)\]\((?:&lt;)?([^)]+?)(?:&gt;)?\)", r'<a href="\2">\1</a>', text)
    lines = []
    for line in text.split("\n"):
        if line.startswith("### "):
            lines.append(f"<h3>{line[4:]}</h3>")
        elif line.startswith("-# "):
            lines.append(f'<div class="small">{line[3:]}</div>')
        elif line.startswith("&gt; "):
            lines.append(f"<blockquote>{line[5:]}</blockquote>")
        else:
            lines.append(f"<div>{line or '&nbsp;'}</div>")
    return re.sub(
        "\ue000(\\d+)\ue001", lambda match: html.escape(characters[int(match[1])]), "".join(lines)
    )


def _drawn(component: dict[str, Any]) -> str:
    inside = "".join(map(_drawn, component.get("components", [])))
    if component["type"] == _TEXT:
        return f"<div>{markdown_html(component['content'])}</div>"
    if component["type"] == _LINE:
        return "<hr>"
    if component["type"] == _BUTTON:
        return f'<div class="button s{component["style"]}">{html.escape(component["label"])}</div>'
    if component["type"] == _BOX:
        colour = f"#{component['accent_color']:06x}"
        return f'<div class="box" style="border-left-color: {colour}">{inside}</div>'
    return f'<div class="row">{inside}</div>'


def page(view: ui.LayoutView) -> str:
    """A message that shows this, as a page."""
    components: list[dict[str, Any]] = view.to_components()  # type: ignore[no-untyped-call]
    return f"""<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>
<div class="line"><div class="face">Q</div><div class="message">
<span class="name">Quoth</span> <span class="tag">APP</span>
{"".join(map(_drawn, components))}</div></div>"""


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
    buttons = answer_buttons(answer.id, AnswerContents.of(answer))
    photograph(page(layout(answer_card(answer), buttons=buttons)), arguments.out)


if __name__ == "__main__":
    main()
