"""What Prometheus can know of a running bot."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from answering.answer import Timings

# In seconds: an answer takes tens of milliseconds, a wait in the queue some seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
STAGES = ("encode", "search", "read", "total")


class Metrics:
    """The counters of one bot."""

    def __init__(
        self,
        *,
        waiting: Callable[[], float],
        generation: Callable[[], str],
        shards_up: Callable[[], float],
        collections_open: Callable[[], float],
        collections_broken: Callable[[], float],
        builds_waiting: Callable[[], float],
    ) -> None:
        """
        Register all of them.

        Args:
            waiting: Questions that wait or are being answered.
            generation: The id of the index in use.
            shards_up: Gateway connections that are open.
            collections_open: Servers' collections that are open.
            collections_broken: Those that could not be used when they were needed last.
            builds_waiting: Builds that wait or run.
        """
        self.registry = CollectorRegistry()
        self._generation = generation
        self._questions = Counter(
            "quoth_questions",
            "Questions by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "quoth_stage_seconds",
            "Time by stage of an answer.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._builds = Counter(
            "quoth_builds",
            "Builds by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        for name, meaning, value in (
            ("questions_waiting", "Questions that wait or are being answered.", waiting),
            ("gateway_shards_up", "Gateway connections that are open.", shards_up),
            ("collections_open", "Servers' collections that are open.", collections_open),
            (
                "collections_broken",
                "Servers' collections that could not be used when they were needed last.",
                collections_broken,
            ),
            ("builds_waiting", "Builds that wait or run.", builds_waiting),
        ):
            Gauge(f"quoth_{name}", meaning, registry=self.registry).set_function(value)
        self._index = Gauge(
            "quoth_index",
            "1, with the generation of the index in use.",
            ["generation"],
            registry=self.registry,
        )

    def asked(self, outcome: str, timings: Timings | None = None) -> None:
        """Count a question: `answered`, `unsure`, `not_in_documents`, or why it got no answer."""
        self._questions.labels(outcome).inc()
        if timings is not None:
            seconds = (timings.encode_s, timings.search_s, timings.read_s, timings.total_s)
            for stage, value in zip(STAGES, seconds, strict=True):
                # An answer that was kept took no stage but the whole.
                if value > 0:
                    self._seconds.labels(stage).observe(value)

    def built(self, outcome: str) -> None:
        """Count a build: `built` or `failed`."""
        self._builds.labels(outcome).inc()

    def page(self) -> bytes:
        """The metrics in Prometheus' text format."""
        self._index.clear()
        self._index.labels(self._generation()).set(1)
        return generate_latest(self.registry)
