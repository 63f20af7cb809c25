"""What is kept in a store, by its kind; each kind's file is loaded when somebody first asks for it.

Most commands ask for one or two of them, and the backend is not to start later for the others.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from gatewayz.store.place import Place
from gatewayz.store.session import Session

if TYPE_CHECKING:
    from gatewayz.store.baselines import KeptBaselines
    from gatewayz.store.holding import Holding
    from gatewayz.store.kept_catalogues import KeptCatalogues
    from gatewayz.store.kept_keys import KeptKeys
    from gatewayz.store.kept_loads import KeptLoads
    from gatewayz.store.kept_quarantine import KeptQuarantine
    from gatewayz.store.kept_requests import KeptRequests
    from gatewayz.store.kept_verdicts import KeptVerdicts
    from gatewayz.store.kept_watch import KeptWatch
    from gatewayz.store.last_probes import ProbedGateway
    from gatewayz.store.moving import KeptRuns
    from gatewayz.store.past import KeptPast
    from gatewayz.store.results import KeptResults
    from gatewayz.store.summaries import KeptSummaries


class Parts:
    """An open store by its parts. Every method of theirs raises StoreError, one line with its remedy.

    What a method has written is on the disk when it returns. May be used from several threads,
    and by several processes at once; writers wait for each other for up to 10 s.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        self._session = Session(engine, place)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.where})"

    @property
    def where(self) -> str:
        """The path or URL for people, without a password."""
        return self._session.where

    @property
    def is_replaced(self) -> bool:
        """Whether another file than the one that was opened lies there by now, or none."""
        return self._session.is_replaced

    @cached_property
    def keys(self) -> KeptKeys:
        """Those of the backend's clients."""
        from gatewayz.store.kept_keys import KeptKeys

        return KeptKeys(self._session)

    @cached_property
    def requests(self) -> KeptRequests:
        """What the backend served them."""
        from gatewayz.store.kept_requests import KeptRequests

        return KeptRequests(self._session)

    @cached_property
    def verdicts(self) -> KeptVerdicts:
        """What was found of each model."""
        from gatewayz.store.kept_verdicts import KeptVerdicts

        return KeptVerdicts(self._session)

    @cached_property
    def results(self) -> KeptResults:
        """The same in few words."""
        from gatewayz.store.results import KeptResults

        return KeptResults(self._session)

    @cached_property
    def loads(self) -> KeptLoads:
        """What load runs came to."""
        from gatewayz.store.kept_loads import KeptLoads

        return KeptLoads(self._session)

    @cached_property
    def past(self) -> KeptPast:
        """What the runs say of a model together."""
        from gatewayz.store.past import KeptPast

        return KeptPast(self._session)

    @cached_property
    def baselines(self) -> KeptBaselines:
        """What a run is compared with."""
        from gatewayz.store.baselines import KeptBaselines

        return KeptBaselines(self._session)

    @cached_property
    def copies(self) -> KeptRuns:
        """The runs as they are exported, imported and removed."""
        from gatewayz.store.moving import KeptRuns

        return KeptRuns(self._session)

    @cached_property
    def summaries(self) -> KeptSummaries:
        """What all results come to by the hour and by the day, which stays when they are removed."""
        from gatewayz.store.summaries import KeptSummaries

        return KeptSummaries(self._session)

    @cached_property
    def holding(self) -> Holding:
        """Whose a run is while it goes on."""
        from gatewayz.store.holding import Holding

        return Holding(self._session)

    @cached_property
    def quarantine(self) -> KeptQuarantine:
        """Which cases change no exit code."""
        from gatewayz.store.kept_quarantine import KeptQuarantine

        return KeptQuarantine(self._session)

    @cached_property
    def catalogues(self) -> KeptCatalogues:
        """What each run was offered."""
        from gatewayz.store.kept_catalogues import KeptCatalogues

        return KeptCatalogues(self._session)

    @cached_property
    def watch(self) -> KeptWatch:
        """What `gatewayz watch` keeps."""
        from gatewayz.store.kept_watch import KeptWatch

        return KeptWatch(self._session)

    def last_probes(self) -> dict[str, ProbedGateway]:
        """What the last direct run of each gateway found, by gateway; lists count for nothing."""
        from gatewayz.store.last_probes import last_probes

        return last_probes(self._session)

    def close(self) -> None:
        """Lets go of the database; what is stored stays."""
        self._session.close()
