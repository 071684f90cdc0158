"""English words that say nothing about a subject, by what they do in a question."""

import re
from collections.abc import Sequence
from typing import Literal

# A word may begin with marks; of a run of them, it is looked for at the first alone.
_WORD = re.compile(r"\d++(?:[.,]\d++)++|(?<!['’&.-])(?:['’&.-]*+\w++)++")


def words_of(text: str) -> list[str]:
    """The words of a text in order, numbers, names with dots and contractions whole."""
    return _WORD.findall(text)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _numbered(text: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split(), start=1)}


QUESTION_WORDS = _words("who whom whose what which when where why how")
FORMS_OF_BE = _words("is are was were be been being what's whats who's whos")
AUXILIARIES = FORMS_OF_BE | _words(
    "do does did has have had can could will would should may might must"
)
ASKING_WORDS = QUESTION_WORDS | AUXILIARIES
"""One of these stands in every question that is a sentence."""
VERBS = AUXILIARIES - {"may"}
"""Those that are no month, too: "the ones in May" has no verb."""
PERSONAL_PRONOUNS = _words(
    "he she him her his hers they them their theirs it its it's himself herself itself"
)
POINTING_WORDS = _words("this that these those")
POSSESSIVE_PRONOUNS = _words("her his hers their theirs its")
REPLACEABLE_PRONOUNS = (
    POSSESSIVE_PRONOUNS | POINTING_WORDS | _words("he she they it him them there")
)
"""In whose place a name may stand."""
PRONOUNS = PERSONAL_PRONOUNS | POINTING_WORDS | _words("then one ones there")
BARE_WORDS = QUESTION_WORDS | _words(
    "many much long old far often big by for until since with from in to at come exactly year time "
    "else so of out on till day month"
)
"""What a question word takes with it ("since when", "by how much"); none says what about."""
COMMON_WORDS = (
    ASKING_WORDS
    | BARE_WORDS
    | PRONOUNS
    | _words(
        "a an the and or as into over under about after before between during per than not no any "
        "some"
    )
)
"""Words without a content of their own."""
_GREETINGS = _words("hi hello hey hiya yo greetings")
_THANKS = _words("thanks thank thx ty cheers")
_FAREWELLS = _words("bye goodbye")
SMALL_TALK = (
    _GREETINGS
    | _THANKS
    | _FAREWELLS
    | _words(
        "good ok okay cool great nice lol haha perfect awesome amazing excellent wow yes yeah yep "
        "no nope sorry please welcome"
    )
)
"""What people say to be polite."""
_TIMES_OF_DAY = _words("morning afternoon evening night")
BESIDE_SMALL_TALK = _TIMES_OF_DAY | _words(
    "you so very much a lot all everyone everybody there bot quoth that this helped helps helpful "
    "for the your help"
)
"""What may stand with it, and alone asks something ("evening?")."""
SmallTalk = Literal["greeting", "thanks", "farewell", "other"]
OPENING_WORDS = _words("and but so or then ok okay well also hey hi hello please")
"""What may stand before the first word of a question."""
PREPOSITIONS = _words(
    "about after against among as at before between by during for from in into of on over per "
    "since through till to under until with without"
)
ARTICLES = _words("a an the my your our")
"""And those that begin a phrase as they do, but for pronouns."""
FUNCTION_WORDS = (
    ASKING_WORDS
    | ARTICLES
    | PREPOSITIONS
    | PRONOUNS
    | _words("and any i many me much or out so some than up we you")
)
"""Words that name nothing, not even a column of a table, as "year" does."""
LITTLE_SAID = QUESTION_WORDS | _words(
    "the a an of in on at to for and or is are was were be been do does did has have had it its "
    "this that with by from as many much long far often s t i you he she they we his her their my "
    "your our can could will would should not no me us about into than then there if so"
)
"""Words that questions are made of: the search counts each for a quarter of another word.
`benchmarks/rerank.py` writes them into the file of the weights that were fitted with them."""
COMPARING = _words(
    "above after all apart before below besides between both each earlier earliest except fewer "
    "fewest first highest last later latest least less longer longest lowest more most next older "
    "oldest only other over previous since than under until without younger youngest"
)
"""What says that something is found by comparing."""
CARING = re.compile(r"\b(?:look(?:s|ed|ing)?|named) after\b", re.IGNORECASE)
"""Whose "after" compares nothing."""
MEASURED = (
    (re.compile(r"\bhow long\b", re.IGNORECASE), ("length", "duration")),
    (re.compile(r"\bhow (?:high|tall)\b", re.IGNORECASE), ("height",)),
    (re.compile(r"\bhow (?:wide|broad)\b", re.IGNORECASE), ("width",)),
    (re.compile(r"\bhow deep\b", re.IGNORECASE), ("depth",)),
    (re.compile(r"\bhow heavy\b", re.IGNORECASE), ("weight",)),
    (re.compile(r"\bhow old\b", re.IGNORECASE), ("age",)),
    (re.compile(r"\bhow far\b", re.IGNORECASE), ("distance",)),
    (re.compile(r"\bhow fast\b", re.IGNORECASE), ("speed",)),
    (re.compile(r"\bhow (?:big|large)\b", re.IGNORECASE), ("size",)),
)
"""What asks for a measure, and what tables call that."""
ASKING_FOR_PERSONS = _words("who whom whose")
"""Which no figure answers."""
ASKING_FOR_YEARS = re.compile(r"\b(?:what|which) year\b", re.IGNORECASE)
WORD_ENDING = re.compile(r"(?<=[^\W\d_]{3})(?:ings?|e[drs]?|ors?|['’]?s)$")
"""What a word may end in and say the same: "barge" and "barges", "director" and "directed". Only
words in letters: "1990s" are no 1990."""
BEFORE_CODE = ARTICLES | _words(
    "add at by call calling called choose click command enter execute from in into invoke key "
    "named namely open option press run running say see send set tag to type typing use using "
    "variable via with write"
)
"""What a sentence has before a command, a name or a path that it gives: "call `close()`"."""
NUMBERS = _numbered(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
"""By their words."""
NEGATION = re.compile(r"\b(?:no|not|never|none)\b|n['’]t\b", re.IGNORECASE)
"""What says that something is not so."""
NUMBER_WORDS = frozenset(NUMBERS) | _words(
    "thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen none "
    "half"
)


def content_words(text: str) -> list[str]:
    """Those with a content of their own, in small letters."""
    return [word for word in words_of(text.lower()) if word not in COMMON_WORDS]


def is_question(text: str) -> bool:
    """Whether a text asks something: by its mark, or by how it begins ("and who ...")."""
    if text.rstrip().endswith("?"):
        return True
    words = [word.lower() for word in words_of(text)]
    first = next((word for word in words if word not in OPENING_WORDS), "")
    return first in ASKING_WORDS


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a text is; None if it may ask something."""
    if not is_small_talk(text):
        return None
    words = {word.lower() for word in words_of(text)}
    if words & _FAREWELLS:
        return "farewell"
    if words & _THANKS:
        return "thanks"
    return "greeting" if words & (_GREETINGS | _TIMES_OF_DAY) else "other"


ABOUT = re.compile(r"\b(?:what|how)\s+(?:about|abt|of)\b", re.IGNORECASE)
"""What begins a question about whatever is said of something, or goes on to it."""

_GOING_ON = rf"(?:(?:{'|'.join(sorted(OPENING_WORDS))})[ ,]+)*"
_YES_OR_NO = re.compile(
    rf"{_GOING_ON}(?:is|are|am|was|were|do|does|did|has|have|had|can|could|may(?!\s+\d)|might|must|"
    r"shall|should|will|would)(?:n['’]?t|not)?\s",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    rf"{_GOING_ON}how\s+(?:to|(?:do|can|could|must|should|would)\s+(?:i|you|we|one|people|anyone))\s",
    re.IGNORECASE,
)


def asks_for_judgement(question: str) -> bool:
    """
    Whether a question wants a yes or a no, or to be told how to do something.

    A span of a document is neither, so it is shown in its sentence.
    """
    return bool(_YES_OR_NO.match(question) or _HOW_TO.match(question))


def is_small_talk(text: str) -> bool:
    """Whether a text asks nothing: "hello there", "ok thanks"; but "good?" may be one of a list."""
    words = {word.lower() for word in words_of(text)}
    return (
        "?" not in text
        and not words.isdisjoint(SMALL_TALK)
        and words <= SMALL_TALK | BESIDE_SMALL_TALK
    )


def has_number(text: str) -> bool:
    """Whether a text says a number, in digits or in words."""
    parts = re.split(r"[\s-]+", text.lower())
    return any(map(str.isdigit, text)) or any(part.strip(".,;") in NUMBER_WORDS for part in parts)


def is_pronoun(words: Sequence[str], place: int) -> bool:
    """Whether the word at a place, all in small letters, stands for something that was said."""
    word = words[place]
    if word not in PRONOUNS:
        return False
    follower = words[place + 1] if place + 1 < len(words) else None
    if word == "there":
        # "how many are there", "is there a vaccine".
        return place == 0 or words[place - 1] not in AUXILIARIES
    if word in POINTING_WORDS:
        # "that year", "those who left" carry a noun or a clause; "what does that mean" none.
        return follower is None or follower in COMMON_WORDS
    if word == "one":
        # "one of", "one per cent" count.
        return follower not in {"of", "per", "percent", "in"}
    return True
