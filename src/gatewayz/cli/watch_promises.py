"""What was promised and announced in gatewayz.toml, as a watch uses it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from gatewayz.config import Settings
from gatewayz.core.availability import Alert
from gatewayz.store import Store
from gatewayz.watch.loop import Burning
from gatewayz.watch.promises import Burnt, Promises
from gatewayz.watch.watched import Excused

# Results of a month are read for it; what a burn is told by is minutes old anyway.
_EVERY = timedelta(minutes=5)
# Where reading them takes long, as of very many requests, it has a twentieth of the time at most.
_SELDOM = 20


def burning_of(settings: Settings, store: Store) -> Burning | None:
    """Looks whether budgets burn; None where nothing is promised nor burnt. Raises: StoreError."""
    open_ones = store.watch.budgets()
    if not settings.slas and not open_ones:
        return None
    from gatewayz.measure.sla import is_promised
    from gatewayz.store.promised import alerted

    def promised(alert: Alert) -> bool:
        return is_promised(settings.slas, alert.sla, alert.objective, alert.target)

    promises = Promises(open_ones, promised=promised)
    looked_at: datetime | None = None
    pause = _EVERY

    def look(at: datetime, awake: frozenset[str]) -> Burnt:
        found = alerted(
            store, settings.slas, at=at, maintenance=settings.maintenance, before=promises.open
        )
        return promises.look(found, at, awake=awake)

    async def burning(at: datetime, awake: frozenset[str]) -> Burnt:
        nonlocal looked_at, pause
        if looked_at is not None and timedelta(0) <= at - looked_at < pause:
            return Burnt()
        looked_at, began = at, time.monotonic()
        found = await asyncio.to_thread(look, at, awake)
        pause = max(_EVERY, timedelta(seconds=_SELDOM * (time.monotonic() - began)))
        return found

    return burning


def excused_by(settings: Settings) -> Excused:
    """Whether a moment lies in an announced maintenance of a gateway or model."""
    if not settings.maintenance:
        return lambda _gateway, _model, _at: False
    from gatewayz.measure.sla import in_maintenance

    def excused(gateway: str, model: str, at: datetime) -> bool:
        return in_maintenance(settings.maintenance, gateway, model, at) is not None

    return excused
