"""
Every word list and pattern of English that answers rest on.

First words by what they do in a sentence, then patterns by what they tell, then functions.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import dropwhile
from typing import Literal, NamedTuple

# A word may begin with marks; of a run of them, it is looked for at the first alone.
_WORD = re.compile(r"\d++(?:[.,]\d++)++|(?<!['’&.-])(?:['’&.-]*+\w++)++")


# As phones type it, and a letter that looks like it.
_APOSTROPHES = str.maketrans("’ʼ", "''")


def with_straight_apostrophes(text: str) -> str:
    """A text as keyboards write it: "where's" for "where’s"."""
    return text.translate(_APOSTROPHES)


def words_of(text: str) -> list[str]:
    """
    The words of a text in order, numbers, names with dots and contractions whole.

    Their apostrophes are straight, so that one word is written in one way.
    """
    return _WORD.findall(with_straight_apostrophes(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _numbered(text: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split(), start=1)}


QUESTION_WORDS = _words("who whom whose what which when where why how")
# "Where's" asks and has the verb of its sentence; people leave out the apostrophe, too.
_ASKING_VERBS = frozenset(
    contraction
    for word in QUESTION_WORDS - {"whom", "whose", "which"}
    for contraction in (f"{word}s", *(f"{word}'{verb}" for verb in ("s", "re", "d", "ll")))
)
_DENYING_VERBS = frozenset(
    contraction
    for word in _words("is are was were do does did has have had ca could wo would should must")
    for contraction in (f"{word}nt", f"{word}n't")
)
AUXILIARIES = (
    _ASKING_VERBS
    | _DENYING_VERBS
    | _words(
        "is are was were be been being do does did has have had can could will would should may "
        "might must"
    )
)
ASKING_WORDS = QUESTION_WORDS | AUXILIARIES
"""One of these stands in every question that is a sentence."""
VERBS = AUXILIARIES - {"may"}
"""Those that are no month, too: "the ones in May" has no verb."""
PERSONAL_PRONOUNS = _words(
    "he she him her his hers they them their theirs it its it's himself herself itself"
)
POINTING_WORDS = _words("this that these those")
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
"""Articles, and words that begin a phrase as articles do, but for pronouns."""
_BEGIN_SUBJECTS = (
    ARTICLES
    | PERSONAL_PRONOUNS
    | POINTING_WORDS
    | _words("any anybody anyone everyone i there we you")
)
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
CARING = re.compile(r"\b(?:look(?:s|ed|ing)?|named) after\b", re.IGNORECASE)
"""Verbs whose "after" compares nothing."""
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
WORD_ENDING = re.compile(r"(?<=[^\W\d_]{3})(?:ings?|e[drs]?|ors?|['’]?s)$")
"""What a word may end in and say the same: "barge" and "barges", "director" and "directed". Only
words in letters: "1990s" are no 1990."""
NAME_ENDING = re.compile(r"(?<=[^\W\d_]{4})(?:ings?|ists?|ers?|ors?|ies|y|ed|es?|s)$")
"""The same for a word with a capital, but for the short ones: "Companies" and "Company"."""
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
"""Numbers by their words."""
TENS = {
    word: 10 * number
    for word, number in _numbered(
        "ten twenty thirty forty fifty sixty seventy eighty ninety"
    ).items()
    if number > 1
}
"""The tens by their words."""
HALF = "half"
AND_A = ("and", "a")
"""What "half" follows in "two and a half"."""
INDEFINITE_ARTICLES = _words("a an")
"""Words that count one thing: "an hour"."""
_HOUR, _MINUTE = r"(?:[01]?\d|2[0-4])", r"[0-5]\d"
CLOCK = (
    rf"(?<![\d.,:])({_HOUR})(?:[:.]({_MINUTE}))?\s?(?:(a)|(p))\.?\s?m\b\.?"
    rf"|(?<![\d.,:])({_HOUR}):({_MINUTE})\b"
)
"""A time of day: hour and minute, before noon or after it; or "22:00"."""
NAMED_HOURS = {"midnight": 0.0, "noon": 12.0, "midday": 12.0}
"""Hours since midnight of times that have names."""
DOTTED_TIME = re.compile(rf"(?<![\d.,:])({_HOUR})\.({_MINUTE})(?![\d:]|[.,]\d)")
"""What may be a time of day, or a number: hour and minute."""
PAST_THE_HOUR = {"half": 30, "quarter": 15}
"""Minutes since the hour in "half past seven"."""
PAST = re.compile(
    rf"\b({'|'.join(PAST_THE_HOUR)})[\s-]past[\s-]({'|'.join(NUMBERS)}|\d{{1,2}})\b", re.IGNORECASE
)
"""A time in words: the minutes' word, and the hour."""
UNITS: dict[str, tuple[str, float]] = {
    word: (unit, scale)
    for unit, scale, words in (
        ("seconds", 1, "s sec secs second seconds"),
        ("seconds", 60, "min mins minute minutes"),
        ("seconds", 3_600, "h hr hrs hour hours"),
        ("seconds", 86_400, "day days"),
        ("seconds", 604_800, "week weeks"),
        ("seconds", 1_209_600, "fortnight fortnights"),
        ("months", 1, "month months"),
        ("months", 12, "year years"),
        ("metres", 0.001, "mm millimetre millimetres millimeter millimeters"),
        ("metres", 0.01, "cm centimetre centimetres centimeter centimeters"),
        ("metres", 1, "m metre metres meter meters"),
        ("metres", 1_000, "km kilometre kilometres kilometer kilometers"),
        ("metres", 0.0254, "inch inches"),
        ("metres", 0.3048, "ft foot feet"),
        ("metres", 1_609.344, "mile miles"),
        ("grams", 1, "g gram grams"),
        ("grams", 1_000, "kg kilo kilos kilogram kilograms"),
        ("grams", 28.35, "oz ounce ounces"),
        ("grams", 453.6, "lb lbs"),
        ("litres", 0.001, "ml millilitre millilitres milliliter milliliters"),
        ("litres", 1, "l litre litres liter liters"),
        ("bytes", 1e6, "mb megabyte megabytes"),
        ("bytes", 1e9, "gb gigabyte gigabytes"),
        ("bytes", 1e12, "tb terabyte terabytes"),
        ("watts", 1, "w watt watts"),
        ("watts", 1_000, "kw kilowatt kilowatts"),
    )
    for word in words.split()
}
"""What a unit counts, and how many of these one of it is."""
SHORT_ALIKE = tuple(
    frozenset((UNITS[one], UNITS[other]))
    for one, other in (
        ("metre", "minute"),
        ("metre", "megabyte"),
        ("gram", "gigabyte"),
        ("watt", "week"),
    )
)
"""Units for which the same letter may be short: "5m"."""
SHORT_MINUTES = re.compile(r"\d\s?(?:h|hrs?|hours?)\s?\d{1,2}\s?m\b", re.IGNORECASE)
"""What ends with an "m" for minutes: "1h 5m"."""
SHORT_MILLIONS = re.compile(r"[€£$¥]\s?\d++(?:[.,]\d++)*+\s?m\b", re.IGNORECASE)
"""What ends with an "m" for millions: "£5m"."""
SIGNS = {
    "€": "euro",
    "$": "dollar",
    "usd": "dollar",
    "£": "pound",
    "gbp": "pound",
    "¥": "yen",
    "%": "percent",
}
"""What stands beside a number for a word."""
PER_CENT = re.compile(r"\bper[\s-]cent\b", re.IGNORECASE)
"""The word of "%" as two."""
EVERY_DAY = re.compile(r"\bevery\sday\b", re.IGNORECASE)
"""What "daily" says; "monthly" and "every month" begin alike."""
BELOW_ZERO = re.compile(
    r"(?<![\d)%°]\s)(?<!°[cf]\s)(?<![ap]m\s)(?<!m\.\s)(?<![^\s(])(?:[-−–]|minus\s)(?=\d)",
    re.IGNORECASE,
)
"""What makes a number negative: neither a range's dash nor a list's mark."""
BETWEEN_UNITS = re.compile(r"(?:[\s,]++|and\b)*+")
"""What may stand between an amount in two units: "1 hour, 30 minutes"."""
RANGE = re.compile(r"\s*+(?:to|[-–—])\s*+")
"""What stands between two numbers with one unit: "2 to 3 weeks"."""
ORDINAL_ENDING = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
"""What makes a number say which one: "1st"."""
GENERAL_VERBS = _words(
    "begin close come cost end get give go hold keep last leave live make meet need open pay play "
    "run sell start stay stop take use want work"
)
"""Verbs that say nothing of what kind somebody or something is: "new members get"."""
OWNER_ENDING = re.compile(r"['’]s?$")
"""What an owner's name ends with: "year's", "years'"."""
NEGATION = re.compile(r"\b(?:no|not|never|none)\b|n['’]t\b", re.IGNORECASE)
"""What says that something is not so."""
_SMALL_WORDS = (FUNCTION_WORDS | _words("above below")) - frozenset(NUMBERS)
_DENYING_WORDS = "|".join(sorted(word for word in AUXILIARIES if word.endswith("nt")))
DENYING = re.compile(
    rf"{NEGATION.pattern}|\b(?:except|lacks?|without|{_DENYING_WORDS})\b", re.IGNORECASE
)
"""What asks for things that are not so, or not there."""
NUMBER_WORDS = frozenset(NUMBERS) | _words(
    "thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen none "
    "half"
)

SHARED_WORDS = _words(
    "a an as at do in is it me no on or so to was war were will die man her his that us hat "
    "come per are can for more all one and by the i we he she over under many most dont"
)
"""Words of English that are ordinary in another language of Europe, too."""
TELLING_WORDS = (
    COMMON_WORDS
    | ASKING_WORDS
    | PREPOSITIONS
    | ARTICLES
    | SMALL_TALK
    | _words("i you we us me they please tell name list give show find explain of is")
) - SHARED_WORDS
"""One of these tells that a question is in English."""
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
_HOW_TO = re.compile(
    rf"{_GOING_ON}how\s+(?:to|(?:do|can|could|must|should|would)\s+(?:i|you|we|one|people|anyone))\s",
    re.IGNORECASE,
)
KIND_OF_QUESTION = re.compile(
    r"\b(how (?:many|much)|how|what|when|where|which|who|whom|whose|why)\b", re.IGNORECASE
)
"""The words by which kinds of questions are told apart, the first of them counting."""
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
# A separator is looked for where its white space begins: at every place in a run of white space it
# would take the square of the run's length. The mark of a line in a list is no part of an item.
SPAN_SEPARATOR = re.compile(
    r"(?:(?<!\s)\s++)?[,;]\s++(?:(?:and|or)\s++)?"
    r"|(?<!\s)(?:\s++and\s++|[^\S\n]*+\n\s*+(?:(?:[-*•]|\d{1,3}[.)])\s++)?)"
)
"""Between the items of a list within a span."""
# White space is looked for where it begins, as above.
PART_SEPARATOR = re.compile(r"[,;]\s++(?:(and|or)\s++)?|(?<!\s)\s++(and|or)\s++")
"""Between the parts of a sentence that may be items; a group holds the word that joins the last."""
_NO_PREPOSITION = rf"(?!(?:{'|'.join(sorted(PREPOSITIONS))})\b)"
_NUMBER_AFTER_NAME = re.compile(rf"\b{_NO_PREPOSITION}[^\W\d_]++\W++\d[\d\W]*+$", re.IGNORECASE)
_NUMBER_BEFORE_NAME = re.compile(rf"\W*+\d[\d\W]*+\b{_NO_PREPOSITION}[^\W\d_]", re.IGNORECASE)
_ENCLOSED = re.compile(r"\([^()]*+\)|\[[^\[\]]*+\]|“[^“”]*+”|(?<!\w)\"[^\"]*+\"")
JOINING_WORDS = ("and", "or")
"""What may end an item, since it joins the next one to it."""
YES_AND_NO = _words("yes no")
"""Values of a table that say nothing without the name of their column."""
BARE_ANSWER = re.compile(rf"(?:^|\?\s)\W*+(?:{'|'.join(sorted(YES_AND_NO))})\W*+$", re.IGNORECASE)
"""A sentence that only says yes or no, by itself or behind the question."""
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
"""What a number before one of these is multiplied by."""
LIKE_NUMBERS = re.compile(
    r"\b(?:an?|free|nothing|noon|midnight|no|once|twice|unlimited|hourly|daily|weekly|fortnightly|"
    r"monthly|yearly|annually)\b",
    re.IGNORECASE,
)
"""What says how much or when as a number does."""
LINKING_WORDS = ARTICLES | PERSONAL_PRONOUNS | PREPOSITIONS | VERBS | _words("and")
"""Words that two ways to say the same may differ in."""
STEM_CHARS = 5
"""Letters by which the forms of a word are told to be one."""


MONTHS = tuple(
    _numbered(
        "january february march april may june july august september october november december"
    )
)
"""In their order."""
MONTH_WORDS = frozenset(MONTHS) | {month[:3] for month in MONTHS} | {"sept"}
"""How months are written, in small letters and without a dot."""
WEEKDAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri "
    "sat sun"
)
"""The days of the week, also in short."""
# After the word for a limit: what it is the limit of, and no other end of a range.
_LIMIT_OF = (
    r"[\s-]++(?!.*(?:\b(?:to|until|till|and)\b|[-–—]))(?:the\s)?[€£$¥]?(?=\d|(?:"
    + "|".join([*NUMBERS, *NAMED_HOURS, *sorted(WEEKDAYS), *sorted(MONTH_WORDS)])
    + r")\b)"
)
LIMITS = (
    re.compile(
        rf"^\W*+(?:before|by|below|under|until|till|up to|at most){_LIMIT_OF}", re.IGNORECASE
    ),
    re.compile(rf"^\W*+(?:above|after|from|over|since|at least){_LIMIT_OF}", re.IGNORECASE),
)
"""How a value begins that is the end of something, and one that is the beginning of something."""
_MONTH = rf"(?:{'|'.join(map(str.capitalize, MONTHS))})"
_YEAR = r"(?:19|20)\d\d"
YEARS = re.compile(rf"(?<!\d){_YEAR}(?!\d)")
"""A year of the last century or this one."""
# "In 2019 for theft", or at the end "and for 2019?", and not "for 2000 people" or "since 2000".
_YEAR_ASKED = re.compile(
    rf"\b(?:in|during) ({_YEAR})\b|(?:^|\b(?:for|of|about|and|or|year) )({_YEAR})(?=\W*$)",
    re.IGNORECASE,
)
# "2018-21", "2018/2021", "2010s", and not the day "2001-12-05".
_YEARS_TOGETHER = re.compile(rf"(?<!\d)({_YEAR})(?: ?[-–/] ?((?:\d\d)?\d\d)(?![-\d])|s\b)")
_SHORT_YEAR = re.compile(r"['’](\d\d)\b")
_DAY_OF_MONTH = rf"(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}\b)"
_WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
# "2012" alone may be a room, too.
_TIME_ONLY = rf"{_DAY_OF_MONTH}|{_MONTH} {_YEAR}|\d{{4}}-\d\d-\d\d|\b{_WEEKDAY}\b|\d:\d\d"
_TIME = rf"{_TIME_ONLY}|^{_YEAR}$"
_NOTHING_BUT_A_DAY = rf"(?:{_DAY_OF_MONTH})?,? ?(?:{_YEAR})?$"
_CURRENCY = "(?:euros?|dollars?|pounds?|pence|cents?|francs?|EUR|USD|GBP|CHF)"
_MONEY = rf"[€£$¥]|\d {_CURRENCY}\b|^[Ff]ree\b"
# Neither "3D Systems" nor "1st Brigade" begins with one.
_FIGURE = r"\W{0,2}\d[\d.,:/-]*(?!\w)"
_AMOUNT = rf"\W{{0,2}}\d|(?:an?|{'|'.join(sorted(NUMBER_WORDS))})\b"
# What is written in figures; a length may be "half a day", and a size "large".
_IN_FIGURES = (
    "altitude|capacity|depth|distance|height|population|power|running time|speed|weight|width"
)
# Only right behind such words is it what is asked for: "which hall has a capacity of 200" asks for
# the hall, and "what kind of power does it use" for a word.
_OPENING_OF_A_MEASURE = (
    r"(?:how much |(?:what|which)(?:'s| is| are| was)? )?(?:the )?"
    r"(?:(?:average|current|full|max|maximum|min|minimum|real|seating|top|total) )?"
)
_FIGURES = rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))\W{{0,2}}\d"


# A letter counts only as it stands: something may be in room "12 S", and lasts "12 s".
_UNIT = "|".join(unit if len(unit) == 1 else f"(?i:{unit})" for unit in UNITS)
# Something may be in room "12", "12A" or "3.07", and nowhere in "7.6 km" or "£3".
_NO_PLACE = rf"^(?:[€£$¥] ?\d[\d.,-]*+|\W?\d[\d.,:/-]*+ ?(?:{_UNIT}|{_CURRENCY}|[%€£$¥]))$"
# Neither "–" nor "-" is among them: in a column of names they are nobody.
_YES_OR_NOT = r"^(?:[Yy]es|YES|[Nn]o|NO|[Tt]rue|TRUE|[Ff]alse|FALSE|[xX✓✔✗])$"
# How somebody is reached, as it is asked for, and as it is written; "101-103" are rooms or pages.
_MAIL, _PAGE = r"\w@\w", r"://|\bwww\."
_PHONE = r"^(?!\d{3}-\d{3}$)\+?(?:[ ()/.-]{0,2}\d){6,20}$"
_CONTACTS = (
    (r"e-?mail(?: address)?", _MAIL),
    (r"(?:home ?page|url|web ?address|web ?page|web ?site)", _PAGE),
    (r"(?:fax|mobile|(?:tele)?phone)(?: number)?", _PHONE),
)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+")
"""A page or a mail box, which is one thing however it is cut into words."""
_WHAT_COUNTS_ALIKE = [
    "|".join(word for word, other in UNITS.items() if other == unit)
    for unit in dict.fromkeys(UNITS.values())
]
_SUBJECT_WITH_VERB = re.compile(
    r"\b(?:i|you|he|she|it|we|they|there|that|this|here)['’](?:s|re|d|ll|ve|m)\b", re.IGNORECASE
)
_FIRST_QUESTION_WORD = re.compile(rf"\b(?:{'|'.join(sorted(QUESTION_WORDS))})\b", re.IGNORECASE)


NOTHING_THERE = re.compile(
    r"\W*+(?:not\b.*+|(?:closed|n/?a|never|nil|no(?: one)?|nobody|none|nothing|"
    r"sold out|unavailable)\b)?+\W*+",
    re.IGNORECASE,
)
"""A cell of a table that says that something is not there, or not so: "none", "not offered"."""


class CellKind(NamedTuple):
    """What tells the columns of a table that may answer a question from those that can't."""

    some: re.Pattern[str]
    """What at least one cell of such a column says."""
    none: re.Pattern[str]
    """What none of its cells says."""

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a column of such cells may answer, by those that say what is there."""
        telling = [cell for cell in cells if not NOTHING_THERE.fullmatch(cell)] or cells
        return any(map(self.some.search, telling)) and not any(map(self.none.search, telling))


_NOTHING = r"(?!)"
_NO_TIME = rf"^(?!.*(?:{_TIME_ONLY}))"
# A mail address or a number answers "who do I call" and "where do I write to", and not "who gives
# the talk".
_REACHING = (
    r"(?:apply|ask|call|contact|e-?mail|message|phone|reach|register|report|ring|send|speak|talk|tell|"
    r"write)(?:e?d)?\b"
)
_WHO_IS_REACHED = (
    r"(?:who|whom|whose \w+) (?:(?:is |are )?to|do|does|can|could|may|must|shall|should|will|would)"
    rf"\b.*\b(?:{_REACHING}|(?:get|go|help|see|turn)\b)"
)
_ASKED_AND_ANSWERING = tuple(
    (re.compile(asked, re.IGNORECASE), CellKind(re.compile(some), re.compile(none)))
    for asked, some, none in (
        (
            rf"^(?!{_WHO_IS_REACHED})(?:who|whom|whose)\b",
            rf"^(?!{_FIGURE})",
            rf"{_YES_OR_NOT}|{_MAIL}|{_PAGE}|{_PHONE}",
        ),
        (r"^(?:what|which) year\b", r"(?<!\d)(?:1\d|20|21)\d\d(?!\d)", _NOTHING),
        (r"^(?:when|(?:what|which) (?:day|date|time))\b", _TIME, _NOTHING),
        # Something is sent to a mail address, and nothing else is there.
        (
            rf"^where\b(?!.*\b{_REACHING})",
            _NO_TIME,
            rf"{_YES_OR_NOT}|{_NO_PLACE}|{_PHONE}|{_MAIL}",
        ),
        (r"^where\b", _NO_TIME, rf"{_YES_OR_NOT}|{_NO_PLACE}"),
        *(
            (rf"^how many (?:{words})\b", rf"\d ?(?i:{words})\b", _NOTHING)
            for words in _WHAT_COUNTS_ALIKE
        ),
        (
            r"^(?!who|when|where).*\b(?:costs?|prices?|fees?|fares?|pays?|paid)\b",
            _MONEY,
            _NOTHING,
        ),
        *(
            (
                rf"^{_OPENING_OF_A_MEASURE}{words} |['’]s {words}\W*$",
                cell,
                _NOTHING,
            )
            for words, cell in _CONTACTS
        ),
        (
            r"^how (?:long|high|tall|wide|broad|deep|heavy|far|fast|big|large)\b|"
            rf"^{_OPENING_OF_A_MEASURE}(?:duration|length) (?:of|does|do|is)\b",
            rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))(?:{_AMOUNT})",
            _NOTHING,
        ),
        (rf"^{_OPENING_OF_A_MEASURE}(?:{_IN_FIGURES}) (?:of|does|do|is)\b", _FIGURES, _NOTHING),
        # Of a fee and a number, "how many" asks for the number.
        (
            rf"^how many (?!{_CURRENCY}\b)",
            rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))(?:{_AMOUNT})",
            _NOTHING,
        ),
        (r"^how (?:many|much)\b", rf"^(?!{_NOTHING_BUT_A_DAY})(?:{_AMOUNT})", _NOTHING),
    )
)


def kinds_of_cells(question: str) -> list[CellKind]:
    """The kinds of cells that may answer a question, the nearest first; none if nothing tells."""
    word = _FIRST_QUESTION_WORD.search(question)
    asked = question[word.start() :] if word else question
    return [kind for asks, kind in _ASKED_AND_ANSWERING if asks.search(asked)]


def without_opening(question: str) -> str:
    """A question without "and", "what about" and the like, and without its end mark."""
    return OPENING.sub("", question.strip().rstrip("?!. "))


def is_fragment(question: str) -> bool:
    """Whether a question is no sentence, so that it asks for what the question before asked for."""
    words = words_of(without_opening(question).lower())
    has_verb = not (QUESTION_WORDS | VERBS).isdisjoint(words) or _SUBJECT_WITH_VERB.search(question)
    return bool(words) and not has_verb


def separators(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[re.Match[str]]:
    """What separates the parts of a text, but for what brackets or quotation marks enclose."""
    enclosed = {
        place for one in _ENCLOSED.finditer(text, start, end) for place in range(*one.span())
    }
    return [one for one in pattern.finditer(text, start, end) if one.start() not in enclosed]


def has_word(text: str) -> bool:
    """Whether a text has a content word with a letter, as "10:00 to 21:00" has not."""
    return any(any(map(str.isalpha, word)) for word in content_words(text))


def are_numbers_of_one(texts: Sequence[str]) -> bool:
    """Whether parts are numbers, and one names what they all number: "Buses 7 | 12"."""
    *all_but_last, last = texts
    first, *others = texts
    return (_NUMBER_AFTER_NAME.search(first) is not None and _have_no_letter(others)) or (
        _NUMBER_BEFORE_NAME.match(last) is not None and _have_no_letter(all_but_last)
    )


def _have_no_letter(texts: Iterable[str]) -> bool:
    return not any(map(str.isalpha, "".join(texts)))


def says_nothing(text: str) -> bool:
    """
    Whether a text is made of small words alone: "between", but not "May", "IT", "one".

    A mark without a word, such as a tick, may be what a cell says.
    """
    words = words_of(text)
    return bool(words) and _SMALL_WORDS.issuperset(words)


def content_words(text: str) -> list[str]:
    """The words of a text without its function words, in small letters."""
    return [word for word in words_of(text.lower()) if word not in COMMON_WORDS]


def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's content words, so that the forms of a word are one."""
    return frozenset(map(stem_of, content_words(text)))


def stem_of(word: str) -> str:
    """The first letters of a word, which its other forms share."""
    return word[:STEM_CHARS]


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
    return first in ASKING_WORDS and (first not in _DENYING_VERBS or second in _BEGIN_SUBJECTS)


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


def years_asked(question: str) -> frozenset[str]:
    """The years that a question asks about, each as four digits."""
    return frozenset(year for found in _YEAR_ASKED.findall(question) for year in found if year)


def years_said(text: str) -> frozenset[str]:
    """The years that a text speaks of, each as four digits; those between two, too."""
    said = {*YEARS.findall(text)}
    for first, last in _YEARS_TOGETHER.findall(text):
        # Two digits belong to the century of the first.
        until = int(f"{first[: -len(last)]}{last}") if last else int(first) + 9
        said.update(map(str, range(int(first), until + 1)))
    said.update(f"{century}{year}" for year in _SHORT_YEAR.findall(text) for century in (19, 20))
    return frozenset(said)


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
