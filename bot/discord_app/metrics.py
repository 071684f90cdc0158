"""What Prometheus can know of a running bot."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.answer import Timings

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
    ) -> None:
        """
        Register all of them.

        Args:
            waiting: Questions that wait or are being answered.
            generation: The id of the index in use.
            shards_up: Gateway connections that are open.
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
        Gauge(
            "quoth_questions_waiting",
            "Questions that wait or are being answered.",
            registry=self.registry,
        ).set_function(waiting)
        Gauge(
            "quoth_gateway_shards_up",
            "Gateway connections that are open.",
            registry=self.registry,
        ).set_function(shards_up)
        self._index = Gauge(
            "quoth_index",
            "1, with the generation of the index in use.",
            ["generation"],
            registry=self.registry,
        )

    def asked(self, outcome: str, timings: Timings | None = None) -> None:
        """Count a question: `answered`, `not_in_documents`, or why it got no answer."""
        self._questions.labels(outcome).inc()
        if timings is not None:
            seconds = (timings.encode_s, timings.search_s, timings.read_s, timings.total_s)
            for stage, value in zip(STAGES, seconds, strict=True):
                self._seconds.labels(stage).observe(value)

    def page(self) -> bytes:
        """The metrics in Prometheus' text format."""
        self._index.clear()
        self._index.labels(self._generation()).set(1)
        return generate_latest(self.registry)
