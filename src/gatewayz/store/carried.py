"""What an export holds besides runs: load runs, and what is in quarantine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from gatewayz.core import ConfigError
from gatewayz.core.load import LoadResult
from gatewayz.core.quarantine import Quarantined
from gatewayz.core.text import well_formed
from gatewayz.store.copies import load_line, quarantine_line
from gatewayz.store.kept_loads import KeptLoads
from gatewayz.store.kept_quarantine import KeptQuarantine
from gatewayz.store.session import Session

Key = tuple[str, str, str]


@dataclass(slots=True)
class Brought:
    """Load runs by their ids, quarantine by its titles: what came in, and what was there already.

    `others` were in quarantine here in other words or until another day, and stay so.
    """

    loads: list[str] = field(default_factory=list)
    loads_already: list[str] = field(default_factory=list)
    quarantine: list[str] = field(default_factory=list)
    quarantine_already: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class Carried:
    """Takes them out of a store, and into one: first looked at, all of them, and then kept.

    A load run comes in whole or not at all. One that is here already is left as it is; one of the same
    id with something else in it ends the import. What is in quarantine here stays as it is here.
    """

    def __init__(self, session: Session, mine: Collection[str | Key] = ()) -> None:
        """`mine` were written by this very import, which looks again."""
        self._where = session.where
        self._mine = frozenset(mine)
        self._loads = KeptLoads(session)
        self._quarantine = KeptQuarantine(session)
        self._here: dict[Key, Quarantined] | None = None
        self.coming: set[str | Key] = set()
        self.brought = Brought()

    def load_lines(self, load_ids: Sequence[str]) -> Iterator[str]:
        """Load runs as lines of an export. Raises: UnknownName."""
        for load_id in load_ids:
            yield load_line(self._loads.load(load_id))

    def quarantine_lines(self) -> tuple[str, ...]:
        """All that is in quarantine, as lines of an export."""
        return tuple(map(quarantine_line, self._quarantine.all()))

    def look_at(self, entry: LoadResult | Quarantined) -> None:
        """Notes what is to come of one; nothing is written. Raises: ConfigError."""
        if isinstance(entry, LoadResult):
            self._look_at_load(entry)
        else:
            self._look_at_quarantine(entry)

    def keep(self, entry: LoadResult | Quarantined) -> None:
        """Writes one that was looked at, where it is new here."""
        key = entry.id if isinstance(entry, LoadResult) else _key(entry)
        if key not in self.coming:
            return
        if isinstance(entry, LoadResult):
            self._loads.keep(entry)
        else:
            self._quarantine.add(entry)
        self.coming.remove(key)

    def _look_at_load(self, result: LoadResult) -> None:
        here = self._loads.of_id(result.id)
        if here is not None and here != result:
            raise ConfigError(
                f"load run {result.id} is in {self._where} already, and is not the same; nothing was "
                "imported: export the others by their ids"
            )
        if here is not None or result.id in self.coming:
            mine = result.id in self._mine
            (self.brought.loads if mine else self.brought.loads_already).append(result.id)
            return
        self.coming.add(result.id)
        self.brought.loads.append(result.id)

    def _look_at_quarantine(self, entry: Quarantined) -> None:
        if self._here is None:
            self._here = {_key(one): one for one in self._quarantine.all()}
        here = self._here.setdefault(_key(entry), entry)
        if here is not entry:
            told = self.brought.quarantine_already if here == entry else self.brought.others
            (self.brought.quarantine if _key(entry) in self._mine else told).append(entry.title)
            return
        self.coming.add(_key(entry))
        self.brought.quarantine.append(entry.title)


def _key(entry: Quarantined) -> Key:
    gateway, model, probe = map(well_formed, (entry.gateway, entry.model, entry.probe))
    return gateway, model, probe
