"""
What becomes of questions in Discord while the processes that answer them are killed in turn.

    python -m benchmarks.roles_killed [--write docs/lab/roles_killed.md]

The local Discord of the tests has several shards and thousands of servers. Gateways share the
shards, nodes answer, a builder builds, and PostgreSQL and a folder carry what they share: each is a
process of its own on this machine, with the real models unless --fake-reader is given. Questions
come evenly, each in another server, two by command and one by mention. Meanwhile one process is
killed by SIGKILL and started again, the database is stopped, the index is exchanged. Afterwards
each question is looked for. It ends with 1 if one was lost without a word or answered twice, if a
command was not acknowledged in time although its gateway lived, or if two gateways had one shard.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import parser_of, processor
from benchmarks.discord_crowd import asking, became, latencies, sent_at
from benchmarks.discord_load import phrases
from benchmarks.roles import Installation, Role, installation, until
from tests.bot.discord_app.crowd import Asked
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import DEADLINE_S
from tests.discord_service.world import Channel, snowflake

SHARDS, SERVERS = 4, 3_000
CROWD, CROWD_S = 300, 10.0
# While something is killed, so many questions come in a second, and for so long. The shipped reader
# answers some seven a second on two cores.
RATE, SECONDS = 3.0, 30.0
TIMES = 3
AWAY_S = 60.0
# What is killed is killed so long after the first question, and started again after the pause.
_KILLED_S, _DOWN_S = 5.0, 5.0
# What has not come so long after the last question is lost. Until then a gateway has to be missed,
# and two shards have to be identified, which Discord takes one by one.
LOST_S = 90.0
_INDEX_CHANGED = re.compile(r"^(\S+Z) \w+ index_changed ", re.MULTILINE)


@dataclass(slots=True)
class RunOutcome:
    """What became of the questions that were asked while something happened."""

    name: str
    may_miss: bool = False
    """Whether commands could reach nobody, since their gateway was dead."""
    note: str = ""
    asked: int = 0
    answered: int = 0
    told: int = 0
    """Refused, or told that nothing came of it, in words or by a sign."""
    unheard: int = 0
    """Commands that were not acknowledged in three seconds: Discord tells the member so."""
    lost: int = 0
    twice: int = 0
    latencies_s: list[float] = field(default_factory=list)
    """Times of the answered, from the question until the answer stood."""

    @property
    def is_good(self) -> bool:
        """Whether what is promised was kept."""
        return not self.lost and not self.twice and (self.may_miss or not self.unheard)


def count(local: LocalDiscord, run: RunOutcome, all_asked: Sequence[Asked]) -> RunOutcome:
    """Count what has become of the questions of a run."""
    outcomes = [became(local, each) for each in all_asked]
    run.asked = len(all_asked)
    run.answered = sum(one.is_answer for one in outcomes)
    run.told = sum(one.came > 0 and not one.is_answer for one in outcomes)
    run.unheard = sum(one.is_unheard for one in outcomes)
    run.lost = sum(not one.is_settled for one in outcomes)
    run.twice = sum(one.came > 1 for one in outcomes)
    run.latencies_s = latencies(all_asked, outcomes)
    return run


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked, evenly."""

    questions: int
    seconds: float


class Measuring:
    """All runs on one installation, and what was asked in each."""

    def __init__(
        self, local: LocalDiscord, made: Installation, asked: Iterator[Asked], load: Load
    ) -> None:
        """
        Measure an installation.

        Args:
            local: The Discord that it is in.
            made: The processes of the installation.
            asked: Asks the next question when it is taken from here.
            load: What is asked while something is killed.
        """
        self._local = local
        self._made = made
        self._asked = asked
        self._load = load
        self._all: list[tuple[RunOutcome, list[Asked]]] = []
        self._asking: list[Asked] = []

    @property
    def runs(self) -> list[RunOutcome]:
        """Those so far, counted anew: what comes twice may do so late."""
        return [count(self._local, run, all_asked) for run, all_asked in self._all]

    def measure(
        self, run: RunOutcome, load: Load, beside: Callable[[], str] = lambda: ""
    ) -> list[Asked]:
        """Ask evenly while something happens, which says what came of it; wait, and count."""
        self._asking = []
        self._all.append((run, self._asking))
        with ThreadPoolExecutor(1) as thread:
            happening = thread.submit(beside)
            started = time.monotonic()
            for number in range(load.questions):
                self._asking.append(next(self._asked))
                due = started + load.seconds * (number + 1) / load.questions
                time.sleep(max(0.0, due - time.monotonic()))
            ends = time.monotonic() + LOST_S
            while not all(became(self._local, one).is_settled for one in self._asking):
                if time.monotonic() > ends:
                    break
                time.sleep(0.2)
            run.note = happening.result()
        print(row(count(self._local, run, self._asking)), flush=True)
        return self._asking

    def _under_way(self) -> int:
        """How many questions are being answered now."""
        return sum(not became(self._local, one).is_settled for one in list(self._asking))

    def gateway_killed(self, role: Role) -> None:
        """Kill one that has connections; the others take over what it had."""
        gateway = self._local.gateway

        def happen() -> str:
            time.sleep(_KILLED_S)
            role.kill()
            killed = time.monotonic()
            until(lambda: gateway.connected < SHARDS, "its connections end", ())
            time.sleep(_DOWN_S)
            role.start()
            until(lambda: gateway.connected == SHARDS, "all shards", self._made.roles)
            heard_s = time.monotonic() - killed
            self._made.until_shared(self._local)
            return f"all shards were heard again after {heard_s:.0f} s"

        self.measure(RunOutcome(f"{role.name} killed", may_miss=True), self._load, happen)

    def node_killed(self, role: Role) -> None:
        """Kill one that answers; its questions go to the others."""

        def happen() -> str:
            time.sleep(_KILLED_S)
            under_way = self._under_way()
            role.kill()
            time.sleep(_DOWN_S)
            role.start()
            seconds = until(role.is_well, f"{role.name} answers again", self._made.roles)
            return f"{under_way} questions were under way; it took {seconds:.0f} s to start"

        self.measure(RunOutcome(f"{role.name} killed"), self._load, happen)

    def builder_killed(self) -> None:
        """Kill it in the midst of a build, which is to be published all the same."""
        builder = self._made.builder

        def happen() -> str:
            before, jobs = self._made.current(), builder.logged.count(" job_taken ")
            self._made.change()
            others = [one for one in self._made.roles if one is not builder]
            until(lambda: builder.logged.count(" job_taken ") > jobs, "a job", self._made.roles)
            builder.kill()
            killed = time.monotonic()
            is_cut_short = self._made.current() == before
            time.sleep(_DOWN_S)
            builder.start()
            until(lambda: self._made.current() != before, "a new index", others)
            until(self._made.is_served, "all serve it", others)
            seconds = time.monotonic() - killed
            cut = "a build was cut short" if is_cut_short else "the build was already published"
            return f"{cut}; all answered from the new index {seconds:.0f} s after"

        self.measure(RunOutcome("builder killed"), self._load, happen)

    def database_stopped(self, away_s: float) -> None:
        """Stop PostgreSQL for a while."""
        times: list[float] = []

        def happen() -> str:
            time.sleep(_KILLED_S)
            self._made.database.stop()
            times.append(time.monotonic())
            time.sleep(away_s)
            times.append(time.monotonic())
            self._made.database.start()
            return ""

        seconds = _KILLED_S + away_s + 2 * _DOWN_S
        rate = self._load.questions / self._load.seconds
        run = RunOutcome(f"database stopped for {away_s:.0f} s")
        all_asked = self.measure(run, Load(round(rate * seconds), seconds), happen)
        away = [
            became(self._local, one).is_answer
            for one in all_asked
            if times[0] < sent_at(one) < times[1]
        ]
        run.note = f"of {len(away)} that were asked while it was away, {sum(away)} were answered"
        print(run.note, flush=True)

    def index_moved(self) -> None:
        """Exchange the index while questions are being answered: anew, back, and anew."""
        begun = datetime.now(UTC)

        def served_after(change: Callable[[], object]) -> None:
            before = self._made.current()
            change()
            until(lambda: self._made.current() != before, "a new index", self._made.roles)
            until(self._made.is_served, "all serve it", self._made.roles)

        def happen() -> str:
            served_after(self._made.change)
            served_after(self._made.roll_back)
            served_after(self._made.index)
            return ""

        run = RunOutcome("CURRENT moved three times")
        all_asked = self.measure(run, self._load, happen)
        offset = time.time() - time.monotonic()
        moves = [
            at.timestamp() - offset
            for role in (*self._made.nodes, *self._made.gateways)
            for at in map(datetime.fromisoformat, _INDEX_CHANGED.findall(role.logged))
            if at > begun
        ]
        under_way = [
            sum(sent_at(one) < at < self._ended_at(one) for one in all_asked) for at in moves
        ]
        run.note = (
            f"{len(moves)} changes in {len(self._made.roles) - 1} processes, in "
            f"{sum(map(bool, under_way))} of which questions were under way, up to "
            f"{max(under_way, default=0)}"
        )
        print(run.note, flush=True)

    def _ended_at(self, each: Asked) -> float:
        shown = became(self._local, each).shown
        return 0.0 if shown is None else shown.settled_at


def places(local: LocalDiscord, servers: int) -> list[Channel]:
    """A channel in each of some servers, which the shards have in equal parts."""
    channels = []
    first = snowflake() >> 22
    for number in range(servers):
        guild = local.add_guild(f"Server {number}")
        # Discord's rule takes a server's shard from these bits.
        guild.id = first + number << 22
        channels.append(local.add_channel(guild))
    return channels


_HEAD = (
    "| while | asked | answered | told | not acknowledged | lost | twice | median "
    "| 95th percentile | |\n|---|---|---|---|---|---|---|---|---|---|"
)


def row(run: RunOutcome) -> str:
    """A run as a row of the table in Markdown."""
    latencies = sorted(run.latencies_s)
    times = (
        f"{statistics.median(latencies):.1f} s | {latencies[int(0.95 * len(latencies))]:.1f} s"
        if latencies
        else "- | -"
    )
    return (
        f"| {run.name} | {run.asked} | {run.answered} | {run.told} | {run.unheard} | {run.lost} "
        f"| {run.twice} | {times} | {run.note} |"
    )


def page(runs: Sequence[RunOutcome], options: argparse.Namespace, memory: str) -> str:
    """What is written down: the table, and what is needed to make it again."""
    cores = len(os.sched_getaffinity(0))
    reader = "the tests' fake reader at the nodes" if options.fake_reader else "the real models"
    return f"""# Each role killed in turn

    .venv/bin/python -m benchmarks.roles_killed {" ".join(sys.argv[1:])}

Written by that command on {datetime.now(UTC):%Y-%m-%d}, on {cores} cores ({processor()}),
with {reader}.
The local Discord of the tests with {SHARDS} shards and {options.servers:,} servers, PostgreSQL,
{options.gateways} gateways (`quoth run`), {options.nodes} nodes (`quoth serve`) and a builder
(`quoth build`) share the cores; each is a process of its own, and between them are real sockets.
One shard may identify in five seconds, as Discord has it for a bot of this size.
Each question was asked in another server, one in three by a mention and the others by a command,
none of them twice: {options.crowd} in {options.crowd_s:g} s, and then {options.rate:g} a second
for {options.seconds:g} s while a process was killed by SIGKILL and started again {_DOWN_S:g} s
later.
A latency is from the moment a question is sent until its answer stands in the channel.
Told is who was refused because too many asked, or heard that nothing came of it.
A command that reaches a dead gateway can't be acknowledged, and Discord says so to the member after
three seconds; mentions are answered by whoever takes over.
A question is lost if nothing at all came of it {LOST_S:g} s after the last one.

{_HEAD}
{chr(10).join(map(row, runs))}

Memory at the end: {memory}.
"""


def _options() -> argparse.Namespace:
    parser = parser_of("roles_killed", __doc__)
    parser.add_argument("--seeds", type=Path, default=Path("seeds"))
    parser.add_argument("--servers", type=int, default=SERVERS)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--crowd", type=int, default=CROWD, help="questions at once")
    parser.add_argument("--crowd-s", type=float, default=CROWD_S, help="within so many seconds")
    parser.add_argument("--rate", type=float, default=RATE, help="questions a second in each run")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each run")
    parser.add_argument("--times", type=int, default=TIMES, help="each role is killed so often")
    parser.add_argument("--away-s", type=float, default=AWAY_S, help="of the database")
    parser.add_argument("--fake-reader", action="store_true", help="at the nodes")
    parser.add_argument("--folder", type=Path, help="an empty folder for data and logs")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="write a page of the figures")
    return parser.parse_args()


def measure_all(measuring: Measuring, made: Installation, options: argparse.Namespace) -> None:
    """Do everything in turn."""
    measuring.measure(RunOutcome("to warm up"), Load(options.crowd // 10, options.crowd_s))
    crowd = RunOutcome(f"{options.crowd} in {options.crowd_s:g} s")
    measuring.measure(crowd, Load(options.crowd, options.crowd_s))
    for number in range(options.times):
        measuring.gateway_killed(made.gateways[number % len(made.gateways)])
        measuring.node_killed(made.nodes[number % len(made.nodes)])
        measuring.builder_killed()
    measuring.index_moved()
    if options.away_s:
        measuring.database_stopped(options.away_s)


def faults(runs: Sequence[RunOutcome], local: LocalDiscord, tracebacks: Sequence[str]) -> list[str]:
    """What went wrong, a line each; none of it may happen."""
    doubled = local.gateway.doubled
    found = {
        "what was promised was not kept": [run.name for run in runs if not run.is_good],
        "a traceback in the log of": tracebacks,
        "what no client may do": local.problems,
        "shards were connected twice at once": [str(doubled)] if doubled else [],
    }
    return [f"{what}: {'; '.join(those)}" for what, those in found.items() if those]


def main() -> None:
    """Start everything, ask while it is killed, and print what came of it."""
    options = _options()
    local = LocalDiscord()
    local.deadline_s = DEADLINE_S
    local.gateway.shards = SHARDS
    local.start()
    load = Load(round(options.rate * options.seconds), options.seconds)
    with tempfile.TemporaryDirectory(prefix="quoth-roles-") as temporary:
        folder = options.folder or Path(temporary)
        try:
            asked = asking(local, places(local, options.servers), phrases(options.seeds))
            print(f"{_HEAD}", flush=True)
            with installation(
                local,
                options.seeds,
                folder,
                is_fake=options.fake_reader,
                gateways=options.gateways,
                nodes=options.nodes,
            ) as made:
                measuring = Measuring(local, made, asked, load)
                measure_all(measuring, made, options)
                runs = measuring.runs
                memory = ", ".join(f"{one.name} {one.resident_mb():.0f} MB" for one in made.roles)
                tracebacks = [one.name for one in made.roles if "Traceback" in one.logged]
        finally:
            local.stop()
    written = page(runs, options, memory)
    print(written)
    if options.write is not None:
        options.write.write_text(written)
    broken = faults(runs, local, tracebacks)
    if broken:
        print(*broken, sep="\n", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
