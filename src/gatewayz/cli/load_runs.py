"""Load runs out of the store, for the commands on stored runs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from gatewayz.core import ConfigError, GatewayzError, Run, UnknownName
from gatewayz.core.load import LoadResult
from gatewayz.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gatewayz.config import Settings
    from gatewayz.core.load_past import LoadRunLine
    from gatewayz.store import Store

T = TypeVar("T")


def keep(result: LoadResult, settings: Settings) -> str:
    """Keeps a run in the store; what went wrong, "" where nothing did."""
    try:
        with closing(open_store(settings.store)) as store:
            store.loads.keep(result)
    except GatewayzError as error:
        return f"{error}; this run is not kept"
    return ""


def find_either(store: Store, wanted: str) -> Run | LoadResult:
    """The run of either kind that is meant by an id, the beginning of one, or "last".

    Raises: UnknownName, or ConfigError when several runs begin so.
    """
    if wanted == "last":
        return _last(store)
    reads: Sequence[Callable[[str], Run | LoadResult]] = (store.run, store.loads.load)
    found = _of_either(reads, wanted)
    meant = _only([run.id for run in found], wanted)
    return next(run for run in found if run.id == meant)


def id_of_either(store: Store, wanted: str) -> str:
    """The id of the run of either kind that is meant by one, or by its beginning; nothing is read of it.

    Raises: UnknownName, or ConfigError when several runs begin so.
    """
    return _only(_of_either((store.copies.find, store.loads.find), wanted), wanted)


def _of_either(finds: Sequence[Callable[[str], T]], wanted: str) -> list[T]:
    """What each kind of run finds under a name. Raises: UnknownName where none finds any."""
    found: list[T] = []
    known: list[str] = []
    for find in finds:
        try:
            found.append(find(wanted))
        except UnknownName as unknown:
            known += unknown.known
    if not found:
        raise UnknownName("run", wanted, known)
    return found


def _only(found: Sequence[str], wanted: str) -> str:
    exact = [one for one in found if one == wanted] or found
    if len(exact) > 1:
        names = ", ".join(exact)
        raise ConfigError(f"several runs begin with '{wanted}': {names}; give more of it")
    return exact[0]


def _last(store: Store) -> Run | LoadResult:
    """The run that was begun last; where there is none, what is raised for a roll call."""
    loads, runs = store.loads.latest(1), store.runs(1)
    if loads and (not runs or loads[0].started_at > runs[0].started_at):
        return store.loads.load(loads[0].id)
    return store.run("last")


def two_loads(store: Store, names: Sequence[str]) -> tuple[LoadResult, LoadResult] | None:
    """Two load runs by their names, the first that of one before; None where no name is a load run's.

    "last" is the last run of the other's kind, and so is a second that is not named.
    Raises: ConfigError for one of each kind.
    """
    found = [find_either(store, name) for name in names if name != "last"]
    loads = [run for run in found if isinstance(run, LoadResult)]
    if not loads:
        return None
    if len(loads) < len(found):
        raise ConfigError(
            f"run {loads[0].id} is a load run, and the other is none; compare two of a kind"
        )
    by_name = dict(zip([name for name in names if name != "last"], loads, strict=True))
    first, second = (
        by_name[name] if name in by_name else store.loads.load("last")
        for name in [*names, "last"][:2]
    )
    return first, second


def told(line: LoadRunLine) -> str:
    """What kind of load it was, in a few words."""
    targets = f"{line.targets} target{'' if line.targets == 1 else 's'}"
    return f"load: {line.shape}, {targets}"
