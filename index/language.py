"""The language of a document, if that is surely not English, the only one that Quoth reads."""

import re
from functools import cache
from types import MappingProxyType
from typing import Any

# Pieces of this length are looked at: the beginning, the middle and the end of a document. A title
# page or a list of references may be in another language than the rest.
_PIECE_CHARS = 1_500
# How many letters different words need together: fewer, as in codes or a table, are too little to
# tell a language from.
_FEWEST_LETTERS = 60
# Words without which nobody writes English, and their share among the words from which on a text is
# not looked at any further: loading the detector takes longer than reading a document.
_ENGLISH = frozenset({"the", "of", "and", "to", "in", "is", "that", "for", "it", "with", "as"})
_ENGLISH |= {"was", "on", "are", "by", "this", "be", "from", "or", "have", "an", "not", "you"}
_ENGLISH_SHARE = 0.12
# How far a language must be ahead of English, in natural logarithms of their likelihoods.
_FEWEST_NATS = 25.0
_WORD = re.compile(r"[^\W\d_]+")
# Those that the detector knows and many people write in; creoles of English are left out.
_NAMES = MappingProxyType(
    {
        "en": "English",
        "af": "Afrikaans",
        "am": "Amharic",
        "ar": "Arabic",
        "az": "Azerbaijani",
        "be": "Belarusian",
        "bg": "Bulgarian",
        "bn": "Bengali",
        "bs": "Bosnian",
        "ca": "Catalan",
        "cs": "Czech",
        "cy": "Welsh",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "eo": "Esperanto",
        "es": "Spanish",
        "et": "Estonian",
        "eu": "Basque",
        "fa": "Persian",
        "fi": "Finnish",
        "fr": "French",
        "ga": "Irish",
        "gl": "Galician",
        "gu": "Gujarati",
        "he": "Hebrew",
        "hi": "Hindi",
        "hr": "Croatian",
        "hu": "Hungarian",
        "hy": "Armenian",
        "id": "Indonesian",
        "is": "Icelandic",
        "it": "Italian",
        "ja": "Japanese",
        "ka": "Georgian",
        "kk": "Kazakh",
        "km": "Khmer",
        "kn": "Kannada",
        "ko": "Korean",
        "la": "Latin",
        "lo": "Lao",
        "lt": "Lithuanian",
        "lv": "Latvian",
        "mk": "Macedonian",
        "ml": "Malayalam",
        "mn": "Mongolian",
        "mr": "Marathi",
        "ms": "Malay",
        "mt": "Maltese",
        "my": "Burmese",
        "ne": "Nepali",
        "nl": "Dutch",
        "no": "Norwegian",
        "pa": "Punjabi",
        "pl": "Polish",
        "ps": "Pashto",
        "pt": "Portuguese",
        "ro": "Romanian",
        "ru": "Russian",
        "si": "Sinhala",
        "sk": "Slovak",
        "sl": "Slovenian",
        "so": "Somali",
        "sq": "Albanian",
        "sr": "Serbian",
        "sv": "Swedish",
        "sw": "Swahili",
        "ta": "Tamil",
        "te": "Telugu",
        "th": "Thai",
        "tl": "Tagalog",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "ur": "Urdu",
        "uz": "Uzbek",
        "vi": "Vietnamese",
        "xh": "Xhosa",
        "yo": "Yoruba",
        "zh": "Chinese",
        "zu": "Zulu",
    }
)


def foreign_language(text: str) -> str | None:
    """The English name of the language that all of a text is in; None if it may be English."""
    pieces = _pieces(text)
    if any(_looks_english(piece) for piece in pieces):
        return None
    found = {_language(piece) for piece in pieces}
    return found.pop() if len(found) == 1 else None


def _pieces(text: str) -> list[str]:
    last = max(0, len(text) - _PIECE_CHARS)
    starts = sorted({0, last // 2, last}) if last > _PIECE_CHARS else [0]
    return [text[start : start + _PIECE_CHARS] for start in starts]


def _looks_english(piece: str) -> bool:
    words = [word.lower() for word in _WORD.findall(piece)]
    if sum(map(len, set(words))) < _FEWEST_LETTERS:
        return True
    return sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words)


def _language(piece: str) -> str | None:
    ranked = _detector().rank(" ".join(_WORD.findall(piece)))
    best, score = ranked[0]
    english = next(score for name, score in ranked if name == "en")
    return _NAMES[best] if score - english >= _FEWEST_NATS else None


@cache
def _detector() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE)
    made.set_languages(list(_NAMES))
    return made
