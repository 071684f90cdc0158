"""What programs send, over HTTP or MCP: checked here, and described by what stands here."""

import re
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from answering.followups.turns import MAX_TURNS, Cited, Turn
from answering.question import in_one_line
from bot.collection_names import BASE_COLLECTION
from index.filters import MAX_NAME_CHARS, MAX_NAMES, Filter
from index.shortening import shorten

# Longer than any question that may be set; how long one may be is said by `answering.question`.
_MAX_QUESTION_CHARS = 100_000
_MAX_NAME_CHARS = 1_000
# The longest question with ten long answers before it, and as much again.
MAX_BODY_BYTES = 1_000_000
# Above every offset of the largest document that is read, and below what SQLite can count.
MAX_OFFSET = 1_000_000_000
# The text of a few pages of a book, on each side and in the middle.
MAX_CONTEXT_CHARS = 10_000
MAX_PIECE_CHARS = 20_000
MAX_OTHERS = 20
MAX_PASSAGES = 50
MAX_LISTED = 1_000
_MAX_PLACES = 100
# So many faults of one body are named.
MAX_FAULTS = 5

_Text = Annotated[str, StringConstraints(max_length=_MAX_QUESTION_CHARS)]
# What was asked before is read with the question, and comes back: cleaned as the question is.
_Earlier = Annotated[_Text, AfterValidator(in_one_line)]
_Name = Annotated[str, StringConstraints(max_length=_MAX_NAME_CHARS)]
_Pattern = Annotated[str, StringConstraints(max_length=MAX_NAME_CHARS)]
_Offset = Annotated[int, Field(ge=0, le=MAX_OFFSET)]


class Body(BaseModel):
    """What is sent; a key that nothing has is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlierPlace(BaseModel):
    """Where an earlier answer stands."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    collection: _Name = BASE_COLLECTION
    document: _Name
    start_char: _Offset
    end_char: _Offset

    def cited(self) -> Cited:
        """The place as the answerer takes it."""
        return Cited(self.collection, self.document, self.start_char, self.end_char)


_Places = Annotated[tuple[EarlierPlace, ...], Field(max_length=_MAX_PLACES)]


class EarlierAnswer(BaseModel):
    """An answer as it came back, or as much of it as is known: `question` alone will do."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: _Earlier
    understood: _Earlier | None = None
    answers: _Places = ()
    candidates: _Places = ()
    nearest: _Places = ()

    def turn(self) -> Turn:
        """The turn as the answerer takes it."""
        shown = self.answers or self.candidates or self.nearest
        cited = tuple(place.cited() for place in shown)
        return Turn(self.question, cited, self.understood)


QuestionText = Annotated[_Text, Field(description="As a person types it, in English.")]
Alternatives = Annotated[
    int, Field(ge=0, le=MAX_OTHERS, description="How many other answers, at most.")
]
Earlier = Annotated[
    tuple[EarlierAnswer, ...],
    Field(
        max_length=MAX_TURNS,
        description="The answers before it as they came back, oldest first, if the question may be "
        "a follow-up.",
    ),
]
In = Annotated[
    tuple[_Pattern, ...],
    Field(
        # The name by which it is sent is a keyword in Python.
        validation_alias="in",
        max_length=MAX_NAMES,
        description="Names of the documents and folders that it is answered from, or patterns such "
        'as "rules/*". All if there is none.',
    ),
]
Since = Annotated[
    _Pattern | None,
    Field(
        description="The day of the oldest documents that it is answered from, as YYYY-MM-DD; "
        "those without a date are left out.",
    ),
]
PassageCount = Annotated[
    int, Field(ge=1, le=MAX_PASSAGES, description="How many passages, at most.")
]
DocumentName = Annotated[_Name, Field(description="As an answer names it.")]
CollectionName = Annotated[
    _Name, Field(description="The collection that the document is in, as an answer names it.")
]
StartChar = Annotated[_Offset, Field(description="In characters of the document's text.")]
EndChar = Annotated[_Offset, Field(description="Exclusive; not below `start_char`.")]
ContextChars = Annotated[
    int,
    Field(
        ge=0,
        le=MAX_CONTEXT_CHARS,
        description="So many characters are shown before it, and after it.",
    ),
]
NamePart = Annotated[_Name, Field(description="A part of a name or a title.")]
ListStart = Annotated[_Offset, Field(description="So many are left out.")]
ListCount = Annotated[int, Field(ge=1, le=MAX_LISTED, description="At most so many.")]


class _Asked(Body):
    """A question, and which documents it is asked of."""

    question: QuestionText
    within: In = ()
    since: Since = None

    @property
    def filter(self) -> Filter:
        """
        Which documents it is asked of.

        Raises:
            FilterError: If that can't be told.
        """
        return Filter.given(self.within, self.since)


class AskBody(_Asked):
    """A question."""

    earlier: Earlier = ()
    alternatives: Alternatives = 0


class SearchBody(_Asked):
    """A search for passages."""

    count: PassageCount = 10


class ContextBody(Body):
    """A piece of a document."""

    document: DocumentName
    start_char: StartChar
    end_char: EndChar
    chars: ContextChars = 700
    collection: CollectionName = BASE_COLLECTION

    @model_validator(mode="after")
    def _is_a_piece(self) -> Self:
        if not self.start_char <= self.end_char <= self.start_char + MAX_PIECE_CHARS:
            raise ValueError(
                f"end_char is not below start_char, and at most {MAX_PIECE_CHARS:,} above it"
            )
        return self


class DocumentsQuery(Body):
    """Which documents are listed."""

    name: NamePart = ""
    start: ListStart = 0
    count: ListCount = 100


# What each of pydantic's errors means, with the values that go with it.
_FAULTS = {
    "extra_forbidden": "there is no such key",
    "missing": "is missing",
    "json_invalid": "is no JSON",
    "model_type": "has to be an object",
    "tuple_type": "has to be a list",
    "string_type": "has to be a text",
    "string_unicode": "holds half a character",
    "string_too_long": "has at most {max_length:,} characters",
    "too_long": "has at most {max_length:,} entries",
    "greater_than_equal": "is at least {ge:,}",
    "less_than_equal": "is at most {le:,}",
    **dict.fromkeys(
        ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
        "has to be a whole number",
    ),
}
_MAX_KEY_CHARS = 80
_JSON_PLACE = re.compile(r"line \d+ column \d+")


def faults(error: ValidationError) -> str:
    """What is wrong with what was sent, without a word of it but its keys."""
    found = [_fault(fault) for fault in error.errors(include_input=False, include_url=False)]
    return "; ".join(found[:MAX_FAULTS]) + "."


def _fault(fault: ErrorDetails) -> str:
    values = fault.get("ctx", {})
    if fault["type"] == "value_error":
        # It says itself what it is about.
        return str(values["error"])
    where = ".".join(map(str, fault["loc"])) or "the body"
    what = _FAULTS.get(fault["type"], "can't be used").format(**values)
    place = _JSON_PLACE.search(str(values.get("error", "")))
    return f"{shorten(where, _MAX_KEY_CHARS)}: {what}{f' ({place[0]})' if place else ''}"
