"""
Words that end with a full stop in the middle of a sentence, as English text has them.

The sentence splitter brings thousands that were counted in law reports. Among them are words such
as month, car and book, after which sentences do end. What is a word of its own as well (Ill.,
Miss., art.) is left out: then a quote ends too early at times, where it would often run on.
"""

_TITLES = "mr mrs ms dr prof rev hon pres gov sen rep messrs mme mlle jr sr esq st fr br sra"
_RANKS = "gen col maj capt cpt lt sgt cpl pvt adm cmdr brig comdr supt det insp ofc"
_MONTHS = "jan feb mar apr jun jul aug sep sept oct nov dec"
_FIRMS = "co corp inc ltd bros assn dept univ inst dist div mfg intl natl govt est acad assoc"
_STREETS = "ave blvd rd hwy pkwy sq ln apt bldg rm ft mt pt"
_STATES = (
    "ala ariz ark calif colo conn fla ga kan ky la md mich minn mo neb nev okla pa penn tenn tex "
    "va vt wis wyo"
)
_REFERENCES = (
    "no nos nr vol vols pp fig figs sec sect ch chap para ed eds trans repr cf viz al eq eqs ref "
    "refs cl sched amend cit ibid et seq tbl suppl ver"
)
_AMOUNTS = "approx ca max min avg tel ext kg lb lbs oz hr hrs sq yr yrs wt qty"
_LATIN = "vs etc eg ie incl excl esp"

ABBREVIATIONS = frozenset(
    " ".join(
        (_TITLES, _RANKS, _MONTHS, _FIRMS, _STREETS, _STATES, _REFERENCES, _AMOUNTS, _LATIN)
    ).split()
)
"""In lower case, without the full stop. Single letters, and those with stops inside, count too."""


def is_abbreviation(word: str) -> bool:
    """Whether a sentence goes on after this word and a full stop; the word in lower case."""
    return len(word) == 1 or "." in word or word in ABBREVIATIONS
