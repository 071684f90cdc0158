"""ConversationStore are remembered for a while."""

from answering.followups.detection import MAX_TURNS, Turn
from bot.discord_app import conversation_store
from bot.discord_app.conversation_store import KEPT_S, ConversationStore


def test_turns_are_found_by_their_last_answer_and_by_who_asked_where() -> None:
    conversations = ConversationStore()
    first, second = (Turn("a", "1"),), (Turn("a", "1"), Turn("b", None))
    conversations.remember("one", first, channel_id=1, user_id=2)
    conversations.remember("two", second, channel_id=1, user_id=2)

    assert conversations.until("one", 1) == first
    assert conversations.latest(1, 2) == second
    assert conversations.latest(1, 3) == conversations.latest(2, 2) == ()
    assert conversations.until("three", 1) == ()


def test_turns_of_elsewhere_are_not_told() -> None:
    conversations = ConversationStore()
    conversations.remember("one", (Turn("a", "1"),), channel_id=1, user_id=2)

    assert conversations.until("one", 5) == ()


def test_a_conversation_is_forgotten_after_a_while() -> None:
    now = 0.0
    conversations = ConversationStore(lambda: now)
    conversations.remember("one", (Turn("a", "1"),), 1, 2)
    now = KEPT_S + 1

    assert conversations.until("one", 1) == conversations.latest(1, 2) == ()


def test_memory_is_bounded(monkeypatch: object) -> None:
    conversations = ConversationStore()
    for number in range(conversation_store.MAX_CONVERSATIONS + 10):
        conversations.remember(f"{number}", (Turn("a", "1"),) * 50, number, 2)

    assert conversations.until("0", 0) == conversations.latest(0, 2) == ()
    assert len(conversations.until("20", 20)) == MAX_TURNS


def test_a_member_is_forgotten() -> None:
    conversations = ConversationStore()
    conversations.remember("one", (Turn("a", "1"),), 1, 2)
    conversations.remember("two", (Turn("b", "2"),), 1, 3)
    conversations.forget(2)

    assert conversations.until("one", 1) == conversations.latest(1, 2) == ()
    assert conversations.until("two", 1)
