"""What a report format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatewayz.core import Run, Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One format: a name, what its files are called, and how a run is rendered.

    `suffix` begins with a dot. `render` gives the whole file; it never fails on hostile text.
    """

    name: str
    title: str
    suffix: str
    media_type: str
    render: Callable[[Run, Summary], bytes]
