"""Questions as they are typed: without capitals, question marks, or care."""

import random
import re

# How often each change is made to a question that is to be changed.
LOWER_CASE_SHARE = 0.7
DROP_MARK_SHARE = 0.7
TYPO_SHARE = 0.25
KEYWORDS_SHARE = 0.12
APOSTROPHE_SHARE = 0.5
SHORTHAND_SHARE = 0.2
# A word shorter than this is seldom mistyped, and unreadable if it is.
_MIN_TYPO_CHARS = 5

_FUNCTION_WORDS = frozenset(
    {
        "a", "an", "the", "is", "are", "was", "were", "be", "been", "do", "does", "did", "has",
        "have", "had", "of", "in", "on", "at", "to", "for", "by", "with", "from", "what",
        "which", "who", "whom", "whose", "when", "where", "why", "how", "that", "this", "these",
        "those", "it", "its", "there", "their", "and", "will", "would", "can", "could",
        "should",
    }
)  # fmt: skip
# Keywords that drop these ask for something else.
_KEPT_QUESTION_WORDS = frozenset({"how", "when", "where", "why", "who"})
_SHORTHAND = {"you": "u", "are": "r", "people": "ppl", "because": "cuz", "please": "pls"}
_NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o",
    "k": "l", "l": "k", "m": "n", "n": "m", "o": "i", "p": "o", "r": "t", "s": "d", "t": "r",
    "u": "i", "v": "b", "w": "e", "y": "t",
}  # fmt: skip


def noisy(question: str, rng: random.Random) -> str:
    """
    Write a question the way someone in a hurry would.

    Digits and names stay readable: only letters inside longer words are ever mistyped.
    """
    text = question.strip()
    if rng.random() < KEYWORDS_SHARE:
        text = keywords(text)
    if rng.random() < LOWER_CASE_SHARE:
        text = text.lower()
    if rng.random() < DROP_MARK_SHARE:
        text = text.rstrip("?. ")
    if rng.random() < APOSTROPHE_SHARE:
        text = re.sub(r"['’](?=s\b|t\b|re\b|ve\b)", "", text)
    if rng.random() < SHORTHAND_SHARE:
        text = " ".join(_SHORTHAND.get(word, word) for word in text.split(" "))
    if rng.random() < TYPO_SHARE:
        text = mistyped(text, rng)
    return text


def keywords(question: str) -> str:
    """Leave out the words that carry no content; a question left with fewer than two stays."""
    words = question.rstrip("?. ").split()
    kept = [
        word
        for place, word in enumerate(words)
        if word.lower() not in _FUNCTION_WORDS
        or (place == 0 and word.lower() in _KEPT_QUESTION_WORDS)
    ]
    return " ".join(kept) if len(kept) > 1 else question


def mistyped(text: str, rng: random.Random) -> str:
    """Swap, drop, double or miss one letter of one longer word; without one, nothing changes."""
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if len(word) >= _MIN_TYPO_CHARS and word.isalpha()]
    if not long:
        return text
    chosen = rng.choice(long)
    word = words[chosen]
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    slips = (
        before + after[0] + letter + after[1:],
        before + after,
        before + letter + letter + after,
        before + _NEIGHBOURS.get(letter, letter) + after,
    )
    words[chosen] = rng.choice(slips)
    return " ".join(words)
