"""What programs send to the HTTP API: checked here, and described by what stands here."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from answering.followups.detection import MAX_TURNS, Cited, Turn

# Longer than any question that may be set; how long one may be is said by `answering.question`.
_MAX_QUESTION_CHARS = 100_000
_MAX_NAME_CHARS = 1_000
# Above every offset of the largest document that is read, and below what SQLite can count.
_MAX_OFFSET = 1_000_000_000
# The text of a few pages of a book, on each side and in the middle.
MAX_CONTEXT_CHARS = 10_000
MAX_PIECE_CHARS = 20_000
MAX_OTHERS = 20
MAX_PASSAGES = 50
MAX_LISTED = 1_000
_MAX_PLACES = 100

_Text = Annotated[str, StringConstraints(max_length=_MAX_QUESTION_CHARS)]
_Name = Annotated[str, StringConstraints(max_length=_MAX_NAME_CHARS)]
_Offset = Annotated[int, Field(ge=0, le=_MAX_OFFSET)]


class Body(BaseModel):
    """What is sent; a key that nothing has is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlierPlace(BaseModel):
    """Where an earlier answer stands."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    collection: _Name = "base"
    document: _Name
    start_char: _Offset
    end_char: _Offset

    def cited(self) -> Cited:
        """As the answerer takes it."""
        return Cited(self.collection, self.document, self.start_char, self.end_char)


_Places = Annotated[tuple[EarlierPlace, ...], Field(max_length=_MAX_PLACES)]


class EarlierAnswer(BaseModel):
    """An answer as it came back, or as much of it as is known: `question` alone will do."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    question: _Text
    understood: _Text | None = None
    answer: _Text | None = None
    answers: _Places = ()
    candidates: _Places = ()
    nearest: _Places = ()

    def turn(self) -> Turn:
        """As the answerer takes it."""
        shown = self.answers or self.candidates or self.nearest
        cited = tuple(place.cited() for place in shown)
        return Turn(self.question, self.answer, cited, self.understood)


class AskBody(Body):
    """A question."""

    question: Annotated[_Text, Field(description="As a person types it, in English.")]
    alternatives: Annotated[
        int, Field(ge=0, le=MAX_OTHERS, description="How many other answers, at most.")
    ] = 0
    earlier: Annotated[
        tuple[EarlierAnswer, ...],
        Field(
            max_length=MAX_TURNS,
            description="The answers before it as they came back, oldest first, if the question "
            "may be a follow-up.",
        ),
    ] = ()


class SearchBody(Body):
    """A search for passages."""

    question: Annotated[_Text, Field(description="A question, or words.")]
    count: Annotated[
        int, Field(ge=1, le=MAX_PASSAGES, description="How many passages, at most.")
    ] = 10


class ContextBody(Body):
    """A piece of a document."""

    document: Annotated[_Name, Field(description="As an answer names it.")]
    start_char: Annotated[int, Field(ge=0, le=_MAX_OFFSET)]
    end_char: Annotated[
        int, Field(ge=0, le=_MAX_OFFSET, description="Exclusive; not below `start_char`.")
    ]
    chars: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_CONTEXT_CHARS,
            description="So many characters are shown before and after it.",
        ),
    ] = 700

    @model_validator(mode="after")
    def _is_a_piece(self) -> Self:
        if not self.start_char <= self.end_char <= self.start_char + MAX_PIECE_CHARS:
            raise ValueError(
                f"end_char is not below start_char, and at most {MAX_PIECE_CHARS:,} above it"
            )
        return self


class DocumentsQuery(Body):
    """Which documents are listed."""

    name: Annotated[_Name, Field(description="A part of a name or a title.")] = ""
    start: Annotated[int, Field(ge=0, le=_MAX_OFFSET, description="So many are left out.")] = 0
    count: Annotated[int, Field(ge=1, le=MAX_LISTED, description="At most so many.")] = 100


class ErrorJson(BaseModel):
    """Why a request was not answered."""

    error: Annotated[str, Field(description="What was wrong, and what helps.")]
    code: Annotated[
        Literal[
            "bad_request",
            "busy",
            "closing",
            "cross_site",
            "failed",
            "host",
            "media_type",
            "mending",
            "method",
            "no_document",
            "not_found",
            "question",
            "slow",
            "timeout",
            "token",
            "too_large",
        ],
        Field(description="Stays the same for programs."),
    ]
