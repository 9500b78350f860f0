"""What the process counts, for Prometheus. Labels are templates and fixed names, never a code, an id or a person."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

# A creation time beside each series would double the page and nobody reads it.
disable_created_metrics()

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One for each process. The gauges are set by whoever measures; they start at nought."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "plenary_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "plenary_http_request_seconds",
            "How long answers took.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.oldest_due_job = self._gauge("job_oldest_due_seconds", "Age of the oldest due job.", "queue")
        self.live_workers = self._gauge("live_workers", "Workers for the queue, heard of in the last 30 s.", "queue")
        self.parked_jobs = self._gauge("jobs_parked", "Jobs that wait for a person.", "queue")
        self.relay_lag = self._gauge("relay_lag_seconds", "Age of the oldest event that has not become jobs.")
        self.pool_wait = self._gauge("pool_wait_seconds", "The wait for a database connection at the last scrape.")
        self.oldest_transaction = self._gauge("oldest_transaction_seconds", "Age of the oldest open transaction.")
        self._shown: dict[str, Gauge] = {}

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"plenary_{name}", meaning, labels, registry=self.registry)

    def show(self, name: str, meaning: str, value: float) -> None:
        """A gauge that whoever builds the application has named."""
        if name not in self._shown:
            self._shown[name] = self._gauge(name, meaning)
        self._shown[name].set(value)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the template, such as `/v1/practices/{code}`; a path would make a series for each caller's typo."""
        known = method if method in _METHODS else "OTHER"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def render(self) -> tuple[bytes, str]:
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
