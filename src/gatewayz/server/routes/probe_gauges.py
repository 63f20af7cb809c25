"""What the latest runs found of each model, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from gatewayz.core.client_key import Allowance
from gatewayz.server.pages.lobby import Lobby

if TYPE_CHECKING:
    from prometheus_client import Metric

    from gatewayz.server.pages.overview import Overview

# By their tags, so that the reports' code is loaded with the first page.
_UP = {"OK": 1.0, "WARN": 1.0, "FAIL": 0.0}


class ProbeGauges:
    """The state of every model that was asked; `now` is the moment at which it is told."""

    def __init__(self, seen: Overview, now: datetime) -> None:
        self._seen = seen
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """A gauge for each model that answers or does not, and for each gateway how old that is."""
        from prometheus_client.core import GaugeMetricFamily

        up = GaugeMetricFamily(
            "gatewayz_model_up",
            "1: it answered when it was tested last.",
            labels=["gateway", "model"],
        )
        whole = GaugeMetricFamily(
            "gatewayz_gateway_up",
            "0: most of its models did not answer when they were tested last, or its list failed.",
            labels=["gateway"],
        )
        failing = GaugeMetricFamily(
            "gatewayz_models_failing",
            "Models that did not answer when they were tested last.",
            labels=["gateway"],
        )
        age = GaugeMetricFamily(
            "gatewayz_tested_seconds_ago",
            "Age of the newest test of a gateway.",
            labels=["gateway"],
        )
        for gateway in self._seen.gateways:
            for model in gateway.models:
                if (value := _UP.get(model.state.tag)) is not None:
                    up.add_metric([gateway.name, model.model], value)
            failing.add_metric([gateway.name], gateway.failing)
            if (value := _UP.get(gateway.state.tag)) is not None:
                whole.add_metric([gateway.name], value)
            if gateway.asked_at is not None:
                seconds = (self._now - gateway.asked_at).total_seconds()
                age.add_metric([gateway.name], max(0.0, seconds))
        yield from (up, whole, failing, age)


async def probe_gauges(lobby: Lobby) -> ProbeGauges | None:
    """What the store tells at the moment; None where there is none."""
    if not lobby.shelf.holds_anything:
        return None
    figures = lobby.figures
    kept = await lobby.shelf.get("gauges", lambda s: figures.seen(s, Allowance(), _everything))
    return ProbeGauges(kept.value, figures.now())


def _everything(_gateway: str, _model: str) -> bool:
    return True
