"""The buttons under an answer, before and after a restart."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.discord_app.question_log import logged_questions
from bot.evaluation.question_log import Vote
from bot.serving.service import AnswerService
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.fakes import FixedAnswers, GatedAnswers, found, span
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import MANAGE_MESSAGES, Channel, Message, User


@pytest.fixture
def answer(local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User) -> Message:
    """An answer with others beside it."""
    return local.answer_to(local.slash(channel, asker, "ask", question="how many for theft"))


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "data" / "quoth.sqlite")) as connection, connection:
        return connection.execute(query).fetchall()


def test_an_answer_has_its_buttons(local: LocalDiscord, answer: Message) -> None:
    expected = ["Context", "Other answers", "Follow up", "Right", "Wrong", "Delete"]
    assert local.labels(answer) == expected


def test_a_vote_that_can_not_be_remembered_is_said_to_be_and_not_logged(
    local: LocalDiscord, answer: Message, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failing = "BEGIN SELECT RAISE(ABORT, 'what was voted for'); END"
    rows(tmp_path, f"CREATE TRIGGER failing BEFORE INSERT ON feedback {failing}")
    pressed = local.press(answer, User("bob"), "Right")

    assert "can't be reached at the moment" in local.answer_to(pressed).content
    assert "records_away" in caplog.messages
    assert "voted for" not in caplog.text


def test_without_other_answers_there_is_no_button_for_them(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))

    assert "Other answers" not in local.labels(answer)


def test_other_answers_that_are_as_good_as_none_are_not_offered(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    others = tuple(replace(span(text), confidence=p) for text, p in (("77", 0.02), ("88", 0.004)))
    start_bot(FixedAnswers(found(span(), alternatives=others)))
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many"))
    shown = local.answer_to(local.press(answer, asker, "Other answers"))

    assert "77" in shown.text
    assert "88" not in shown.text


def test_context_is_shown_to_who_asks_for_it_alone(local: LocalDiscord, answer: Message) -> None:
    pressed = local.press(answer, User("bob"), "Context")

    shown = local.answer_to(pressed)
    assert pressed.is_private
    assert "**3,204**" in shown.text
    assert "smuggling 77 cases" in shown.text


def test_context_is_found_again_where_a_line_was_written_above_it(
    local: LocalDiscord, bot: RunningBot, answer: Message, library: Library
) -> None:
    library.write("figures.txt", "Read this first.\n\n" + ARTICLE)
    library.build()
    bot.bot.service.refresh()

    shown = local.answer_to(local.press(answer, User("bob"), "Context"))
    assert "changed since" not in shown.text
    assert "**3,204**" in shown.text
    assert "smuggling 77 cases" in shown.text
    assert shown.title == "figures.txt"


def test_context_of_a_document_that_has_changed_is_what_was_quoted(
    local: LocalDiscord, bot: RunningBot, answer: Message, library: Library
) -> None:
    library.write("figures.txt", "All of it was wrong.")
    library.build()
    bot.bot.service.refresh()

    shown = local.answer_to(local.press(answer, User("bob"), "Context"))
    assert "has changed since" in shown.text
    assert "**3,204**" in shown.text


def test_context_of_a_document_that_is_gone_is_what_was_quoted(
    local: LocalDiscord, bot: RunningBot, answer: Message, library: Library
) -> None:
    library.write("other.txt", ARTICLE)
    (library.documents / "figures.txt").unlink()
    library.build()
    bot.bot.service.refresh()

    shown = local.answer_to(local.press(answer, User("bob"), "Context"))
    assert "has changed since" in shown.text


def test_documents_that_disagree_each_have_their_context(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    library.write("later.txt", "After the recount. For arson 900 were counted.")
    library.build()
    bot.bot.service.refresh()
    asked = local.slash(channel, asker, "ask", question="how many were counted for arson")
    answer = local.answer_to(asked)
    assert answer.title == "The documents disagree"

    shown = local.answer_to(local.press(answer, User("bob"), "Context"))

    article, later = sorted(
        (box["components"][-1]["content"] for box in shown.components), key=len
    )[::-1]
    assert "For arson **812** were counted." in article
    assert later == "After the recount. For arson **900** were counted."


def test_other_answers_come_with_their_sentences(local: LocalDiscord, answer: Message) -> None:
    pressed = local.press(answer, User("bob"), "Other answers")

    assert "of theft **4,001**" in local.answer_to(pressed).text
    assert pressed.is_private


def test_right_is_remembered_with_the_askers_question(
    local: LocalDiscord, answer: Message, asker: User, tmp_path: Path
) -> None:
    thanked = local.answer_to(local.press(answer, asker, "Right"))

    assert "question is kept" in thanked.content
    votes = rows(tmp_path, "SELECT is_right, given, expected, question FROM feedback")
    assert votes == [(1, "3,204", None, "how many for theft")]


def test_the_vote_of_another_member_keeps_no_question(
    local: LocalDiscord, answer: Message, tmp_path: Path
) -> None:
    thanked = local.answer_to(local.press(answer, User("bob"), "Right"))

    assert "question" not in thanked.content
    assert rows(tmp_path, "SELECT question FROM feedback") == [(None,)]


def test_wrong_asks_for_the_right_answer(
    local: LocalDiscord, answer: Message, tmp_path: Path
) -> None:
    bob = User("bob")
    pressed = local.press(answer, bob, "Wrong")
    local.form_of(pressed)
    local.answer_to(local.submit(pressed, bob, "4,001"))

    local.wait_for(
        lambda: rows(tmp_path, "SELECT is_right, expected FROM feedback") == [(0, "4,001")]
    )


def test_a_logged_question_is_kept_with_what_others_say_of_its_answer(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    running = start_bot(log_questions=True)
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for theft"))
    bob = User("bob")
    pressed = local.press(answer, bob, "Wrong")
    local.form_of(pressed)
    local.answer_to(local.submit(pressed, bob, "4,001"))

    (asked,) = logged_questions(running.bot.records)
    assert (asked.text, asked.shown) == ("how many for theft", ("3,204",))
    assert asked.votes == (Vote(False, "4,001"),)


VOTES = "SELECT is_right, expected, question FROM feedback"


def test_wrong_counts_even_if_the_form_is_closed_and_keeps_no_question_untold(
    local: LocalDiscord, answer: Message, asker: User, tmp_path: Path
) -> None:
    pressed = local.press(answer, asker, "Wrong")
    local.form_of(pressed)
    local.wait_for(lambda: rows(tmp_path, VOTES) == [(0, None, None)])

    told = local.answer_to(local.submit(pressed, asker, "4,001"))
    assert "question is kept" in told.content
    assert rows(tmp_path, VOTES) == [(0, "4,001", "how many for theft")]


def test_with_a_vote_no_question_is_kept_that_leans_on_others_or_is_shown_in_part(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, tmp_path: Path
) -> None:
    first = local.reply_to(
        local.say(channel, asker, f"<@{local.bot.id}> how many for theft", mentions=[local.bot])
    )
    leaning = local.reply_to(
        local.say(channel, asker, "and for arson", mentions=[local.bot], reply_to=first)
    )
    assert "understood as" in leaning.text
    long = local.answer_to(
        local.slash(channel, asker, "ask", question="why " * 100 + "how many for theft")
    )

    for answer in (leaning, long):
        assert "kept" not in local.answer_to(local.press(answer, asker, "Right")).content
    assert rows(tmp_path, "SELECT question FROM feedback") == [(None,), (None,)]


def test_follow_up_asks_on_with_the_earlier_turns(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    gated.gate.set()
    start_bot(gated)
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))
    pressed = local.press(answer, asker, "Follow up")
    local.form_of(pressed)

    followed = local.answer_to(local.submit(pressed, asker, "and for theft?"))
    assert followed.question == "and for theft?"
    assert [turn.question for turn in gated.asked[1][1]] == ["how many for arson"]


def test_what_was_typed_into_forms_that_were_opened_before_a_restart_is_taken(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User, tmp_path: Path
) -> None:
    start_bot()
    answer = local.answer_to(local.slash(channel, asker, "ask", question="how many for theft"))
    wrong, follow = (local.press(answer, asker, label) for label in ("Wrong", "Follow up"))
    local.form_of(wrong)
    local.form_of(follow)
    start_bot()

    assert "Thank you" in local.answer_to(local.submit(wrong, asker, "4,001")).content
    assert rows(tmp_path, "SELECT expected FROM feedback") == [("4,001",)]
    followed = local.answer_to(local.submit(follow, asker, "how many for arson"))
    assert followed.title == "812"


def test_the_asker_deletes_an_answer(
    local: LocalDiscord, answer: Message, asker: User, channel: Channel
) -> None:
    local.press(answer, asker, "Delete")

    local.wait_for(lambda: answer.id not in channel.messages, "the deletion")


def test_a_moderator_deletes_an_answer(
    local: LocalDiscord, answer: Message, channel: Channel
) -> None:
    local.press(answer, User("mod"), "Delete", permissions=MANAGE_MESSAGES)

    local.wait_for(lambda: answer.id not in channel.messages, "the deletion")


def test_in_a_direct_conversation_an_answer_is_deleted_though_its_asker_is_forgotten(
    local: LocalDiscord, bot: RunningBot, asker: User
) -> None:
    direct = local.add_dm(asker)
    answer = local.answer_to(local.slash(direct, asker, "ask", question="how many for arson"))
    local.answer_to(local.slash(direct, asker, "privacy forget-me"))
    local.press(answer, asker, "Delete")

    local.wait_for(lambda: answer.id not in direct.messages, "the deletion")


def test_nobody_else_deletes_an_answer(
    local: LocalDiscord, answer: Message, channel: Channel
) -> None:
    pressed = local.press(answer, User("bob"), "Delete")

    told = local.wait_for(lambda: pressed.followups, "a word")
    assert "Only the member who asked" in told[0].content
    assert answer.id in channel.messages


def test_buttons_outlive_a_restart(
    local: LocalDiscord, answer: Message, start_bot: StartBot, asker: User, channel: Channel
) -> None:
    start_bot()

    context = local.answer_to(local.press(answer, User("bob"), "Context"))
    assert "**3,204**" in context.text
    assert local.answer_to(local.press(answer, User("bob"), "Other answers")).texts
    assert local.answer_to(local.press(answer, User("bob"), "Right")).content
    assert local.form_of(local.press(answer, User("bob"), "Wrong"))
    pressed = local.press(answer, asker, "Follow up")
    local.form_of(pressed)
    assert local.answer_to(local.submit(pressed, asker, "how many for arson")).texts
    local.press(answer, asker, "Delete")
    local.wait_for(lambda: answer.id not in channel.messages, "the deletion")


def test_a_forged_id_shows_nothing_of_another_server(
    local: LocalDiscord, answer: Message, asker: User
) -> None:
    custom_id = answer.buttons[0]["custom_id"]
    assert custom_id.startswith("quoth:context:")
    direct = local.add_dm(asker)
    local.answer_to(local.slash(direct, asker, "ask", question="how many for arson"))
    elsewhere = Message(direct, local.bot, "", components=answer.components, flags=answer.flags)

    shown = local.answer_to(local.press_id(elsewhere, asker, custom_id))
    assert "no longer have" in shown.content


@pytest.mark.parametrize("action", ["context", "others", "right", "wrong"])
def test_an_answer_given_in_direct_messages_is_its_askers_alone(
    local: LocalDiscord, bot: RunningBot, asker: User, tmp_path: Path, action: str
) -> None:
    direct = local.add_dm(asker)
    answer = local.answer_to(local.slash(direct, asker, "ask", question="how many for theft"))
    custom_id = answer.buttons[0]["custom_id"].replace("context", action)
    button = [{"type": 1, "components": [_button(custom_id)]}]
    bob = User("bob")
    forged = Message(local.add_dm(bob), local.bot, "", components=button)
    pressed = local.press_id(forged, bob, custom_id)
    if action == "wrong":
        local.form_of(pressed)
        pressed = local.submit(pressed, bob, "4,001")

    assert "no longer have" in local.answer_to(pressed).content
    assert rows(tmp_path, VOTES) == []
    assert local.answer_to(local.press(answer, asker, "Context")).texts


@pytest.mark.parametrize("action", ["context", "others", "right", "delete"])
def test_an_answer_that_never_was_is_forgotten(
    local: LocalDiscord, answer: Message, action: str
) -> None:
    custom_id = f"quoth:{action}:{'0' * 32}"
    forged = Message(
        answer.channel,
        local.bot,
        "",
        components=[{"type": 1, "components": [_button(custom_id)]}],
    )
    pressed = local.press_id(forged, User("bob"), custom_id)

    local.wait_for(lambda: pressed.answered or pressed.followups, "a word")
    told = pressed.followups[0] if pressed.followups else pressed.response
    assert told is not None
    assert "no longer" in told.content


def test_where_quoth_is_not_sure_candidates_have_a_context_and_nothing_is_right(
    local: LocalDiscord,
    start_bot: StartBot,
    service: AnswerService,
    channel: Channel,
    asker: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsure = found(candidates=(span(),), alternatives=(span("77"),))
    monkeypatch.setattr(service, "answer", FixedAnswers(unsure).answer)
    start_bot()
    answer = local.answer_to(local.slash(channel, asker, "ask", question="anything"))

    assert answer.title == "I am not sure; it may be here"
    assert local.labels(answer) == ["Context", "Other answers", "Follow up", "Wrong", "Delete"]
    shown = local.answer_to(local.press(answer, User("bob"), "Context"))
    assert "**812**" in shown.text


def test_the_context_of_an_answer_without_passages_is_refused_in_words(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    """It has no button for it, so whoever presses one has forged it."""
    start_bot(FixedAnswers(found()))
    answer = local.answer_to(local.slash(channel, asker, "ask", question="anything"))
    assert "Context" not in local.labels(answer)
    custom_id = answer.buttons[0]["custom_id"].replace("follow", "context")
    answer.components = [{"type": 1, "components": [_button(custom_id)]}]
    pressed = local.press_id(answer, User("bob"), custom_id)

    assert "no passage" in local.answer_to(pressed).content


def test_malformed_ids_are_ignored(local: LocalDiscord, bot: RunningBot, answer: Message) -> None:
    pressed = []
    for custom_id in ("quoth:context:../../etc", "quoth:sudo:" + "0" * 32, "x"):
        forged = Message(
            answer.channel,
            local.bot,
            "",
            components=[{"type": 1, "components": [_button(custom_id)]}],
        )
        pressed.append(local.press_id(forged, User("bob"), custom_id))

    # Pressed later, and answered after some trips to the records.
    assert local.answer_to(local.press(answer, User("bob"), "Context")).texts
    assert [each.callback for each in pressed] == [None, None, None]


def _button(custom_id: str) -> dict[str, object]:
    return {"type": 2, "style": 2, "label": "x", "custom_id": custom_id}
