"""Every setting, once, with its default and the reason for it."""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from bot.collection_names import BASE_COLLECTION, COLLECTION_NAME
from bot.links import Links
from index.encoder_files import DEFAULT_ENCODER
from index.files import real_path
from index.formats.base import FORMATS
from reader import SHIPPED_READER

PREFIX = "QUOTH_"
ENV_FILE = ".env"
TOKEN_NAME = "DISCORD_TOKEN"  # noqa: S105 - a name, no token
CALIBRATION_NAME = "calibration.json"
TUNING_NAME = "tuning.json"
COLLECTIONS_NAME = "collections"
READERS_NAME = "readers"
RECORDS_NAME = "quoth.sqlite"
LINKED_ANSWERS_NAME = "answers.sqlite"
# What a program or a person shows to be let in. Shorter ones are guessed.
_SECRET = re.compile(r"[!-+\--~]{16,200}")
# As libpq reads it, but for passwords with one of @ : / ? # in them: it would take a part of these
# for something else, and name it in what it says. So it does with a % that begins no character
# (00 is none), and with what stands after the ? and has no "=".
_DATABASE = re.compile(
    r"(?!.*%(?!(?!00)[0-9a-fA-F]{2}))"
    r"postgres(?:ql)?://(?:[^@:/?#\s]+(?::[^@:/?#\s]*)?@)?"
    r"(?:[^@:/?#\s\[\]]|:\d+(?=[,/?]|$)|\[[0-9a-fA-F:.]+\])*(?:/[^@/?#\s]*)?"
    r"(?:\?(?:[a-z_]+=[^@?#&\s]*(?:&(?=.)|$))*)?"
)
_PASSWORD_IN_URL = re.compile(r"[^/]*://[^/]*:[^/]*@")
# Discord's largest bots have as many.
_MAX_SHARDS = 16_384
# A token that opens a collection is written NAME=TOKEN; one in base64 has "=" at its end alone.
_NAMED_TOKEN = re.compile(r"([^=]*)=([^=].*)")


class SettingsError(Exception):
    """A setting has a value that can't be used, or a name that nothing has."""


class Settings(BaseModel):
    """
    What can be set.

    The value of `name` comes from the argument, else from the environment variable `QUOTH_NAME`,
    else from that name in the file `.env`, else it is the default. Empty values don't count.
    `load_settings` finds them; pydantic-settings would take longer to import than to find them.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, validate_default=True
    )

    seeds: Path = Field(
        Path("seeds"),
        description="The folder of documents. The default is the checkout's own.",
    )
    data: Path = Field(
        Path("data"),
        description="The folder in which Quoth keeps the index, which can be made again, and the "
        "records of `quoth run`, which can't.",
    )
    database: SecretStr | None = Field(
        None,
        description="The PostgreSQL database in which the records of `quoth run` and the answers "
        "of `quoth serve` stand, as postgresql://USER:PASSWORD@HOST/NAME; it needs "
        'pip install "quoth[postgres]". A password stands in a file instead where the address ends '
        "with ?passfile=FILE, in the form of .pgpass. The default is files of SQLite in `data`, "
        "which need no server, and serve one process.",
    )
    search_database: SecretStr | None = Field(
        None,
        description="The PostgreSQL database in which passages are searched, as "
        "postgresql://USER:PASSWORD@HOST/NAME; it needs pgvector 0.8 there, and pip install "
        '"quoth[postgres]" here. `quoth index` publishes there what it has indexed. The default is '
        "the files of the index, which are faster where one machine holds them. Up to a "
        "million passages, as many answers are found there as in files (docs/lab/scale.md).",
    )
    storage: str | None = Field(
        None,
        min_length=1,
        description="Where builders and answering nodes share indexes and servers' documents: a "
        "folder that all machines see, or a URL that fsspec reads, such as s3://bucket/prefix, "
        'which needs pip install "quoth[storage]". It needs `database`, and goes without '
        "`search_database`. `quoth build` then makes "
        "every index, and all else fetches what it has made. By default each process builds for "
        "itself, in `data`.",
    )
    encoder: str = Field(
        DEFAULT_ENCODER,
        min_length=1,
        description="The encoder: a sentence-transformers folder, or a model of the Hugging Face "
        "hub with its commit (owner/model@COMMIT), of which safetensors alone are fetched. The "
        "default comes with Quoth, and nothing is downloaded.",
    )
    passages: int = Field(
        5,
        ge=1,
        le=50,
        description="How many of the passages that retrieval finds are considered for a question. "
        "The best two are read, and those of the others whose score is near the first one's; each "
        "passage that is read takes the same time again. Where they give no answer, three more are "
        "considered, and less near ones are read, too. For a follow-up all of them are read, no "
        "more.",
    )
    reader: str | None = Field(
        None,
        min_length=1,
        description=f'The reader: "{SHIPPED_READER}", which comes with Quoth; the name of one that '
        "`quoth reader add` made; or a folder, or a model of the Hugging Face hub with its commit "
        "(owner/model@COMMIT), for extractive question answering, which runs on torch, and slower. "
        "The default is the one that `quoth reader use` chose, else the one that comes with Quoth.",
    )
    max_risk: float = Field(
        0.25,
        ge=0,
        le=1,
        description="Of the questions whose best span is wrong, the share that may be answered "
        "with that span, over small and large folders together; the others are not answered. A "
        "lower value refuses more questions, wrong and right: by the default, four of five that "
        "the documents don't answer. A limit on the share of shown "
        "answers that are wrong would make a weak reader refuse nearly everything "
        "(docs/lab/confidence.md).",
    )
    max_question_chars: int = Field(
        4_000,
        ge=1,
        description="Longer questions are refused. The default is the length of the longest "
        "Discord message.",
    )
    threads: int = Field(
        2,
        ge=0,
        description="How many passages of one question are read at the same time, each by a "
        "thread; 0 means one thread per core.",
    )

    # For the page, the HTTP API and MCP.
    web_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="The address at which `quoth serve` and `quoth mcp --http` listen. The default "
        "is reached from this machine alone; any other needs `api_tokens` or `web_password`.",
    )
    web_port: int = Field(
        7868,
        ge=0,
        le=65_535,
        description="The port of `quoth serve`; 0 means any that is free. The default spells QUOT "
        "on a telephone's keys.",
    )
    mcp_port: int = Field(
        7869,
        ge=0,
        le=65_535,
        description="The port of `quoth mcp --http`; 0 means any that is free.",
    )
    web_password: SecretStr | None = Field(
        None,
        description="What a browser has to show to see the page, under any name: 16 to 200 visible "
        "ASCII characters without a comma. Without it, the page asks for nothing on this machine, "
        "and for one of `api_tokens` elsewhere.",
    )
    api_tokens: frozenset[SecretStr] = Field(
        frozenset(),
        description="What programs have to show as a bearer token to use the HTTP API and MCP over "
        "HTTP, with commas between them: each 16 to 200 visible ASCII characters. Without any, "
        "`web_password` counts, if there is one. NAME=TOKEN is a token that opens one collection, "
        "such as a Discord server's own documents (/status there says its name), beside the common "
        "documents; no other token opens it, and the page never shows it.",
    )
    public_url: str | None = Field(
        None,
        description="Where people find the page of `quoth serve`, such as https://quoth.example: "
        "answers elsewhere then link there. It has no path, since the page stands at the root. A "
        "request that names another host than this one and the machine's own is refused.",
    )

    nodes: tuple[str, ...] = Field(
        (),
        description="The addresses of answering nodes, with commas between them, such as "
        "http://10.0.0.2:7868: each a `quoth serve` of the same documents and the same reader. "
        "`quoth run`, `serve` and `mcp` then leave their questions to them and open no reader. "
        "Without any, they answer themselves.",
    )
    node_token: SecretStr | None = Field(
        None,
        description="What a process shows its `nodes`, and a node asks of it: 16 to 200 visible "
        "ASCII characters without a comma. It opens the documents of every server, so give it to "
        "nothing else. Without it, `quoth serve` is nobody's node.",
    )

    answers_kept_days: int = Field(
        30,
        ge=0,
        description="How many days an answer that was given on the page or by the HTTP API is kept "
        "with its question, for whoever has its link (`/a/...`); 0 keeps none, and deletes those "
        "that are kept. The default is enough for a link in a message, and an answer that is older "
        "should be asked for again.",
    )

    # For Discord.
    discord_token: SecretStr | None = Field(
        None,
        validation_alias=TOKEN_NAME,
        description="The bot's token; `quoth run` says how to get one. It has no prefix, because "
        "Discord's own examples name it so.",
    )
    servers: frozenset[int] = Field(
        frozenset(),
        description="The ids of the servers that Quoth serves, with commas between them; Quoth "
        "tells any other server so in one sentence and leaves it. The default is every server "
        "that adds Quoth; to have nobody else add it, switch off Public Bot at Discord.",
    )
    direct_messages: bool = Field(
        True,
        description="Answer in direct messages, to whoever shares a server with Quoth. If it is "
        "off, whoever writes one is told so in one sentence, once an hour at most.",
    )
    workers: int = Field(
        2,
        ge=1,
        description="How many questions are answered at the same time. Each keeps about two cores "
        "busy.",
    )
    max_waiting: int = Field(
        100,
        ge=0,
        description="How many questions may wait for a worker. Servers take turns, and so do "
        "their members. If one more comes, whoever has most questions waiting loses the last of "
        "them, and is told that Quoth is busy. Members who ask the same question share one place. "
        "At seven answers a second, the last of a hundred waits for a quarter of a minute.",
    )
    time_limit_s: float = Field(
        20,
        gt=0,
        le=600,
        description="Seconds after which the asker is told that the question took too long. "
        "Discord forgets a question after 15 minutes; people do so sooner.",
    )
    cooldown_questions: int = Field(
        5,
        ge=1,
        description="How many questions one member may ask within `cooldown_s`. The default lets a "
        "conversation flow and stops a script.",
    )
    cooldown_s: float = Field(
        20,
        gt=0,
        allow_inf_nan=False,
        description="The seconds for which `cooldown_questions` counts.",
    )
    follow_s: float = Field(
        10,
        ge=0,
        description="How often a service looks for changed documents, in seconds; 0 means never. "
        "Looking through a thousand files takes some milliseconds.",
    )
    fetch_hours: float = Field(
        0,
        ge=0,
        le=8_760,
        allow_inf_nan=False,
        description="After how many hours a service fetches again what `quoth fetch` brought into "
        "the folder of documents, and `quoth index --watch` what it brought into the folder that "
        "is watched; 0 means never. Off by default: Quoth connects to what somebody has asked for. "
        "It needs to write to that folder.",
    )
    max_document_bytes: int = Field(
        10_485_760,
        ge=1,
        description="The size in bytes of the largest file that /documents add takes. The default "
        "is what Discord lets everybody upload.",
    )
    max_documents: int = Field(
        100,
        ge=0,
        description="How many documents one server may add; 0 turns /documents off. A server's "
        "index is searched with every question that is asked there, and lies on your disk.",
    )
    max_server_bytes: int = Field(
        104_857_600,
        ge=1,
        description="How many bytes all documents of one server may have together. The default is "
        "ten times the largest file.",
    )
    max_server_passages: int = Field(
        10_000,
        ge=1,
        description="How many passages all documents of one server may make together. Each passage "
        "is encoded once, and all are searched with every question. The default is about seven "
        "million characters, or some ten thick books. A server that has more passages already may "
        "keep its documents or remove some.",
    )
    cooldown_builds: int = Field(
        10,
        ge=1,
        description="How many times one server may change its documents within "
        "`cooldown_builds_s`. Each change is a build, and one build runs at a time for all "
        "servers.",
    )
    cooldown_builds_s: float = Field(
        600,
        gt=0,
        allow_inf_nan=False,
        description="The seconds for which `cooldown_builds` counts.",
    )
    build_limit_s: float = Field(
        600,
        gt=0,
        allow_inf_nan=False,
        description="Seconds after which a build of a server's documents is ended; the index "
        "before it stays. Other servers wait no longer than this for one build, and Discord "
        "forgets who asked for a change after 15 minutes.",
    )
    document_types: frozenset[str] = Field(
        frozenset(suffix.removeprefix(".") for suffix in FORMATS),
        description="The endings of the files that /documents add takes, with commas between them. "
        "The default is every format that Quoth reads.",
    )
    message_content: bool = Field(
        False,
        description="Read all messages, so that a thread goes on without mentions. Off by default: "
        "Discord gives the text of messages as a privilege, the Message Content Intent, which has "
        "to be switched on for the bot as well.",
    )
    log_questions: bool = Field(
        False,
        description="Keep the text of questions that are no follow-ups and that everybody in a "
        "channel sees, for `quoth questions export`. Off by default: no member has agreed to it.",
    )
    log_questions_days: int = Field(
        30,
        ge=1,
        description="How many days Quoth keeps questions if `log_questions` is set.",
    )
    votes_days: int = Field(
        365,
        ge=1,
        description="How many days votes are kept, with the right answers that members wrote and "
        "the questions that were kept with them. A year is long enough to measure with them, and "
        "after that most documents have changed.",
    )
    audit_days: int = Field(
        90,
        ge=1,
        description="How many days Quoth remembers who changed a server's documents and "
        "settings. A moderator who comes back after a season still finds it; longer would be a "
        "record of people rather than of changes.",
    )
    http_port: int = Field(
        0,
        ge=0,
        le=65_535,
        description="The port of /healthz, /readyz and /metrics; 0 means that there is none. Off "
        "by default: not everybody needs it.",
    )
    http_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="The address of that port. The default is reached from this machine alone, "
        "because the port asks for no password.",
    )

    shards: int | Literal["recommended"] | None = Field(
        None,
        description="How many connections to Discord the bot has in all processes together, or "
        '"recommended" for as many as Discord recommends; from 2,500 servers on Discord demands '
        "several. With `database`, any number of `quoth run` may then be started on the same data "
        "folder: they share the connections evenly, and take over those of one that ends. The "
        "default is one process, with as many as Discord recommends.",
    )

    @field_validator("seeds", "data")
    @classmethod
    def _folder(cls, value: Path) -> Path:
        # A shell writes the home folder for "~" only where a word begins; .env and others never do.
        return Path(os.path.expanduser(value))  # noqa: PTH111 - the other raises RuntimeError

    @field_validator("shards", mode="before")
    @classmethod
    def _shards(cls, value: object) -> object:
        if not isinstance(value, str) or value == "recommended":
            return value
        if not (value.isascii() and value.isdecimal() and 0 < int(value) <= _MAX_SHARDS):
            raise ValueError(f'give a number from 1 to {_MAX_SHARDS:,}, or "recommended"')
        return int(value)

    @field_validator("discord_token", mode="before")
    @classmethod
    def _token(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        token = value.strip()
        if any(character.isspace() or not character.isprintable() for character in token):
            raise ValueError("there is a space or a line break in it; copy the token again")
        return token

    @field_validator("database", "search_database")
    @classmethod
    def _database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _DATABASE.fullmatch(value.get_secret_value()):
            raise ValueError(
                "give an address such as postgresql://USER:PASSWORD@HOST/NAME, and write a "
                "character of the password that is neither letter nor digit as % and its two "
                "hexadecimal digits, such as %40 for @"
            )
        return value

    @field_validator("web_password", "node_token")
    @classmethod
    def _password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("take 16 to 200 visible ASCII characters without a comma")
        return value

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _tokens(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = {part.strip() for part in value.split(",") if part.strip()}
        found = [split_token(part) for part in parts]
        for name, token in found:
            if not _SECRET.fullmatch(token):
                raise ValueError("each token has 16 to 200 visible ASCII characters")
            if name is not None and (
                name == BASE_COLLECTION or not COLLECTION_NAME.fullmatch(name)
            ):
                raise ValueError(
                    "NAME=TOKEN names a collection beside the common documents, in lower-case "
                    "letters, digits and hyphens; a token for the common documents alone has no "
                    "NAME, and no = but at its end"
                )
        if len({token for _, token in found}) < len(found):
            raise ValueError("a token opens one collection; give each collection its own")
        return frozenset(map(SecretStr, parts))

    @field_validator("nodes", mode="before")
    @classmethod
    def _nodes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(
            _origin(part.strip(), "http://10.0.0.2:7868")
            for part in value.split(",")
            if part.strip()
        )

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.isascii():
            # They send that name with each request, and another one is refused.
            raise ValueError("write its name as browsers do, such as https://xn--bcher-kva.example")
        return _origin(value, "https://quoth.example")

    @field_validator("document_types", mode="before")
    @classmethod
    def _endings(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        endings = {ending.strip().lower().removeprefix(".") for ending in value.split(",")}
        known = {suffix.removeprefix(".") for suffix in FORMATS}
        if not endings <= known:
            raise ValueError(f"name some of {', '.join(sorted(known))}, with commas between them")
        return frozenset(endings)

    @field_validator("servers", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isascii() and part.isdecimal() for part in ids):
            raise ValueError(
                "give the ids of servers, with commas between them; Discord shows them under Copy "
                "Server ID, in developer mode"
            )
        return frozenset(map(int, ids))

    def is_welcome(self, server_id: int) -> bool:
        """Whether Quoth serves a server."""
        return not self.servers or server_id in self.servers

    @property
    def answered_at_once(self) -> int:
        """How many questions are answered at the same time, by `workers` here or at each node."""
        return self.workers * max(1, len(self.nodes))

    @property
    def links(self) -> Links:
        """Addresses of places in documents, for whoever shows an answer."""
        return Links(self.public_url)

    @property
    def collections(self) -> Path:
        """The indexes of all collections."""
        return self.data / COLLECTIONS_NAME

    @property
    def base_collection(self) -> Path:
        """The index of the seeds."""
        return self.collection(BASE_COLLECTION)

    def collection(self, name: str) -> Path:
        """
        The index of a collection.

        Raises:
            SettingsError: If the name is none that a collection may have.
        """
        if not COLLECTION_NAME.fullmatch(name):
            raise SettingsError(
                f'"{name}" is no name of a collection. Use up to 64 lower-case letters, digits and '
                "hyphens, a letter or digit first."
            )
        return self.collections / name

    def documents(self, collection: str) -> Path:
        """The folder that a collection indexes: the seeds, or its own."""
        if collection == BASE_COLLECTION:
            return self.seeds
        return self.collection(collection) / "documents"

    @property
    def overlap(self) -> Literal["data_in_seeds", "seeds_in_data"] | None:
        """Which of the two folders holds the other."""
        seeds, data = real_path(self.seeds), real_path(self.data)
        if data.is_relative_to(seeds):
            return "data_in_seeds"
        return "seeds_in_data" if seeds.is_relative_to(data) else None

    @property
    def encoder_exports(self) -> Path:
        """The exported encoders."""
        return self.data / "encoder"

    @property
    def readers(self) -> Path:
        """The readers that were added."""
        return self.data / READERS_NAME

    @property
    def calibration(self) -> Path:
        """What `quoth eval --calibrate` wrote for the questions of whoever runs Quoth."""
        return self.data / CALIBRATION_NAME

    @property
    def vectors(self) -> Path:
        """The vectors of all texts that were ever encoded."""
        return self.data / "vectors"

    @property
    def linked_answers(self) -> Path:
        """The answers that can be linked to."""
        return self.data / LINKED_ANSWERS_NAME

    @property
    def records(self) -> Path:
        """What Discord's side remembers."""
        return self.data / RECORDS_NAME


def _origin(value: str, example: str) -> str:
    """Scheme, host and port of an address that has nothing else."""
    parts = urlsplit(value)
    try:
        is_host = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        is_host = False
    if parts.scheme not in {"http", "https"} or not is_host or "@" in parts.netloc:
        raise ValueError(f"give an address such as {example}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"give it without a path, such as {example}")
    return f"{parts.scheme}://{parts.netloc}"


def split_token(value: str) -> tuple[str | None, str]:
    """The collection that one of `api_tokens` opens beside the base, if any, and the token."""
    named = _NAMED_TOKEN.fullmatch(value)
    return (named[1], named[2]) if named else (None, value)


# Never shown, not even where they can't be used.
_SECRETS = {
    "api_tokens",
    "database",
    "node_token",
    "nodes",
    "search_database",
    "web_password",
    TOKEN_NAME,
}
# What a name ends with whose value is the path of a file, in which the value stands.
IN_FILE = "_FILE"
SECRET_NAMES = {
    name if name == TOKEN_NAME else PREFIX + name.upper() for name in _SECRETS - {"nodes"}
}

_NameGiven = tuple[str, str, str | None]
"""Where a name of Quoth's is given, as it is written there, and its value."""


def load_settings(**arguments: object) -> Settings:
    """
    Read the settings.

    Args:
        arguments: Settings given on the command line; None means not given.

    Raises:
        SettingsError: If a value can't be used, or there is no setting of a `QUOTH_` name.
    """
    names = [*_names_given()]
    for origin, name, _ in names:
        if name.upper().startswith(PREFIX) and name.upper() not in _known_names():
            raise SettingsError(_unknown(origin, name))
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        settings = Settings.model_validate(_from_names(names) | dict(_from_files(names)) | given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        name = name if name == TOKEN_NAME else PREFIX + name
        shown = "..." if first["loc"][0] in _SECRETS else first["input"]
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}={shown!s}: {reason}.") from error
    _check_folders(settings)
    if settings.nodes and settings.node_token is None:
        raise SettingsError(
            f"{PREFIX}NODES is set, and nodes let nobody in without a token. Set "
            f"{PREFIX}NODE_TOKEN here and at each node to the same value."
        )
    if settings.storage is not None and _PASSWORD_IN_URL.match(settings.storage):
        raise SettingsError(
            f"{PREFIX}STORAGE has a password in its address, which is shown in errors. Take it "
            "out, and give it where the tools of that storage look for it."
        )
    if settings.storage is not None and settings.search_database is not None:
        raise SettingsError(
            f"{PREFIX}STORAGE and {PREFIX}SEARCH_DATABASE are both set. What builders publish is "
            "fetched by each machine and searched in its files; one that makes an index would "
            "delete in the database what others answer from. Keep one of them."
        )
    return settings


def _from_files(given: Sequence[_NameGiven]) -> Iterator[tuple[str, str]]:
    """
    Read the secrets that stand in files of their own, each under the name that it is given by.

    Args:
        given: See `_from_names`.

    Raises:
        SettingsError: If one can't be read, or is set twice.
    """
    names = {name.upper(): value for _, name, value in given if value}
    for name in SECRET_NAMES & {known.removesuffix(IN_FILE) for known in names}:
        if (path := names.get(name + IN_FILE)) is None:
            continue
        if name in names:
            raise SettingsError(f"{name} and {name}{IN_FILE} are both set. Keep one of them.")
        try:
            value = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
            raise SettingsError(f"{name}{IN_FILE}={path}: can't be read ({reason}).") from error
        if value:
            yield _key(name), value


def _from_names(given: Sequence[_NameGiven]) -> dict[str, str]:
    """
    Find what stands under each name.

    Args:
        given: All names; of what is given twice, the last counts.
    """
    # An empty value is a line left over; as a path it would be the current folder.
    return {_key(name): value for _, name, value in given if value}


def _key(name: str) -> str:
    """What a setting is called in `Settings`, where it is given under a name of Quoth's."""
    upper = name.upper()
    return upper if upper == TOKEN_NAME else upper.removeprefix(PREFIX).lower()


def _check_folders(settings: Settings) -> None:
    """
    Check that the folder of documents and that of the data can be used.

    Documents that one server has added are not for everybody; see `Settings.collection`.
    """
    try:
        seeds, data = real_path(settings.seeds), real_path(settings.data)
    except FileNotFoundError as error:
        raise SettingsError("The current folder is gone. Change to one that is there.") from error
    if seeds == data or seeds.is_relative_to(data / COLLECTIONS_NAME):
        raise SettingsError(
            f"{settings.seeds} can't be the folder of documents: {settings.data} is where Quoth "
            "keeps its own data, and servers' own documents. Name another folder with --seeds or "
            f"{PREFIX}SEEDS, or another one for the data with --data or {PREFIX}DATA."
        )
    try:
        str(data).encode()
    except UnicodeEncodeError as error:
        # FAISS and SQLite can't open what is in it.
        raise SettingsError(
            f"{data} can't be the folder of data, since its path is not UTF-8. Rename what is not, "
            f"or name another folder with --data or {PREFIX}DATA."
        ) from error


def _known_names() -> list[str]:
    fields = Settings.model_fields.items()
    names = [PREFIX + name.upper() for name, field in fields if field.validation_alias is None]
    return [*names, *(name + IN_FILE for name in SECRET_NAMES if name.startswith(PREFIX))]


def _names_given() -> Iterator[_NameGiven]:
    """Read the names that `.env` and the environment give, and their values; the latter counts."""
    try:
        # Editors of Windows begin a file with a byte order mark.
        in_file = dotenv_values(ENV_FILE, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{ENV_FILE}: can't be read ({error}). Save it as UTF-8.") from error
    if any("\0" in f"{name}{value}" for name, value in in_file.items()):
        raise SettingsError(f"{ENV_FILE}: holds NUL characters. Save it as UTF-8.")
    for origin, names in ((ENV_FILE, in_file), ("the environment", os.environ)):
        for name, value in names.items():
            if name.upper().startswith((PREFIX, TOKEN_NAME)):
                yield origin, name, value


def _unknown(origin: str, name: str) -> str:
    # The common prefix would make all names alike. The token has none, and is often given it.
    names = {known.removeprefix(PREFIX): known for known in (*_known_names(), TOKEN_NAME)}
    (nearest,) = difflib.get_close_matches(name.upper().removeprefix(PREFIX), names, n=1, cutoff=0)
    return f"{name} (in {origin}) is no setting. Did you mean {names[nearest]}?"
