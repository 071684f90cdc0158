"""The picture in the README shows what the bot sends."""

from bot.discord_app.buttons import answer_buttons
from bot.discord_app.cards import layout
from bot.discord_app.rendering import answer_card
from bot.discord_app.stored_answers import AnswerContents
from docs.picture import markdown_html, page
from tests.bot.discord_app.fakes import found, span


def test_escaped_characters_are_shown_and_markup_is_drawn() -> None:
    drawn = markdown_html("### a\\_b **c** <i>\n-# [small](<http://x>)\n> *quoted*")

    assert drawn == (
        "<h3>a_b <b>c</b> &lt;i&gt;</h3>"
        '<div class="small"><a href="http://x">small</a></div>'
        "<blockquote><i>quoted</i></blockquote>"
    )


def test_the_page_holds_the_answer_and_its_buttons() -> None:
    answer = found(span("<b>812</b>"), alternatives=(span("77"),))
    buttons = answer_buttons(answer.id, AnswerContents.of(answer))
    drawn = page(layout(answer_card(answer), buttons=buttons))

    assert "&lt;b&gt;812&lt;/b&gt;" in drawn
    for name in ("Context", "Other answers", "Delete"):
        assert f">{name}</div>" in drawn
