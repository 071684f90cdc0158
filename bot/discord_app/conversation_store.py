"""What was asked and answered before, for a while, so that a question can be a follow-up."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from answering.followups.detection import MAX_TURNS, Turn

# A conversation that nobody went on with is over.
KEPT_S = 15 * 60
MAX_CONVERSATIONS = 5_000


@dataclass(frozen=True, slots=True)
class _Conversation:
    turns: tuple[Turn, ...]
    place: tuple[int, int]
    touched: float


class ConversationStore:
    """The latest turns, by the answer that ended them and by who asked where."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock that says when a conversation is over, in seconds."""
        self._clock = clock
        self._by_answer: OrderedDict[str, _Conversation] = OrderedDict()
        self._latest: dict[tuple[int, int], str] = {}

    def remember(
        self,
        answer_id: str,
        turns: tuple[Turn, ...],
        channel_id: int,
        user_id: int,
        *,
        is_private: bool = False,
    ) -> None:
        """Keep the turns that ended in an answer; private ones are found by that answer alone."""
        now = self._clock()
        place = (channel_id, user_id)
        self._by_answer[answer_id] = _Conversation(turns[-MAX_TURNS:], place, now)
        if not is_private:
            self._latest[place] = answer_id
        while self._by_answer:
            oldest_id, oldest = next(iter(self._by_answer.items()))
            if len(self._by_answer) <= MAX_CONVERSATIONS and now - oldest.touched <= KEPT_S:
                break
            del self._by_answer[oldest_id]
            if self._latest.get(oldest.place) == oldest_id:
                del self._latest[oldest.place]

    def until(self, answer_id: str, channel_id: int) -> tuple[Turn, ...]:
        """The turns that ended in this answer; none if they are forgotten, or of elsewhere."""
        found = self._by_answer.get(answer_id)
        if found is None or self._clock() - found.touched > KEPT_S:
            return ()
        if found.place[0] != channel_id:
            # Whoever names an answer of another server learns nothing of it.
            return ()
        return found.turns

    def latest(self, channel_id: int, user_id: int) -> tuple[Turn, ...]:
        """The turns of this member in this channel."""
        answer_id = self._latest.get((channel_id, user_id))
        return self.until(answer_id, channel_id) if answer_id is not None else ()

    def forget(self, user_id: int) -> None:
        """Drop what this member asked."""
        for answer_id, conversation in list(self._by_answer.items()):
            if conversation.place[1] == user_id:
                del self._by_answer[answer_id]
                self._latest.pop(conversation.place, None)
