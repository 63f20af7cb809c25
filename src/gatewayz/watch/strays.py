"""Gateways that were watched, and that the settings or the command leave out by now."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from gatewayz.core.watching import Alarm, Condition, Place

# For so long they are kept as they were last seen: a watch of some gateways may be a passing thing.
KEPT = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Strays:
    """What the store knows of gateways that this watch does not ask, with the alarms that are open there.

    Nobody is reminded of them, and they make no exit code.
    """

    conditions: tuple[Condition, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @classmethod
    def beside(
        cls, places: Set[Place], conditions: Iterable[Condition], alarms: Iterable[Alarm]
    ) -> Strays:
        """Those that are not of these places."""
        return cls(
            conditions=tuple(one for one in conditions if one.target.place not in places),
            alarms=tuple(one for one in alarms if one.place not in places),
        )

    def let_go(self, at: datetime) -> Strays:
        """Gives away those that nobody has looked at for so long."""
        if not self.conditions and not self.alarms:
            return Strays()
        fresh = {
            one.target.place
            for one in self.conditions
            if one.last_at is not None and at - one.last_at < KEPT
        }
        old = Strays.beside(fresh, self.conditions, self.alarms)
        self.conditions = tuple(one for one in self.conditions if one.target.place in fresh)
        self.alarms = tuple(one for one in self.alarms if one.place in fresh)
        return old
