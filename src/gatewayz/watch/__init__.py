"""Watching: what is asked when, what makes a state, who is told. Knows no gateway by name.

It is handed whoever asks (the runner, by the command line), a store and channels as values, and a
clock, so that a week of it can be played in seconds.
"""

from gatewayz.watch.alerting import Quietness, alarms
from gatewayz.watch.delivering import Channel, deliver
from gatewayz.watch.leading import LEASE_S, Claim, this_process
from gatewayz.watch.loop import Clock, Prober, Seen, Told, Watch
from gatewayz.watch.schedule import Schedule, Tier
from gatewayz.watch.sightings import (
    is_not_offered,
    is_of_a_list,
    list_sightings,
    rests,
    sighting,
    target_of,
)
from gatewayz.watch.watched import Watched
from gatewayz.watch.watching import Watcher

__all__ = [
    "LEASE_S",
    "Channel",
    "Claim",
    "Clock",
    "Prober",
    "Quietness",
    "Schedule",
    "Seen",
    "Tier",
    "Told",
    "Watch",
    "Watched",
    "Watcher",
    "alarms",
    "deliver",
    "is_not_offered",
    "is_of_a_list",
    "list_sightings",
    "rests",
    "sighting",
    "target_of",
    "this_process",
]
