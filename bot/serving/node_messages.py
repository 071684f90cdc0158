"""The messages between answering nodes and the processes that leave questions to them."""

from pydantic import BaseModel, ConfigDict, TypeAdapter

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question

NODE_PATHS = "/v1/node/"
"""They have the version of these messages: a node of another one has none of these paths."""
ASK_PATH = f"{NODE_PATHS}ask"
HEALTH_PATH = f"{NODE_PATHS}health"
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


class NodeQuestion(BaseModel):
    """A question, as the answerer of a node takes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: str | None
    """The sha256 of the reader that has to answer; None if any may."""
    question: Question
    earlier: tuple[Turn, ...] = ()
    alternatives: int = 0
    collection: str | None = None
    """The one that is searched beside the base."""
    is_alone: bool = False
    """Whether that collection is searched without the base."""


class Refused(BaseModel):
    """Why a node gives no answer, as the HTTP API says it."""

    error: str
    code: str


class Health(BaseModel):
    """What a node says of itself."""

    reader: str
    generation: str
    """The base's in use."""
