"""What questions ask for, what they go on from, and what is no question."""

import re
from collections.abc import Sequence
from itertools import dropwhile
from typing import Literal

from answering.english.quantities import NUMBERS, UNITS, YEAR
from answering.english.words import (
    ASKING_WORDS,
    AUXILIARIES,
    BEGIN_SUBJECTS,
    BESIDE_SMALL_TALK,
    COMMON_WORDS,
    DENYING_VERBS,
    FAREWELLS,
    FUNCTION_WORDS,
    GREETINGS,
    NEGATION,
    OPENING_WORDS,
    POINTING_WORDS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
    SMALL_TALK,
    THANKS,
    TIMES_OF_DAY,
    VERBS,
    word_set,
    words_of,
)

SmallTalk = Literal["greeting", "thanks", "farewell", "other"]
COMPARING = word_set(
    "above after all apart before below besides between both each earlier except fewer first last "
    "later less longer more next older only other over previous since than under until without "
    "younger"
)
"""What says that something is found by comparing, but for superlatives."""
_NO_SUPERLATIVES = (
    "arrest|contest|digest|everest|harvest|honest|interest|midwest|modest|northwest|priest|protest|"
    "southwest|unrest|(?:rain)?forest|"
    "[a-z]*(?<!sa)(?<!brie)(?<!stif)fest|[a-z]*quest|[a-z]*(?<!va)guest|"
    "(?:load|play|py|re|self|smoke|speed|stress|unit)test"
)
_BY_ITS_ENDING = rf"(?!(?:{_NO_SUPERLATIVES})\b)[a-z]{{3,20}}est"
_SURELY_SUPERLATIVE = (
    "(?i:earliest|fewest|highest|latest|least|longest|lowest|most|oldest|youngest)|best|worst"
)
SUPERLATIVE_WORD = re.compile(rf"(?:{_SURELY_SUPERLATIVE}|{_BY_ITS_ENDING})\b")
"""A word that may be a superlative: "cheapest"."""
SUPERLATIVE = re.compile(
    rf"\b(?:{_SURELY_SUPERLATIVE})\b"
    r"|(?:\b(?i:the|my|your|his|her|its|our|their)|['’]s|s['’])\s"
    rf"(?:(?:second|third|two|three|four|five|\d{{1,2}})\s)?{_BY_ITS_ENDING}\b"
)
"""What is said of the one thing that is ahead of all others: "the cheapest", "most popular"."""
NOT_COMPARING = re.compile(
    r"\b(?:look(?:s|ed|ing)?|named) after\b|\b(?:since|until) (?=when\b|what time\b)", re.IGNORECASE
)
"""What compares nothing, though it says a word of `COMPARING`."""
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
ENDS_OF_TIMES = (
    (
        re.compile(
            r"\b(?:un)?till? (?:when|what time)\b"
            r"|^(?:and )?(?:when|what time)\b.*\b(?:close[sd]?|ends?|finish(?:es)?|shuts?)\W*+$",
            re.IGNORECASE,
        ),
        word_set("close closed closes closing end ends finish finishes shuts till to until"),
    ),
    (
        re.compile(
            r"\b(?:from|since) (?:when|what time)\b"
            r"|^(?:and )?(?:when|what time)\b.*\b(?:begins?|opens?|starts?)\W*+$",
            re.IGNORECASE,
        ),
        word_set("begin begins from open opens opening since start starts"),
    ),
)
"""What asks when something begins or ends, and words in the names of the columns that say it."""
_DENYING_WORDS = "|".join(sorted(word for word in AUXILIARIES if word.endswith("nt")))
DENYING = re.compile(
    rf"{NEGATION.pattern}|\b(?:except|lacks?|without|{_DENYING_WORDS})\b", re.IGNORECASE
)
"""What asks for things that are not so, or not there."""
OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|or|then|what about|how about|how abt|what of|same for|n)\b"
    r"[\s,]*|&\s*)+",
    re.IGNORECASE,
)
"""How a question begins that goes on from another one."""
ABOUT = re.compile(r"\b(?:what|how)\s+(?:about|abt|of)\b", re.IGNORECASE)
"""What begins a question about whatever is said of something, or goes on to it."""
_GOING_ON = rf"(?:(?:{'|'.join(sorted(OPENING_WORDS))})[ ,]+)*"
_YES_OR_NO = re.compile(
    rf"{_GOING_ON}(?:is|are|am|was|were|do|does|did|has|have|had|can|could|may(?!\s+\d)|might|must|"
    r"shall|should|will|would)(?:n['’]?t|not)?\s",
    re.IGNORECASE,
)
_ANYTHING = re.compile(r"\bany(?:thing|one|body)?\b", re.IGNORECASE)
_ASKS_SOMEBODY = re.compile(
    rf"{_GOING_ON}(?:can|could|will|would)\s+(?:you|u|any(?:one|body)|some(?:one|body))\s",
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    rf"{_GOING_ON}how\s+(?:to|(?:do|can|could|must|should|would)\s+(?:i|you|we|one|people|anyone))\s",
    re.IGNORECASE,
)
KIND_OF_QUESTION = re.compile(
    r"\b(how (?:many|much)|how|what|when|where|which|who|whom|whose|why)\b", re.IGNORECASE
)
"""The words by which kinds of questions are told apart, the first of them counting."""
ASKING_WHEN = re.compile(r"\b(?:when|(?:what|which) (?:date|day|time|year))\b", re.IGNORECASE)
"""What asks for a day or a time, however a column is called that the question names."""
SAME_KIND = {"how much": "how many", "whom": "who", "whose": "who"}
"""Those of these words that stand for the same kind as another."""
COUNTS = {word: number for word, number in NUMBERS.items() if number > 1}
"""How many things a question may ask for, by their words."""
_MANY = rf"(?:{'|'.join(COUNTS)}|\d{{1,2}})"
# "Was" and "does" end like one.
_NO_PLURAL = "|".join(sorted(word for word in AUXILIARIES if word.endswith("s")))
_PLURAL = rf"(?!(?:{_NO_PLURAL})\b)[a-z'-]*(?:[a-hj-rtv-z]s|people|men|women|children)"
_PLURAL_AUXILIARY = "are|were|have|had|do|did|does|can|will|would|should"
SEVERAL = re.compile(
    rf"""
    ^(?:
        (?:please\ )?(?:name|list)\ (?:all|both|every|some|(?:the\ )?{_MANY})\b
      | (?:please\ )?(?:name|list)\ the\ (?:\w+\ ){{0,2}}{_PLURAL}\b
      | (?:which|what|who)\ (?:are|were)\ (?:all\ |both\ )?(?:the|his|her|its|their)\b
        (?:\ \w+){{0,2}}?\ {_PLURAL}\b
      | who\ (?:are\ the|were|have)\b
      | (?:(?:in|on|for|at|from|to|of)\ )?which\ (?:other\ )?{_PLURAL}\ \w
      | (?:(?:in|on|for|at|from|to)\ )?which\ (?!of\b)(?:\w+\ ){{1,2}}{_PLURAL}
        \ (?:{_PLURAL_AUXILIARY})\b
      | (?:(?:in|on|for|at|from)\ )?what\ (?:other\ )?{_PLURAL}
        \ (?:{_PLURAL_AUXILIARY}|could|must|may|got|get|in|of|that|on)\b
      | (?:(?:in|at|by|under|between|among)\ )?(?:which|what|the)\ {_MANY}\ \w
      | {_MANY}\ (?:things|reasons|ways)\b
      | {_PLURAL}\ (?:of|in|by|who|that|with|won|per|mentioned|named|quoted)\b
    )
  | ^(?!.*\b(?:besides|along\ with|apart\ from)\b).*,\s[^,]{{1,30}}\sand\s\w
  | \band\ (?:by\ )?(?:who|what|where|when|which|how\ (?:many|much))\b
  | \b(?:first|youngest|oldest|largest|smallest|highest|lowest|former|earlier|best)\b
    (?:,?\ \w+){{0,3}}\ and\ (?:the\ )?
    (?:second|third|last|youngest|oldest|largest|smallest|highest|lowest|present|latest|worst)\b
  | \b(?:for|in|of|at|to|from|by)\ each\b(?!\ other\b)
  | \beach(?:\ of\ the\b|$)
  | \b(?:both|all\ {_MANY}|all\ of\ them)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What asks for several things ("which crimes", "name the two cities")."""
MAY_ASK_FOR_ALL = re.compile(r"(?:what|where)\b", re.IGNORECASE)
"""How a question begins that may ask for all that a list holds, without saying so."""
_ONE_VALUE = (
    "number|name|address|e-?mail|phone|telephone|fax|extension|website|url|link|price|cost|fee|fare|"
    "rate|salary|rent|fine|deposit|total|date|day|month|year|time|deadline|age|limit|maximum|minimum|"
    "code|postcode|password|pin|port|size|height|weight|length|width|depth|distance|speed|capacity|"
    "temperature|population|title|capital|owner|author|manager|director|boss|head|captain|chair|"
    "president|mayor|secretary|treasurer"
)
ASKS_FOR_ONE = re.compile(
    rf"(?:who|what|which|where)(?:['’]?s|\ is|\ was)\ (?:the|my|your|his|her|its|our|their)\ "
    rf"(?:(?!(?:{'|'.join(sorted(PREPOSITIONS))})\b)[\w'’-]+\ ){{0,2}}(?:{_ONE_VALUE})"
    rf"(?=[^\w\s'’-]|$|\ (?:{'|'.join(sorted(FUNCTION_WORDS - {'and', 'or'}))})\b)",
    re.IGNORECASE,
)
"""How a question begins that names one value ("what's the phone number of the desk"). A range, a
stock and a price list are none."""
ONE_FOR_EACH = re.compile(r"\b(?:each|every)\b", re.IGNORECASE)
"""What asks for a value of each of several things, which may be the same for some of them."""
NAMED_COUNT = re.compile(rf"\b(?:the|which|what|name|list|all|in)\s+(?:the\s+)?({_MANY})\b", re.I)
"""Says how many things are asked for ("the two cities"); group 1 is the number."""
_COUNTED_IN_OTHER_WORDS = "|".join(UNITS) + (
    "|people|persons|euros|dollars|pounds|pence|cents|percent|degrees"
)
COUNTED = re.compile(
    rf"\bhow\s+many\s+(?!(?:{_COUNTED_IN_OTHER_WORDS})\b)([a-z][\w-]*+)", re.IGNORECASE
)
"""Names what is counted, in group 1, unless values say that in other words, too: people ("nine were
hurt") and what is measured ("two weeks" for "how many days")."""
# "In 2019 for theft", or at the end "and for 2019?", and not "for 2000 people" or "since 2000".
_YEAR_ASKED = re.compile(
    rf"\b(?:in|during) ({YEAR})\b|(?:^|\b(?:for|of|about|and|or|year) )({YEAR})(?=\W*$)",
    re.IGNORECASE,
)
_SUBJECT_WITH_VERB = re.compile(
    r"\b(?:i|you|he|she|it|we|they|there|that|this|here)['’](?:s|re|d|ll|ve|m)\b", re.IGNORECASE
)


def without_opening(question: str) -> str:
    """A question without "and", "what about" and the like, and without its end mark."""
    return OPENING.sub("", question.strip().rstrip("?!. "))


def is_fragment(question: str) -> bool:
    """Whether a question is no sentence, so that it asks for what the question before asked for."""
    words = words_of(without_opening(question).lower())
    has_verb = not (QUESTION_WORDS | VERBS).isdisjoint(words) or _SUBJECT_WITH_VERB.search(question)
    return bool(words) and not has_verb


def is_question(text: str) -> bool:
    """
    Whether a text asks something: by its mark, or by how it begins ("and who ...").

    Without the mark, "don't" asks only before what it may be said of: "don't they", but not "don't
    worry".
    """
    if text.rstrip().endswith("?"):
        return True
    words = [word.lower() for word in words_of(text)]
    first, second, *_ = [*dropwhile(OPENING_WORDS.__contains__, words), "", ""]
    return first in ASKING_WORDS and (first not in DENYING_VERBS or second in BEGIN_SUBJECTS)


def small_talk(text: str) -> SmallTalk | None:
    """What kind of small talk a text is; None if it may ask something."""
    if not is_small_talk(text):
        return None
    words = {word.lower() for word in words_of(text)}
    if words & FAREWELLS:
        return "farewell"
    if words & THANKS:
        return "thanks"
    return "greeting" if words & (GREETINGS | TIMES_OF_DAY) else "other"


def asks_for_judgement(question: str) -> bool:
    """
    Whether a question wants a yes or a no, or to be told how to do something.

    A span of a document is neither, so it is shown in its sentence.
    """
    return bool(_YES_OR_NO.match(question) or _HOW_TO.match(question))


def asks_for_yes_or_no(question: str) -> bool:
    """Whether a question wants a yes or a no: "do we need", but not "can you name the fees"."""
    return (
        _YES_OR_NO.match(question) is not None
        and _ASKS_SOMEBODY.match(question) is None
        # "May I know which days", "is there anything I should bring": it wants to be told.
        and KIND_OF_QUESTION.search(question) is None
        and _ANYTHING.search(question) is None
    )


def is_small_talk(text: str) -> bool:
    """Whether a text asks nothing: "hello there", "ok thanks"; but "good?" may be one of a list."""
    words = {word.lower() for word in words_of(text)}
    return (
        "?" not in text
        and not words.isdisjoint(SMALL_TALK)
        and words <= SMALL_TALK | BESIDE_SMALL_TALK
    )


def years_asked(question: str) -> frozenset[str]:
    """The years that a question asks about, each as four digits."""
    return frozenset(year for found in _YEAR_ASKED.findall(question) for year in found if year)


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
