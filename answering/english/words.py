"""Words of English by what they do in a sentence, and what words have in common."""

import re

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


def word_set(text: str) -> frozenset[str]:
    """The words of a text that are parted by white space, for a list of them."""
    return frozenset(text.split())


QUESTION_WORDS = word_set("who whom whose what which when where why how")
# "Where's" asks and has the verb of its sentence; people leave out the apostrophe, too.
_ASKING_VERBS = frozenset(
    contraction
    for word in QUESTION_WORDS - {"whom", "whose", "which"}
    for contraction in (f"{word}s", *(f"{word}'{verb}" for verb in ("s", "re", "d", "ll")))
)
DENYING_VERBS = frozenset(
    contraction
    for word in word_set("is are was were do does did has have had ca could wo would should must")
    for contraction in (f"{word}nt", f"{word}n't")
)
AUXILIARIES = (
    _ASKING_VERBS
    | DENYING_VERBS
    | word_set(
        "is are was were be been being do does did has have had can could will would should may "
        "might must"
    )
)
ASKING_WORDS = QUESTION_WORDS | AUXILIARIES
"""One of these stands in every question that is a sentence."""
VERBS = AUXILIARIES - {"may"}
"""Those that are no month, too: "the ones in May" has no verb."""
PERSONAL_PRONOUNS = word_set(
    "he she him her his hers they them their theirs it its it's himself herself itself"
)
POINTING_WORDS = word_set("this that these those")
PRONOUNS = PERSONAL_PRONOUNS | POINTING_WORDS | word_set("then one ones there")
BARE_WORDS = QUESTION_WORDS | word_set(
    "many much long old far often big by for until since with from in to at come exactly year time "
    "else so of out on till day month"
)
"""What a question word takes with it ("since when", "by how much"); none says what about."""
COMMON_WORDS = (
    ASKING_WORDS
    | BARE_WORDS
    | PRONOUNS
    | word_set(
        "a an the and or as into over under about after before between during per than not no any "
        "some"
    )
)
"""Words without a content of their own."""
GREETINGS = word_set("hi hello hey hiya yo greetings")
THANKS = word_set("thanks thank thx ty cheers")
FAREWELLS = word_set("bye goodbye")
SMALL_TALK = (
    GREETINGS
    | THANKS
    | FAREWELLS
    | word_set(
        "good ok okay cool great nice lol haha perfect awesome amazing excellent wow yes yeah yep "
        "no nope sorry please welcome"
    )
)
"""What people say to be polite."""
TIMES_OF_DAY = word_set("morning afternoon evening night")
BESIDE_SMALL_TALK = TIMES_OF_DAY | word_set(
    "you so very much a lot all everyone everybody there bot quoth that this helped helps helpful "
    "for the your help"
)
"""What may stand with it, and alone asks something ("evening?")."""
OPENING_WORDS = word_set("and but so or then ok okay well also hey hi hello please")
"""What may stand before the first word of a question."""
PREPOSITIONS = word_set(
    "about after against among as at before between by during for from in into of on over per "
    "since through till to under until with without"
)
ARTICLES = word_set("a an the my your our")
"""Articles, and words that begin a phrase as articles do, but for pronouns."""
_BEHIND_A_LETTER = (PREPOSITIONS | VERBS | word_set("cost costs")) - {"may"}
LETTER_A = re.compile(
    rf"(?<![\w'’.-])a(?=\W*+$|\s+(?:{'|'.join(sorted(_BEHIND_A_LETTER))})\b)", re.IGNORECASE
)
"""An "a" that is no article, by what follows: "how much is Zone A per day"."""
THE_LETTER_A = "letter-a"
"""What is compared for such an "a"."""
BEGIN_SUBJECTS = (
    ARTICLES
    | PERSONAL_PRONOUNS
    | POINTING_WORDS
    | word_set("any anybody anyone everyone i there we you")
)
FUNCTION_WORDS = (
    ASKING_WORDS
    | ARTICLES
    | PREPOSITIONS
    | PRONOUNS
    | word_set("and any i many me much or out so some than up we you")
)
"""Words that name nothing, not even a column of a table, as "year" does."""
LITTLE_SAID = QUESTION_WORDS | word_set(
    "the a an of in on at to for and or is are was were be been do does did has have had it its "
    "this that with by from as many much long far often s t i you he she they we his her their my "
    "your our can could will would should not no me us about into than then there if so"
)
"""Words that questions are made of: the search counts each for a quarter of another word.
`benchmarks/rerank.py` writes them into the file of the weights that were fitted with them."""
WORD_ENDING = re.compile(r"(?<=[^\W\d_]{3})(?:ings?|e[drs]?|ors?|['’]?s)$")
"""What a word may end in and say the same: "barge" and "barges", "director" and "directed". Only
words in letters: "1990s" are no 1990."""
NAME_ENDING = re.compile(r"(?<=[^\W\d_]{4})(?:ings?|ists?|ers?|ors?|ies|y|ed|es?|s)$")
"""The same for a word with a capital, but for the short ones: "Companies" and "Company"."""
BEFORE_CODE = ARTICLES | word_set(
    "add at by call calling called choose click command enter execute from in into invoke key "
    "named namely open option press run running say see send set tag to type typing use using "
    "variable via with write"
)
"""What a sentence has before a command, a name or a path that it gives: "call `close()`"."""
GENERAL_VERBS = word_set(
    "begin close come cost end get give go hold keep last leave live make meet need open pay play "
    "run sell start stay stop take use want work"
)
"""Verbs that say nothing of what kind somebody or something is: "new members get"."""
OWNER_ENDING = re.compile(r"['’]s?$")
"""What an owner's name ends with: "year's", "years'"."""
_PLURAL_ENDING = re.compile(r"(?<=[^\W\d_]{2}[^\W\d_sui])s$")
"""What a word for several ends with; not a "class", a "campus" or a "basis", nor "gas"."""
NEGATION = re.compile(r"\b(?:no|not|never|none)\b|n['’]t\b", re.IGNORECASE)
"""What says that something is not so."""
SHARED_WORDS = word_set(
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
    | word_set("i you we us me they please tell name list give show find explain of is")
) - SHARED_WORDS
"""One of these tells that a question is in English."""
JOINING_WORDS = ("and", "or")
"""What may end an item, since it joins the next one to it."""
YES_AND_NO = word_set("yes no")
"""Values of a table that say nothing without the name of their column."""
LINKING_WORDS = ARTICLES | PERSONAL_PRONOUNS | PREPOSITIONS | VERBS | word_set("and")
"""Words that two ways to say the same may differ in."""
STEM_CHARS = 5
"""Letters by which the forms of a word are told to be one."""


def has_word(text: str) -> bool:
    """Whether a text has a content word with a letter, as "10:00 to 21:00" has not."""
    return any(any(map(str.isalpha, word)) for word in content_words(text))


def content_words(text: str) -> list[str]:
    """The words of a text without its function words, in small letters."""
    return [word for word in words_of(text.lower()) if word not in COMMON_WORDS]


def content_stems(text: str) -> frozenset[str]:
    """The stems of a text's content words, so that the forms of a word are one."""
    return frozenset(map(stem_of, content_words(text)))


def stem_of(word: str) -> str:
    """The first letters of a word, which its other forms share; a short one has no plural's "s"."""
    return singular(word)[:STEM_CHARS]


def singular(word: str) -> str:
    """A word without the ending of an owner or of several: "knots" and "knot's" as "knot"."""
    return _PLURAL_ENDING.sub("", OWNER_ENDING.sub("", word))
