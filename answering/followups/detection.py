"""Whether a question's words alone say that it leans on what was said before it. Pure functions."""

from enum import Enum

from answering.english.questions import (
    ABOUT,
    is_fragment,
    is_pronoun,
    is_small_talk,
    without_opening,
)
from answering.english.words import BARE_WORDS, content_words, words_of

# Content words: "what did she think of the verdict" has two, and still needs somebody.
_FEW_OF_ITS_OWN = 2


class Leaning(Enum):
    """Whether a question leans on what was said before it."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


def goes_on(question: str) -> bool:
    """
    Whether a question says that it goes on ("and in May?", "until when?") and nothing that it asks.

    "What about parking?" may be how somebody begins, and asks for whatever is said of it.
    Eight of the 101,320 questions in the files of training do, which were written to stand alone.
    """
    if is_small_talk(question):
        return False
    rest = without_opening(question)
    lowered = [word.lower() for word in words_of(rest)]
    if all(word in BARE_WORDS for word in lowered):
        return True
    if ABOUT.search(question) and content_words(rest):
        return False
    return len(rest) < len(question.strip().rstrip("?!. ")) and is_fragment(question)


def leaning(question: str) -> Leaning:
    """
    Tell from a question's words alone whether it needs those before it.

    It does if it has nothing of its own but a question word ("when", "by how much"), begins by
    going on ("and", "what about"), or has a pronoun without a name that it could stand for. In a
    sentence with more than a few words of its own ("and when does the help desk open on Saturdays")
    the last two only tell that it may, as it may if it has no more than a few. A question that
    names something stands alone, and so does small talk.
    """
    if is_small_talk(question):
        return Leaning.NO
    asked = question.strip().rstrip("?!. ")
    rest = without_opening(question)
    words = words_of(rest)
    lowered = [word.lower() for word in words]
    own = content_words(rest)
    if all(word in BARE_WORDS for word in lowered):
        return Leaning.YES
    names = [place for place, word in enumerate(words) if place and not word[0].islower()]
    pronoun = next((place for place in range(len(words)) if is_pronoun(lowered, place)), None)
    says_so = len(rest) < len(asked)
    if says_so or (pronoun is not None and not any(place < pronoun for place in names)):
        is_short = len(own) <= _FEW_OF_ITS_OWN or (says_so and is_fragment(question))
        return Leaning.YES if is_short else Leaning.MAYBE
    if names:
        return Leaning.NO
    if len(words) == 1:
        return Leaning.YES
    return Leaning.MAYBE if len(own) <= _FEW_OF_ITS_OWN else Leaning.NO
