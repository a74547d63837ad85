"""The signer's figures for Prometheus: what it counts itself while it serves, and what the store says when asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from ceremony.errors import CeremonyError
from ceremony.online.self_check import Outcome
from ceremony.online.status import RoleStatus, role_statuses
from ceremony.online.store import Publication, Store, instant_of
from ceremony.online.tables import CHANGES, DELIVERIES

# A figure of its own for the birth of each figure says nothing that the scraper does not know.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types of its own

_BUCKETS = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 512)


@dataclass(frozen=True, slots=True)
class Readings:
    """What the store says at one moment. `oldest_seconds` is for how long the oldest change has waited."""

    roles: tuple[RoleStatus, ...]
    waiting: int
    oldest_seconds: int
    deliveries: int

    @property
    def is_ready(self) -> bool:
        """True when clients get what they accept."""
        return bool(self.roles) and not any(each.is_expired for each in self.roles)


def read_store(store: Store, now: datetime) -> Readings:
    """What the store says at `now` (UTC).

    Raises: StorageError.
    """
    waits = CHANGES.c.publication.is_(None)
    waiting = select(func.count(), func.min(CHANGES.c.received_at)).where(waits)
    arrived = DELIVERIES.c.publication.is_(None) & DELIVERIES.c.refusal.is_(None)
    with store.reading() as connection:
        count, oldest = connection.execute(waiting).one()
        deliveries = connection.execute(select(func.count()).select_from(DELIVERIES).where(arrived)).scalar_one()
    seconds = 0 if oldest is None else max(0, int((now - instant_of(oldest)).total_seconds()))
    return Readings(role_statuses(store, now), count, seconds, deliveries)


class _StoreFigures(Collector):
    """What the store says, read anew each time somebody asks."""

    def __init__(self, read: Callable[[], Readings]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """The store's own figures; where it cannot be read, that alone."""
        try:
            found = self._read()
        except CeremonyError:
            yield GaugeMetricFamily("ceremony_store_readable", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("ceremony_store_readable", "Whether the database answers.", 1)
        yield GaugeMetricFamily("ceremony_ready", "Whether there are roles, and none has expired.", int(found.is_ready))
        yield GaugeMetricFamily("ceremony_waiting_changes", "Changes that wait for a publication.", found.waiting)
        yield GaugeMetricFamily("ceremony_waiting_deliveries", "Releases that wait for one.", found.deliveries)
        yield GaugeMetricFamily(
            "ceremony_oldest_waiting_seconds", "For how long the oldest change waits.", found.oldest_seconds
        )
        expires = GaugeMetricFamily("ceremony_role_expires_seconds", "Seconds to the end of a role.", labels=["role"])
        version = GaugeMetricFamily("ceremony_role_version", "The newest version of a role.", labels=["role"])
        for each in found.roles:
            expires.add_metric([each.role], each.seconds_left)
            version.add_metric([each.role], each.version)
        yield expires
        yield version


@dataclass
class Figures:
    """All of it, in a registry of its own; safe in any thread. Nothing of what it shows is a secret."""

    read: Callable[[], Readings]
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Every figure is there from the beginning, at nought."""
        where = self.registry
        where.register(_StoreFigures(self.read))
        self._publications = Counter("ceremony_publications", "Publications that are out.", registry=where)
        self._seconds = Histogram(
            "ceremony_publication_seconds",
            "From taking changes in to the timestamp that covers them.",
            buckets=_BUCKETS,
            registry=where,
        )
        self._published_at = Gauge(
            "ceremony_last_publication_timestamp_seconds", "When the last one came.", registry=where
        )
        self._troubles = Counter("ceremony_troubles", "What went wrong, by kind of error.", ["kind"], registry=where)
        self._trouble_at = Gauge(
            "ceremony_last_trouble_timestamp_seconds", "When something last went wrong, 0 for never.", registry=where
        )
        self._checked_at = Gauge(
            "ceremony_self_check_timestamp_seconds", "When the real client last looked.", registry=where
        )
        self._good = Gauge(
            "ceremony_self_check_good", "Whether it took all of it: 1, 0, or -1 before the first look.", registry=where
        )
        self._good.set(-1)
        self._swept = Counter("ceremony_pruned_files", "Superseded files that were deleted.", registry=where)

    def published(self, publication: Publication, seconds: float) -> None:
        """This is out, and took so long."""
        self._publications.inc()
        self._seconds.observe(seconds)
        self._published_at.set(publication.at.timestamp())

    def troubled(self, kind: str, now: datetime) -> None:
        """Something went wrong."""
        self._troubles.labels(kind).inc()
        self._trouble_at.set(now.timestamp())

    def checked(self, outcome: Outcome) -> None:
        """The real client has looked."""
        self._checked_at.set(outcome.at.timestamp())
        self._good.set(int(outcome.is_good))

    def swept(self, files: int) -> None:
        """So many superseded files are gone."""
        self._swept.inc(files)

    def text(self) -> tuple[bytes, str]:
        """All figures as text for Prometheus, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_PLAIN_0_0_4
