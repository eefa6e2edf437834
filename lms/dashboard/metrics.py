"""What a monitoring system reads: Prometheus's text format, made from the database at each reading.

Nothing is counted in memory, so it does not matter which process answers or how many there are.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lms.dashboard import health
from lms.statements import queries as statements


class _Readings(Collector):
    def __init__(self, instance: Path, at: datetime) -> None:
        self.instance = instance
        self.at = at

    def collect(self) -> Iterable[Metric]:
        yield from self._deliveries()
        yield from self._background()

    def _deliveries(self) -> Iterable[Metric]:
        """One label, the store's key, which stays when somebody renames it."""
        label = ["store"]
        owed = GaugeMetricFamily("fieldwork_statements_owed", "Statements that wait to be delivered.", labels=label)
        refused = GaugeMetricFamily("fieldwork_statements_refused", "Statements that the store refused.", labels=label)
        oldest = GaugeMetricFamily(
            "fieldwork_statements_oldest_seconds", "How long ago the oldest waiting one was recorded.", labels=label
        )
        delivered = CounterMetricFamily(
            "fieldwork_statements_delivered", "Statements that arrived, sending again included.", labels=label
        )
        failures = GaugeMetricFamily(
            "fieldwork_store_failures", "Tries in a row that failed; 0: it answers.", labels=label
        )
        sending = GaugeMetricFamily(
            "fieldwork_store_sending", "1: is sent what it is owed. 0: paused or switched off.", labels=label
        )
        for line in statements.targets():
            name = [line.key]
            owed.add_metric(name, line.owed)
            refused.add_metric(name, line.parked)
            oldest.add_metric(name, _seconds(self.at, line.oldest_at))
            delivered.add_metric(name, line.delivered)
            failures.add_metric(name, line.failures)
            sending.add_metric(name, line.is_enabled and line.paused_at is None)
        return owed, refused, oldest, delivered, failures, sending

    def _background(self) -> Iterable[Metric]:
        owed, oldest = health.mail_backlog()
        yield GaugeMetricFamily("fieldwork_mail_owed", "Mails that wait to be sent.", value=owed)
        yield GaugeMetricFamily(
            "fieldwork_mail_oldest_seconds", "How long the oldest of them has waited.", value=_seconds(self.at, oldest)
        )
        age = health.worker_age(self.instance, self.at)
        if age is not None:
            yield GaugeMetricFamily(
                "fieldwork_worker_heartbeat_seconds",
                "How long ago the worker of this machine was last alive; missing: never seen here.",
                value=age.total_seconds(),
            )


def text(instance: Path, at: datetime) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Readings(instance, at))
    return generate_latest(registry)


def _seconds(at: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (at - since).total_seconds())
