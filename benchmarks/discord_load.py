"""
How many questions a second Quoth answers in Discord, and how long they take, until it refuses.

    taskset -c 0,1 python -m benchmarks.discord_load [--seeds seeds] [--data data]

`quoth run` works as a process of its own, with the real models, against the local Discord of the
tests, over real sockets; both share the two cores. For each rate, questions come evenly for some
seconds. A question's latency is from the moment it is sent until its answer stands in the channel.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, Interaction, User

RATES = (5, 10, 20, 30, 40, 60)
SECONDS = 10
MEMBERS = 100
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of the questions of one rate."""

    rate: int
    """Questions a second that were asked."""
    answered_rate: float
    """Answers a second, from the first question to the last answer."""
    answered: int
    refused: int
    median_s: float
    p95_s: float


def measure(local: LocalDiscord, channel: Channel, questions: Sequence[str], rate: int) -> Measured:
    """Ask at one rate, and wait for what comes of it."""
    members = [User(f"member {number}") for number in range(MEMBERS)]
    asked: list[Interaction] = []
    started = time.monotonic()
    for number in range(rate * SECONDS):
        question = questions[number % len(questions)]
        asked.append(local.slash(channel, members[number % MEMBERS], "ask", question=question))
        time.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))
    answers = [local.answer_to(interaction) for interaction in asked]
    latencies = [
        answer.settled_at - interaction.sent_at
        for interaction, answer in zip(asked, answers, strict=True)
        if answer.embeds
    ]
    last = max(answer.settled_at for answer in answers)
    return Measured(
        rate=rate,
        answered_rate=len(latencies) / (last - started),
        answered=len(latencies),
        refused=len(asked) - len(latencies),
        median_s=statistics.median(latencies),
        p95_s=statistics.quantiles(latencies, n=20)[-1],
    )


def phrases(seeds: Path) -> list[str]:
    """Questions made of the documents' own words: their answers don't matter here."""
    words = " ".join(path.read_text("utf-8") for path in sorted(seeds.glob("*.txt"))).split()
    chance = random.Random(SEED)  # noqa: S311 - no secret
    starts = [chance.randrange(len(words) - 8) for _ in range(200)]
    return [f"what about {' '.join(words[start : start + 8])}?" for start in starts]


def main() -> None:
    """Measure every rate, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    arguments = parser.parse_args()
    local = LocalDiscord()
    local.start()
    channel = local.add_channel(local.add_guild())
    process = Process(
        local,
        ("--seeds", str(arguments.seeds), "--data", str(arguments.data)),
        settings={"QUOTH_COOLDOWN_QUESTIONS": "1000000"},
    )
    try:
        process.until_ready()
        questions = phrases(arguments.seeds)
        measure(local, channel, questions, RATES[0])
        print("| asked a second | answered a second | answered | refused | median | 95th |")
        print("|---|---|---|---|---|---|")
        for rate in RATES:
            row = measure(local, channel, questions, rate)
            print(
                f"| {row.rate} | {row.answered_rate:.1f} | {row.answered} | {row.refused} "
                f"| {1e3 * row.median_s:.0f} ms | {1e3 * row.p95_s:.0f} ms |"
            )
        print(f"Acknowledged after Discord's three seconds: {len(local.late)}")
    finally:
        process.kill()
        local.stop()


if __name__ == "__main__":
    main()
