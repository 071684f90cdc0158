"""Whether a question is in English, the only language that Quoth reads. Pure functions."""

import unicodedata

from answering.english.words import SHARED_WORDS, TELLING_WORDS, word_set, words_of

# What asks, and the verbs that go with it, in the languages of Europe that use Latin letters most.
# A title ("La Casa de Papel") has articles, but hardly these.
_ASKING = word_set(
    # German
    "wer wem wen wessen welche welcher welches welchen wie viele viel wieviel wieviele wann wo "
    "woher wohin warum wieso weshalb ist sind waren wurde wurden wird werden hat haben hatte "
    "hatten kann können konnte muss müssen soll gibt "
    # French
    "qui que qu'est est-ce quel quelle quels quelles combien quand où pourquoi comment est sont "
    "était étaient fut ont avait avaient a-t-il a-t-elle y-a-t-il peut doit "
    # Spanish
    "qué quién quiénes cuál cuáles cuánto cuánta cuántos cuántas cuándo dónde cómo cuanto cuantos "
    "cuantas cuando donde quien es fue fueron son era eran está están ha han había hay puede "
    # Italian
    "chi quale quali quanto quanta quanti quante quando dove perché cosa cos'è è sono fu furono "
    "erano ha hanno aveva può deve "
    # Portuguese
    "quem qual quais quantos quantas onde são foi foram tem têm pode "
    # Dutch
    "wie wat welke hoeveel wanneer waar waarom hoe zijn waren werd werden wordt worden heeft "
    "hebben kan kunnen moet"
)
# What stands beside them.
_BESIDE = word_set(
    "der die das den dem des ein eine einen einem einer und oder nicht im von vom zu zum zur mit "
    "für auf bei aus nach über wegen durch ich du er sie wir ihr man es auch noch als "
    "le la les l un une des du de d et ou ne pas dans par pour avec sur aux au ce cette il elle on "
    "ils elles je tu nous vous "
    "el los las una unos unas del y o no en con por para se su sus lo "
    "il lo gli i uno di da del della dei delle nel nella e che non per con si al alla "
    "os as um uma do dos das em no na nos nas ao à "
    "het een van en niet op met voor door aan bij uit naar ik jij hij zij wij er dat deze dit"
)
# A foreign name in an English fragment ("Que Sera age") brings one, by chance.
_FEWEST_FOREIGN = 2
# A name in other letters has hardly as many words, or as many characters where there are no spaces.
_FEWEST_WORDS = 3
_FEWEST_CHARACTERS = 8


def is_foreign(text: str) -> bool:
    """
    Whether a question is surely not in English.

    Names and titles of other languages do not make it so: what asks must be foreign, too, and no
    word may be one that English alone has.
    """
    words = [word.lower() for word in words_of(text)]
    if any(word in TELLING_WORDS for word in words):
        return False
    if text.lstrip().startswith("¿"):
        return True
    if _is_in_other_letters(text):
        return len(words) >= _FEWEST_WORDS or (
            len(words) == 1 and len(words[0]) >= _FEWEST_CHARACTERS
        )
    asking = set(words) & _ASKING - SHARED_WORDS
    beside = set(words) & _BESIDE - SHARED_WORDS - asking
    return bool(asking) and len(asking) + len(beside) >= _FEWEST_FOREIGN


def _is_in_other_letters(text: str) -> bool:
    """Whether most letters are of another alphabet."""
    letters = [character for character in text if character.isalpha()]
    latin = sum("LATIN" in unicodedata.name(character, "") for character in letters)
    return latin < len(letters) / 2
