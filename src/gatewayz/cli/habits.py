"""How models are known to want to be asked: what earlier runs learned, while it is fresh."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gatewayz.core.habits import Habits, Whom
from gatewayz.core.units import utc_now

if TYPE_CHECKING:
    from gatewayz.store import Store

# So long a habit is taken for granted. Then the model is asked plainly again, since it may have
# been mended meanwhile, and a field that is left out would never tell.
FRESH = timedelta(days=7)


def known_habits(store: Store, *, now: datetime | None = None) -> Mapping[Whom, Habits]:
    """The fresh habits of a store. Raises: StoreError."""
    since = (now or utc_now()) - FRESH
    return {kept.whom: kept.habits for kept in store.habits() if kept.learned_at >= since}
