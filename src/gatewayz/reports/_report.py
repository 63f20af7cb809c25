"""What a report format is: of a roll call, of a load run, of promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatewayz.core import Run, Summary
    from gatewayz.core.availability import SlaReport
    from gatewayz.core.load import LoadResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What every format has: a name, and what its files are called. `suffix` begins with a dot."""

    name: str
    title: str
    suffix: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Format):
    """A format of runs. `render` gives the whole file; it never fails on hostile text."""

    render: Callable[[Run, Summary], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport(Format):
    """A format of load runs. `render` gives the whole file; it never fails on hostile text."""

    render: Callable[[LoadResult], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseReport(Format):
    """A format of how promises were kept. `render` gives the whole file; it never fails on hostile text."""

    render: Callable[[SlaReport], bytes]
