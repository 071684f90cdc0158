"""
How many questions a second Quoth answers in Discord, and how long they take, until it refuses.

    taskset -c 0,1 python -m benchmarks.discord_load [--write docs/lab/discord_load.md]

`quoth run` works as a process of its own, with the real models, against the local Discord of the
tests, over real sockets; both share the two cores. For each rate, questions come evenly for some
seconds; the first rate at which some are refused is the last. A question's latency is from the
moment it is sent until its answer stands in the channel.
"""

import math
import os
import platform
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import parser_of, processor
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import DEADLINE_S
from tests.discord_service.world import Channel, Interaction, User

RATES = (5, 10, 15, 20, 25, 30, 40, 60, 90, 135, 200)
SECONDS = 10.0
MEMBERS = 100
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class MeasuredRate:
    """What became of the questions of one rate."""

    rate: int
    """Questions a second that were asked."""
    answered_rate: float
    """Answers a second, from the first question to the last answer."""
    answered: int
    refused: int
    median_s: float
    """The median time of the answered questions; not a number where there are none."""
    p95_s: float
    late: int = 0
    """Acknowledged after Discord's three seconds, and so neither answered nor refused."""


def measure(
    local: LocalDiscord, channel: Channel, questions: Iterator[str], rate: int, seconds: float
) -> MeasuredRate:
    """Ask at one rate for some seconds, and wait for what comes of it."""
    members = [User(f"member {number}") for number in range(MEMBERS)]
    asked: list[Interaction] = []
    started = time.monotonic()
    for number in range(max(2, round(rate * seconds))):
        member = members[number % MEMBERS]
        asked.append(local.slash(channel, member, "ask", question=next(questions)))
        time.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
    for interaction in asked:
        local.wait_for(
            lambda one=interaction: one.answered or one in local.late,  # type: ignore[misc]
            "an answer, or a first response that came too late",
        )
    late = sum(interaction in local.late for interaction in asked)
    answers = [
        (interaction, interaction.response)
        for interaction in asked
        if interaction.response is not None and interaction.response.texts
    ]
    latencies = [answer.settled_at - interaction.sent_at for interaction, answer in answers]
    last = max((answer.settled_at for _, answer in answers), default=time.monotonic())
    return MeasuredRate(
        rate=rate,
        answered_rate=len(latencies) / (last - started),
        answered=len(latencies),
        refused=len(asked) - len(latencies) - late,
        median_s=quantile(latencies, 0.5),
        p95_s=quantile(latencies, 0.95),
        late=late,
    )


def quantile(seconds: Sequence[float], share: float) -> float:
    """The smallest that such a share is not above; not a number where there are none."""
    if not seconds:
        return math.nan
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)]


def shown_ms(seconds: float) -> str:
    """Seconds as they stand in a table."""
    return "–" if math.isnan(seconds) else f"{1e3 * seconds:,.0f} ms"


def phrases(seeds: Path) -> Iterator[str]:
    """
    Questions made of the documents' own words, without end: their answers don't matter here.

    None comes twice, since an answer is kept for whoever asks the same again.
    """
    words = " ".join(path.read_text("utf-8") for path in sorted(seeds.glob("*.txt"))).split()
    chance = random.Random(SEED)  # noqa: S311 - no secret
    said: set[str] = set()
    while True:
        first, second = (chance.randrange(len(words) - 4) for _ in range(2))
        question = f"what about {' '.join(words[first : first + 4] + words[second : second + 4])}?"
        if question not in said:
            said.add(question)
            yield question


def table(rows: Sequence[MeasuredRate]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| asked a second | answered a second | answered | refused | late | median "
        "| 95th percentile |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.rate} | {row.answered_rate:.1f} | {row.answered:,} | {row.refused:,} "
        f"| {row.late} | {shown_ms(row.median_s)} | {shown_ms(row.p95_s)} |"
        for row in rows
    ]
    return "\n".join(lines)


def page(rows: Sequence[MeasuredRate], seconds: float) -> str:
    """What is written down: the table, and what is needed to make it again."""
    cores = len(os.sched_getaffinity(0))
    kept_up = [row.answered_rate for row in rows if not row.refused and not row.late]
    sustained = max(kept_up, default=0.0)
    made_on = f"{cores} cores ({processor()}), Python {platform.python_version()}"
    return f"""# Questions a second in Discord

    taskset -c 0,1 .venv/bin/python -m benchmarks.discord_load --write docs/lab/discord_load.md

Written by that command on {datetime.now(UTC):%Y-%m-%d}, on {made_on}.
`quoth run` with the real models, and the local Discord of the tests, share the cores.
Questions of {MEMBERS} members came evenly for {seconds:g} seconds at each rate, none of them twice,
until some were refused because the queue was full.
A latency is from the moment a question is sent until its answer stands in the channel.
Late is what was acknowledged after Discord's three seconds.

{table(rows)}

Without refusing any, Quoth answered up to {sustained:.1f} questions a second.
"""


def main() -> None:
    """Measure rate after rate until some questions are refused, and print a table."""
    parser = parser_of("discord_load", __doc__)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="at each rate")
    parser.add_argument("--rates", type=int, nargs="+", default=RATES, help="questions a second")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="write a page with the table")
    arguments = parser.parse_args()
    local = LocalDiscord()
    local.deadline_s = DEADLINE_S
    local.start()
    channel = local.add_channel(local.add_guild())
    process = Process(
        local,
        ("--seeds", str(arguments.seeds), "--data", str(arguments.data)),
        settings={"QUOTH_COOLDOWN_QUESTIONS": "1000000"},
    )
    rows: list[MeasuredRate] = []
    try:
        process.until_ready()
        questions = phrases(arguments.seeds)
        measure(local, channel, questions, arguments.rates[0], arguments.seconds)
        for rate in arguments.rates:
            rows.append(measure(local, channel, questions, rate, arguments.seconds))
            print(table(rows[-1:]), flush=True)
            if rows[-1].refused or rows[-1].late:
                break
    finally:
        process.kill()
        local.stop()
    print(table(rows))
    if arguments.write is not None:
        arguments.write.write_text(page(rows, arguments.seconds))


if __name__ == "__main__":
    main()
