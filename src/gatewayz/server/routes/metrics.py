"""GET /metrics: what this server did, in all its processes, as Prometheus reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gatewayz.server.backend import Backend
from gatewayz.server.callers import caller_of
from gatewayz.server.crew import Together
from gatewayz.server.loaded_first import loaded_first
from gatewayz.server.pages.lobby import Lobby
from gatewayz.server.refusals import Refusal, forbidden
from gatewayz.server.routes.probe_gauges import probe_gauges
from gatewayz.server.traffic import Histogram, Tally

if TYPE_CHECKING:
    from prometheus_client import Metric

# Prometheus itself waits for ten seconds, unless it is told otherwise.
PATIENCE_S = 5.0


def routes(backend: Backend, lobby: Lobby) -> list[BaseRoute]:
    """The routes of this file."""

    async def metrics(request: Request) -> Response:
        holder = caller_of(request.scope).visit.holder
        if holder is not None and not holder.is_own:
            raise forbidden(
                "metrics tell of all clients; they are for the server's own GATEWAYZ_API_KEY"
            )
        # Loaded by the first who asks: a server that nobody watches starts without it.
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

        registry = CollectorRegistry()
        registry.register(_Collector(backend.crew.together(), backend.catalogues.clock()))
        # A store that cannot be read, or does not answer, takes nothing from the rest.
        with suppress(Refusal, TimeoutError):
            found = await asyncio.wait_for(probe_gauges(lobby), PATIENCE_S)
            if found is not None:
                registry.register(found)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    loaded = loaded_first(metrics, "prometheus_client.core", "gatewayz.server.pages.figures")
    return [Route("/metrics", loaded, methods=["GET"])]


class _Collector:
    def __init__(self, seen: Together, now: float) -> None:
        self._seen = seen
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """All that is counted, at this moment."""
        tallies = self._seen.traffic.by_gateway
        yield from _counts(tallies)
        yield _times("gatewayz_request_seconds", "From arrival to the end of the answer.", {
            name: tally.total_s for name, tally in tallies.items()
        })  # fmt: skip
        yield _times("gatewayz_upstream_seconds", "From the call to the answer's beginning.", {
            name: tally.upstream_s for name, tally in tallies.items() if name
        })  # fmt: skip
        yield from self._state()
        yield from _processes(self._seen)

    def _state(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        seen = self._seen
        yield GaugeMetricFamily(
            "gatewayz_requests_running", "Requests under way.", value=seen.traffic.running
        )
        yield GaugeMetricFamily(
            "gatewayz_tasks", "Tasks of the event loop.", value=len(asyncio.all_tasks())
        )
        yield CounterMetricFamily(
            "gatewayz_records_dropped", "Records that no store took.", value=seen.dropped
        )
        models = GaugeMetricFamily(
            "gatewayz_catalogue_models", "Models on the last good list.", labels=["gateway"]
        )
        ages = GaugeMetricFamily(
            "gatewayz_catalogue_age_seconds", "Age of the last good list.", labels=["gateway"]
        )
        for name, listed in seen.lists.items():
            models.add_metric([name], listed.models)
            ages.add_metric([name], int(self._now - listed.read_at))
        yield models
        yield ages


def _processes(seen: Together) -> Iterator[Metric]:
    """What Prometheus tells of a process, of all workers: sums, but for the oldest one's start."""
    from prometheus_client import ProcessCollector

    values: dict[str, list[float]] = {}
    families: dict[str, Metric] = {}
    for pid in seen.pids:
        for family in ProcessCollector(pid=partial(int, pid), registry=None).collect():
            families.setdefault(family.name, family)
            values.setdefault(family.name, []).append(family.samples[0].value)
    for name, family in families.items():
        value = min(values[name]) if name == "process_start_time_seconds" else sum(values[name])
        if name == "process_cpu_seconds":
            # With those that have died: a counter never goes back.
            value = seen.cpu_s
        family.samples = [family.samples[0]._replace(value=value)]
        yield family


def _counts(tallies: dict[str, Tally]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    requests = CounterMetricFamily(
        "gatewayz_requests",
        "Requests that have ended, by what the client got.",
        labels=["gateway", "endpoint", "status", "class"],
    )
    passed_by = CounterMetricFamily(
        "gatewayz_passed_by",
        "Times that a gateway failed and another was asked in its place.",
        labels=["gateway", "class"],
    )
    tokens = CounterMetricFamily(
        "gatewayz_tokens", "Tokens, as the providers count them.", labels=["gateway", "direction"]
    )
    cost = CounterMetricFamily(
        "gatewayz_cost_usd", "USD, where prices are known.", labels=["gateway"]
    )
    for gateway, tally in tallies.items():
        for (endpoint, status, failure_class), count in tally.ended.items():
            requests.add_metric([gateway, endpoint, str(status), failure_class], count)
        for failure_class, count in tally.passed_by.items():
            passed_by.add_metric([gateway, failure_class], count)
        for direction, count in tally.tokens.items():
            tokens.add_metric([gateway, direction], count)
        if tally.cost_usd is not None:
            cost.add_metric([gateway], tally.cost_usd)
    yield from (requests, passed_by, tokens, cost)


def _times(name: str, told: str, histograms: dict[str, Histogram]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, told, labels=["gateway"])
    for gateway, histogram in histograms.items():
        family.add_metric([gateway], list(histogram.cumulated()), histogram.total)
    return family
