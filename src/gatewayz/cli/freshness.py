"""`--max-age`: what passed a short time ago, asked in the same way, is not asked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gatewayz.core.access import section_for
from gatewayz.core.codec import to_json
from gatewayz.core.units import utc_now

if TYPE_CHECKING:
    from gatewayz.config import Settings
    from gatewayz.core import Way
    from gatewayz.runner import RollCall
    from gatewayz.store import Store

# Where a run's settings say in which way each gateway was asked.
SECTION = "asked_as"
# Where they say what stood in each file of the user's own probes.
OWN_PROBES = "own_probes"


def with_fresh(order: RollCall, settings: Settings, store: Store) -> RollCall:
    """The order with its fingerprints and own probes kept, and with what still stands of earlier runs.

    Only what passed when it was asked last stands: what failed, or could not be judged, is asked
    again.
    Raises: StoreError.
    """
    prints = fingerprints(order, settings)
    kept_beside = {SECTION: prints, OWN_PROBES: _own_probes(settings)}
    order = replace(order, settings={**order.settings, **kept_beside})
    if settings.max_age_s is None:
        return order
    since = utc_now() - timedelta(seconds=settings.max_age_s)

    def is_same(before: Mapping[str, Any], gateway: str, way: Way) -> bool:
        now = prints.get(way, {}).get(gateway)
        return now is not None and before.get(SECTION, {}).get(way, {}).get(gateway) == now

    standing = store.verdicts.standing(since, is_same)
    fresh = {name: replace(kept, taken_from=run) for name, (run, kept) in standing.items()}
    return replace(order, fresh=fresh)


def fingerprints(order: RollCall, settings: Settings) -> dict[str, dict[str, str]]:
    """By way and gateway, a digest of all that decides what is asked and how it is judged.

    That is the version of the program, the gateway's address and headers, the question, its limits,
    and the text of the user's own probes. The key is not in it.
    """
    asked = [
        order.environment.get("gatewayz"),
        to_json(settings.ask),
        settings.timeout_s,
        settings.connect_timeout_s,
        settings.via,
        list(_own_probes(settings).values()),
    ]
    found: dict[str, dict[str, str]] = {}
    for lane in order.lanes:
        access = order.settings.get(section_for(lane.way), {}).get(lane.name, {})
        text = json.dumps([*asked, access], sort_keys=True)
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        found.setdefault(lane.way, {})[lane.name] = digest
    return found


def _own_probes(settings: Settings) -> dict[str, str]:
    """Digests of the files in which the user's own probes are written, by their paths as given."""
    from pathlib import Path

    from gatewayz.probes._written import is_file

    files = {word: Path(word).expanduser() for word in settings.probes if is_file(word)}
    return {
        word: hashlib.sha256(file.read_bytes()).hexdigest()
        for word, file in files.items()
        if file.is_file()
    }
