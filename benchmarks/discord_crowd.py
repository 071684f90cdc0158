"""
What a crowd, a bad day and a large upload do to a Quoth in Discord.

    taskset -c 0,1 python -m benchmarks.discord_crowd [--write docs/lab/discord_crowd.md]
    taskset -c 0,1 python -m benchmarks.discord_crowd --parts crowd bad-day

`quoth run` works as a process of its own, with the real models, against the local Discord of the
tests, over real sockets; both share the two cores. Every question is asked by another member in
turn, by a command or by a mention, and told from all others by its words. Afterwards each is looked
for: it was answered, or refused in words or by a sign, or it is lost; and nothing may come twice.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from benchmarks import parser_of, processor
from benchmarks.discord_load import phrases, quantile, shown_ms
from tests.bot.discord_app.crowd import SLOW_DOWN, VIA, Asked, ask, places
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import DEADLINE_S
from tests.discord_service.world import MANAGE_GUILD, Channel, Interaction, Message, Upload, User

SEED = 20_260_101
PARTS = ("crowd", "in-a-row", "bad-day", "upload")
MEMBERS, SERVERS = 100, 10
CROWD, CROWD_S = 300, 10.0
IN_A_ROW = 1_500
BAD_ROUNDS, BAD_QUESTIONS = 30, 10
UPLOAD_BYTES = 10_000_000
SMALL = b"For fraud %06d cases were counted."
# Between two small changes beside the large one.
SMALL_EVERY_S = 15.0
# What has not come so long after the last question is lost.
LOST_S = 60.0
SETTINGS = {
    "QUOTH_COOLDOWN_QUESTIONS": "1000000",
    "QUOTH_COOLDOWN_BUILDS": "1000000",
    # The upload makes more passages than a server may have unless this is set.
    "QUOTH_MAX_SERVER_PASSAGES": "100000",
    "QUOTH_BUILD_LIMIT_S": "3600",
}


@dataclass(frozen=True, slots=True)
class CrowdOutcome:
    """What became of some questions."""

    name: str
    asked: int
    answered: int
    refused: int
    late: int
    """Acknowledged after Discord's three seconds, so that Discord tells the member."""
    lost: int
    twice: int
    latencies_s: list[float]
    """Times of the answered, from the question until the answer stood."""
    first_word_s: float
    """The longest that a command waited for its first response."""
    resident_bytes: int
    """The bot's memory afterwards."""


@dataclass(frozen=True, slots=True)
class Became:
    """What has come of one question."""

    shown: Message | None
    """The answer, or what was told instead."""
    is_answer: bool
    came: int
    """How many messages, or signs where no message did."""
    is_unheard: bool

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to come of it."""
        return self.came > 0 or self.is_unheard


def became(local: LocalDiscord, each: Asked) -> Became:
    """What has come of a question so far."""
    asked = each.asked
    is_unheard = False
    if isinstance(asked, Interaction):
        shown = asked.response if asked.answered else None
        came = len(asked.followups) + (shown is not None)
        is_unheard = asked.callback is None and time.monotonic() > asked.sent_at + local.deadline_s
    else:
        replies = local.replies(asked)
        shown = replies[0] if replies else None
        # Who was put off by a sign, and was answered later, was answered once.
        came = len(replies) or len(asked.reactions)
    is_answer = shown is not None and bool(shown.texts) and shown.question == each.question
    return Became(shown, is_answer, came, is_unheard)


def is_late(local: LocalDiscord, each: Asked) -> bool:
    """Whether a question was acknowledged, and too late."""
    return each.asked in local.late


def is_settled(local: LocalDiscord, each: Asked) -> bool:
    """Whether nothing more is to come of a question; a command may still be acknowledged late."""
    return became(local, each).came > 0 or is_late(local, each)


def settle(
    name: str, local: LocalDiscord, process: Process, all_asked: Sequence[Asked]
) -> CrowdOutcome:
    """Wait until something came of each question, and count."""
    ends = time.monotonic() + LOST_S
    while time.monotonic() < ends and not all(is_settled(local, each) for each in all_asked):
        time.sleep(0.2)
    outcomes = [became(local, each) for each in all_asked]
    waited = latencies(all_asked, outcomes)
    first_words = [
        each.asked.acknowledged_at - each.asked.sent_at
        for each in all_asked
        if isinstance(each.asked, Interaction) and each.asked.acknowledged_at is not None
    ]
    run = CrowdOutcome(
        name,
        len(all_asked),
        len(waited),
        sum(one.came > 0 and not one.is_answer for one in outcomes),
        sum(is_late(local, each) for each in all_asked),
        sum(not is_settled(local, each) for each in all_asked),
        sum(one.came > 1 for one in outcomes),
        waited,
        max(first_words, default=math.nan),
        process.resident_bytes(),
    )
    print(table([run]), flush=True)
    return run


def latencies(all_asked: Sequence[Asked], outcomes: Sequence[Became]) -> list[float]:
    """Times of the answered, from the question until the answer stood."""
    return [
        one.shown.settled_at - sent_at(each)
        for each, one in zip(all_asked, outcomes, strict=True)
        if one.is_answer and one.shown is not None
    ]


def sent_at(each: Asked) -> float:
    """When a question was asked."""
    return each.asked.sent_at if isinstance(each.asked, Interaction) else each.asked.settled_at


def asking(
    local: LocalDiscord, channels: Sequence[Channel], questions: Iterator[str]
) -> Iterator[Asked]:
    """Ask by turns: the members, in the servers, two questions by command and one by mention."""
    members = cycle([User(f"member {number}") for number in range(MEMBERS)])
    for number, (member, channel, text) in enumerate(zip(members, cycle(channels), questions)):
        yield ask(local, channel, member, text, mention=number % 3 == 0)


def crowd(asked: Iterator[Asked]) -> list[Asked]:
    """Many within some seconds."""
    started, all_asked = time.monotonic(), []
    for number in range(CROWD):
        all_asked.append(next(asked))
        due = started + CROWD_S * (number + 1) / CROWD
        time.sleep(max(0.0, due - time.monotonic()))
    return all_asked


def in_a_row(local: LocalDiscord, asked: Iterator[Asked]) -> list[Asked]:
    """One after the other, each as soon as the one before has its answer."""
    all_asked = []
    for each in islice(asked, IN_A_ROW):
        all_asked.append(each)
        # On a machine that is too busy for one question after the other, the next one is asked.
        with suppress(AssertionError):
            local.wait_for(lambda one=each: is_settled(local, one), "a word")  # type: ignore[misc]
    return all_asked


def bad_day(local: LocalDiscord, asked: Iterator[Asked]) -> list[Asked]:
    """While Discord refuses, errs, loses receipts, and ends the connection in several ways."""
    chance = random.Random(SEED)  # noqa: S311 - no secret
    breaks: list[Callable[[], None]] = [
        lambda: local.drop(4000),
        local.reconnect,
        lambda: local.invalidate(resumable=True),
        lambda: local.drop(1001),
    ]
    all_asked: list[Asked] = []
    for number in range(BAD_ROUNDS):
        local.fault("POST", "/messages", 429, times=2, headers=VIA, body=SLOW_DOWN)
        local.fault("POST", "/typing", chance.choice([500, 502, 503]))
        local.fault("POST", "/messages", chance.choice([500, 502, 503, 504]), after=number % 2 == 0)
        local.fault("PATCH", "/messages/@original", 502, after=number % 2 == 1)
        local.fault("POST", "/callback", 500, after=True)
        all_asked += islice(asked, BAD_QUESTIONS)
        breaks[number % len(breaks)]()
        local.wait_for(lambda: local.gateway.connected, "a connection")
    return all_asked


def written(seeds: Path, size: int) -> bytes:
    """Sentences of the documents' own words, none of which comes twice."""
    words = " ".join(path.read_text("utf-8") for path in sorted(seeds.glob("*.txt"))).split()
    chance = random.Random(SEED)  # noqa: S311 - no secret
    lines: list[str] = []
    while size > 0:
        lines.append(" ".join(chance.choices(words, k=14)).capitalize() + ".\n")
        size -= len(lines[-1].encode())
    return "".join(lines[:-1]).encode()


def change(local: LocalDiscord, channel: Channel, name: str, content: bytes) -> Interaction:
    """Add a document, as a moderator."""
    file = Upload(name, content)
    moderator = User("moderator")
    return local.slash(channel, moderator, "documents add", permissions=MANAGE_GUILD, file=file)


def beside(
    local: LocalDiscord, large: Channel, small: Channel, content: bytes
) -> tuple[list[float], float, str]:
    """Seconds that small changes took while a large one was built, those of it, and its end."""
    started = time.monotonic()
    upload = change(local, large, "large.txt", content)
    seconds: list[float] = []
    while not last_word(upload):
        begun = time.monotonic()
        note = change(local, small, "note.txt", SMALL % len(seconds))
        said = local.wait_for(partial(last_word, note), "the small change")
        if "I now answer" not in said:
            raise SystemExit(f"the small change failed: {said}")
        if not last_word(upload):
            seconds.append(time.monotonic() - begun)
            print(f"beside the large change: {seconds[-1]:.1f} s", flush=True)
        time.sleep(SMALL_EVERY_S)
    settled = upload.response.settled_at if upload.response else time.monotonic()
    return seconds, settled - started, last_word(upload)


def last_word(asked: Interaction) -> str:
    """What was said of a change in the end; nothing before that."""
    said = asked.response.content if asked.answered and asked.response else ""
    return "" if said.endswith("…") else said


def table(runs: Sequence[CrowdOutcome]) -> str:
    """The runs as a table in Markdown."""
    lines = [
        "| questions | asked | answered | refused | late | lost | twice | median "
        "| 95th percentile | longest | first word, at most | memory after |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        shares = [shown_ms(quantile(run.latencies_s, share)) for share in (0.5, 0.95, 1.0)]
        lines.append(
            f"| {run.name} | {run.asked:,} | {run.answered:,} | {run.refused:,} | {run.late} "
            f"| {run.lost} | {run.twice} | {' | '.join(shares)} "
            f"| {shown_ms(run.first_word_s)} | {run.resident_bytes / 1e6:,.0f} MB |"
        )
    return "\n".join(lines)


def page(
    runs: Sequence[CrowdOutcome], built: tuple[list[float], float, str] | None, tracebacks: int
) -> str:
    """What is written down: the figures, and what is needed to make them again."""
    settings = ", ".join(f"`{name}={value}`" for name, value in SETTINGS.items())
    return f"""# A crowd, a bad day and a large upload in Discord

    taskset -c 0,1 .venv/bin/python -m benchmarks.discord_crowd --write docs/lab/discord_crowd.md

Written by that command on {datetime.now(UTC):%Y-%m-%d}, on 2 cores ({processor()}).
`quoth run` with the real models, and the local Discord of the tests, share the cores; between them
are real sockets and the real discord.py.
Set were {settings}.
{MEMBERS} members asked by turns in {SERVERS} servers, one question in three by a mention and the
others by a command, none of them twice.
On the bad day, {BAD_ROUNDS} times, Discord limited, failed and lost the receipts of requests at
five endpoints, and ended the connection, by turns with close codes, op 7 and op 9.
A latency is from the moment a question is sent until its answer stands in the channel.
Late is what was acknowledged after Discord's three seconds, so that Discord itself tells the member
that nothing came of it; a question is lost if nothing at all came of it, {LOST_S:.0f} s after the
last one.
The first word is what acknowledges a command.

{table(runs)}

Errors with a traceback in the log: {tracebacks}.
{built_at_once(*built) if built else ""}"""


def built_at_once(seconds: Sequence[float], large_s: float, said: str) -> str:
    """The part of the page on two servers that build."""
    return f"""
## Two servers that build at once

One server added a text of {UPLOAD_BYTES / 1e6:.0f} MB, and another one a document of
{len(SMALL % 0)} bytes, again and again while the first was built: {len(seconds)} times.
From the command until the bot said that it answers from it, the small one took
{quantile(seconds, 0.5):.1f} s in the median and {quantile(seconds, 1.0):.1f} s at most.
The large one took {large_s:.0f} s, and ended with: {said}
"""


def main() -> None:
    """Ask, break, upload, count, and print what came of it."""
    parser = parser_of("discord_crowd", __doc__)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=PARTS, help="those that are done"
    )
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="write a page of the figures")
    arguments = parser.parse_args()
    local = LocalDiscord()
    local.deadline_s = DEADLINE_S
    local.start()
    channels = places(local, SERVERS)
    options = ("--seeds", str(arguments.seeds), "--data", str(arguments.data))
    process = Process(local, options, settings=SETTINGS)
    try:
        process.until_ready()
        asked = asking(local, channels, phrases(arguments.seeds))
        settle("to warm up", local, process, list(islice(asked, SERVERS)))
        runs = []
        if "crowd" in arguments.parts:
            runs.append(settle("300 in 10 s", local, process, crowd(asked)))
        if "in-a-row" in arguments.parts:
            runs.append(settle("1,500 in a row", local, process, in_a_row(local, asked)))
        if "bad-day" in arguments.parts:
            runs.append(settle("a bad day", local, process, bad_day(local, asked)))
        built = None
        if "upload" in arguments.parts:
            large = written(arguments.seeds, UPLOAD_BYTES)
            built = beside(local, channels[0], channels[1], large)
        tracebacks = process.logged.count("Traceback")
    finally:
        process.kill()
        local.stop()
    if local.problems:
        raise SystemExit("\n".join(local.problems))
    written_down = page(runs, built, tracebacks)
    print(written_down)
    if arguments.write is not None:
        arguments.write.write_text(written_down)


if __name__ == "__main__":
    main()
